"""The sections of prices by phase and of the plan: what is on offer at what price, what is bought of it. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from catalog.dossier.charts import Axes, Cover, Part, Step, cover, supply
from catalog.dossier.document import Block, Column, Figure, Line, Notice, Paragraph, Row, Section, Table
from catalog.dossier.study import RECORD, Offer, Study

_NAMED = 7
"""Suppliers that the chart of the plan tells apart; the others share a shade."""


def prices(study: Study) -> Section:
    voice = study.voice
    title = voice.say("dossier.prices.title")
    if not study.fitting:
        return Section("prices", title, (Paragraph(Line(voice.say("dossier.prices.none"), (RECORD,))),))
    blocks: list[Block] = [
        Paragraph(Line(voice.say("dossier.prices.meaning", unit=study.unit, currency=study.currency)))
    ]
    blocks.append(_prices(study))
    blocks += [_supply(study, phase) for phase in study.phases if offered(study, phase)]
    return Section("prices", title, tuple(blocks))


def offered(study: Study, phase: str) -> list[tuple[Decimal, Offer]]:
    """What fits and can be had in a phase, cheapest first."""
    found = [
        (price, each)
        for each in study.fitting
        if (price := each.price(phase, study.currency)) is not None and each.capacity(phase) > 0
    ]
    return sorted(found, key=lambda pair: (pair[0], pair[1].number))


def needed(study: Study, phase: str) -> Decimal:
    return Decimal(next(each["needed"] for each in study.result["phases"] if each["phase"] == phase))


def _prices(study: Study) -> Table:
    voice = study.voice
    rows = []
    for phase in study.phases:
        found = offered(study, phase)
        charged = [price for price, _ in found]
        of = (
            [Line(voice.price(value)) for value in (charged[0], median(charged), charged[-1])]
            if found
            else [Line("–")] * 3
        )
        retained = sum(each.retainer(phase) > 0 for _, each in found)
        rows.append(
            Row(
                (
                    Line(voice.phase(phase), strong=True),
                    Line(format(voice.many(len(found)), "")),
                    *of,
                    Line(format(voice.many(retained), "")),
                    Line(voice.number(sum((each.capacity(phase) for _, each in found), Decimal(0)))),
                    Line(voice.number(needed(study, phase))),
                )
            )
        )
    heads = (
        Column(voice.say("dossier.column.phase"), share=1),
        *(
            Column(voice.say(f"dossier.column.{name}"), "right", 1)
            for name in ("offers", "least", "median", "most", "retainers", "on_offer", "needed")
        ),
    )
    note = voice.say("dossier.prices.note", unit=study.unit, currency=study.currency)
    source = voice.say("dossier.source.inputs", part="candidates[].prices, capacity")
    return Table(voice.say("dossier.prices.table"), heads, tuple(rows), source, note)


def _supply(study: Study, phase: str) -> Figure:
    voice = study.voice
    found = offered(study, phase)
    steps = [
        Step(each.supplier, float(each.capacity(phase)), float(price), float(each.taken(phase)))
        for price, each in found
    ]
    wanted = needed(study, phase)
    axes = Axes(
        voice.say("dossier.prices.across", unit=study.unit),
        voice.say("dossier.prices.up", unit=study.unit, currency=study.currency),
        voice.say("dossier.prices.needed", quantity=voice.quantity(wanted, study.unit)),
    )
    total = voice.quantity(sum((each.capacity(phase) for _, each in found), Decimal(0)), study.unit)
    spoken = voice.say(
        "dossier.prices.supply_spoken",
        phase=voice.phase(phase),
        count=len(steps),
        total=total,
        least=voice.price(found[0][0], study.currency),
        most=voice.price(found[-1][0], study.currency),
        needed=voice.quantity(wanted, study.unit),
    )
    drawn = supply(steps, float(wanted), axes, spoken, lambda value: voice.number(round(value, 6)))
    caption = voice.say("dossier.prices.supply", phase=voice.phase(phase))
    return Figure(
        f"supply-{phase}",
        caption,
        spoken,
        drawn,
        voice.say("dossier.source.inputs", part="candidates[].prices, capacity"),
    )


def plan(study: Study) -> Section:
    voice, result = study.voice, study.result
    taken = study.of("taken")
    title = voice.say("dossier.plan.title")
    if not taken:
        return Section("plan", title, (Paragraph(Line(voice.say("dossier.plan.none"), (RECORD,))),))
    cost = voice.money(result["cost_per_day"], study.currency)
    suppliers = len({each.judged["provider_id"] for each in taken})
    said = voice.say("dossier.plan.said", offers=voice.many(len(taken)), suppliers=voice.many(suppliers), cost=cost)
    blocks: list[Block] = [Paragraph(Line(said, (RECORD,)))]
    made = result.get("plan")
    if made is not None:
        asked = made["protects"]
        said = (
            voice.say("dossier.plan.protects", losses=voice.losses(asked)) if asked else voice.say("dossier.plan.bare")
        )
        blocks.append(Paragraph(Line(said, (RECORD,))))
    blocks += [_cover(study, taken), _bought(study, taken)]
    for each in result["phases"]:
        if each["over_budget"]:
            blocks.append(
                Notice(
                    voice.say("dossier.plan.over_budget", phase=voice.phase(each["phase"])),
                    (
                        Line(
                            voice.say(
                                "dossier.plan.over_by",
                                cost=voice.money(each["cost_per_day"], study.currency),
                                budget=voice.money(each["budget_per_day"], study.currency),
                                over=voice.money(
                                    Decimal(each["cost_per_day"]) - Decimal(each["budget_per_day"]), study.currency
                                ),
                            ),
                            (RECORD,),
                        ),
                    ),
                )
            )
    return Section("plan", title, tuple(blocks))


def _cover(study: Study, taken: Sequence[Offer]) -> Figure:
    voice = study.voice
    whole: dict[str, Decimal] = {}
    for each in taken:
        used = sum((each.taken(phase) for phase in study.phases), Decimal(0))
        if used:
            whole[each.supplier] = whole.get(each.supplier, Decimal(0)) + used
    order = sorted(whole, key=lambda name: (-whole[name], name))
    others = voice.say("dossier.plan.others")
    named = order if len(order) <= _NAMED + 1 else [*order[:_NAMED], others]
    phases, spoken_of = [], []
    for kept in study.result["phases"]:
        phase = kept["phase"]
        by_name: dict[str, Decimal] = {}
        for each in taken:
            name = each.supplier if each.supplier in named else others
            by_name[name] = by_name.get(name, Decimal(0)) + each.taken(phase)
        parts = tuple(
            Part(name, float(by_name[name]), voice.number(by_name[name])) for name in named if by_name.get(name)
        )
        of = voice.say(
            "dossier.plan.of", covered=voice.number(kept["covered"]), needed=voice.quantity(kept["needed"], study.unit)
        )
        phases.append(Cover(voice.phase(phase), float(kept["needed"]), of, parts))
        spoken_of.append(f"{voice.phase(phase)}: {of}")
    spoken = voice.say("dossier.plan.cover_spoken", said="; ".join(spoken_of))
    source = voice.say("dossier.source.result", part="offerings[].quantities, phases")
    return Figure("plan", voice.say("dossier.plan.cover"), spoken, cover(phases, named, spoken), source)


def _bought(study: Study, taken: Sequence[Offer]) -> Table:
    voice = study.voice
    rows = []
    for kept in study.result["phases"]:
        phase = kept["phase"]
        for each in sorted(taken, key=lambda each: (-each.taken(phase), each.number)):
            unit, retainer = each.price(phase, study.currency), each.charged(phase, study.currency)
            used = each.taken(phase)
            if not used and not retainer and any(each.taken(other) for other in study.phases):
                continue
            rows.append(
                Row(
                    (
                        Line(voice.phase(phase)),
                        Line(each.title, (each.ref,)),
                        Line(each.supplier),
                        Line(voice.number(used) if used else voice.say("dossier.plan.ready")),
                        Line("–" if unit is None else voice.price(unit)),
                        Line("–" if not retainer else voice.money(retainer)),
                        Line("–" if unit is None or not used else voice.money(unit * used)),
                    )
                )
            )
        total = voice.say("dossier.plan.total", phase=voice.phase(phase))
        cells = (total, "", "", voice.number(kept["covered"]), "", "", voice.money(kept["cost_per_day"]))
        rows.append(
            Row(
                tuple(Line(each, strong=bool(each)) for each in cells),
                tone="plain" if not float(kept["shortfall"]) else "care",
            )
        )
    heads = (
        Column(voice.say("dossier.column.phase"), share=1.5),
        Column(voice.say("dossier.column.offering"), share=2.4),
        Column(voice.say("dossier.column.supplier"), share=1.8),
        *(
            Column(voice.say(f"dossier.column.{name}"), "right", 1)
            for name in ("quantity", "unit_price", "retainer", "at_list")
        ),
    )
    note = voice.say("dossier.plan.note", unit=study.unit, currency=study.currency)
    source = voice.say("dossier.source.result", part="offerings[].quantities, phases[].cost_per_day")
    return Table(voice.say("dossier.plan.table"), heads, tuple(rows), source, note)
