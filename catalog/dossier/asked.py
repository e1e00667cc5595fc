"""The section of the need: what was asked, in the words of the requirement. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.dossier.document import Block, Bullets, Column, Facts, Line, Paragraph, Row, Section, Table
from catalog.dossier.study import RECORD, Study, clause, window
from catalog.matching.eligibility import asked_params
from catalog.matching.need_json import clause_from_json, need_from_json
from catalog.matching.terms import terms
from catalog.matching.values import LEAST_URGENT
from space_hub.vocabulary.attributes import ATTRIBUTES

_WHOLE = {"validity", "coverage"}
"""Terms whose words say too little when they stand alone."""


def section(study: Study) -> Section:
    voice = study.voice
    blocks: list[Block] = []
    if study.material.description:
        blocks.append(Paragraph(Line(study.material.description)))
    blocks += [_facts(study), _phases(study)]
    if study.need["clauses"]:
        blocks.append(_clauses(study))
    others = tuple(_others(study))
    if others:
        blocks += [Paragraph(Line(voice.say("dossier.need.others"))), Bullets(others)]
    return Section("need", voice.say("dossier.need.title"), tuple(blocks))


def _facts(study: Study) -> Facts:
    voice, need = study.voice, study.need
    start, stop = window(study)
    rows = [
        (voice.say("dossier.fact.capability"), Line(first_upper(voice.capability(need["capability"])))),
        (
            voice.say("dossier.fact.window"),
            Line(voice.day(start) if stop is None else f"{voice.day(start)} – {voice.day(stop)}"),
        ),
    ]
    if need.get("originator"):
        rows.append((voice.say("dossier.fact.originator"), Line(need["originator"])))
    if need.get("priority", LEAST_URGENT) != LEAST_URGENT:
        said = voice.say("dossier.need.priority", priority=need["priority"], least=LEAST_URGENT)
        rows.append((voice.say("dossier.fact.priority"), Line(said)))
    if need["area"] is not None:
        rows.append((voice.say("dossier.fact.area"), Line(_area(study, need["area"]))))
    return Facts(tuple(rows))


def _area(study: Study, area: Any) -> str:
    """The box that the area fills, in degrees: enough to recognise it, and no map of it."""
    points = list(_points(area["coordinates"] if isinstance(area, Mapping) and "coordinates" in area else area))
    if not points:
        return study.voice.say("dossier.need.area_elsewhere")
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    said = {
        name: study.voice.number(round(value, 2))
        for name, value in zip("wesn", (west, east, south, north), strict=True)
    }
    return study.voice.say("dossier.need.area", west=said["w"], east=said["e"], south=said["s"], north=said["n"])


def _points(nested: Any) -> Iterator[tuple[float, float]]:
    if isinstance(nested, list | tuple):
        if len(nested) >= 2 and all(isinstance(each, int | float) for each in nested[:2]):
            yield float(nested[0]), float(nested[1])
        else:
            for each in nested:
                yield from _points(each)


def _phases(study: Study) -> Table:
    voice = study.voice
    rows = tuple(
        Row(
            (
                Line(voice.phase(each["phase"])),
                Line(voice.quantity(each["quantity"], study.unit)),
                Line("–" if each["budget_per_day"] is None else voice.money(each["budget_per_day"], study.currency)),
            )
        )
        for each in study.need["phases"]
    )
    heads = (
        Column(voice.say("dossier.column.phase"), share=1),
        Column(voice.say("dossier.column.needed"), "right", 1),
        Column(voice.say("dossier.column.budget"), "right", 1),
    )
    return Table(voice.say("dossier.need.phases"), heads, rows, voice.say("dossier.source.need", part="phases"))


def _clauses(study: Study) -> Table:
    voice = study.voice
    rows = []
    for place, kept in enumerate(study.need["clauses"]):
        read = clause_from_json(kept)
        unit = ATTRIBUTES[read.attribute].unit or ""
        objective = "–" if read.objective is None else voice.quantity(f"{read.objective:.6g}", unit)
        rows.append(
            Row(
                (
                    Line(clause(place).label, strong=True),
                    Line(first_upper(study.reason("gap.asked.clause", {**asked_params(read), "offered": None}))),
                    Line(objective),
                    Line(voice.say("dossier.need.hard" if read.hard else "dossier.need.soft")),
                    Line(voice.number(read.weight)),
                ),
                anchor=clause(place).target,
            )
        )
    heads = (
        Column(""),
        Column(voice.say("dossier.column.asked"), share=3),
        Column(voice.say("dossier.column.objective"), share=1.1),
        Column(voice.say("dossier.column.force"), share=1.3),
        Column(voice.say("dossier.column.weight"), "right"),
    )
    caption, source = voice.say("dossier.need.clauses"), voice.say("dossier.source.need", part="clauses")
    return Table(caption, heads, tuple(rows), source, voice.say("dossier.need.clauses_note"))


def _others(study: Study) -> Iterator[Line]:
    """What is asked besides clauses: of each offering, then of the set of suppliers."""
    voice, need = study.voice, study.need
    for name, term in terms(need_from_json(need)).items():
        if name in _WHOLE:
            yield Line(voice.say(f"dossier.asked.{name}"), (RECORD,))
        elif not name.startswith("clause."):
            yield Line(first_upper(study.reason(term.code, term.params)), (RECORD,))
    share = need.get("largest_share")
    if share is not None:
        yield Line(voice.say("dossier.need.largest_share", share=voice.share(share)), (RECORD,))
    if need.get("least_suppliers", 1) > 1:
        yield Line(voice.say("dossier.need.least_suppliers", count=need["least_suppliers"]), (RECORD,))
    if need.get("least_jurisdictions", 1) > 1:
        yield Line(voice.say("dossier.need.least_jurisdictions", count=need["least_jurisdictions"]), (RECORD,))
    if need.get("survive"):
        losses = voice.losses(need["survive"])
        kept = voice.share(need.get("service_kept", 1.0))
        yield Line(voice.say("dossier.need.survive", losses=losses, kept=kept), (RECORD,))


def first_upper(said: str) -> str:
    return said[:1].upper() + said[1:]
