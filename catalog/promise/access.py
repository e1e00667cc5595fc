"""Assured-access terms by phase: what a supplier promises in peace, crisis and conflict. Pure.

Terms may only grow as things get worse: capacity does not shrink, notice does
not lengthen, priority does not fall, and what gives way to others in peace gives
way in a crisis too. A civil and humanitarian share of the offering's capacity
stays untouched under every term, and exclusivity needs one. A graver phase may
need to be activated: then the terms say how fast that is acknowledged, how the
capacity ramps up, and which authorities could cut it off (none, if none is known).
`faults` names everything that is wrong at once, so that nobody mends by trial.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from catalog.activation.rules import Promise, Ramp
from catalog.ordering.sla import Sla
from catalog.ordering.sla import faults as sla_faults
from catalog.promise.clauses import (
    ActivationNeed,
    Basis,
    Cancellation,
    CutOffAuthority,
    Incentive,
    Indemnity,
    Insurance,
    Refund,
)
from space_hub.errors import HubError, Invalid
from space_hub.text import Word
from space_hub.vocabulary.money import Money
from space_hub.vocabulary.phases import Phase

FIRST_PRIORITY, LAST_PRIORITY = 1, 15
"""1 is served first; fifteen levels, as allocation and retention priority in mobile networks has."""

_DURATION = re.compile(
    r"P(?:(\d{1,5})W|(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?)", re.ASCII
)


class Exclusivity(Word, of="exclusivity"):
    NONE = "none"
    AREA_TIME = "area_time"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class PhaseTerms:
    """The promise for one phase: `parts` of capacity in each slot, at `notice`, for `price` a unit and day.

    `civil_floor` is the share of the offering's capacity that no agreement may touch. `can_pre_empt`
    lets a call-off under these terms take from others, `preemptible` lets others take from it;
    `deny_others` asks the supplier to serve nobody else above the civil share, and is told to it.
    `cut_off_authorities` None means that nothing was said, which is not that there is none.
    """

    parts: int
    notice: timedelta
    price: Money
    priority: int = LAST_PRIORITY
    exclusivity: Exclusivity = Exclusivity.NONE
    civil_floor: Decimal = Decimal(0)
    basis: Basis = Basis.QUANTITY
    fleet_share: Decimal | None = None
    activation: ActivationNeed = ActivationNeed.NONE
    acknowledge: timedelta = timedelta()
    ramp: tuple[Ramp, ...] = ()
    can_pre_empt: bool = False
    preemptible: bool = False
    deny_others: bool = False
    cut_off_authorities: tuple[CutOffAuthority, ...] | None = None
    refund: Refund | None = None
    cancellation: Cancellation | None = None
    sla: tuple[Sla, ...] = ()
    insurance: tuple[Insurance, ...] = ()
    indemnity: tuple[Indemnity, ...] = ()
    incentives: tuple[Incentive, ...] = ()

    @property
    def promise(self) -> Promise:
        """What an activation is held against; refused where the clocks do not fit together."""
        return Promise(self.acknowledge, self.notice, self.ramp)


def notice(text: str) -> timedelta:
    """An ISO 8601 duration of weeks, or of days, hours, minutes and seconds.

    Years and months are refused: they have no fixed length.
    """
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        raise Invalid("access.notice_wrong", given=text)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def notice_text(value: timedelta) -> str:
    """The shortest ISO 8601 spelling of a duration of whole seconds."""
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count)
    days = f"{value.days}D" if value.days else ""
    return f"P{days}{'T' + clock if clock else ''}" if days or clock else "PT0S"


def ceiling(offered_parts: int, civil_floor: Decimal) -> int:
    """What may be promised of an offering's capacity once the civil share is kept back, rounded down."""
    return int(offered_parts * (1 - civil_floor))


def faults(terms: Mapping[Phase, PhaseTerms], offered: Mapping[Phase, int]) -> list[HubError]:
    """Everything that is wrong with `terms` against the capacity the version offers by phase; empty when fit."""
    found: list[HubError] = []
    if not terms:
        found.append(Invalid("access.no_phase"))
    for phase, term in terms.items():
        found += _faults_of(phase, term, offered.get(phase))
        found += _activation_faults(phase, term)
        found += _clause_faults(phase, term)
    present = [phase for phase in Phase if phase in terms]
    for milder, graver in pairwise(present):
        before, after = terms[milder], terms[graver]
        if after.parts < before.parts:
            found.append(Invalid("access.capacity_shrinks", milder=milder, graver=graver))
        if after.notice > before.notice:
            found.append(
                Invalid(
                    "access.notice_lengthens",
                    milder=milder,
                    graver=graver,
                    before=notice_text(before.notice),
                    after=notice_text(after.notice),
                )
            )
        if after.priority > before.priority:
            found.append(
                Invalid(
                    "access.priority_falls",
                    milder=milder,
                    graver=graver,
                    before=before.priority,
                    after=after.priority,
                )
            )
        if before.preemptible and not after.preemptible:
            found.append(Invalid("access.preemptible_lost", milder=milder, graver=graver))
    return found


def _faults_of(phase: Phase, term: PhaseTerms, offered: int | None) -> list[HubError]:
    found: list[HubError] = []
    floor_known = term.civil_floor.is_finite() and 0 <= term.civil_floor < 1
    if not floor_known:
        found.append(Invalid("access.civil_floor_wrong", phase=phase, given=str(term.civil_floor)))
    if not FIRST_PRIORITY <= term.priority <= LAST_PRIORITY:
        found.append(
            Invalid(
                "access.priority_wrong",
                phase=phase,
                given=term.priority,
                first=FIRST_PRIORITY,
                last=LAST_PRIORITY,
            )
        )
    if term.parts <= 0:
        found.append(Invalid("access.capacity_missing", phase=phase))
    if term.exclusivity is not Exclusivity.NONE and floor_known and term.civil_floor == 0:
        found.append(Invalid("access.exclusive_without_floor", phase=phase, exclusivity=term.exclusivity))
    if term.deny_others and term.exclusivity is Exclusivity.NONE:
        found.append(Invalid("access.denies_without_exclusivity", phase=phase))
    if floor_known:
        found += _fleet_faults(phase, term, offered)
    if offered is None:
        found.append(Invalid("access.phase_not_offered", phase=phase))
    elif floor_known and term.parts > ceiling(offered, term.civil_floor):
        found.append(
            Invalid(
                "access.capacity_above_offer",
                phase=phase,
                asked=term.parts / 1000,
                most=ceiling(offered, term.civil_floor) / 1000,
                offered=offered / 1000,
                floor=f"{term.civil_floor:f}",
            )
        )
    return found


def _fleet_faults(phase: Phase, term: PhaseTerms, offered: int | None) -> list[HubError]:
    if term.basis is Basis.QUANTITY:
        return [] if term.fleet_share is None else [Invalid("access.fleet_share_idle", phase=phase)]
    most = 1 - term.civil_floor
    share = term.fleet_share
    if share is None or not share.is_finite() or not 0 < share <= most:
        given = "-" if share is None else str(share)
        return [Invalid("access.fleet_share_wrong", phase=phase, given=given, most=f"{most:f}")]
    if offered is not None and term.parts != int(offered * share):
        return [
            Invalid(
                "access.fleet_share_differs",
                phase=phase,
                share=f"{share:f}",
                offered=offered / 1000,
                expected=int(offered * share) / 1000,
                asked=term.parts / 1000,
            )
        ]
    return []


def _activation_faults(phase: Phase, term: PhaseTerms) -> list[HubError]:
    if term.activation is ActivationNeed.NONE:
        return [Invalid("access.ramp_idle", phase=phase)] if term.ramp or term.acknowledge else []
    found: list[HubError] = []
    if phase is Phase.PEACE:
        found.append(Invalid("access.peace_activated"))
    if term.cut_off_authorities is None:
        found.append(Invalid("access.cut_off_not_said", phase=phase))
    try:
        _ = term.promise
    except Invalid:
        steps = ", ".join(f"{float(each.share):g} @ {notice_text(each.after)}" for each in term.ramp) or "-"
        found.append(
            Invalid(
                "access.ramp_wrong",
                phase=phase,
                acknowledge=notice_text(term.acknowledge),
                notice=notice_text(term.notice),
                ramp=steps,
            )
        )
    return found


def _clause_faults(phase: Phase, term: PhaseTerms) -> list[HubError]:
    found: list[HubError] = []
    if term.refund and not _is_share(term.refund.share):
        found.append(Invalid("access.refund_wrong", phase=phase, given=str(term.refund.share)))
    if term.cancellation and not _is_share(term.cancellation.fee_share):
        found.append(Invalid("access.cancellation_wrong", phase=phase, given=str(term.cancellation.fee_share)))
    for each in term.cut_off_authorities or ():
        if not each.name.strip() or not each.instrument.strip():
            found.append(Invalid("access.cut_off_unnamed", phase=phase, nation=each.nation))
    return found + sla_faults(term.sla)


def _is_share(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value <= 1
