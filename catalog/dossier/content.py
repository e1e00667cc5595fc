"""From the material of a market study to its paper: first page, sections in reading order, annexes. Pure."""

from decimal import Decimal

from catalog.dossier import (
    annexes,
    asked,
    buying,
    considered,
    dates,
    fitting,
    outside,
    physics,
    replies,
    resilience,
    risks,
    threats,
)
from catalog.dossier.asked import first_upper
from catalog.dossier.document import Block, Bullets, Document, Facts, Line, Tile, Tiles
from catalog.dossier.study import Material, Study, part, window
from catalog.dossier.voice import Voice

_FRAME = ("page", "source", "table", "figure", "contents", "annex")
_NAMED = 5
"""Suppliers that the first page names."""


def paper(material: Material, language: str) -> Document:
    """The whole market study, in English or French. The same material makes the same paper."""
    study = Study(material, Voice(language))
    voice = study.voice
    sections = (
        asked.section(study),
        considered.section(study),
        fitting.section(study),
        outside.refused(study),
        outside.questions(study),
        replies.section(study),
        outside.gaps(study),
        buying.prices(study),
        buying.plan(study),
        resilience.section(study),
        physics.section(study),
        threats.section(study),
        risks.section(study),
        dates.section(study),
        annexes.gates(study),
        annexes.offerings(study),
        # What the sections named is known now.
        annexes.documents(study),
        annexes.record(study),
    )
    return Document(
        language=language,
        kind=voice.say("dossier.kind"),
        title=material.title,
        subtitle=first_upper(voice.capability(study.need["capability"])),
        marking=_marking(study),
        reference=material.match_id,
        author=material.organisation,
        maxim=voice.say("dossier.maxim"),
        issued=voice.day(material.at),
        dated=material.at.date().isoformat(),
        facts=_facts(study),
        brief=_brief(study),
        sections=sections,
        words={name: voice.say(f"dossier.word.{name}") for name in _FRAME},
    )


def _marking(study: Study) -> str:
    voice, material = study.voice, study.material
    level = first_upper(voice.label("security_level", material.level))
    readers = [*material.readers, *map(voice.nation, material.nations)]
    return voice.say("dossier.marking", level=level, readers=", ".join(readers)) if readers else level


def _facts(study: Study) -> Facts:
    voice, material = study.voice, study.material
    start, stop = window(study)
    return Facts(
        (
            (voice.say("dossier.fact.for"), Line(material.organisation)),
            (
                voice.say("dossier.fact.window"),
                Line(voice.day(start) if stop is None else f"{voice.day(start)} – {voice.day(stop)}"),
            ),
            (voice.say("dossier.fact.at"), Line(f"{voice.day(material.at)}, {material.at:%H:%M} UTC")),
            (voice.say("dossier.fact.match"), Line(material.match_id, code=True)),
            (voice.say("dossier.fact.record_sha256"), Line(material.record_sha256, code=True)),
        )
    )


def _brief(study: Study) -> tuple[Block, ...]:
    return (_tiles(study), Bullets(tuple(_lines(study))))


def _tiles(study: Study) -> Tiles:
    voice, result = study.voice, study.result
    covered = result["covered"]
    tiles = [
        Tile(
            voice.say("dossier.brief.yes" if covered else "dossier.brief.no"),
            voice.say("dossier.brief.covered"),
            "good" if covered else "bad",
        ),
        Tile(
            str(result["suppliers"]),
            voice.say("dossier.brief.suppliers", count=voice.many(len(study.suppliers))),
            "bad" if result["suppliers"] < 2 else "plain",
        ),
        Tile(voice.money(result["cost_per_day"]), voice.say("dossier.brief.cost", currency=study.currency), "plain"),
    ]
    found = result.get("resilience")
    if found is not None:
        premium = found["premium"]
        value = voice.money(resilience.stated(premium)) if premium["stated"] else f"≤ {voice.money(premium['high'])}"
        if resilience.survives_none(study, found):
            tiles.append(Tile(voice.say("dossier.brief.no"), voice.say("dossier.brief.survives_none"), "bad"))
        else:
            code = "dossier.brief.premium" if resilience.whole(study, found) else "dossier.brief.premium_in_part"
            tiles.append(Tile(value, voice.say(code, currency=study.currency), "plain"))
    return Tiles(tuple(tiles))


def _lines(study: Study) -> list[Line]:
    """What a reader in a hurry must know, each with the section that says more."""
    voice, material, result = study.voice, study.material, study.result
    count = considered.counts(study)
    said = voice.say(
        "dossier.brief.looked",
        offers=voice.many(len(study.offers)),
        fitting=voice.many(count["taken"] + count["reserve"]),
        question=voice.many(count["question"]),
        refused=voice.many(count["refused"]),
    )
    lines = [Line(said, (part("market"),))]
    if study.of("taken"):
        names = list(dict.fromkeys(each.supplier for each in study.of("taken")))
        shown = ", ".join(names[:_NAMED])
        if len(names) > _NAMED:
            shown = voice.say("dossier.brief.and_others", names=shown, count=len(names) - _NAMED)
        lines.append(Line(voice.say("dossier.brief.buy", suppliers=shown), (part("plan"),)))
    for each in result["phases"]:
        if Decimal(each["shortfall"]):
            missing = voice.quantity(each["shortfall"], study.unit)
            lines.append(
                Line(
                    voice.say("dossier.brief.short", phase=voice.phase(each["phase"]), missing=missing),
                    (part("gaps"),),
                )
            )
    if result.get("sole"):
        lines.append(Line(voice.say("dossier.brief.sole"), (part("gaps"),)))
    found = result.get("resilience")
    if found is not None:
        lines.append(Line(resilience.in_words(study, found), (part("resilience"),)))
    grave = [each for each in risks.findings(study) if each[0] == "bad"]
    lines.append(Line(voice.say("dossier.brief.risks", count=len(grave)), (part("risks"),)))
    clock = next((each for each in material.clocks if each.months == 3), None)
    if clock is not None:
        lines.append(Line(voice.say("dossier.brief.due", due=voice.day(clock.due)), (part("dates"),)))
    return lines
