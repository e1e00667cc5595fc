"""Shapes of assured-access terms: what is promised for a phase, clause by clause."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from api.decided import QuantityIn
from api.models import In, Out
from catalog.activation.rules import Ramp
from catalog.capacity.rules import parts
from catalog.ordering.sla import Metric, Sla, Step
from catalog.promise.access import LAST_PRIORITY, Exclusivity, PhaseTerms, notice
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
from providers.adapters.base import OrderStatus
from space_hub.vocabulary.money import Money, money
from space_hub.vocabulary.nations import nation
from space_hub.vocabulary.phases import Phase

Share = Annotated[Decimal, Field(max_digits=9, decimal_places=6)]
Amount = Annotated[Decimal, Field(max_digits=21, decimal_places=6, description="In the currency of the terms.")]
Duration = Annotated[str, Field(max_length=40, description="ISO 8601 duration of fixed length, for example PT48H.")]
_MOST = 12


class RampStep(In):
    after: Duration = Field(description="From the notice of the activation on.")
    share: Share = Field(description="Of the accepted capacity; the last one is 1.")


class CutOffIn(In):
    name: str = Field(min_length=1, max_length=200)
    nation: str = Field(max_length=2, description="ISO 3166 alpha-2")
    instrument: str = Field(min_length=1, max_length=300, description="The law or licence by which it may.")


class RefundIn(In):
    share: Share = Field(description="Of the price of the slots that were lost.")
    cap: Amount | None = None


class CancellationIn(In):
    free_before: Duration = Field(description="Before the window begins; until then it costs nothing.")
    fee_share: Share
    not_after: list[OrderStatus] = Field(
        default_factory=list, max_length=13, description="Statuses in which it is too late."
    )


class SlaStep(In):
    beyond: Decimal = Field(max_digits=15, decimal_places=6)
    share: Share


class SlaIn(In):
    metric: Metric
    bound: Decimal = Field(max_digits=15, decimal_places=6)
    steps: list[SlaStep] = Field(max_length=_MOST)
    cap: Share


class InsuranceIn(In):
    kind: InsuranceKind
    amount: Amount
    by: InsuredBy


class IndemnityIn(In):
    kind: IndemnityKind
    cap: Amount


class IncentiveIn(In):
    kind: IncentiveKind
    amount: Amount


class TermsIn(In):
    phase: Phase
    capacity_per_day: QuantityIn
    notice: Duration
    unit_price: Decimal = Field(description="For one unit of capacity and one day; as text to be exact.")
    currency: str = Field(description="ISO 4217")
    priority: int = Field(default=LAST_PRIORITY, description="1 is served first, 15 last.")
    exclusivity: Exclusivity = Field(
        default=Exclusivity.NONE,
        description="full: all that the offering can give in this phase above the civil share; area_time: no call-off "
        "of others, but for civil and humanitarian use, that meets the area and the time of an activation at work.",
    )
    civil_floor: Share = Field(default=Decimal(0), description="Share that stays for civil and humanitarian use.")
    basis: Basis = Basis.QUANTITY
    fleet_share: Share | None = Field(default=None, description="With the basis share_of_fleet; the quantity follows.")
    activation: ActivationNeed = Field(
        default=ActivationNeed.NONE, description="Whether the declaration of the phase opens this capacity by itself."
    )
    acknowledge: Duration | None = Field(default=None, description="Time to acknowledge an activation.")
    ramp: list[RampStep] = Field(default_factory=list, max_length=_MOST)
    can_pre_empt: bool = Field(default=False, description="A call-off may take from less important ones.")
    preemptible: bool = Field(default=False, description="More important call-offs may take from one of these.")
    deny_others: bool = Field(
        default=False, description="The supplier is asked to serve nobody else; needs exclusivity."
    )
    cut_off_authorities: list[CutOffIn] | None = Field(
        default=None,
        max_length=_MOST,
        description="Who could forbid delivery; an empty list says that none is known.",
    )
    refund: RefundIn | None = None
    cancellation: CancellationIn | None = None
    sla: list[SlaIn] = Field(default_factory=list, max_length=_MOST)
    insurance: list[InsuranceIn] = Field(default_factory=list, max_length=_MOST)
    indemnity: list[IndemnityIn] = Field(default_factory=list, max_length=_MOST)
    incentives: list[IncentiveIn] = Field(default_factory=list, max_length=_MOST)

    def value(self) -> PhaseTerms:
        said = self.cut_off_authorities
        return PhaseTerms(
            parts=parts(self.capacity_per_day, of="capacity_per_day"),
            notice=notice(self.notice),
            price=self._money(self.unit_price),
            priority=self.priority,
            exclusivity=self.exclusivity,
            civil_floor=self.civil_floor,
            basis=self.basis,
            fleet_share=self.fleet_share,
            activation=self.activation,
            acknowledge=timedelta() if self.acknowledge is None else notice(self.acknowledge),
            ramp=tuple(Ramp(notice(each.after), Fraction(each.share)) for each in self.ramp),
            can_pre_empt=self.can_pre_empt,
            preemptible=self.preemptible,
            deny_others=self.deny_others,
            cut_off_authorities=None
            if said is None
            else tuple(CutOffAuthority(each.name, nation(each.nation), each.instrument) for each in said),
            refund=None
            if self.refund is None
            else Refund(self.refund.share, None if self.refund.cap is None else self._money(self.refund.cap)),
            cancellation=None
            if self.cancellation is None
            else Cancellation(
                notice(self.cancellation.free_before),
                self.cancellation.fee_share,
                frozenset(self.cancellation.not_after),
            ),
            sla=tuple(
                Sla(each.metric, each.bound, tuple(Step(step.beyond, step.share) for step in each.steps), each.cap)
                for each in self.sla
            ),
            insurance=tuple(Insurance(each.kind, self._money(each.amount), each.by) for each in self.insurance),
            indemnity=tuple(Indemnity(each.kind, self._money(each.cap)) for each in self.indemnity),
            incentives=tuple(Incentive(each.kind, self._money(each.amount)) for each in self.incentives),
        )

    def _money(self, amount: Decimal) -> Money:
        return money(amount, self.currency)


class RampOut(Out):
    after: str
    share: str


class CutOffOut(Out):
    name: str
    nation: str
    instrument: str


class RefundOut(Out):
    share: str
    cap: str | None


class CancellationOut(Out):
    free_before: str
    fee_share: str
    not_after: list[OrderStatus]


class SlaStepOut(Out):
    beyond: str
    share: str


class SlaOut(Out):
    metric: Metric
    bound: str
    steps: list[SlaStepOut]
    cap: str


class InsuranceOut(Out):
    kind: InsuranceKind
    amount: str
    by: InsuredBy


class IndemnityOut(Out):
    kind: IndemnityKind
    cap: str


class IncentiveOut(Out):
    kind: IncentiveKind
    amount: str


class TermsOut(Out):
    phase: Phase
    capacity_per_day: float
    notice: str
    unit_price: str
    currency: str
    priority: int
    exclusivity: Exclusivity
    civil_floor: str
    basis: Basis
    fleet_share: str | None
    activation: ActivationNeed
    acknowledge: str | None
    ramp: list[RampOut]
    can_pre_empt: bool
    preemptible: bool
    deny_others: bool
    cut_off_authorities: list[CutOffOut] | None
    refund: RefundOut | None
    cancellation: CancellationOut | None
    sla: list[SlaOut]
    insurance: list[InsuranceOut]
    indemnity: list[IndemnityOut]
    incentives: list[IncentiveOut]
