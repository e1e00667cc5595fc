"""The section of orbits: what was claimed, what was answered, what was computed, side by side. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.code_labels import label
from catalog.dossier.asked import first_upper
from catalog.dossier.document import Column, Line, Paragraph, Row, Section, Table, Tone
from catalog.dossier.study import RECORD, Study
from catalog.dossier.voice import unit_in_words
from catalog.wording import physics_reason
from space_hub.text import say
from space_hub.vocabulary.attributes import ATTRIBUTES

SHOWN = 40
_TONES: Mapping[str, Tone] = {"agree": "plain", "disagree": "care", "cannot_tell": "quiet"}
_ORDER = ("disagree", "cannot_tell", "agree")


def section(study: Study) -> Section:
    voice = study.voice
    title = voice.say("dossier.physics.title")
    found = rows(study)
    if not found:
        return Section("physics", title, (Paragraph(Line(voice.say("dossier.physics.none"), (RECORD,))),))
    against = sum(of(each) == "disagree" for each in found)
    said = voice.say("dossier.physics.said", count=voice.many(len(found)), against=voice.many(against))
    blocks = (
        Paragraph(Line(said, (RECORD,))),
        Paragraph(Line(voice.say("dossier.physics.rule"))),
        _table(study, found),
    )
    return Section("physics", title, blocks)


def rows(study: Study) -> list[Mapping[str, Any]]:
    """What was held against orbits, disagreements first."""
    found = [each for each in study.result.get("physics") or () if each["offering_id"] in study.by_id]
    return sorted(
        found, key=lambda each: (_ORDER.index(of(each)), study.by_id[each["offering_id"]].number, each["attribute"])
    )


def of(row: Mapping[str, Any]) -> str:
    """The worse of the two verdicts."""
    said = {row["verdict_of_claim"], row["verdict_of_answer"]}
    return next(each for each in _ORDER if each in said)


def why(study: Study, row: Mapping[str, Any]) -> str:
    """The verdict and its reason as sentences."""
    voice = study.voice
    verdict = first_upper(label("feasibility_verdict", of(row), voice.language))
    return f"{verdict}. {first_upper(voice.set(physics_reason(row['reason'], voice.language)))}"


def _table(study: Study, found: Sequence[Mapping[str, Any]]) -> Table:
    voice = study.voice
    made = []
    for each in found[:SHOWN]:
        offer = study.by_id[each["offering_id"]]
        unit = unit_in_words(ATTRIBUTES[each["attribute"]].unit or "")
        name = first_upper(say(f"vocabulary.attribute.{each['attribute']}", voice.language))
        cells = [_value(study, each[which], unit) for which in ("claimed", "answered", "computed")]
        made.append(
            Row(
                (
                    Line(offer.supplier, (offer.ref,)),
                    Line(name),
                    *(Line(cell) for cell in cells),
                    Line(why(study, each)),
                ),
                tone=_TONES[of(each)],
            )
        )
    heads = (
        Column(voice.say("dossier.column.supplier"), share=1.7),
        Column(voice.say("dossier.column.attribute"), share=1.7),
        *(Column(voice.say(f"dossier.column.{name}"), "right", 1.1) for name in ("claimed", "answered", "computed")),
        Column(voice.say("dossier.column.verdict"), share=3.2),
    )
    more = len(found) - SHOWN
    note = voice.say("dossier.physics.more", count=voice.many(more)) if more > 0 else ""
    return Table(
        voice.say("dossier.physics.table"), heads, tuple(made), voice.say("dossier.source.result", part="physics"), note
    )


def _value(study: Study, value: Any, unit: str) -> str:
    """A number or a range in its unit, to four figures as the record keeps them."""
    if value is None:
        return "–"
    ends = [study.voice.number(f"{float(each):.4g}") for each in (value if isinstance(value, list) else [value])]
    return study.voice.together("–".join(dict.fromkeys(ends)), unit)
