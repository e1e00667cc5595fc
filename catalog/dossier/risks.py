"""The section of risks: what the record holds against relying on this plan, worst first. Pure.

Each is read off the record by a rule that is stated; none is a judgement of a
supplier. The bounds of concentration are those of the merger guidelines of the
United States of 2023: an index above 1,800, a share above 30 %.
"""

from collections.abc import Iterator
from decimal import Decimal

from catalog.dossier import physics, threats
from catalog.dossier.document import Column, Line, Paragraph, Ref, Row, Section, Table, Tone
from catalog.dossier.resilience import failure
from catalog.dossier.study import RECORD, Study, part

CONCENTRATED, LARGE = 1_800, 0.3
FIRM = 0.8
"""Share of samples of weights in which an offering keeps its place: below it the order is called soft."""
_EXPOSED = 12

Finding = tuple[Tone, str, str, tuple[Ref, ...]]
"""How grave, what kind, what was found, what it rests on."""


def section(study: Study) -> Section:
    voice = study.voice
    order: list[Tone] = ["bad", "care", "plain", "good"]
    found = sorted(findings(study), key=lambda each: order.index(each[0]))
    rows = tuple(
        Row(
            (Line(voice.say(f"dossier.weight.{tone}"), strong=tone == "bad"), Line(kind), Line(said, refs)),
            tone=tone if tone != "plain" else "plain",
        )
        for tone, kind, said, refs in found
    )
    heads = (
        Column(voice.say("dossier.column.weight_of"), share=1),
        Column(voice.say("dossier.column.risk"), share=1.7),
        Column(voice.say("dossier.column.finding"), share=4.6),
    )
    source = voice.say("dossier.source.result", part="phases, plan, resilience, sole, offerings, physics")
    table = Table(voice.say("dossier.risks.table"), heads, rows, source, voice.say("dossier.risks.note"))
    return Section("risks", voice.say("dossier.risks.title"), (Paragraph(Line(voice.say("dossier.risks.rule"))), table))


def findings(study: Study) -> Iterator[Finding]:
    yield from _market(study)
    yield from _concentration(study)
    yield from _losses(study)
    yield from _money(study)
    yield from _supply(study)
    yield from _knowledge(study)


def _market(study: Study) -> Iterator[Finding]:
    voice, result = study.voice, study.result
    if not result["covered"]:
        yield "bad", voice.say("dossier.risk.cover"), voice.say("dossier.risk.not_covered"), (RECORD, part("gaps"))
    kind = voice.say("dossier.risk.market")
    if result["suppliers"] == 1:
        yield "bad", kind, voice.say("dossier.risk.sole"), (RECORD,)
    elif result["suppliers"] == 2:
        yield "care", kind, voice.say("dossier.risk.two"), (RECORD,)
    elif result["suppliers"]:
        yield "good", kind, voice.say("dossier.risk.several", count=result["suppliers"]), (RECORD,)
    open_ = len({each.judged["provider_id"] for each in study.of("question")})
    if open_:
        yield "plain", kind, voice.say("dossier.risk.questions", count=open_), (RECORD,)


def paid(study: Study) -> dict[str, Decimal]:
    """By provider, what is paid for its use at list price: what concentration is told of."""
    found: dict[str, Decimal] = {}
    for each in study.of("taken"):
        for phase in study.phases:
            price = each.price(phase, study.currency)
            if price is not None and each.taken(phase):
                name = str(each.judged["provider_id"])
                found[name] = found.get(name, Decimal(0)) + price * each.taken(phase)
    return found


def concentration(study: Study) -> tuple[float, str, float] | None:
    """The index of Herfindahl and Hirschman of the plan, its largest supplier and that one's share."""
    found = paid(study)
    whole = sum(found.values(), Decimal(0))
    if not whole:
        return None
    shares = {name: float(value / whole) for name, value in found.items()}
    largest = max(shares, key=lambda name: (shares[name], name))
    return 10_000 * sum(each * each for each in shares.values()), largest, shares[largest]


def _concentration(study: Study) -> Iterator[Finding]:
    voice, found = study.voice, concentration(study)
    if found is None:
        return
    index, largest, share = found
    kind = voice.say("dossier.risk.concentration")
    said = voice.say(
        "dossier.risk.index",
        hhi=voice.number(index, 0),
        effective=voice.number(10_000 / index, 1),
        supplier=study.supplier(largest),
        share=voice.share(share),
    )
    grave = index > CONCENTRATED and share > LARGE
    bound = voice.say(
        "dossier.risk.above" if grave else "dossier.risk.below",
        bound=voice.number(CONCENTRATED),
        share=voice.share(LARGE),
    )
    yield "care" if grave else "good", kind, f"{said} {bound}", (RECORD,)


def _losses(study: Study) -> Iterator[Finding]:
    voice, result = study.voice, study.result
    kind = voice.say("dossier.risk.loss")
    made = result.get("plan")
    if made is None:
        worst = [
            (Decimal(missing), each["provider_id"], phase)
            for each in result["losses"]
            for phase, missing in each["shortfall_taken"].items()
            if Decimal(missing)
        ]
        if worst:
            missing, provider, phase = max(worst)
            said = voice.say(
                "dossier.risk.worst",
                supplier=study.supplier(provider),
                phase=voice.phase(phase),
                missing=voice.quantity(missing, study.unit),
            )
            yield "care", kind, said, (RECORD,)
        return
    for each in made["exposed"][:_EXPOSED]:
        said = voice.say(
            "dossier.risk.exposed",
            lost=failure(study, each["failure"]),
            phase=voice.phase(each["phase"]),
            asked=voice.quantity(each["asked"], study.unit),
            stays=voice.quantity(each["stays"], study.unit),
            best=voice.quantity(each["best"], study.unit),
        )
        yield "bad", kind, said, (RECORD,)
    if len(made["exposed"]) > _EXPOSED:
        yield "bad", kind, voice.say("dossier.risk.exposed_more", count=len(made["exposed"]) - _EXPOSED), (RECORD,)
    if made["protects"] and not made["exposed"]:
        yield "good", kind, voice.say("dossier.risk.survives", losses=voice.losses(made["protects"])), (RECORD,)
    if not made["protects"]:
        share = _left_by_the_worst(study)
        if share is not None and share < 1:
            said = voice.say("dossier.risk.unprotected", share=voice.share(share))
            yield "care", kind, said, (RECORD, part("resilience"))


def _left_by_the_worst(study: Study) -> float | None:
    """What the worst loss leaves of a phase of the plan: budgets may have made it another than the cheapest one."""
    result = study.result
    cheapest = (result.get("resilience") or {}).get("cheapest")
    if cheapest and cheapest["offerings"].keys() == {each.judged["offering_id"] for each in study.of("taken")}:
        return min((each["share"] for each in cheapest["service"]), default=None)
    needed = {each["phase"]: Decimal(each["needed"]) for each in result["phases"]}
    left = [
        1 - Decimal(missing) / needed[phase]
        for each in result["losses"]
        for phase, missing in each["shortfall_taken"].items()
        if needed[phase]
    ]
    return float(min(left)) if left else None


def _money(study: Study) -> Iterator[Finding]:
    voice = study.voice
    for each in study.result["phases"]:
        if each["over_budget"]:
            over = Decimal(each["cost_per_day"]) - Decimal(each["budget_per_day"])
            said = voice.say(
                "dossier.risk.over_budget", phase=voice.phase(each["phase"]), over=voice.money(over, study.currency)
            )
            yield "bad", voice.say("dossier.risk.money"), said, (RECORD,)


def _supply(study: Study) -> Iterator[Finding]:
    """What was known to threaten the plan from the sky or at its suppliers."""
    hurt = threats.at_risk(study)
    if hurt:
        said = study.voice.say("dossier.risk.supply", count=len(hurt), of=len(study.of("taken")))
        yield "care", study.voice.say("dossier.risk.threats"), said, (RECORD, part("supply"))


def _knowledge(study: Study) -> Iterator[Finding]:
    """What of the plan is only claimed, contested by orbits, without a record, or rests on nobody knows what."""
    voice, taken = study.voice, study.of("taken")
    if not taken:
        return
    kind = voice.say("dossier.risk.knowledge")
    asked = {each["attribute"] for each in study.need["clauses"] if each["hard"]}
    values = [value for each in taken for value in each.candidate["attributes"] if value["attribute"] in asked]
    claimed = sum(value["provenance"] == "claimed" for value in values)
    if claimed:
        yield "plain", kind, voice.say("dossier.risk.claimed", claimed=claimed, values=len(values)), (RECORD,)
    ids = {each.judged["offering_id"] for each in taken}
    against = [each for each in physics.rows(study) if physics.of(each) == "disagree" and each["offering_id"] in ids]
    if against:
        yield "care", kind, voice.say("dossier.risk.physics", count=len(against)), (RECORD, part("physics"))
    untried = {each.judged["provider_id"] for each in taken if not each.candidate["deliveries"]}
    if untried:
        yield (
            "plain",
            voice.say("dossier.risk.record"),
            voice.say("dossier.risk.newcomers", count=len(untried)),
            (RECORD,),
        )
    hidden = [each for each in taken if not any(known for *_, known in each.candidate.get("dependencies", ()))]
    if hidden:
        said = voice.say("dossier.risk.hidden", count=len(hidden), of=len(taken))
        yield "care", voice.say("dossier.risk.dependencies"), said, tuple(each.ref for each in hidden[:6])
    soft = [each for each in study.fitting if (each.judged.get("stability") or {}).get("keeps_place", 1.0) < FIRM]
    if soft:
        said = voice.say("dossier.risk.soft", count=len(soft), share=voice.share(FIRM))
        yield "plain", voice.say("dossier.risk.order"), said, tuple(each.ref for each in soft[:6])
