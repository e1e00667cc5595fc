"""What a call-off stands on: its agreements as they are now, for whoever calls off.

An agreement's content and terms never change, so a process reads those of a signed one once.
What may change (the status of the agreement and of its supplier, membership, declared phases)
is read for every call-off, under a lock for which an ending agreement waits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Row, bindparam, select
from sqlmodel import Session, col

from catalog.capacity import limits
from catalog.capacity.limits import Limits
from catalog.capacity.rules import Span, slot_at, slot_text, start_of
from catalog.capacity.tables import ReplanRow
from catalog.framework.wants import LotLimits
from catalog.ordering import excluding
from catalog.ordering.tables import CallOffKind, Purpose
from catalog.promise.access import PhaseTerms
from catalog.promise.agreements import terms_of
from catalog.promise.exclusion import Exclusive, excludes
from catalog.promise.in_force import Declared
from catalog.promise.lifecycle import AgreementStatus, MemberStatus
from catalog.promise.opened import Opened, opened
from catalog.promise.tables import Agreement, PhaseDeclaration, Pool, PoolLot, PoolMember
from providers.lifecycle import Status
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, NotFound
from space_hub.trust.labels import REAL
from space_hub.trust.principal import Principal
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

_MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Fixed:
    """What never changes of a signed agreement, its pool and its supplier; of these rows read nothing else."""

    agreement: Agreement
    pool: Pool
    provider: Provider
    terms: Mapping[Phase, PhaseTerms]


@dataclass(frozen=True, slots=True)
class Standing:
    """An agreement as it stands now, and what it promises in one phase (None: nothing)."""

    fixed: Fixed
    status: AgreementStatus
    provider_status: Status
    phase: Phase
    terms: PhaseTerms | None
    openings: Opened
    lot: LotLimits
    buyer: str
    """The organisation that calls off."""
    left: Limits = limits.NONE
    exclusives: tuple[Exclusive, ...] = ()
    """What others have activated for themselves of the same offering."""

    @property
    def agreement(self) -> Agreement:
        return self.fixed.agreement

    @property
    def pool(self) -> Pool:
        return self.fixed.pool

    @property
    def provider(self) -> Provider:
        return self.fixed.provider

    @property
    def span(self) -> Span:
        return Span(self.agreement.bucket)

    def ceiling(self) -> Callable[[int], int]:
        """The most that may be called off of a slot at the price of this phase; it outlives the session."""
        span, phase, openings, left = self.span, self.phase, self.openings, self.left
        return lambda slot: left.bound(slot, openings.parts_at(start_of(span, slot), phase))


_KNOWN: WeakKeyDictionary[Engine, dict[str, Fixed]] = WeakKeyDictionary()

_NOW = (
    select(
        col(Agreement.id),
        col(Agreement.status),
        col(PoolLot.unit),
        col(PoolLot.ceiling),
        col(Provider.status).label("provider_status"),
        col(PhaseDeclaration.phase),
        col(PhaseDeclaration.since),
        col(PhaseDeclaration.until),
        col(PhaseDeclaration.nations),
        col(PhaseDeclaration.area),
        select(col(ReplanRow.id)).where(col(ReplanRow.resource) == col(Agreement.id)).exists().label("limited"),
        excluding.exclusive_elsewhere().label("exclusive"),
    )
    .join(PoolLot, col(PoolLot.id) == col(Agreement.lot_id))
    .join(Provider, col(Provider.id) == col(Agreement.provider_id))
    .join(PoolMember, col(PoolMember.pool_id) == col(Agreement.pool_id))
    .join(
        PhaseDeclaration,
        (col(PhaseDeclaration.pool_id) == col(Agreement.pool_id)) & (col(PhaseDeclaration.mode) == REAL),
        isouter=True,
    )
    .where(
        col(Agreement.id).in_(bindparam("agreements", expanding=True)),
        col(PoolMember.organisation_id) == bindparam("member"),
        col(PoolMember.status) == MemberStatus.JOINED.value,
    )
    .with_for_update(read=True, key_share=True, of=(Agreement, PoolLot))
)
"""Built once: to build it costs more than to ask it. One row for each declaration of the pool, or one without."""

_ALONE = _NOW.with_for_update(of=Agreement)
"""Asked before `_NOW` by who must be alone: one statement cannot lock agreements for itself and their lots shared."""


def in_force(
    session: Session,
    clock: Clock,
    member: Principal,
    area: Mapping[str, Any] | None,
    agreement_ids: Sequence[str],
    *,
    alone: bool = False,
) -> list[Standing]:
    """These agreements, in this order, with the terms that are open to `member` there; unknown unless it belongs.

    Their rows are locked shared, so that callers do not wait for each other and an ending agreement waits for
    them; with `alone` nobody else calls off under them until the transaction ends.
    """
    given = {"agreements": list(agreement_ids), "member": member.organisation_id}
    now = clock.now()
    standing: dict[str, Row[*tuple[Any, ...]]] = {}
    declared: dict[str, list[Declared]] = {each: [] for each in agreement_ids}
    session.flush()
    if alone:
        session.connection().execute(_ALONE, given)
    for row in session.connection().execute(_NOW, given):
        standing[row.id] = row
        if row.phase is not None:
            nations = None if row.nations is None else frozenset(row.nations)
            declared[row.id].append(Declared(Phase(row.phase), row.since, row.until, nations, row.area))
    found = []
    for each in agreement_ids:
        if each not in standing:
            raise NotFound("agreement.unknown", agreement_id=each)
        row = standing[each]
        status = AgreementStatus(row.status)
        fixed = _fixed(session, each, status)
        openings = opened(session, fixed.agreement, fixed.terms, member.nation, area, now, declarations=declared[each])
        phase = openings.phase
        terms = None if phase is None else fixed.terms[phase]
        left = limits.of(session, each) if row.limited else limits.NONE
        kept = excluding.of_others(session, fixed.agreement) if row.exclusive else ()
        paid = phase or openings.declared_phase
        lot = LotLimits(fixed.agreement.lot_id, row.unit, row.ceiling, fixed.pool.currency)
        found.append(
            Standing(
                fixed,
                status,
                Status(row.provider_status),
                paid,
                terms,
                openings,
                lot,
                member.organisation_id,
                left,
                kept,
            )
        )
    return found


def usable(standing: Standing, kind: CallOffKind, purpose: Purpose, window: Interval, now: datetime) -> PhaseTerms:
    """The terms by which `window` may be asked of the supplier now; Conflict with the reason why not."""
    agreement = standing.agreement
    if standing.status is not AgreementStatus.SIGNED:
        raise Conflict("call_off.agreement_not_signed", status=AgreementStatus(standing.status))
    if standing.provider_status is not Status.VERIFIED:
        raise Conflict("agreement.provider_not_verified", status=Status(standing.provider_status))
    if window.stop is None or window.start < agreement.period_from or window.stop > agreement.period_to:
        raise Conflict(
            "call_off.outside_period",
            period_from=log.rfc3339(agreement.period_from),
            period_to=log.rfc3339(agreement.period_to),
        )
    if standing.terms is None:
        raise Conflict("call_off.phase_not_agreed", phase=Phase(standing.phase))
    earliest = now + standing.terms.notice
    if kind is not CallOffKind.ARCHIVE and window.start < earliest:
        raise Conflict("call_off.notice_too_short", phase=Phase(standing.phase), earliest=log.rfc3339(earliest))
    if purpose is Purpose.DEFENCE and any(
        excludes(each, standing.buyer, window, standing.openings.area) for each in standing.exclusives
    ):
        # The phase is the buyer's own: which one others are in is not told.
        day = slot_text(standing.span, slot_at(standing.span, window.start))
        raise Conflict("agreement.exclusive_elsewhere", phase=Phase(standing.phase), day=day)
    return standing.terms


def _fixed(session: Session, agreement_id: str, status: AgreementStatus) -> Fixed:
    """Kept by process once it is signed, as copies that belong to no session."""
    known = _KNOWN.setdefault(session.get_bind().engine, {})
    found = known.get(agreement_id)
    if found is None:
        agreement = session.get_one(Agreement, agreement_id)
        found = Fixed(
            agreement=Agreement(**agreement.model_dump()),
            pool=Pool(**session.get_one(Pool, agreement.pool_id).model_dump()),
            provider=Provider(**session.get_one(Provider, agreement.provider_id).model_dump()),
            terms=terms_of(session, agreement_id),
        )
        if status is AgreementStatus.SIGNED:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[agreement_id] = found
    return found
