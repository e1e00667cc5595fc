"""Agreements: a pool's assured access to one version of one offering, by phase.

Either side drafts, the supplier binds itself by offering, and a named authority
of the pool's lead signs. The content is fixed when it is drafted and pins the
version by its hash; whoever wants other terms drafts another agreement. Signing
commits the promised share of the offering in the ledger, so that two pools
cannot be promised the same capacity.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.activation.service import standing
from catalog.capacity import ledger
from catalog.capacity.ledger import Want
from catalog.capacity.rules import PARTS, Ask, Span, slots
from catalog.capacity.tables import ResourceKind
from catalog.competition.states import FINAL, State
from catalog.competition.tables import Competition, Invitation
from catalog.framework import admission, lots, reuse
from catalog.framework.states import AgreementOrigin
from catalog.ordering.tables import CallOff, CallOffOption
from catalog.promise import kept_terms, pools
from catalog.promise.access import Exclusivity, PhaseTerms, faults
from catalog.promise.access import ceiling as most
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import OPEN, AgreementEvent, AgreementStatus, Side, next_agreement
from catalog.promise.tables import Agreement, AgreementEntry, AgreementTerms, Pool, PoolMember
from catalog.search import shelf
from catalog.tables import Offering, OfferingStatus, OfferingVersion
from providers import files
from providers.lifecycle import Status
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import Money
from space_hub.vocabulary.phases import Phase

LONGEST = timedelta(days=5 * 366)
"""An agreement runs for five years at most: its days are counted one by one in the ledger."""


def draft(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    pool_id: str,
    offering_id: str,
    period: Interval,
    terms: Mapping[Phase, PhaseTerms],
    lot_id: str | None = None,
    span: Span = Span.DAY,
    competition_id: str | None = None,
    minimum_guarantee: Decimal | None = None,
    ceiling: Decimal | None = None,
) -> Agreement:
    """A draft on the offering's current version, by the pool's lead or by the supplier itself.

    In the pool's first lot unless `lot_id` names another. Its call-offs are counted by `span`: in days, or in
    hours where the capacity is a rate.

    Raises Invalid `access.terms_refused` whose `causes` are all that is wrong.
    """
    pool = pools.get(session, principal, pool_id)
    offering, version, provider = shelf.one(session, principal, clock.now(), offering_id)
    side = _side(principal, pool, provider)
    if side is Side.SUPPLIER and not pool.open_to_suppliers:
        raise Forbidden("pool.closed_to_suppliers", pool_id=pool.id)
    if offering.mission_area != pool.mission_area:
        raise Invalid(
            "agreement.other_mission_area",
            offered=MissionArea(offering.mission_area),
            wanted=MissionArea(pool.mission_area),
        )
    if period.stop is None or period.stop - period.start > LONGEST or period.stop <= clock.now():
        raise Invalid("agreement.period_wrong", days=LONGEST.days)
    wrong = faults(terms, offered_parts(version))
    if wrong:
        refusal = Invalid("access.terms_refused", count=len(wrong))
        refusal.causes = tuple(wrong)
        raise refusal
    if span is Span.WHOLE:
        raise Invalid("agreement.without_time", bucket=span)
    least, most_paid = _amounts(terms, minimum_guarantee, ceiling)
    currencies = {term.price.currency for term in terms.values()}
    lot = lots.choose(session, pool, lot_id, offering.capability, version.capacity_unit, currencies)
    admission.need_admitted(session, pool, lot.id, provider.id)
    agreement = Agreement(
        id=rng.scope(principal.organisation_id, "agreement").id("agr"),
        pool_id=pool.id,
        lot_id=lot.id,
        provider_id=provider.id,
        offering_id=offering.id,
        version_id=version.id,
        version_sha256=version.content_sha256,
        period_from=period.start,
        period_to=period.stop,
        unit=version.capacity_unit,
        price_unit=version.price_unit,
        status=AgreementStatus.DRAFT.value,
        created_by_id=principal.organisation_id,
        created_at=clock.now(),
        bucket=span.value,
        origin=(AgreementOrigin.COMPETITION if competition_id else AgreementOrigin.DIRECT).value,
        competition_id=competition_id,
        minimum_guarantee=least,
        ceiling=most_paid,
    )
    session.add(agreement)
    session.flush()
    for phase, term in terms.items():
        session.add(kept_terms.row(agreement.id, phase, term))
    _enter(session, clock, principal, agreement, AgreementEvent.DRAFT, side, None)
    audit.record(session, clock, principal, "agreement.draft", agreement.id, pool=pool.id, version=version.id)
    return agreement


def step(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    agreement_id: str,
    event: AgreementEvent,
    authority: Authority | None = None,
) -> Agreement:
    """Offer, sign, withdraw or end. The buyer's steps that bind or free name the authority that decided."""
    get(session, principal, agreement_id)
    agreement = session.exec(select(Agreement).where(Agreement.id == agreement_id).with_for_update()).one()
    pool = session.get_one(Pool, agreement.pool_id)
    provider = session.get_one(Provider, agreement.provider_id)
    side = _side(principal, pool, provider)
    status = next_agreement(AgreementStatus(agreement.status), event, side)
    if event in (AgreementEvent.SIGN, AgreementEvent.END) and authority is None:
        raise Invalid("authority.name_missing")
    if event in (AgreementEvent.OFFER, AgreementEvent.SIGN):
        _still_stands(session, clock, agreement, provider)
        admission.need_admitted(session, pool, agreement.lot_id, provider.id)
    if event is AgreementEvent.SIGN:
        reuse.still_stands(session, clock, agreement)
        _not_in_competition(session, agreement)
        _promise(session, clock, rng, principal, agreement)
        files.awarded(session, clock, principal, provider)
    if event is AgreementEvent.END:
        standing.let_go(session, agreement.id)
        _free(session, clock, agreement)
    agreement.status = status.value
    session.add(agreement)
    _enter(session, clock, principal, agreement, event, side, authority)
    who = {} if authority is None else {"authority": authority.name, "office": authority.office}
    audit.record(session, clock, principal, f"agreement.{event.value}", agreement.id, side=side.value, **who)
    if event in _TOLD and authority is not None:
        _tell(session, clock, _TOLD[event], pool, provider, agreement, authority)
    session.flush()
    return agreement


def visible(principal: Principal) -> ColumnElement[bool]:
    """Agreements of pools that the principal belongs to, and of its own offerings."""
    me = principal.organisation_id
    mine = sa_select(col(PoolMember.pool_id)).where(pools.joined(me))
    supplied = sa_select(col(Provider.id)).where(col(Provider.organisation_id) == me)
    return or_(col(Agreement.pool_id).in_(mine), col(Agreement.provider_id).in_(supplied))


def get(session: Session, principal: Principal, agreement_id: str) -> Agreement:
    found = session.exec(select(Agreement).where(Agreement.id == agreement_id, visible(principal))).first()
    if found is None:
        raise NotFound("agreement.unknown", agreement_id=agreement_id)
    return found


def terms_of(session: Session, agreement_id: str) -> dict[Phase, PhaseTerms]:
    """The terms by phase, mildest first."""
    rows = session.exec(select(AgreementTerms).where(AgreementTerms.agreement_id == agreement_id)).all()
    return dict(
        sorted(((Phase(row.phase), kept_terms.value(row)) for row in rows), key=lambda pair: list(Phase).index(pair[0]))
    )


def history(session: Session, agreement_id: str) -> Sequence[AgreementEntry]:
    return session.exec(
        select(AgreementEntry).where(AgreementEntry.agreement_id == agreement_id).order_by(col(AgreementEntry.number))
    ).all()


def offered_parts(version: OfferingVersion) -> dict[Phase, int]:
    """What a version offers in each phase, in whole parts, rounded down."""
    return {Phase(each["phase"]): int(Decimal(str(each["quantity"])) * PARTS) for each in version.capacity}


def offering_resource(offering_id: str, phase: Phase) -> str:
    """The ledger's name for what an offering can give in one phase."""
    return f"{offering_id}/{phase.value}"


def audience(session: Session, pool: Pool, provider: Provider) -> str:
    """A marking for the pool's members and the supplier, one by one."""
    joined = session.exec(
        select(PoolMember.organisation_id).where(PoolMember.pool_id == pool.id, PoolMember.status == "joined")
    ).all()
    return markings.among(session, pool.lead_organisation_id, {*joined, provider.organisation_id})


def _side(principal: Principal, pool: Pool, provider: Provider) -> Side:
    if principal.organisation_id == provider.organisation_id:
        return Side.SUPPLIER
    if principal.organisation_id == pool.lead_organisation_id and principal.kind is OrganisationKind.NATION:
        return Side.BUYER
    raise Forbidden("pool.lead_decides", pool_id=pool.id)


def _amounts(
    terms: Mapping[Phase, PhaseTerms], least: Decimal | None, ceiling: Decimal | None
) -> tuple[str | None, str | None]:
    """Guarantee and ceiling as kept; they are in the one currency that all the terms have."""
    currencies = sorted({term.price.currency for term in terms.values()})
    if (least is not None or ceiling is not None) and len(currencies) > 1:
        raise Invalid("agreement.currencies_differ", given=", ".join(currencies))
    if least is not None and ceiling is not None and least > ceiling:
        raise Invalid("agreement.guarantee_above_ceiling", guarantee=f"{least:f}", ceiling=f"{ceiling:f}")
    first, second = (None if each is None else f"{Money(each, currencies[0]).amount:f}" for each in (least, ceiling))
    return first, second


def _still_stands(session: Session, clock: Clock, agreement: Agreement, provider: Provider) -> None:
    """Nothing is bound with a supplier that is not verified, nor on an offering that left the shelf."""
    offering = session.get_one(Offering, agreement.offering_id)
    version = session.get_one(OfferingVersion, agreement.version_id)
    if provider.status != Status.VERIFIED.value:
        raise Conflict("agreement.provider_not_verified", status=Status(provider.status))
    if offering.status != OfferingStatus.PUBLISHED.value:
        raise Conflict("agreement.offering_withdrawn", offering_id=offering.id)
    if version.content_sha256 != agreement.version_sha256:
        raise Conflict("agreement.version_changed", version_id=version.id)
    if agreement.period_to <= clock.now():
        raise Conflict("agreement.period_over", period_to=log.rfc3339(agreement.period_to))


def _not_in_competition(session: Session, agreement: Agreement) -> None:
    """A draft that competes is signed only when it has won and the standstill is over."""
    running = session.exec(
        select(Competition.id)
        .join(Invitation, col(Invitation.competition_id) == col(Competition.id))
        .where(Invitation.agreement_id == agreement.id, col(Competition.state).not_in(sorted(FINAL)))
    ).first()
    lost = session.exec(
        select(Competition.id)
        .join(Invitation, col(Invitation.competition_id) == col(Competition.id))
        .where(Invitation.agreement_id == agreement.id, Competition.state == State.AWARDED.value)
    ).first()
    if running is not None or (lost is not None and agreement.competition_id is None):
        raise Conflict("agreement.in_competition")


def _promise(session: Session, clock: Clock, rng: Rng, principal: Principal, agreement: Agreement) -> None:
    """Commit the promised share of the offering, phase by phase, above the highest civil floor agreed.

    Full exclusivity commits all of it, so that the ledger itself refuses every other promise. A refusal
    names the day and not what is left of it: that would tell what other pools hold.
    """
    # One signature at a time for an offering: each must see the civil floors of all before it.
    session.exec(select(Offering.id).where(Offering.id == agreement.offering_id).with_for_update()).one()
    offered = offered_parts(session.get_one(OfferingVersion, agreement.version_id))
    first, last = slots(Span.DAY, max(agreement.period_from, clock.now()), agreement.period_to)
    ledger.count_of(session, agreement.id, ResourceKind.AGREEMENT, Span(agreement.bucket), agreement.unit)
    for phase, term in terms_of(session, agreement.id).items():
        floors = session.exec(
            select(AgreementTerms.civil_floor)
            .join(Agreement, col(Agreement.id) == col(AgreementTerms.agreement_id))
            .where(
                Agreement.offering_id == agreement.offering_id,
                Agreement.status == AgreementStatus.SIGNED.value,
                AgreementTerms.phase == phase.value,
            )
        ).all()
        whole = most(offered[phase], max([term.civil_floor, *map(Decimal, floors)]))
        want = Want(
            offering_resource(agreement.offering_id, phase),
            ResourceKind.OFFERING,
            Span.DAY,
            agreement.unit,
            Ask(first, last, whole if term.exclusivity is Exclusivity.FULL else term.parts),
            whole,
        )
        try:
            ledger.take(
                session,
                clock,
                rng,
                tenant=principal.organisation_id,
                subject=agreement.id,
                wants=[want],
                nested=True,
            )
        except Conflict as error:
            if _exclusive(session, agreement, phase):
                raise Conflict("agreement.exclusive_elsewhere", phase=phase, day=error.params["day"]) from error
            raise Conflict("agreement.capacity_promised", phase=phase, day=error.params["day"]) from error


def _exclusive(session: Session, agreement: Agreement, phase: Phase) -> bool:
    """Whether somebody has the whole of this phase for itself in some of the agreement's time."""
    found = session.exec(
        select(Agreement.id)
        .join(AgreementTerms, col(AgreementTerms.agreement_id) == col(Agreement.id))
        .where(
            Agreement.offering_id == agreement.offering_id,
            Agreement.status == AgreementStatus.SIGNED.value,
            Agreement.period_from < agreement.period_to,
            Agreement.period_to > agreement.period_from,
            AgreementTerms.phase == phase.value,
            AgreementTerms.exclusivity == Exclusivity.FULL.value,
        )
    ).first()
    return found is not None


def _free(session: Session, clock: Clock, agreement: Agreement) -> None:
    running = session.exec(
        select(CallOff.id)
        .join(CallOffOption, col(CallOffOption.call_off_id) == col(CallOff.id))
        .where(CallOffOption.agreement_id == agreement.id, col(CallOff.status).in_([each.value for each in OPEN]))
    ).all()
    if running:
        raise Conflict("agreement.call_offs_open", count=len(running))
    ledger.give_back_all(session, clock, agreement.id, "agreement_ended")


def _enter(
    session: Session,
    clock: Clock,
    principal: Principal,
    agreement: Agreement,
    event: AgreementEvent,
    side: Side,
    authority: Authority | None,
) -> None:
    last = session.exec(
        select(func.max(AgreementEntry.number)).where(AgreementEntry.agreement_id == agreement.id)
    ).one()
    session.add(
        AgreementEntry(
            agreement_id=agreement.id,
            number=(last or 0) + 1,
            event=event.value,
            status=agreement.status,
            side=side.value,
            by_organisation_id=principal.organisation_id,
            authority_name="" if authority is None else authority.name,
            authority_office="" if authority is None else authority.office,
            at=clock.now(),
        )
    )


_TOLD = {AgreementEvent.SIGN: "agreement.signed", AgreementEvent.END: "agreement.ended"}


def _tell(
    session: Session,
    clock: Clock,
    topic: str,
    pool: Pool,
    provider: Provider,
    agreement: Agreement,
    authority: Authority,
) -> None:
    payload = {
        "agreement_id": agreement.id,
        "pool_id": pool.id,
        "provider_id": provider.id,
        "offering_id": agreement.offering_id,
        "version_id": agreement.version_id,
        "version_sha256": agreement.version_sha256,
        "period_from": log.rfc3339(agreement.period_from),
        "period_to": log.rfc3339(agreement.period_to),
        "unit": agreement.unit,
        "price_unit": agreement.price_unit,
        "terms": kept_terms.said(terms_of(session, agreement.id)),
        "decided_by": {"name": authority.name, "office": authority.office},
    }
    log.append(session, clock, topic, agreement.id, payload, audience(session, pool, provider))
