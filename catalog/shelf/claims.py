"""Claims of register listings: a verified provider says that a listed asset is its own, and a person judges it.

A claim rests on grounds and on a document of the provider's file, lies at an
office with a clock, and is answered with reasons. The database lets one claim
stand at a time for a listing. Who comes second is told that the listing is not
free, and neither by whom nor whether that is judged already. What was accepted
is taken away only by being contested first, so that its holder is heard.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.promise.lifecycle import CLAIM_DECISIONS, TAKEN, ClaimEvent, ClaimState, next_claim
from catalog.shelf import assets
from catalog.shelf.register_tables import RegisterClaim, RegisterClaimEntry, RegisterListing
from providers import audience, files, offices, submissions
from providers.desk_tables import Submission
from providers.lifecycle import Status
from providers.offices import Matter
from providers.submissions import Outcome
from providers.tables import Evidence, Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.capabilities import CAPABILITIES

_LISTING_IS = {ClaimState.ACCEPTED: "claimed", ClaimState.CONTESTED: "disputed"}
"""What its claim makes of a listing; any other state leaves it unclaimed for all to see."""

_OUTCOME = {
    ClaimEvent.ACCEPT: Outcome.ACCEPTED,
    ClaimEvent.REFUSE: Outcome.DECLINED,
    ClaimEvent.UPHOLD: Outcome.UPHELD,
    ClaimEvent.RELEASE: Outcome.OVERTURNED,
}
"""Decisions that answer what the provider waits for."""


def claim(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    listing_id: str,
    *,
    grounds: str,
    evidence_id: str | None,
) -> RegisterClaim:
    """Claim a listing for the principal's own profile."""
    provider = files.own(session, principal)
    if provider.status != Status.VERIFIED:
        raise Conflict("claim.not_verified", status=Status(provider.status))
    listing = session.get(RegisterListing, listing_id)
    if listing is None:
        raise NotFound("register.listing_unknown", listing_id=listing_id)
    if not grounds.strip():
        raise Invalid("claim.grounds_missing")
    _check_evidence(session, clock, provider, evidence_id)
    standing = select(RegisterClaim).where(
        RegisterClaim.listing_id == listing.id, col(RegisterClaim.state).in_([each.value for each in TAKEN])
    )
    first = session.exec(standing).one_or_none()
    if first is not None and first.provider_id == provider.id:
        raise Conflict("claim.own_stands", claim_id=first.id)
    if first is not None:
        raise Conflict("claim.listing_taken")
    row = RegisterClaim(
        id=rng.scope(principal.organisation_id, "register_claim").id("rgc"),
        listing_id=listing.id,
        provider_id=provider.id,
        evidence_id=evidence_id,
        grounds=grounds.strip(),
        state=ClaimState.OPEN.value,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    _wait_for(session, clock, rng, provider, row, listing)
    _enter(session, clock, principal, provider, row, listing, ClaimEvent.CLAIM, (row.grounds,))
    return row


def withdraw(session: Session, clock: Clock, principal: Principal, claim_id: str) -> RegisterClaim:
    """Give an own claim up, whether it was judged or not."""
    provider = files.own(session, principal)
    row = _found(session, col(RegisterClaim.provider_id) == provider.id, claim_id)
    listing = session.get_one(RegisterListing, row.listing_id)
    row.state = next_claim(ClaimState(row.state), ClaimEvent.WITHDRAW).value
    listing.asset_id = None
    waited = submissions.waiting(session, row.id, Matter.CLAIM)
    if waited is not None:
        submissions.withdraw(session, clock, principal.organisation_id, waited, "")
    _enter(session, clock, principal, provider, row, listing, ClaimEvent.WITHDRAW, ())
    return row


def decide(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    claim_id: str,
    event: ClaimEvent,
    reasons: Sequence[str],
) -> RegisterClaim:
    """An office accepts, refuses, contests, upholds or releases a claim of another organisation, and says why."""
    principal.require("application:decide")
    if event not in CLAIM_DECISIONS:
        accepted = ", ".join(sorted(CLAIM_DECISIONS))
        raise Invalid("claim.decision_unknown", given=event.value, accepted=accepted)
    said = tuple(reason.strip() for reason in reasons if reason.strip())
    if not said:
        raise Invalid("claim.reasons_missing", event=event)
    provider = files.locked(session, _found(session, readable(principal, to_decide=True), claim_id).provider_id)
    row = session.get_one(RegisterClaim, claim_id, populate_existing=True)
    if provider.organisation_id == principal.organisation_id:
        raise Forbidden("claim.own")
    if event is ClaimEvent.ACCEPT and provider.status != Status.VERIFIED:
        raise Conflict("claim.not_verified", status=Status(provider.status))
    listing = session.get_one(RegisterListing, row.listing_id)
    row.state, row.decided_at = next_claim(ClaimState(row.state), event).value, clock.now()
    if event is ClaimEvent.ACCEPT:
        listing.asset_id = assets.of_listing(session, clock, rng, provider, listing).id
    elif event is ClaimEvent.RELEASE:
        listing.asset_id = None
    elif event is ClaimEvent.CONTEST:
        _wait_for(session, clock, rng, provider, row, listing)
    waited = submissions.waiting(session, row.id, Matter.CLAIM)
    if event in _OUTCOME and waited is not None:
        submissions.close(session, clock, rng, principal.organisation_id, waited, _OUTCOME[event], "\n".join(said))
    _enter(session, clock, principal, provider, row, listing, event, said)
    return row


def readable(principal: Principal, *, to_decide: bool = False) -> ColumnElement[bool]:
    """A condition on `register_claim`: the principal's own, or one that lies or lay at an office that it acts for."""
    own = col(RegisterClaim.provider_id).in_(
        sa_select(col(Provider.id)).where(col(Provider.organisation_id) == principal.organisation_id)
    )
    if "application:decide" not in principal.scopes:
        return own
    if principal.kind is OrganisationKind.BROKER:
        return col(RegisterClaim.id).is_not(None)
    at_office = sa_select(col(Submission.subject)).where(
        submissions.stands_with(principal), col(Submission.kind) == Matter.CLAIM.value
    )
    theirs = col(RegisterClaim.id).in_(at_office)
    return theirs if to_decide else or_(own, theirs)


def readable_claims(principal: Principal) -> Select[Any]:
    """The statement of claims that the principal may read, each with its listing."""
    statement: Any = (
        select(RegisterClaim, RegisterListing)
        .join(RegisterListing, col(RegisterListing.id) == col(RegisterClaim.listing_id))
        .where(readable(principal))
    )
    found: Select[Any] = statement
    return found


def one(session: Session, principal: Principal, claim_id: str) -> tuple[RegisterClaim, RegisterListing]:
    """A claim that the principal may read; any other does not exist for it."""
    found = session.execute(readable_claims(principal).where(col(RegisterClaim.id) == claim_id)).one_or_none()
    if found is None:
        raise NotFound("claim.unknown", claim_id=claim_id)
    return found[0], found[1]


def _check_evidence(session: Session, clock: Clock, provider: Provider, evidence_id: str | None) -> None:
    """A document of the own file that counts today; a nation's word about its own capacities needs none."""
    if evidence_id is None:
        if provider.kind != "national":
            raise Invalid("claim.evidence_missing")
        return
    row = session.get(Evidence, evidence_id)
    if row is None or row.provider_id != provider.id:
        raise NotFound("onboarding.evidence_unknown", evidence_id=evidence_id)
    now = clock.now()
    over = row.valid_to is not None and row.valid_to <= now
    if row.state not in {"shown", "accepted"} or row.valid_from > now or over:
        raise Conflict("claim.evidence_not_in_force", evidence_id=evidence_id)


def _found(session: Session, condition: ColumnElement[bool], claim_id: str) -> RegisterClaim:
    """A claim moves only while its provider is locked, so that two steps of it never meet."""
    found = session.exec(select(RegisterClaim).where(RegisterClaim.id == claim_id, condition)).one_or_none()
    if found is None:
        raise NotFound("claim.unknown", claim_id=claim_id)
    return found


def _wait_for(
    session: Session, clock: Clock, rng: Rng, provider: Provider, row: RegisterClaim, listing: RegisterListing
) -> None:
    """Start the clock at the office that takes claims of what the listing seems to be."""
    about = CAPABILITIES.get(listing.capability_guess or "")
    submissions.open_one(
        session,
        clock,
        rng,
        kind=Matter.CLAIM,
        subject=row.id,
        provider=provider,
        organisation=provider.organisation_id,
        title=f"{provider.legal_name}: {listing.asset_name}",
        areas=() if about is None else (about.area.value,),
        text=row.grounds,
    )


def _enter(
    session: Session,
    clock: Clock,
    by: Principal,
    provider: Provider,
    row: RegisterClaim,
    listing: RegisterListing,
    event: ClaimEvent,
    reasons: Sequence[str],
) -> None:
    """What the step makes of the listing; history, audit and event. Rivals and buyers are not told."""
    listing.state = _LISTING_IS.get(ClaimState(row.state), "unclaimed")
    session.add_all([row, listing])
    entries = select(func.count()).select_from(RegisterClaimEntry)
    count = session.exec(entries.where(RegisterClaimEntry.claim_id == row.id)).one()
    session.add(
        RegisterClaimEntry(
            claim_id=row.id,
            number=count + 1,
            event=event.value,
            state=row.state,
            reasons=list(reasons),
            by_organisation_id=by.organisation_id,
            at=clock.now(),
        )
    )
    audit.record(session, clock, by, f"claim.{event.value}", row.id, state=row.state, listing_id=listing.id)
    payload = {
        "claim_id": row.id,
        "listing_id": listing.id,
        "provider_id": provider.id,
        "event": event.value,
        "state": row.state,
        "asset_id": listing.asset_id,
    }
    at_office = submissions.of_subject(session, row.id, Matter.CLAIM)
    judge = () if at_office is None else (offices.known(session, at_office.office_id).organisation_id,)
    log.append(
        session, clock, "listing.claimed", row.id, payload, audience.brokers(session, provider.organisation_id, judge)
    )
    session.flush()
