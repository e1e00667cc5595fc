"""The section of dates: the clocks that run since the need was stated, and a way to a contract that keeps them. Pure.

The clocks are the alliance's: a market study within 3 months of the need, test
and evaluation within 12, adoption within 24. The way to a contract is reckoned
from the day of the match in working days that are stated beside each step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.code_labels import label
from catalog.dossier.asked import first_upper
from catalog.dossier.document import Block, Column, Figure, Line, Paragraph, Row, Section, Table
from catalog.dossier.outlook import Mark, timeline
from catalog.dossier.study import RECORD, Clock, Study
from providers.working_days import add_working_days

STEPS: Sequence[tuple[str, int]] = (
    ("ask", 1),
    ("answers", 10),
    ("again", 3),
    ("study", 5),
    ("publish", 5),
    ("quotes", 15),
    ("decide", 10),
    ("standstill", 10),
    ("contract", 5),
)
"""From the match to a contract: step, and working days since the one before.

Ten days for answers are the usual clock of admission to a pool, fifteen for quotes leave three weeks to
suppliers of any size; an agency that has other clocks of its own reckons with those.
"""

_STUDY = "study"
"""The step with which the market study is done."""


@dataclass(frozen=True, slots=True)
class Due:
    step: str
    days: int
    at: datetime


def way(start: datetime) -> tuple[Due, ...]:
    """The steps with their dates, from the moment of the match."""
    found, at = [], start
    for step, days in STEPS:
        at = add_working_days(at, days)
        found.append(Due(step, days, at))
    return tuple(found)


def section(study: Study) -> Section:
    voice, material = study.voice, study.material
    steps = way(material.at)
    done = next(each.at for each in steps if each.step == _STUDY)
    blocks: list[Block] = [Paragraph(Line(voice.say("dossier.dates.clocks"), (RECORD,)))]
    clock = next((each for each in material.clocks if each.months == 3), None)
    if clock is not None:
        blocks.append(_verdict(study, clock, done))
        blocks.append(_timeline(study, steps))
        blocks.append(_clocks(study))
    blocks += [Paragraph(Line(voice.say("dossier.dates.assumptions"))), _steps(study, steps)]
    return Section("dates", voice.say("dossier.dates.title"), tuple(blocks))


def slack(clock: Clock, done: datetime) -> int:
    """Whole days that are left between the planned end of the study and the day it is due; negative: too late."""
    return (clock.due.date() - done.date()).days


def _verdict(study: Study, clock: Clock, done: datetime) -> Paragraph:
    voice = study.voice
    if clock.done_at is not None:
        said = voice.say("dossier.dates.study_done", day=voice.day(clock.done_at), due=voice.day(clock.due))
        return Paragraph(Line(said, (RECORD,)), "good" if clock.done_at <= clock.due else "bad")
    left = slack(clock, done)
    code = "dossier.dates.in_time" if left >= 0 else "dossier.dates.too_late"
    said = voice.say(code, due=voice.day(clock.due), planned=voice.day(done), days=abs(left))
    return Paragraph(Line(said, (RECORD,)), "good" if left >= 0 else "bad")


def _timeline(study: Study, steps: Sequence[Due]) -> Figure:
    voice, material = study.voice, study.material
    marks = [
        Mark(at, first_upper(label("adoption_step", step, voice.language)), iso(at), "plain", done=True)
        for step, at in material.steps
    ]
    marks.append(Mark(material.at, voice.say("dossier.dates.match"), iso(material.at), "plain", done=True))
    marks += [
        Mark(each.at, voice.say(f"dossier.way.{each.step}"), iso(each.at), "good")
        for each in steps
        if each.step in ("answers", _STUDY, "quotes", "contract")
    ]
    marks += [
        Mark(each.due, voice.say(f"dossier.dates.due_{each.months}"), iso(each.due), "care")
        for each in material.clocks
        if each.done_at is None
    ]
    # What lies a year or two ahead would press the months that matter now against each other.
    end = max(steps[-1].at, *(each.due for each in material.clocks if each.months == 3))
    marks = sorted((each for each in marks if each.at <= end), key=lambda each: each.at)
    spoken = voice.say("dossier.dates.spoken", said="; ".join(f"{each.said} {each.name}" for each in marks))
    source = voice.say("dossier.dates.source")
    return Figure("dates", voice.say("dossier.dates.timeline"), spoken, timeline(marks, spoken), source)


def _clocks(study: Study) -> Table:
    voice = study.voice
    rows = tuple(
        Row(
            (
                Line(voice.say(f"dossier.dates.due_{each.months}")),
                Line(voice.say("dossier.dates.months", count=each.months)),
                Line(iso(each.due)),
                Line("–" if each.done_at is None else iso(each.done_at)),
            )
        )
        for each in study.material.clocks
    )
    heads = (
        Column(voice.say("dossier.column.clock"), share=3),
        Column(voice.say("dossier.column.within"), share=1.2),
        Column(voice.say("dossier.column.due"), share=1),
        Column(voice.say("dossier.column.done"), share=1),
    )
    return Table(voice.say("dossier.dates.table"), heads, rows, voice.say("dossier.dates.source"))


def _steps(study: Study, steps: Sequence[Due]) -> Table:
    voice = study.voice
    rows = tuple(
        Row(
            (
                Line(voice.say(f"dossier.way.{each.step}"), strong=each.step == _STUDY),
                Line(str(each.days)),
                Line(iso(each.at)),
            )
        )
        for each in steps
    )
    heads = (
        Column(voice.say("dossier.column.step"), share=4),
        Column(voice.say("dossier.column.days"), "right", 1.2),
        Column(voice.say("dossier.column.until"), "right", 1),
    )
    return Table(
        voice.say("dossier.dates.way"),
        heads,
        rows,
        voice.say("dossier.dates.reckoned"),
        voice.say("dossier.dates.note"),
    )


def iso(at: datetime) -> str:
    return at.date().isoformat()
