"""Words become terms the same way in both languages."""

import pytest

from catalog.search.terms import Words, document, fields_of, frequencies, lexicon, stem, term, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("images", "imagerie"),
        ("Imagery", "IMAGERIES"),
        ("navires", "ships"),
        ("de nuit", "by night"),
        ("débris spatiaux", "space debris"),
        ("françaises", "French"),
        ("lancements", "launch"),
        ("chiffrée", "encrypted"),
        ("Œuvre", "oeuvres"),
        ("services", "service"),
    ],
)
def test_a_word_and_its_sister_are_one_term(one: str, other: str) -> None:
    """Sabotage seen: accents kept when folding; the concepts left out."""
    assert set(terms(one)) == set(terms(other)) != set()


def test_short_words_and_numbers_are_not_stemmed() -> None:
    assert [stem(word) for word in ("bus", "gas", "4545", "x2s", "sas")] == ["bus", "gas", "4545", "x2s", "sas"]


def test_no_word_belongs_to_two_concepts() -> None:
    """Sabotage seen: `archiving` listed under storage and under archive."""
    owner: dict[str, str] = {}
    for concept, found in lexicon()["concepts"].items():
        for word in found:
            assert owner.setdefault(stem(word), concept) == concept, word
            assert term(word) == concept


def test_a_title_counts_more_than_a_body_and_a_label_counts_once() -> None:
    said = Words("Radar", "radar radar by Kestrel", "Kestrel Space", "FR", "radar.sar", ("STANAG 4545",), ("Ka",))
    kept = document(said)
    weights = frequencies(kept)
    assert weights["radar"] == 4 + 3 + 2
    assert weights["kestrel"] == 2 + 1
    assert weights["4545"] == 2
    assert weights["nation_FR"] == 2
    assert weights["ka"] == 1
    assert dict(fields_of(kept, ["radar", "kestrel", "absent"])) == {"radar": "t", "kestrel": "p"}


def test_a_word_repeated_for_ever_counts_no_more_than_a_byte_holds() -> None:
    assert frequencies("t:radar " * 1000)["radar"] == 255
