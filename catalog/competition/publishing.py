"""Preparing a competition and publishing it: times, openers and invitations are judged, then all is frozen.

Who is invited stands in no notice. Each supplier gets an invitation of its own, with an id that
is drawn for the lead and this supplier, so that what is done with a rival shifts nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from catalog.competition import asks, ceilings, notice, openers, scoring, states, telling
from catalog.competition.asks import Aim, CompetitionAsk
from catalog.competition.competitions import enter, locked
from catalog.competition.notice import Holder
from catalog.competition.scoring import Criterion
from catalog.competition.states import Actor, Event, State
from catalog.competition.tables import Competition, CompetitionOpener, Invitation
from catalog.demand import opportunities
from catalog.framework import admission
from catalog.promise import pools
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import AgreementStatus
from catalog.promise.tables import Agreement, Pool, PoolLot
from providers.lifecycle import Status
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.vocabulary.codes import MissionArea

LONGEST_STANDSTILL = timedelta(days=60)
MOST_INVITED = 500

_INVITABLE = {
    Aim.CALL_OFF: frozenset({AgreementStatus.SIGNED}),
    Aim.AGREEMENT: frozenset({AgreementStatus.DRAFT, AgreementStatus.OFFERED}),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a lead prepares."""

    ask: CompetitionAsk
    criteria: Sequence[Criterion]
    openers: Sequence[str]
    questions_until: datetime
    quotes_until: datetime
    standstill: timedelta


def draft(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    plan: Plan,
    *,
    pool_id: str,
    lot_id: str | None = None,
) -> Competition:
    """Prepare one, for a pool that the principal leads; nobody else knows of it."""
    pool = pools.led(session, principal, pool_id)
    lot = pools.first_lot(session, pool.id) if lot_id is None else _lot(session, pool, lot_id)
    scoring.freeze(plan.criteria)
    if len(set(plan.openers)) < len(plan.openers):
        raise Invalid("competition.opener_named_twice")
    _check_times(plan, clock.now())
    row = Competition(
        id=rng.scope(principal.organisation_id, "competition").id("cmp"),
        pool_id=pool.id,
        lot_id=lot,
        organisation_id=principal.organisation_id,
        ask=plan.ask.to_json(),
        criteria=scoring.frozen(plan.criteria),
        questions_until=plan.questions_until,
        quotes_until=plan.quotes_until,
        standstill_s=int(plan.standstill.total_seconds()),
        state=State.DRAFT.value,
        by_organisation_id=principal.organisation_id,
        by_key_id=principal.key_id,
        at=clock.now(),
    )
    session.add(row)
    session.flush()
    for place, opener_id in enumerate(plan.openers, 1):
        named = openers.get(session, principal, opener_id)
        session.add(CompetitionOpener(competition_id=row.id, place=place, opener_id=named.id))
    enter(session, clock, principal, row, "draft")
    audit.record(session, clock, principal, "competition.draft", row.id, pool=pool.id)
    return row


def publish(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    competition_id: str,
    *,
    agreement_ids: Sequence[str],
    authority: Authority,
    reason: str = "",
) -> Competition:
    """Freeze it and invite a supplier for each agreement. Who invites one alone says why, and it is flagged."""
    row = locked(session, clock, principal, competition_id)
    states.next_state(State(row.state), Event.PUBLISH, Actor.AUTHORITY)
    if row.questions_until <= clock.now():
        raise Conflict("competition.times_past", at=log.rfc3339(row.questions_until))
    _check_openers(session, row)
    invited = _invitable(session, row, agreement_ids)
    if len(invited) == 1 and not reason.strip():
        raise Invalid("competition.single_reason_missing")
    pool = session.get_one(Pool, row.pool_id)
    row.opportunity_id = _questions(session, clock, rng, principal, row, pool, [each for _, each in invited])
    composed = _compose(session, row, authority)
    row.notice, row.notice_sha256 = composed["notice"], composed["notice_sha256"]
    row.state, row.authority_name, row.authority_office = State.OPEN.value, authority.name, authority.office
    session.add(row)
    session.flush()
    for agreement, provider in invited:
        stream = rng.scope(f"{row.organisation_id}/{provider.organisation_id}", "invitation")
        session.add(
            Invitation(
                id=stream.id("inv"),
                competition_id=row.id,
                provider_id=provider.id,
                agreement_id=agreement.id,
                sent_at=clock.now(),
            )
        )
    session.flush()
    enter(session, clock, principal, row, Event.PUBLISH, authority, reason)
    single = len(invited) == 1
    audit.record(
        session,
        clock,
        principal,
        "competition.publish",
        row.id,
        notice_sha256=row.notice_sha256,
        single=single,
        authority=authority.name,
        office=authority.office,
    )
    until = {"notice_sha256": row.notice_sha256, "quotes_until": log.rfc3339(row.quotes_until)}
    telling.lead(session, clock, "competition.published", row, single=single, **until)
    for to in telling.invited(session, row.id):
        telling.supplier(session, clock, "competition.published", row, to, **until)
    return row


def openers_of(session: Session, row: Competition) -> list[str]:
    """Ids in their order of places."""
    return [each.id for each in openers.of(session, row.id)]


def spare_keys(session: Session, row: Competition) -> int:
    """How many openers may lose their keys before nobody can open."""
    return states.spare_keys([openers.value(each) for each in openers.of(session, row.id)])


def _lot(session: Session, pool: Pool, lot_id: str) -> str:
    found = session.exec(select(PoolLot.id).where(PoolLot.id == lot_id, PoolLot.pool_id == pool.id)).one_or_none()
    if found is None:
        raise NotFound("competition.lot_unknown", lot_id=lot_id)
    return found


def _check_times(plan: Plan, now: datetime) -> None:
    if not now < plan.questions_until <= plan.quotes_until:
        raise Invalid("competition.times_wrong", now=log.rfc3339(now))
    if not timedelta() <= plan.standstill <= LONGEST_STANDSTILL:
        raise Invalid("competition.standstill_wrong", days=LONGEST_STANDSTILL.days)
    first = plan.quotes_until + plan.standstill
    if plan.ask.window.start <= first:
        raise Invalid("competition.window_too_early", earliest=log.rfc3339(first))


def _check_openers(session: Session, row: Competition) -> None:
    named = [openers.value(each) for each in openers.of(session, row.id)]
    wrong = states.faults_of_openers(named, row.organisation_id)
    if wrong:
        refusal = Invalid("competition.openers_refused", count=len(wrong))
        refusal.causes = tuple(wrong)
        raise refusal


def _invitable(session: Session, row: Competition, agreement_ids: Sequence[str]) -> list[tuple[Agreement, Provider]]:
    """Agreements of this lot that the aim allows, each of another supplier, which is verified and admitted."""
    if not 1 <= len(agreement_ids) <= MOST_INVITED:
        raise Invalid("competition.invited_number", given=len(agreement_ids), most=MOST_INVITED)
    aim, pool = asks.read(row.ask).aim, session.get_one(Pool, row.pool_id)
    found: dict[str, tuple[Agreement, Provider]] = {}
    for agreement_id in agreement_ids:
        pair = session.exec(
            select(Agreement, Provider)
            .join(Provider, col(Provider.id) == col(Agreement.provider_id))
            .where(Agreement.id == agreement_id, Agreement.pool_id == row.pool_id, Agreement.lot_id == row.lot_id)
        ).one_or_none()
        if pair is None:
            raise NotFound("agreement.unknown", agreement_id=agreement_id)
        agreement, provider = pair
        if AgreementStatus(agreement.status) not in _INVITABLE[aim]:
            status = AgreementStatus(agreement.status)
            raise Conflict("competition.agreement_not_fit", agreement_id=agreement_id, status=status, aim=aim)
        if provider.status != Status.VERIFIED.value:
            raise Conflict("agreement.provider_not_verified", status=Status(provider.status))
        admission.need_admitted(session, pool, row.lot_id, provider.id)
        ceilings.check_currency(session, row, agreement.id)
        if provider.id in found:
            raise Invalid("competition.invited_twice", agreement_id=agreement_id)
        found[provider.id] = (agreement, provider)
    return list(found.values())


def _questions(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    row: Competition,
    pool: Pool,
    invited: Iterable[Provider],
) -> str:
    """Where those who are invited ask, and all of them read the same answer at once."""
    ask = asks.read(row.ask)
    made = opportunities.draft(
        session,
        clock,
        rng,
        principal,
        kind=opportunities.Kind.OPPORTUNITY,
        titles=ask.titles,
        texts=ask.texts,
        mission_areas=[MissionArea(pool.mission_area)],
        closes_at=row.questions_until,
    )
    opportunities.open_to(session, clock, principal, made, {each.organisation_id for each in invited})
    return made.id


def _compose(session: Session, row: Competition, authority: Authority) -> dict[str, Any]:
    lead = session.get_one(Organisation, row.organisation_id)
    more = {
        "pool": row.pool_id,
        "lot": row.lot_id,
        "lead": {"id": lead.id, "name": lead.name},
        "published_by": {"name": authority.name, "office": authority.office},
        "ask": row.ask,
        "questions_until": log.rfc3339(row.questions_until),
        "questions": row.opportunity_id,
        "standstill_s": row.standstill_s,
    }
    criteria = notice.criteria_of(row.criteria)
    holders = [
        Holder(each.id, each.person_name, bytes.fromhex(each.public_key)) for each in openers.of(session, row.id)
    ]
    return notice.compose(row.id, row.quotes_until, criteria, holders, more)
