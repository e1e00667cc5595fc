"""Asking for an activation: of one agreement, or of several at once, with others in reserve.

A group is several activations under one name, each with a course of its own. Its reserves
are agreements in an order that the asker gave: when a supplier of the group refuses, what
was approved of it is asked of the next ones, and waits there for two persons as any
request does. The hub asks, an authority approves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from catalog.activation.rules import Activation
from catalog.activation.service import telling
from catalog.activation.service.book import REQUEST, Parties, promise
from catalog.activation.states import FINAL, State
from catalog.activation.tables import ActivationEntry, ActivationReserve, ActivationRow
from catalog.capacity.rules import units
from catalog.exercise import running
from catalog.exercise.tables import Exercise, ExerciseParticipant
from catalog.promise import pools
from catalog.promise.lifecycle import AgreementStatus
from catalog.promise.tables import Agreement, AgreementTerms, Pool, PoolMember
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust.labels import REAL
from space_hub.trust.principal import HUB, Principal
from space_hub.vocabulary.phases import Phase


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many parts of every slot of one agreement."""

    agreement_id: str
    parts: int


@dataclass(frozen=True, slots=True)
class _Asker:
    """Which nation asked, with which key, and as part of what."""

    organisation_id: str
    key_id: str
    mode: str
    group_id: str | None
    reason: str


def request(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    phase: Phase,
    wanted: Sequence[Wanted],
    reserves: Sequence[str] = (),
    reason: str = "",
) -> list[ActivationRow]:
    """Ask for what agreements promise for `phase`, by a nation of their pools; in the order of `wanted`.

    Nothing is asked unless all of it can be: a group that is refused for one agreement is refused whole.
    """
    running.require(session, clock, principal)
    named = [*(each.agreement_id for each in wanted), *reserves]
    for agreement_id in named:
        if named.count(agreement_id) > 1:
            raise Invalid("activation.agreement_repeated", agreement_id=agreement_id)
    group_id = rng.scope(principal.organisation_id, "activation_group").id("grp") if len(named) > 1 else None
    found = {each: _agreement(session, principal, each) for each in named}
    for agreement_id in reserves:
        _terms(session, clock, principal.mode, found[agreement_id], phase)
    asker = _Asker(principal.organisation_id, principal.key_id, principal.mode, group_id, reason)
    made = []
    for each in wanted:
        terms = _terms(session, clock, principal.mode, found[each.agreement_id], phase)
        if not 0 < each.parts <= terms.parts_per_day:
            most = units(terms.parts_per_day)
            raise Invalid("activation.quantity_wrong", given=units(each.parts), least=units(1), most=most)
        made.append(_open(session, clock, rng, principal, asker, terms, each.parts))
    session.add_all(
        ActivationReserve(group_id=group_id or "", rank=rank, agreement_id=agreement_id)
        for rank, agreement_id in enumerate(reserves, 1)
    )
    session.flush()
    return made


def ask_next(session: Session, clock: Clock, rng: Rng, row: ActivationRow, refused: Parties, parts: int) -> None:
    """Ask `parts`, which a supplier of the group refused, of its reserves in their order.

    A reserve that cannot be asked by now is passed over, and stays for the next refusal.
    """
    by = refused.asker
    asker = _Asker(by.by_organisation_id, by.by_key_id, row.mode, row.group_id, by.reason)
    waiting = session.exec(
        select(ActivationReserve)
        .where(ActivationReserve.group_id == row.group_id, col(ActivationReserve.activation_id).is_(None))
        .order_by(col(ActivationReserve.rank))
        .with_for_update()
    ).all()
    for reserve in waiting:
        held = select(Agreement).where(Agreement.id == reserve.agreement_id).with_for_update(read=True)
        if _hindrance(session, clock, row.mode, session.exec(held).one(), Phase(row.phase)) is not None:
            continue
        terms = session.get_one(AgreementTerms, (reserve.agreement_id, row.phase))
        asked = min(parts, terms.parts_per_day)
        made = _open(session, clock, rng, HUB, asker, terms, asked)
        reserve.activation_id, reserve.mode = made.id, made.mode
        session.add(reserve)
        parts -= asked
        if parts == 0:
            break
    session.flush()


def _agreement(session: Session, principal: Principal, agreement_id: str) -> Agreement:
    """An agreement of a pool that the principal's nation belongs to; it cannot end until this transaction has."""
    found = session.exec(
        select(Agreement)
        .join(PoolMember, col(PoolMember.pool_id) == col(Agreement.pool_id))
        .where(Agreement.id == agreement_id, pools.joined(principal.organisation_id))
        .with_for_update(read=True, of=Agreement)
    ).first()
    if found is None or not _in_mode(session, principal.mode, found):
        raise NotFound("agreement.unknown", agreement_id=agreement_id)
    return found


def _in_mode(session: Session, mode: str, agreement: Agreement) -> bool:
    """An exercise has the agreements of its own pool."""
    if mode == REAL:
        return True
    exercise = session.get(Exercise, mode)
    return exercise is not None and exercise.pool_id == agreement.pool_id


def _terms(session: Session, clock: Clock, mode: str, agreement: Agreement, phase: Phase) -> AgreementTerms:
    """What the agreement promises for `phase`; refused where it cannot be called up now."""
    hindered = _hindrance(session, clock, mode, agreement, phase)
    if hindered is not None:
        raise hindered
    return session.get_one(AgreementTerms, (agreement.id, phase.value))


def _hindrance(session: Session, clock: Clock, mode: str, agreement: Agreement, phase: Phase) -> Conflict | None:
    terms = session.get(AgreementTerms, (agreement.id, phase.value))
    if terms is None or terms.activation != "required":
        return Conflict("activation.not_agreed", agreement_id=agreement.id, phase=phase)
    if mode != REAL and not _exercises(session, mode, agreement):
        return Conflict("activation.supplier_not_exercising", agreement_id=agreement.id)
    already = session.exec(
        select(ActivationRow.id).where(
            ActivationRow.agreement_id == agreement.id,
            ActivationRow.phase == phase.value,
            ActivationRow.mode == mode,
            col(ActivationRow.state).not_in([each.value for each in FINAL]),
        )
    ).first()
    if already is not None:
        return Conflict("activation.already_open", agreement_id=agreement.id, phase=phase)
    return out_of_force(clock, agreement)


def _exercises(session: Session, exercise_id: str, agreement: Agreement) -> bool:
    """Whether the supplier takes part: nobody is called up, and found wanting, who never agreed to it."""
    provider = session.get_one(Provider, agreement.provider_id)
    participant = session.get(ExerciseParticipant, (exercise_id, provider.organisation_id))
    return participant is not None and participant.accepted_at is not None


def out_of_force(clock: Clock, agreement: Agreement) -> Conflict | None:
    """Why nothing can be called up under `agreement` now, if so."""
    if agreement.status != AgreementStatus.SIGNED.value:
        return Conflict("activation.agreement_not_signed", status=AgreementStatus(agreement.status))
    if agreement.period_from <= clock.now() < agreement.period_to:
        return None
    period_from, period_to = log.rfc3339(agreement.period_from), log.rfc3339(agreement.period_to)
    return Conflict("activation.outside_period", period_from=period_from, period_to=period_to)


def _open(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    asker: _Asker,
    terms: AgreementTerms,
    parts: int,
) -> ActivationRow:
    agreement = session.get_one(Agreement, terms.agreement_id)
    pool, provider = session.get_one(Pool, agreement.pool_id), session.get_one(Provider, agreement.provider_id)
    by = asker.organisation_id
    row = ActivationRow(
        # Drawn for this pair alone: what is asked of a rival shifts nothing that the supplier sees.
        id=rng.scope(f"{by}/{provider.organisation_id}", "activation").id("act"),
        mode=asker.mode,
        exercise_id=None if asker.mode == REAL else asker.mode,
        agreement_id=agreement.id,
        phase=terms.phase,
        group_id=asker.group_id,
        state=State.REQUESTED.value,
        requested_parts=parts,
        missed=[],
        marking_id=telling.marking(session, asker.mode, by, pool.lead_organisation_id, None),
    )
    session.add(row)
    session.flush()
    asked = ActivationEntry(
        activation_id=row.id,
        number=1,
        event=REQUEST,
        state=row.state,
        parts=parts,
        reason=asker.reason,
        by_organisation_id=by,
        by_key_id=asker.key_id,
        at=clock.now(),
    )
    session.add(asked)
    session.flush()
    concerned = Parties(agreement, pool, provider, asked)
    telling.tell(session, clock, principal, row, concerned, Activation(promise(terms), parts), [asked])
    return row
