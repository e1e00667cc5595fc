"""Everything that people read exists in English and in French: codes, letters, sentences, and nothing besides them."""

import ast
import inspect
import re
from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module
from pkgutil import iter_modules, walk_packages
from typing import Any, Literal, get_args, get_origin

import pytest

from api import routes
from api.models import In, Out
from catalog.code_labels import lists
from space_hub.text import LANGUAGES, WORDS, Word, catalogue, choose, say
from space_hub.vocabulary.attributes import ATTRIBUTES
from space_hub.vocabulary.capabilities import CAPABILITIES
from space_hub.vocabulary.codes import SYMBOLS
from space_hub.vocabulary.regions import REGIONS
from tests.architecture.test_messages import ERRORS
from tests.support.source import PACKAGES, modules

NOT_WORDS = {
    "api.routes.conjunctions:Sort": "names a column to sort by",
    "api.routes.element_sets:Form": "names a file format",
    "catalog.matching.values:Operator": "signs, and words in `match.operator`, which sentences use",
    "catalog.ocds.mapping:Event": "the moment that a release is written for; no answer carries it",
    "catalog.ordering.searches:Status": "the words of STAPI, which its clients read",
    "jobs.schedule:Missed": "tells the scheduler what to do; no answer carries it",
    "providers.adapters.base:Answer": "tells the dispatcher how a question ended; a sentence says it to people",
    "providers.adapters.manifest:Form": "names a file format",
    "providers.adapters.courses:Course": "scripts a simulated supplier in tests and demonstrations",
    "providers.vetting:Recognised": "stands in a file of rules; people read the sentence `vetting.need.*`",
    "space_hub.awareness.upstream.budget:Verdict": "tells the ledger whether to ask; an outcome says it to people",
    "space_hub.cli.health:Process": "names a process as it is typed and logged",
    "space_hub.delivery.retry:Verdict": "tells the sender whether to try again",
    "space_hub.errors:Kind": "tells the edges which status to answer",
    "space_hub.orbit.coverage.sensor:LookSide": "codes of the vocabulary's list `look_side`, which has their labels",
    "space_hub.orbit.elements:Regime": "signs of the trade: LEO, MEO, GEO",
    "space_hub.orbit.plausibility:Doubt": "ends the code of a sentence, `gp.flag_*`",
    "space_hub.orbit.uncertainty.growth:Source": "stands beside `citation`, which says it to people",
    "space_hub.vocabulary.attributes:Better": "tells a program which way is better",
    "space_hub.vocabulary.attributes:Form": "tells a program what kind of value to send",
}
"""Codes that no person reads as a word, each with the reason."""

FREE = {
    "api.routes.element_sets:SourceCallOut.kind": "what was asked for, in the source's own names",
    "api.routes.front_door:NeedOut.level": "the issuer's own name of a level",
    "api.routes.overview:LineOut.mission_area": "a mission area or `other`, with its label beside it",
    "api.routes.providers:EvidenceIn.level": "the issuer's own name of a level",
    "api.routes.providers:EvidenceOut.level": "the issuer's own name of a level",
}
"""Fields that are named as a code and are text, each with the reason."""

CODED = re.compile(r"(asset_)?(event|kind|level|mission_area|outcome|phase|side|severity|standing|state|status|tier)")
"""Names of fields that hold a code."""

WITHOUT_READERS = {"migrations", "proofs"}
"""Migrations speak to nobody; a proof's notes stand beside its figures, under the English names of `--json`."""

NO_CODE_OF = {"vocabulary.mission_area.other"}
"""Labels beside those of the codes: the line of an overview for what has no mission area."""

SAME = {
    *("cli.column.nation", "cli.column.verdict", "cli.title.organisations", "doctor.database", "doctor.note"),
    *("dossier.column.phase", "dossier.column.version", "dossier.dates.title", "dossier.need.hard"),
    *(
        "dossier.risk.concentration",
        "dossier.word.figure",
        "dossier.word.page",
        "dossier.word.source",
        "dossier.verdict.question",
    ),
    *("gap.asked.clause", "gap.yours.clause", "vocabulary.readiness_source.activation"),
    *("vocabulary.asset_kind.satellite", "vocabulary.asset_kind.terminal", "vocabulary.attribute.gain_to_noise"),
    *("vocabulary.attribute.licence_tier", "vocabulary.attribute.sar:polarizations", "vocabulary.attribute.sites"),
    *("search.field.body", "vocabulary.attribute.polarisation", "vocabulary.crypto.commercial"),
    *("vocabulary.maturity.concept", "vocabulary.maturity.prototype", "vocabulary.modality.service"),
    *("vocabulary.matter.question", "vocabulary.office_kind.programme", "vocabulary.organisation_kind.nation"),
    *(f"vocabulary.nation.{code}" for code in ("ca", "fr", "lu", "pt", "ua")),
    *("vocabulary.security_level.secret", "vocabulary.sensor_kind.laser", "vocabulary.sensor_kind.radar"),
    *("vocabulary.terminal_type.maritime", "vocabulary.terminal_type.transportable"),
}
"""Codes whose French is spelt as their English."""

_OWN_WORDS = {"title", "text", "reason", "reasons", "detail", "what", "note", "label", "meaning", "message"}


def models() -> Iterator[type[Any]]:
    """Every shape that comes in or goes out over HTTP."""
    for found in iter_modules(routes.__path__):
        module = import_module(f"api.routes.{found.name}")
        for _, each in inspect.getmembers(module, inspect.isclass):
            if issubclass(each, In | Out) and each.__module__ == module.__name__:
                yield each


def everything() -> None:
    """Import every module of the product, so that every list of codes is known."""
    for package in PACKAGES:
        for found in walk_packages(import_module(package).__path__, f"{package}."):
            if ".migrations." not in found.name and not found.name.endswith("__main__"):
                import_module(found.name)


def enumerations(of: type[StrEnum] = StrEnum) -> Iterator[type[StrEnum]]:
    for each in of.__subclasses__():
        if each.__module__.split(".")[0] in PACKAGES and each is not Word:
            yield each
        yield from enumerations(each)


def name(of: type[Any]) -> str:
    return f"{of.__module__}:{of.__name__}"


def parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from parts(part)


def test_every_list_of_codes_is_made_of_words_or_has_a_reason_not_to_be() -> None:
    """Sabotage seen: `Severity` made a plain `StrEnum`; a reason kept for a list that is gone."""
    everything()
    found = set(enumerations())
    assert len(found) > 60
    assert {name(each) for each in found if not issubclass(each, Word)} == set(NOT_WORDS)
    assert len(WORDS) == sum(issubclass(each, Word) for each in found), "two lists of one name"


def test_every_code_has_a_label_and_every_label_a_code() -> None:
    """Sabotage seen: a step added to `adoption.Step`; the label of a code that is gone."""
    everything()
    wanted = {f"vocabulary.{of}.{code}" for of, codes in lists().items() if of not in SYMBOLS for code in codes}
    others = {
        *(f"vocabulary.capability.{code}" for code in CAPABILITIES),
        *(f"vocabulary.attribute.{code}" for code in ATTRIBUTES),
        *(f"vocabulary.region.{code}" for code in REGIONS),
    }
    for language in LANGUAGES:
        labels = {code for code in catalogue(language) if re.match(r"vocabulary\.\w+\.", code)}
        nations = {code for code in labels if code.startswith("vocabulary.nation.")}
        assert labels - nations == wanted | others | NO_CODE_OF


def test_the_api_says_a_code_by_a_list_that_has_labels() -> None:
    """Sabotage seen: `status: str` in an offering; `Literal["open", "shut"]` in a door."""
    everything()
    known = {frozenset(codes) for codes in lists().values()} | {frozenset(LANGUAGES)}
    loose = set()
    for model in models():
        for field, about in model.model_fields.items():
            for part in parts(about.annotation):
                if get_origin(part) is Literal and len(get_args(part)) > 1 and frozenset(get_args(part)) not in known:
                    loose.add(f"{name(model)}.{field}")
            if CODED.fullmatch(field) and about.annotation in (str, str | None):
                loose.add(f"{name(model)}.{field}")
    assert loose == set(FREE)


def test_every_letter_has_a_subject_and_a_body_in_both_languages() -> None:
    """A letter without a subject or without a body is found by the code of its other half."""
    for language in LANGUAGES:
        parts: dict[str, set[str]] = {}
        for code in catalogue(language):
            if found := re.fullmatch(r"mail\.([a-z_.]+)\.(subject|body)", code):
                parts.setdefault(found[1], set()).add(found[2])
        assert {letter for letter, has in parts.items() if has != {"subject", "body"}} == set()


def test_french_is_not_english() -> None:
    """Sabotage seen: an English sentence copied into the French file."""
    english, french = (catalogue(language) for language in ("en", "fr"))
    same = {code for code in english if english[code] == french[code] and re.search("[a-z]{3}", english[code])}
    assert same - SAME == set()
    assert {code for code in SAME if code in english and english[code] != french[code]} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_is_in_its_language(language: str) -> None:
    """A word that only the other language has gives a sentence away. Sabotage seen: "Your" in a French sentence."""
    foreign = {"en": {"les", "une", "des", "cette", "vous", "est"}, "fr": {"the", "this", "which", "your", "there"}}
    quoted = re.compile(r"«[^»]*»|\"[^\"]*\"|\{[^}]*\}")
    wrong = [
        code
        for code, sentence in catalogue(language).items()
        if set(re.findall(r"[a-zà-ÿ]+", quoted.sub(" ", sentence.lower()))) & foreign[language]
    ]
    assert wrong == []


def test_french_is_set_as_french_is() -> None:
    """No line breaks before a colon or within quotation marks, and one form of the apostrophe.

    Sabotage seen: an ordinary space before a colon; `’` in a sentence.
    """
    wrong = re.compile(r" [:;?!»%]|«[^\u00a0]|[^\u00a0]»|[\w})][;?!](\s|$)|[’“”]")
    assert [code for code, sentence in catalogue("fr").items() if wrong.search(sentence)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_has_its_noun_in_the_form_it_asks_for(language: str) -> None:
    """Sabotage seen: `{count} raison(s)`; the English rule used for French, which says "0 faute"."""
    assert [code for code, sentence in catalogue(language).items() if re.search(r"\w\([sx]\)", sentence)] == []
    said = {"en": ["0 faults", "1 fault", "2 faults"], "fr": ["0 faute", "1 faute", "2 fautes"]}[language]
    for count, words in enumerate(said):
        assert re.search(rf"\b{words}\s?;", say("request.invalid", language, count=count))


def test_the_language_is_the_one_that_the_reader_likes_best() -> None:
    """Sabotage seen: weights left out of account."""
    asked = ("fr-BE,fr;q=0.9", "en;q=0.1, fr;q=0.9", "de, en;q=0.5", "fr;q=0", "*", None)
    assert [choose(each) for each in asked] == ["fr", "fr", "en", "en", "en", "en"]


SPOKEN = {"add_column", "add_row", "echo", "print", "secho", "tell", "warn", "write"}
"""What is called to speak to a person."""

NO_LANGUAGE = {"Space Hub", "Space Hub API", "STAPI", "true, false", "{id: capability}"}
"""Names of ours, and examples of what to type."""


def text_of(value: ast.expr) -> str:
    """The words of a literal; what an f-string fills in is left out."""
    if isinstance(value, ast.JoinedStr):
        return " ".join(text_of(part) for part in value.values)
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def literals() -> Iterator[str]:
    """Places where words in the source reach a person: in an answer, an error, a letter, at the terminal."""
    for path, tree in modules(*PACKAGES):
        if path.parts[1] in WITHOUT_READERS:
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            said = [value for value in node.args if called in SPOKEN]
            for each in node.keywords:
                several = " " in text_of(each.value).strip()
                answer = each.arg in _OWN_WORDS and (several or called.endswith("Out"))
                if answer or each.arg in {"help", "epilog"} or (called in ERRORS and several):
                    said.append(each.value)
            for value in said:
                words = text_of(value)
                code = re.fullmatch(r"\s*[a-z_]+((\.[a-z0-9_ ]+)+|:)\s*", words) or words in catalogue("en")
                if re.search("[A-Za-z]{3}", words) and not code and words.strip() not in NO_LANGUAGE:
                    yield f"{path}:{node.lineno} {words}"


def test_nobody_is_told_words_that_stand_in_the_source() -> None:
    """Sabotage seen: `text="The offering is met"` in an answer; `voice.people.print("Done")`; `reason="not read"`."""
    assert list(literals()) == []
