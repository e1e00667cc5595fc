"""The section of what it costs to depend on nobody: the cheapest plan beside the secured one. Pure.

A record that was kept before this was priced says only what is missing after the
loss of each supplier; then the section says that.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from catalog.code_labels import label
from catalog.dossier.asked import first_upper
from catalog.dossier.document import Block, Column, Figure, Line, Notice, Paragraph, Row, Section, Table
from catalog.dossier.outlook import Kept, Price, kept, premiums
from catalog.dossier.study import RECORD, Study
from catalog.matching.survival import lost_for_good, nothing_survived

SHOWN = 14
"""Losses and groups that a chart has room for, worst first."""


def section(study: Study) -> Section:
    voice = study.voice
    title = voice.say("dossier.resilience.title")
    found = study.result.get("resilience")
    if found is not None:
        return Section("resilience", title, tuple(_priced(study, found)))
    if not study.result["losses"]:
        return Section("resilience", title, (Paragraph(Line(voice.say("dossier.resilience.none"), (RECORD,))),))
    blocks = (Paragraph(Line(voice.say("dossier.resilience.unpriced"), (RECORD,))), *_losses(study))
    return Section("resilience", title, blocks)


def stated(price: Mapping[str, Any]) -> Decimal:
    """The one number for what survival costs above `base`: the middle of what the search leaves open."""
    return (Decimal(price["low"]) + Decimal(price["high"])) / 2


def premium_in_words(study: Study, premium: Mapping[str, Any]) -> str:
    """The price of independence a day: a number where it is known that well, an interval otherwise."""
    voice = study.voice
    if premium["stated"]:
        return voice.money(stated(premium), study.currency)
    return voice.say(
        "dossier.resilience.between",
        low=voice.money(premium["low"]),
        high=voice.money(premium["high"], study.currency),
    )


def survives_none(study: Study, found: Mapping[str, Any]) -> bool:
    """Whether no single loss of a supplier can be survived, whatever is paid."""
    return nothing_survived(found, study.need.get("service_kept", 1.0))


def whole(study: Study, found: Mapping[str, Any]) -> bool:
    """Whether the secured plan keeps after every loss what was asked to stay."""
    return _least(found["secured"]) >= float(study.need.get("service_kept", 1.0))


def in_words(study: Study, found: Mapping[str, Any]) -> str:
    """What it costs to depend on nobody; or that nobody can be lost, and what the most that can be kept costs.

    A share is said only of a plan that costs something.
    """
    voice, premium = study.voice, found["premium"]
    lost = survives_none(study, found)
    if Decimal(premium["high"]) == 0:
        return voice.say("dossier.resilience.lost_free" if lost else "dossier.resilience.free")
    said = premium_in_words(study, premium)
    if Decimal(premium["base"]) == 0:
        costs = voice.say("dossier.resilience.said_from_nothing", premium=said)
        return f"{voice.say('dossier.resilience.lost_free')} {costs}" if lost else costs
    code = "lost" if lost else "said" if whole(study, found) else "said_in_part"
    return voice.say(f"dossier.resilience.{code}", premium=said, share=voice.share(float(premium["share"]), 1))


def _priced(study: Study, found: Mapping[str, Any]) -> list[Block]:
    voice = study.voice
    premium = found["premium"]
    lines = [Line(in_words(study, found), (RECORD,))]
    if not whole(study, found):
        said = voice.say("dossier.resilience.not_whole", share=_worst(study, found["secured"]))
        lines.append(Line(said, (RECORD,)))
    if not premium["stated"]:
        lines.append(Line(voice.say("dossier.resilience.interval")))
    blocks: list[Block] = [
        Paragraph(Line(voice.say("dossier.resilience.meaning", kept=voice.share(study.need.get("service_kept", 1.0))))),
        Notice(voice.say("dossier.resilience.price"), tuple(lines), "bad" if survives_none(study, found) else "plain"),
        _sides(study, found),
    ]
    if found["by_group"]:
        blocks.append(_groups(study, found))
        if len(found["by_group"]) > SHOWN:
            more = voice.many(len(found["by_group"]) - SHOWN)
            blocks.append(Paragraph(Line(voice.say("dossier.resilience.groups_more", count=more), (RECORD,))))
    blocks += _service(study, found)
    return blocks


def _sides(study: Study, found: Mapping[str, Any]) -> Table:
    voice = study.voice
    sides = [found["cheapest"], found["secured"]]
    rows = [
        (voice.say("dossier.resilience.cost"), [voice.money(side["cost_per_day"], study.currency) for side in sides])
    ]
    for phase in study.phases:
        costs = [voice.money(side["by_phase"].get(phase, "0"), study.currency) for side in sides]
        rows.append((voice.say("dossier.resilience.cost_in", phase=voice.phase(phase)), costs))
    rows += [
        (voice.say("dossier.resilience.suppliers"), [str(side["suppliers"]) for side in sides]),
        (
            voice.say("dossier.resilience.effective"),
            _of_money(sides, "effective_suppliers", lambda each: voice.number(each, 1)),
        ),
        (voice.say("dossier.resilience.hhi"), _of_money(sides, "hhi", lambda each: voice.number(each, 0))),
        (voice.say("dossier.resilience.largest"), _of_money(sides, "largest_share", voice.share)),
        (voice.say("dossier.resilience.worst"), [_worst(study, side) for side in sides]),
    ]
    heads = (
        Column("", share=2),
        Column(voice.say("dossier.resilience.cheapest"), "right", 1.3),
        Column(voice.say("dossier.resilience.secured"), "right", 1.3),
    )
    made = tuple(Row((Line(name), *(Line(each) for each in values))) for name, values in rows)
    source = voice.say("dossier.source.result", part="resilience.cheapest, secured")
    return Table(voice.say("dossier.resilience.table"), heads, made, source, voice.say("dossier.resilience.note"))


def _of_money(sides: Sequence[Mapping[str, Any]], name: str, told: Callable[[float], str]) -> list[str]:
    """How concentrated the money is; where none is paid for use there is nothing to concentrate, which is no zero."""
    return [told(float(side[name])) if side["hhi"] else "–" for side in sides]


def _worst(study: Study, side: Mapping[str, Any]) -> str:
    return study.voice.share(_least(side))


def _least(side: Mapping[str, Any]) -> float:
    return min((float(each["share"]) for each in side["service"]), default=1.0)


def group_name(study: Study, group: str, name: str = "") -> str:
    """A group of common mode in words: what kind of thing it is, and which."""
    kind, _, key = group.partition(":")
    said = first_upper(label("dependency_kind", kind, study.voice.language))
    return study.voice.say("dossier.resilience.group", kind=said, name=name or study.group_names.get(group, key))


def failure(study: Study, lost: Mapping[str, Any]) -> str:
    """What is lost, by its names."""
    names = [study.supplier(each) for each in lost["suppliers"]]
    return ", ".join([*names, *(group_name(study, each) for each in lost["groups"])])


def _groups(study: Study, found: Mapping[str, Any]) -> Figure:
    voice = study.voice
    groups = sorted(found["by_group"], key=lambda each: (-Decimal(each["high"]), each["group"]))[:SHOWN]
    premium = found["premium"]
    lost = lost_for_good(found, study.need.get("service_kept", 1.0))
    every = Price(
        voice.say("dossier.resilience.every"),
        float(premium["low"]),
        float(premium["high"]),
        _said(study, premium, survived=not survives_none(study, found)),
        whole=True,
    )
    rows = [
        every,
        *(
            Price(
                group_name(study, each["group"], each["name"]),
                float(each["low"]),
                float(each["high"]),
                _said(study, each, survived=("groups", each["group"]) not in lost),
            )
            for each in groups
        ),
    ]
    spoken = voice.say("dossier.resilience.groups_spoken", said="; ".join(f"{each.name}: {each.said}" for each in rows))
    caption = voice.say("dossier.resilience.groups", currency=study.currency)
    source = voice.say("dossier.source.result", part="resilience.premium, by_group")
    return Figure("premiums", caption, spoken, premiums(rows, spoken), source)


def _said(study: Study, price: Mapping[str, Any], *, survived: bool) -> str:
    voice = study.voice
    if not survived and Decimal(price["high"]) == 0:
        return voice.say("dossier.resilience.not_survived")
    if price["stated"] or price["low"] == price["high"]:
        return voice.money(stated(price))
    return f"{voice.money(price['low'])} – {voice.money(price['high'])}"


def _service(study: Study, found: Mapping[str, Any]) -> list[Block]:
    """What is left after each loss, side by side; losses that either plan suffers nothing from are counted only.

    Losses are told apart by their ids: two suppliers may bear one name.
    """
    voice = study.voice
    sides = [{_key(each): each["share"] for each in found[side]["service"]} for side in ("cheapest", "secured")]
    names = {
        _key(each): f"{failure(study, each['failure'])} ({voice.phase(each['phase'])})"
        for side in ("cheapest", "secured")
        for each in found[side]["service"]
    }
    order = sorted(names, key=lambda key: (sides[0].get(key, 1.0), sides[1].get(key, 1.0), names[key], key))
    hurt = [key for key in order if min(sides[0].get(key, 1.0), sides[1].get(key, 1.0)) < 1]
    rows = []
    for key in hurt[:SHOWN]:
        first, second = sides[0].get(key, 1.0), sides[1].get(key, 1.0)
        rows.append(Kept(names[key], first, voice.share(first), second, voice.share(second)))
    said = voice.say("dossier.resilience.losses", count=len(names), hurt=len(hurt))
    if not rows:
        return [Paragraph(Line(said, (RECORD,)), "good")]
    spoken = voice.say(
        "dossier.resilience.kept_spoken",
        said="; ".join(f"{each.name}: {each.cheapest_said} / {each.secured_said}" for each in rows),
    )
    asked = study.need.get("service_kept", 1.0)
    heads = (voice.say("dossier.resilience.cheapest"), voice.say("dossier.resilience.secured"))
    drawn = kept(rows, heads, asked, voice.say("dossier.resilience.asked", kept=voice.share(asked)), spoken)
    source = voice.say("dossier.source.result", part="resilience.cheapest.service, secured.service")
    figure = Figure("service", voice.say("dossier.resilience.kept"), spoken, drawn, source)
    return [Paragraph(Line(said, (RECORD,))), figure]


def _key(left: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    return tuple(left["failure"]["suppliers"]), tuple(left["failure"]["groups"]), str(left["phase"])


def _losses(study: Study) -> list[Block]:
    voice, needed = study.voice, {each["phase"]: Decimal(each["needed"]) for each in study.result["phases"]}
    rows, marks = [], []
    for each in study.result["losses"]:
        for phase, missing in each["shortfall_taken"].items():
            pool = Decimal(each["shortfall_pool"].get(phase, missing))
            left = 1 - Decimal(missing) / needed[phase] if needed[phase] else Decimal(1)
            best = 1 - pool / needed[phase] if needed[phase] else Decimal(1)
            name = study.supplier(each["provider_id"])
            cells = (
                voice.phase(phase),
                voice.number(missing),
                voice.number(pool),
                voice.share(float(left)),
                voice.share(float(best)),
            )
            rows.append((float(left), Row((Line(name), *(Line(cell) for cell in cells)))))
            marks.append(
                Kept(
                    f"{name} ({voice.phase(phase)})",
                    float(left),
                    voice.share(float(left)),
                    float(best),
                    voice.share(float(best)),
                )
            )
    heads = (
        Column(voice.say("dossier.column.lost"), share=2),
        Column(voice.say("dossier.column.phase"), share=1),
        *(
            Column(voice.say(f"dossier.column.{name}"), "right", 1.1)
            for name in ("missing_plan", "missing_pool", "kept_plan", "kept_pool")
        ),
    )
    ordered = tuple(row for _, row in sorted(rows, key=lambda pair: pair[0]))
    source = voice.say("dossier.source.result", part="losses")
    note = voice.say("dossier.resilience.losses_note", unit=study.unit)
    marks.sort(key=lambda each: (each.cheapest, each.name))
    spoken = voice.say(
        "dossier.resilience.kept_spoken",
        said="; ".join(f"{each.name}: {each.cheapest_said} / {each.secured_said}" for each in marks[:SHOWN]),
    )
    words = (voice.say("dossier.resilience.plan"), voice.say("dossier.resilience.pool"))
    drawn = kept(marks[:SHOWN], words, None, "", spoken)
    return [
        Figure("service", voice.say("dossier.resilience.kept"), spoken, drawn, source),
        Table(voice.say("dossier.resilience.losses_table"), heads, ordered[:40], source, note),
    ]
