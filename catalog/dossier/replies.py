"""The section of what suppliers were asked for this match, and what each answered, or that no answer came. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from catalog.dossier.asked import first_upper
from catalog.dossier.document import Block, Column, Line, Paragraph, Row, Section, Table, Tone
from catalog.dossier.study import RECORD, Study
from catalog.wording import answer_text

SHOWN = 40
_TONES: Mapping[str, Tone] = {"feasible": "plain", "partly": "care", "infeasible": "care"}
_SAID = frozenset(_TONES)
"""What a supplier can answer; everything else says why there is no answer."""


def section(study: Study) -> Section:
    voice, title = study.voice, study.voice.say("dossier.answers.title")
    if study.answers is None:
        return Section("answers", title, (Paragraph(Line(voice.say("dossier.answers.nobody"), (RECORD,))),))
    if not study.answers:
        return Section("answers", title, (Paragraph(Line(voice.say("dossier.answers.none"), (RECORD,))),))
    answered = sum(each["answer"] in _SAID for each in study.answers)
    said = voice.say("dossier.answers.said", count=voice.many(len(study.answers)), answered=voice.many(answered))
    blocks: tuple[Block, ...] = (
        Paragraph(Line(said, (RECORD,))),
        Paragraph(Line(voice.say("dossier.answers.rule"))),
        _table(study),
    )
    return Section("answers", title, blocks)


def words(study: Study, kept: Mapping[str, Any]) -> str:
    """The answer in a sentence, with price, term and the supplier's own words where it gave them."""
    voice = study.voice
    said = [voice.set(answer_text(kept, study.unit, voice.language))]
    if kept["price"] is not None:
        amount, currency = kept["price"]
        said.append(voice.say("dossier.answers.price", price=voice.price(amount, currency)))
    if kept["valid_until"] is not None:
        said.append(voice.say("dossier.answers.valid", day=voice.day(datetime.fromisoformat(kept["valid_until"]))))
    if kept["reason"]:
        said.append(voice.say("dossier.answers.reason", reason=kept["reason"]))
    return " ".join(said)


def question(study: Study, kept: Mapping[str, Any]) -> str:
    """What was asked, in words; the window and the area are those of the need."""
    voice = study.voice
    if kept["answer"] in ("not_asked", "no_interface"):
        return "–"
    quantity = voice.quantity(kept["asked"], study.unit)
    return voice.say("dossier.answers.question", quantity=quantity, phase=voice.phase(kept["phase"]))


def _table(study: Study) -> Table:
    voice, kept = study.voice, study.answers or ()
    order = sorted(kept, key=lambda each: (each["answer"] not in _SAID, study.by_id[each["offering_id"]].number))
    rows = []
    for each in order[:SHOWN]:
        offer = study.by_id[each["offering_id"]]
        cells = (
            Line(offer.supplier, (offer.ref,)),
            Line(first_upper(question(study, each))),
            Line(_day(each.get("asked_at"))),
            Line(words(study, each)),
            Line(_day(each.get("answered_at"))),
        )
        rows.append(Row(cells, tone=_TONES.get(each["answer"], "quiet")))
    heads = (
        Column(voice.say("dossier.column.supplier"), share=1.7),
        Column(voice.say("dossier.column.asked_of"), share=2),
        Column(voice.say("dossier.column.asked_on")),
        Column(voice.say("dossier.column.answer"), share=3.2),
        Column(voice.say("dossier.column.answered_on")),
    )
    more = len(order) - SHOWN
    note = voice.say("dossier.answers.more", count=voice.many(more)) if more > 0 else ""
    source = voice.say("dossier.source.inputs", part="physics.answers")
    return Table(voice.say("dossier.answers.table"), heads, tuple(rows), source, note)


def _day(kept: str | None) -> str:
    return "–" if kept is None else kept[:10]
