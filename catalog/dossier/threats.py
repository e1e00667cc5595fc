"""The section of supply at risk: what was known on the day of the match to threaten what the plan rests on. Pure.

It says what stands in the record. A record that was kept before this was noted says that it is silent on it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from catalog.code_labels import label
from catalog.dossier.asked import first_upper
from catalog.dossier.document import Block, Column, Line, Paragraph, Row, Section, Table
from catalog.dossier.study import RECORD, Offer, Study

SHOWN = 40
_LEAST = 1e-9
"""A probability below it is said as less than it."""


def section(study: Study) -> Section:
    voice, title = study.voice, study.voice.say("dossier.supply.title")
    day = voice.day(study.material.at)
    if study.supply is None:
        return Section("supply", title, (Paragraph(Line(voice.say("dossier.supply.older"), (RECORD,))),))
    rule = Paragraph(Line(voice.say("dossier.supply.rule")))
    taken = study.of("taken")
    if not taken:
        return Section("supply", title, (Paragraph(Line(voice.say("dossier.supply.no_plan"), (RECORD,))), rule))
    hurt = at_risk(study)
    if not hurt:
        said = voice.say("dossier.supply.none", day=day)
        return Section("supply", title, (Paragraph(Line(said, (RECORD,)), "good"), rule))
    said = voice.say("dossier.supply.said", count=voice.many(len(hurt)), of=voice.many(len(taken)), day=day)
    blocks: tuple[Block, ...] = (Paragraph(Line(said, (RECORD,)), "care"), rule, _table(study, hurt))
    return Section("supply", title, blocks)


def at_risk(study: Study) -> list[tuple[Offer, Mapping[str, Any]]]:
    """The offerings of the plan that were at risk, with what the record holds of each."""
    kept = study.supply or {}
    return [(each, kept[name]) for each in study.of("taken") if (name := str(each.judged["offering_id"])) in kept]


def sentences(study: Study, kept: Mapping[str, Any]) -> Iterator[str]:
    """What threatens one offering, the gravest first, each in a sentence; then how many more there are."""
    voice = study.voice
    for risk in kept["gravest"]:
        yield f"{risk['asset']}: {_what(study, risk)}, {_when(study, risk)}; {_how(study, risk, kept['assets'])}."
    more = kept["open"] - len(kept["gravest"])
    if more > 0:
        yield voice.say("dossier.supply.more_of", count=voice.many(more))


def _table(study: Study, hurt: list[tuple[Offer, Mapping[str, Any]]]) -> Table:
    voice = study.voice
    rows = []
    for offer, kept in hurt:
        for place, risk in enumerate(kept["gravest"]):
            head = Line(offer.supplier, (offer.ref,)) if place == 0 else Line("")
            likely = _likely(study, risk)
            cells = (_what(study, risk), _when(study, risk), likely, _part(study, risk, kept["assets"]))
            rows.append(Row((head, Line(risk["asset"]), *map(Line, map(first_upper, cells)))))
        more = kept["open"] - len(kept["gravest"])
        if more > 0:
            said = voice.say("dossier.supply.more_of", count=voice.many(more))
            rows.append(Row((Line(""), Line(""), Line(said), Line(""), Line(""), Line("")), tone="quiet"))
    heads = (
        Column(voice.say("dossier.column.supplier"), share=2),
        Column(voice.say("dossier.column.asset"), share=1.5),
        Column(voice.say("dossier.column.threat"), share=2.6),
        Column(voice.say("dossier.column.when"), share=1.9),
        Column(voice.say("dossier.column.likely"), "right", 1.2),
        Column(voice.say("dossier.column.part_of_offering"), "right", 1),
    )
    more = len(rows) - SHOWN
    note = voice.say("dossier.supply.note")
    if more > 0:
        note = f"{note} {voice.say('dossier.supply.more', count=voice.many(more))}"
    source = voice.say("dossier.source.inputs", part="supply_at_risk")
    return Table(voice.say("dossier.supply.table"), heads, tuple(rows[:SHOWN]), source, note)


def _what(study: Study, risk: Mapping[str, Any]) -> str:
    if risk["cause"] == "conjunction" and risk["other"] and risk["miss_m"] is not None:
        miss = study.voice.number(risk["miss_m"], 0)
        return study.voice.say("dossier.supply.encounter", other=risk["other"], miss=miss)
    return label("risk_cause", risk["cause"], study.voice.language)


def _when(study: Study, risk: Mapping[str, Any]) -> str:
    voice, begins = study.voice, voice_day(study, risk["from"])
    if risk["until"] is not None:
        return voice.say("dossier.supply.between", first=begins, last=voice_day(study, risk["until"]))
    return begins if risk["cause"] == "conjunction" else voice.say("dossier.supply.since", first=begins)


def voice_day(study: Study, kept: str) -> str:
    return study.voice.day(datetime.fromisoformat(kept))


def _likely(study: Study, risk: Mapping[str, Any]) -> str:
    """How likely: certain, a share, or at most a share."""
    voice, value = study.voice, risk["probability"]
    if value is None or (risk["is_bound"] and value == 1):
        return voice.say("dossier.supply.unknown")
    if value == 1:
        return voice.say("dossier.supply.certain")
    share = voice.share(float(f"{max(value, _LEAST):.2g}"), _places(max(value, _LEAST)))
    return f"≤ {share}" if risk["is_bound"] or value < _LEAST else share


def _places(value: float) -> int:
    """Decimals of a percentage that show two figures of it."""
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return max(0, -int(exponent) - 2 + (mantissa[2] != "0"))


def _part(study: Study, risk: Mapping[str, Any], assets: int) -> str:
    """Of the offering, whose assets carry equal shares of it."""
    return study.voice.share(risk["loss"] / assets, 0 if risk["loss"] / assets >= 0.1 else 1)


def _how(study: Study, risk: Mapping[str, Any], assets: int) -> str:
    return study.voice.say("dossier.supply.how", likely=_likely(study, risk), part=_part(study, risk, assets))
