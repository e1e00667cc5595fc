"""Terms between value, row and message: the one place that knows how a clause is written down.

Shares and amounts are decimal text, durations whole seconds in the row and ISO 8601 in what others
read; an amount's currency stands once, beside the unit price.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from catalog.activation.rules import Ramp
from catalog.capacity.rules import units
from catalog.ordering.sla import Metric, Sla, Step
from catalog.promise.access import Exclusivity, PhaseTerms, notice_text
from catalog.promise.clauses import (
    ActivationNeed,
    Basis,
    Cancellation,
    CutOffAuthority,
    Incentive,
    IncentiveKind,
    Indemnity,
    IndemnityKind,
    Insurance,
    InsuranceKind,
    InsuredBy,
    Refund,
)
from catalog.promise.tables import AgreementTerms
from providers.adapters.base import OrderStatus
from space_hub.vocabulary.money import Money, money
from space_hub.vocabulary.phases import Phase


def row(agreement_id: str, phase: Phase, term: PhaseTerms) -> AgreementTerms:
    said = term.cut_off_authorities
    return AgreementTerms(
        agreement_id=agreement_id,
        phase=phase.value,
        parts_per_day=term.parts,
        notice_s=_seconds(term.notice),
        unit_price=f"{term.price.amount:f}",
        currency=term.price.currency,
        priority=term.priority,
        exclusivity=term.exclusivity.value,
        civil_floor=f"{term.civil_floor:f}",
        basis=term.basis.value,
        fleet_share=None if term.fleet_share is None else f"{term.fleet_share:f}",
        activation=term.activation.value,
        acknowledge_s=_seconds(term.acknowledge),
        ramp=[{"after_s": _seconds(each.after), "share": _share(each.share)} for each in term.ramp],
        can_pre_empt=term.can_pre_empt,
        preemptible=term.preemptible,
        deny_others=term.deny_others,
        cut_off_authorities=None if said is None else _authorities(said),
        refund=_refund(term.refund),
        cancellation=None
        if term.cancellation is None
        else {
            "free_before_s": _seconds(term.cancellation.free_before),
            "fee_share": f"{term.cancellation.fee_share:f}",
            "not_after": sorted(term.cancellation.not_after),
        },
        sla=_sla(term.sla),
        **_covers(term),
    )


def value(kept: AgreementTerms) -> PhaseTerms:
    def amount(given: str) -> Money:
        return money(given, kept.currency)

    return PhaseTerms(
        parts=kept.parts_per_day,
        notice=timedelta(seconds=kept.notice_s),
        price=amount(kept.unit_price),
        priority=kept.priority,
        exclusivity=Exclusivity(kept.exclusivity),
        civil_floor=Decimal(kept.civil_floor),
        basis=Basis(kept.basis),
        fleet_share=None if kept.fleet_share is None else Decimal(kept.fleet_share),
        activation=ActivationNeed(kept.activation),
        acknowledge=timedelta(seconds=kept.acknowledge_s),
        ramp=tuple(Ramp(timedelta(seconds=each["after_s"]), Fraction(each["share"])) for each in kept.ramp),
        can_pre_empt=kept.can_pre_empt,
        preemptible=kept.preemptible,
        deny_others=kept.deny_others,
        cut_off_authorities=None
        if kept.cut_off_authorities is None
        else tuple(CutOffAuthority(**each) for each in kept.cut_off_authorities),
        refund=None
        if kept.refund is None
        else Refund(Decimal(kept.refund["share"]), amount(kept.refund["cap"]) if kept.refund["cap"] else None),
        cancellation=None
        if kept.cancellation is None
        else Cancellation(
            timedelta(seconds=kept.cancellation["free_before_s"]),
            Decimal(kept.cancellation["fee_share"]),
            frozenset(map(OrderStatus, kept.cancellation["not_after"])),
        ),
        sla=tuple(
            Sla(
                Metric(each["metric"]),
                Decimal(each["bound"]),
                tuple(Step(Decimal(step["beyond"]), Decimal(step["share"])) for step in each["steps"]),
                Decimal(each["cap"]),
            )
            for each in kept.sla
        ),
        insurance=tuple(
            Insurance(InsuranceKind(each["kind"]), amount(each["amount"]), InsuredBy(each["by"]))
            for each in kept.insurance
        ),
        indemnity=tuple(Indemnity(IndemnityKind(each["kind"]), amount(each["cap"])) for each in kept.indemnity),
        incentives=tuple(Incentive(IncentiveKind(each["kind"]), amount(each["amount"])) for each in kept.incentives),
    )


def said(terms: Mapping[Phase, PhaseTerms]) -> list[dict[str, Any]]:
    """Terms as answers and messages show them, mildest phase first as given."""
    return [
        {
            "phase": phase.value,
            "capacity_per_day": units(term.parts),
            "notice": notice_text(term.notice),
            "unit_price": f"{term.price.amount:f}",
            "currency": term.price.currency,
            "priority": term.priority,
            "exclusivity": term.exclusivity.value,
            "civil_floor": f"{term.civil_floor:f}",
            "basis": term.basis.value,
            "fleet_share": None if term.fleet_share is None else f"{term.fleet_share:f}",
            "activation": term.activation.value,
            "acknowledge": notice_text(term.acknowledge) if term.acknowledge else None,
            "ramp": [{"after": notice_text(each.after), "share": _share(each.share)} for each in term.ramp],
            "can_pre_empt": term.can_pre_empt,
            "preemptible": term.preemptible,
            "deny_others": term.deny_others,
            "cut_off_authorities": None if term.cut_off_authorities is None else _authorities(term.cut_off_authorities),
            "refund": _refund(term.refund),
            "cancellation": None
            if term.cancellation is None
            else {
                "free_before": notice_text(term.cancellation.free_before),
                "fee_share": f"{term.cancellation.fee_share:f}",
                "not_after": sorted(term.cancellation.not_after),
            },
            "sla": _sla(term.sla),
            **_covers(term),
        }
        for phase, term in terms.items()
    ]


def _covers(term: PhaseTerms) -> dict[str, Any]:
    return {
        "insurance": [
            {"kind": each.kind.value, "amount": f"{each.amount.amount:f}", "by": each.by.value}
            for each in term.insurance
        ],
        "indemnity": [{"kind": each.kind.value, "cap": f"{each.cap.amount:f}"} for each in term.indemnity],
        "incentives": [{"kind": each.kind.value, "amount": f"{each.amount.amount:f}"} for each in term.incentives],
    }


def _authorities(given: tuple[CutOffAuthority, ...]) -> list[dict[str, Any]]:
    return [{"name": each.name, "nation": each.nation, "instrument": each.instrument} for each in given]


def _refund(clause: Refund | None) -> dict[str, Any] | None:
    if clause is None:
        return None
    return {"share": f"{clause.share:f}", "cap": None if clause.cap is None else f"{clause.cap.amount:f}"}


def _sla(given: tuple[Sla, ...]) -> list[dict[str, Any]]:
    return [
        {
            "metric": each.metric.value,
            "bound": f"{each.bound:f}",
            "steps": [{"beyond": f"{step.beyond:f}", "share": f"{step.share:f}"} for step in each.steps],
            "cap": f"{each.cap:f}",
        }
        for each in given
    ]


def _share(share: Fraction) -> str:
    """As it was given: a share is read from decimal text, so it is one."""
    return f"{(Decimal(share.numerator) / share.denominator).normalize():f}"


def _seconds(given: timedelta) -> int:
    return int(given.total_seconds())
