"""The market study: what it says of a record, and that every statement has a source that is in it."""

import csv
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from catalog.dossier import study
from catalog.dossier.content import paper
from catalog.dossier.document import Document, Ref, Section, Table, plain
from catalog.dossier.render import plots, render
from catalog.matching.values import NO_WISHES
from tests.unit.dossier import cases


@pytest.fixture(scope="module")
def record() -> Any:
    return cases.kept()


@pytest.fixture(scope="module", params=["kept", "first", "before", "priced", "interval", "told", "nothing", "gap"])
def material(request: pytest.FixtureRequest, record: Any) -> study.Material:
    """A record as it is kept now, one each of the first methods, one with all that may be said, one with an interval,
    one with answers and risks, one without any offering, one whose need nobody can cover."""
    if request.param == "nothing":
        return cases.material(cases.kept(market=[]))
    if request.param == "gap":
        return cases.material(cases.kept(cases.asked(), cases.offers()[:1]))
    if request.param == "first":
        inputs, result = cases.as_first(record)
        return cases.material(record, inputs=inputs, result=result)
    if request.param == "before":
        return cases.material(record, result=cases.as_before(record.result))
    if request.param == "kept":
        return cases.material(record)
    if request.param == "told":
        return cases.material(record, inputs=cases.with_told(record))
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
    """A stated price is the middle of its narrow interval, never the cost it comes on top of.

    Sabotage seen: `base` said for it.
    """
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


def test_totals_of_the_plan_are_those_of_the_record_and_what_stands_above_adds_up_to_them() -> None:
    """Sabotage seen: what is kept ready left out, and its retainer stood in the total alone."""
    market = [
        replace(each, prices={phase: replace(one, retainer_per_day=Decimal(40)) for phase, one in each.prices.items()})
        for each in cases.offers()
    ]
    record = cases.kept(market=market)
    made = of(paper(cases.material(record), "en"), "plan")
    table = next(each for each in made.blocks if isinstance(each, Table))
    totals, added, ready = [], Decimal(0), 0
    for row in table.rows:
        if row.cells[0].strong:
            totals.append((row.cells[-1].text.replace(",", ""), f"{added:.2f}"))
            added = Decimal(0)
            continue
        ready += row.cells[3].text == "kept ready"
        paid = [row.cells[place].text.replace(",", "") for place in (-2, -1)]
        added += sum((Decimal(each) for each in paid if each != "–"), Decimal(0))
    assert totals == [(f"{float(each['cost_per_day']):.2f}",) * 2 for each in record.result["phases"]]
    assert ready > 0


def test_who_is_kept_ready_is_said_to_be_and_buys_nothing(record: Any) -> None:
    """Sabotage seen: an empty list of what is bought, and the sentence broke off."""
    result = deepcopy(record.result)
    taken = next(each for each in result["offerings"] if each["verdict"] == "taken")
    taken["quantities"] = {}
    said_of = text(of(paper(cases.material(record, result=result), "en"), "fit"))
    assert "Part of the plan: ." not in said_of
    assert "kept ready: without use while nothing is missing" in said_of


def test_where_nothing_is_paid_no_share_and_no_concentration_is_said(record: Any) -> None:
    """Sabotage seen: "0.0% of the cheapest plan" of one that costs nothing, and an index of zero for one supplier."""
    result = cases.with_resilience(record.result)
    result["resilience"]["premium"] |= {"base": "0", "share": "0"}
    result["resilience"]["cheapest"] |= {"hhi": 0.0, "effective_suppliers": 0.0, "largest_share": 0.0}
    made = paper(cases.material(record, result=result), "en")
    said_of = text(of(made, "resilience"))
    assert "a day more than the cheapest plan, which costs nothing" in said_of
    assert "% of the cheapest plan" not in said_of + str(plain(made.brief[1]))
    table = next(each for each in of(made, "resilience").blocks if isinstance(each, Table))
    rows = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in table.rows}
    assert rows["Concentration (HHI, 0 to 10,000)"] == ["–", "2,250"]
    assert rows["Effective suppliers"][0] == rows["Largest share of the money"][0] == "–"


def test_one_supplier_alone_is_not_said_to_make_anybody_independent() -> None:
    """Sabotage seen: a plan that keeps nothing taken for whole."""
    one = [each for each in cases.offers() if each.title.endswith("40 cm")]
    wanted = replace(cases.asked(), wishes=NO_WISHES)
    made = paper(cases.material(cases.kept(wanted, one)), "en")
    found = text(of(made, "resilience"))
    assert "No single loss of a supplier can be survived by this pool" in found
    assert "even the secured plan keeps 0% of a phase" in found
    assert "A single loss of a supplier can be survived" in str(plain(made.brief[0]))


def test_a_plan_that_survives_some_losses_is_not_said_to_survive_all(record: Any) -> None:
    """One loss leaves too little: that is no independence, whatever was paid for it."""
    result = cases.with_resilience(record.result)
    result["resilience"]["secured"]["service"][0]["share"] = 0.3
    made = paper(cases.material(record, result=result), "en")
    found = text(of(made, "resilience"))
    assert "To survive what can be survived costs 6,120.40" in found
    assert "even the secured plan keeps 30% of a phase" in found
    assert "To depend on nobody" not in found + str(plain(made.brief[1]))
    assert "to survive what can be survived" in str(plain(made.brief[0]))


def test_what_a_loss_leaves_is_said_of_the_plan_and_not_of_a_cheaper_one(record: Any) -> None:
    """Sabotage seen: the cheapest plan's worst loss said of one that budgets made another."""
    result = deepcopy(record.result)
    result["plan"] |= {"protects": [], "exposed": []}
    result["resilience"] = cases.with_resilience(record.result)["resilience"]
    needed = {each["phase"]: Decimal(each["needed"]) for each in result["phases"]}
    result["losses"][0]["shortfall_taken"]["conflict"] = str(needed["conflict"] * Decimal("0.996"))
    assert "after the worst one, 0.4% of a phase would be kept" in text(
        of(paper(cases.material(record, result=result), "en"), "risks")
    )


def test_what_a_page_has_no_room_for_is_counted(record: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage seen: the columns of margins and the bars of groups cut without a word."""
    monkeypatch.setattr("catalog.dossier.fitting._CLAUSES", 2)
    monkeypatch.setattr("catalog.dossier.resilience.SHOWN", 1)
    made = paper(cases.material(record, result=cases.with_resilience(record.result)), "en")
    assert "The margins in 1 further clause stand in the record." in text(of(made, "fit"))
    assert "2 further shared things cost no more than these" in text(of(made, "resilience"))


def test_a_price_of_thousandths_is_not_said_to_be_nothing() -> None:
    """Sabotage seen: unit prices rounded to cents."""
    cheap = [
        replace(each, prices={phase: replace(one, unit_price=Decimal("0.004")) for phase, one in each.prices.items()})
        for each in cases.offers()
    ]
    made = paper(cases.material(cases.kept(market=cheap)), "en")
    tables = [next(each for each in of(made, name).blocks if isinstance(each, Table)) for name in ("prices", "plan")]
    assert [cell.text for cell in tables[0].rows[0].cells[2:5]] == ["0.004"] * 3
    assert {row.cells[4].text for row in tables[1].rows if not row.cells[0].strong} == {"0.004"}


def test_losses_of_two_suppliers_of_one_name_are_two(record: Any) -> None:
    """Sabotage seen: losses by the name of what is lost."""
    result = cases.with_resilience(record.result)
    losses = len(result["resilience"]["cheapest"]["service"])
    names = dict.fromkeys(cases.material(record).suppliers, "Twin Space")
    said_of = text(of(paper(cases.material(record, result=result, suppliers=names), "en"), "resilience"))
    assert f"{losses} losses were played through" in said_of


def test_what_suppliers_were_asked_and_answered_is_told_with_its_dates(record: Any) -> None:
    """Sabotage seen: who did not answer left out."""
    asked = cases.material(record, inputs=cases.with_told(record))
    made = of(paper(asked, "en"), "answers")
    table = next(each for each in made.blocks if isinstance(each, Table))
    rows = [[cell.text.replace("\u00a0", " ").replace("\u2060", "") for cell in row.cells] for row in table.rows]
    assert rows[0][1:3] == ["900 km²/d in peace, over the area and window of the need", "2024-11-20"]
    assert rows[0][3] == (
        "The supplier says that it can: 900 of 900 km²/d (peace). Price given: 0.004 EUR. Holds until 24 December 2024."
        " In its own words: “=We have <room>”."
    )
    assert [row[4] for row in rows] == ["2024-11-20", "–", "–"]
    assert "did not answer in time" in rows[1][3]
    assert rows[2][1:3] == ["–", "–"]
    nobody = text(of(paper(cases.material(record), "en"), "answers"))
    assert "No supplier was asked for this match" in nobody
    sheet = list(csv.DictReader(StringIO(render(asked, "csv", "en").decode("utf-8-sig"))))
    answered = [row for row in sheet if row["answer"]]
    assert [row["answered_at"] for row in answered] == [cases.AT.isoformat(), "", ""]


def test_what_threatened_the_plan_on_the_day_of_the_match_is_told(record: Any) -> None:
    """Sabotage seen: a bound said as if it were the probability; the share of one satellite said of the offering."""
    hurt = cases.material(record, inputs=cases.with_told(record))
    made = paper(hurt, "en")
    table = next(each for each in of(made, "supply").blocks if isinstance(each, Table))
    rows = [[cell.text.replace("\u00a0", " ") for cell in row.cells[1:]] for row in table.rows]
    assert rows == [
        ["EYE-1", "Re-entry", "From 22 November 2024", "Certain", "25%"],
        ["EYE-1", "Passes DEBRIS 7 at a predicted 412 m", "22 November 2024", "≤ 0.0054%", "25%"],
        ["", "7 further risks are open on this offering.", "", "", ""],
        ["EYE-1", "Outage", "22 November 2024 to 1 December 2024", "Certain", "50%"],
    ]
    taken = sum(each["verdict"] == "taken" for each in record.result["offerings"])
    assert f"2 offerings of {taken} taken rested on something" in text(of(made, "risks"))
    for inputs, said_of in (
        (record.inputs, "kept before supply at risk was noted"),
        ({**record.inputs, "supply_at_risk": {}}, "nothing that the plan rests on was known to be at risk"),
    ):
        assert said_of in text(of(paper(cases.material(record, inputs=inputs), "en"), "supply"))
    sheet = list(csv.DictReader(StringIO(render(hurt, "csv", "fr").decode("utf-8-sig"))))
    assert [row["risks_open"] for row in sheet if row["risks_open"]] == ["9", "1"]


def test_orbits_say_in_a_sentence_why(record: Any) -> None:
    result = cases.with_resilience(record.result)
    params = {"said": "6", "computed": "9.41", "limit": "7.65"}
    result["physics"][0] |= {"reason": {"code": "feasibility.beyond", "params": params}}
    said_of = text(of(paper(cases.material(record, result=result), "fr"), "physics"))
    assert "6 dépasse ce que permettent les orbites\u00a0: 9,41 au mieux" in said_of


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
    """Whatever order the names came in: the bytes are those of the match, its language and its names.

    Sabotage seen: a supplier named by its place among the names.
    """
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
