"""The market study: what it says of a record, and that every statement has a source that is in it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from catalog.dossier import study
from catalog.dossier.content import paper
from catalog.dossier.document import Document, Ref, Section, Table, plain
from catalog.dossier.render import plots, render
from tests.unit.dossier import cases


@pytest.fixture(scope="module")
def record() -> Any:
    return cases.kept()


@pytest.fixture(scope="module", params=["kept", "before", "priced", "interval", "nothing", "gap"])
def material(request: pytest.FixtureRequest, record: Any) -> study.Material:
    """A record as it is kept now, one of the second method, one with all that may be said, one with an interval,
    one without any offering, one whose need nobody can cover."""
    if request.param == "nothing":
        return cases.material(cases.kept(market=[]))
    if request.param == "gap":
        return cases.material(cases.kept(cases.asked(), cases.offers()[:1]))
    if request.param == "before":
        return cases.material(record, result=cases.as_before(record.result))
    if request.param == "kept":
        return cases.material(record)
    return cases.material(record, result=cases.with_resilience(record.result, stated=request.param == "priced"))


def said(value: Any) -> Iterator[Any]:
    """Every value of a paper, however deep."""
    yield value
    if isinstance(value, dict):
        for each in value.values():
            yield from said(each)
    elif isinstance(value, list):
        for each in value:
            yield from said(each)


def refs(made: Document) -> Iterator[Ref]:
    for each in said(plain(made)):
        if isinstance(each, dict) and set(each) == {"label", "target"}:
            yield Ref(**each)


def anchors(made: Document) -> list[str]:
    rows = [
        row.anchor
        for section in made.sections
        for each in section.blocks
        if isinstance(each, Table)
        for row in each.rows
    ]
    return [each for each in rows if each] + [section.anchor for section in made.sections]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_source_that_is_named_is_in_the_paper(material: study.Material, language: str) -> None:
    """Sabotage seen: the annex of documents made before the sections that name them."""
    made = paper(material, language)
    places = anchors(made)
    assert len(places) == len(set(places))
    assert {each.target for each in refs(made) if each.target} <= set(places)
    assert [each.anchor for each in made.sections] == [*study.PARTS, *study.ANNEXES]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_is_left_unsaid_and_every_table_and_figure_has_its_source(
    material: study.Material, language: str
) -> None:
    made = paper(material, language)
    words = [each for each in said(plain(made)) if isinstance(each, str) and not each.startswith("<svg")]
    assert not [each for each in words if "{" in each and "observation" not in each]
    for section in made.sections:
        assert section.blocks, section.anchor
        for each in section.blocks:
            if hasattr(each, "source"):
                assert each.source, (section.anchor, each)


def text(section: Section) -> str:
    return " ".join(each for each in said([plain(block) for block in section.blocks]) if isinstance(each, str))


def of(made: Document, anchor: str) -> Section:
    return next(each for each in made.sections if each.anchor == anchor)


def test_the_price_of_independence_is_a_number_or_an_interval_and_never_a_guess(record: Any) -> None:
    """A stated price is the middle of its narrow interval, never the cost it comes on top of."""
    stated, open_ = (
        text(
            of(
                paper(cases.material(record, result=cases.with_resilience(record.result, stated=each)), "en"),
                "resilience",
            )
        )
        for each in (True, False)
    )
    assert "costs 6,120.40\u00a0EUR a day more (7.1% of the cheapest plan)" in stated
    assert "costs between 5,200.00 and 7,010.00\u00a0EUR a day more" in open_
    assert "6,120.40" not in open_
    assert "costs 86,250" not in stated


def test_a_record_without_a_secured_plan_says_what_a_loss_leaves(record: Any) -> None:
    said_of = text(of(paper(cases.material(record, result=cases.as_before(record.result)), "en"), "resilience"))
    assert "This record holds no secured plan" in said_of
    assert "Cirrus Optique" in said_of


def test_totals_of_the_plan_are_those_of_the_record(record: Any) -> None:
    made = of(paper(cases.material(record), "en"), "plan")
    table = next(each for each in made.blocks if isinstance(each, Table))
    totals = [row.cells[-1].text for row in table.rows if row.cells[0].strong]
    assert [each.replace(",", "") for each in totals] == [
        f"{float(each['cost_per_day']):.2f}" for each in record.result["phases"]
    ]


def test_the_annex_is_bounded_and_the_table_beside_it_is_whole(record: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage seen: a link to an offering that the annex no longer lists."""
    monkeypatch.setattr(study, "LISTED", 3)
    monkeypatch.setattr("catalog.dossier.annexes.LISTED", 3)
    material = cases.material(record)
    made = paper(material, "en")
    listed, counted = (each for each in of(made, "offerings").blocks if isinstance(each, Table))
    assert len(listed.rows) == 3
    assert counted.rows
    assert {each.target for each in refs(made) if each.target} <= set(anchors(made))
    lines = render(material, "csv", "en").decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + len(record.result["offerings"])


def test_no_supplier_can_write_a_formula_or_markup(record: Any) -> None:
    """Sabotage seen: the name left as it is in the table; `escape` left out of a cell."""
    evil = {**cases.material(record).suppliers, "prv_00": '=HYPERLINK("x")', "prv_02": "<script>alert(1)</script>#eval"}
    material = cases.material(record, suppliers=evil)
    assert ",'=HYPERLINK" in render(material, "csv", "en").decode().replace('"', "")
    page = render(material, "html", "en").decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert render(material, "pdf", "en").startswith(b"%PDF")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_same_match_gives_the_same_bytes(material: study.Material, language: str) -> None:
    """Sabotage seen: the day of printing in the PDF."""
    again = replace(material, suppliers=dict(reversed(list(material.suppliers.items()))))
    for form in ("html", "pdf", "csv"):
        assert render(material, form, language) == render(again, form, language)


def test_a_pdf_is_tagged_archivable_and_in_its_language(record: Any) -> None:
    made = render(cases.material(record), "pdf", "fr")
    for part in (b"/MarkInfo", b"/StructTreeRoot", b"pdfuaid:part", b"pdfaid:part", b"/Lang"):
        assert part in made, part


def test_every_figure_is_a_drawing_and_a_picture(record: Any) -> None:
    made = dict(plots(cases.material(record, result=cases.with_resilience(record.result)), "en"))
    names = {
        "verdicts",
        "scores",
        "refusals",
        "supply-peace",
        "supply-crisis",
        "supply-conflict",
        "plan",
        "premiums",
        "service",
        "dates",
    }
    assert {each.removesuffix(".svg") for each in made if each.endswith(".svg")} == names
    assert all(made[f"{each}.png"].startswith(b"\x89PNG") for each in names)


def test_a_page_needs_nothing_from_elsewhere(record: Any) -> None:
    page = render(cases.material(record), "html", "en").decode()
    for foreign in ("<script", "src=", "@import", "url(", "<link", "<iframe"):
        assert foreign not in page, foreign
    assert page.count("<table") == page.count("<caption>")
    assert page.count("<svg") == page.count('role="img"')
