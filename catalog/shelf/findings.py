"""What others tested or observed, or the hub computed, beside what the supplier claims; the supplier may answer first.

A finding never enters a version. It is noted, told to the supplier and the
broker, and shown to the others after two working days, or at once when the
supplier has replied. The supplier itself cannot note one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from catalog.search.shelf import one
from catalog.tables import Finding, Offering, OfferingVersion, Requirement
from providers import audience, onboarding
from providers.tables import Evidence, Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.attributes import attribute, read
from space_hub.vocabulary.codes import MissionArea, Provenance

REPLY_DAYS = 2
"""Working days that a supplier has before others read what was found."""

_OTHERS = (Provenance.TESTED, Provenance.OBSERVED)
"""What an organisation can say of another's offering: the supplier claims, the hub computes."""


@dataclass(frozen=True, slots=True)
class FindingGiven:
    """A value as its finder gives it: `value` and `unit` as a supplier would (`vocabulary.attributes.read`)."""

    attribute: str
    value: Any
    unit: str | None
    provenance: Provenance
    method: str
    evidence_id: str | None = None


def note(
    session: Session, clock: Clock, rng: Rng, principal: Principal, offering_id: str, given: FindingGiven
) -> Finding:
    """Note a finding about the current version of an offering that the finder may see."""
    principal.require("finding:write")
    offering, version, provider = one(session, principal, clock.now(), offering_id)
    if provider.organisation_id == principal.organisation_id:
        raise Forbidden("finding.own_offering")
    if given.provenance not in _OTHERS:
        raise Invalid("finding.claimed", provenance=given.provenance)
    attribute(given.attribute, MissionArea(version.mission_area))
    found = read(given.attribute, given.value, given.unit, provenance=given.provenance)
    if len(found.codes) > 1:
        raise Invalid("finding.one_code", attribute=given.attribute)
    if given.evidence_id is not None and session.get(Evidence, given.evidence_id) is None:
        raise NotFound("finding.evidence_unknown", evidence_id=given.evidence_id)
    code = found.codes[0] if found.codes else None if found.flag is None else str(found.flag).lower()
    row = Finding(
        id=rng.scope(principal.organisation_id, "finding").id("fnd"),
        version_id=version.id,
        attribute=given.attribute,
        provenance=given.provenance.value,
        low=found.low,
        high=found.high,
        code=code,
        evidence_id=given.evidence_id,
        method=given.method,
        by_organisation_id=principal.organisation_id,
        at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit.record(session, clock, principal, "finding.note", row.id, offering_id=offering.id)
    tell(session, clock, row, offering, provider)
    return row


def reply(session: Session, clock: Clock, principal: Principal, finding_id: str, text: str) -> Finding:
    """The supplier's answer; from now on others read both."""
    provider = onboarding.own(session, principal)
    found = session.execute(
        select(Finding, Offering)
        .join(OfferingVersion, col(OfferingVersion.id) == col(Finding.version_id))
        .join(Offering, col(Offering.id) == col(OfferingVersion.offering_id))
        .where(Finding.id == finding_id, Offering.provider_id == provider.id)
    ).one_or_none()
    if found is None:
        raise NotFound("finding.unknown", finding_id=finding_id)
    row: Finding = found[0]
    offering: Offering = found[1]
    if row.reply_at is not None:
        raise Conflict("finding.replied", finding_id=finding_id)
    if row.closed_at is not None:
        raise Conflict("finding.closed", finding_id=finding_id)
    row.reply, row.reply_at = text, clock.now()
    row.shown_at = row.shown_at or clock.now()
    session.add(row)
    audit.record(session, clock, principal, "finding.reply", row.id)
    tell(session, clock, row, offering, provider)
    return row


def settled(row: Finding, now: datetime) -> bool:
    """Whether the supplier has replied, or let the clock run out."""
    return row.reply_at is not None or row.at <= before_working_days(now, REPLY_DAYS)


def of_versions(
    session: Session, principal: Principal, now: datetime, version_ids: Iterable[str]
) -> dict[str, list[Finding]]:
    """The findings about these versions that the asker may read: shown ones, its own, all for supplier and broker.

    What was computed for a requirement is read by its owner and by the supplier alone. The caller has fetched the
    versions by an authorised statement.
    """
    mine = principal.organisation_id
    statement = (
        select(Finding)
        .join(OfferingVersion, col(OfferingVersion.id) == col(Finding.version_id))
        .join(Offering, col(Offering.id) == col(OfferingVersion.offering_id))
        .join(Provider, col(Provider.id) == col(Offering.provider_id))
        .join(Requirement, col(Requirement.id) == col(Finding.requirement_id), isouter=True)
        .where(
            col(Finding.version_id).in_(list(version_ids)),
            or_(
                col(Finding.requirement_id).is_(None),
                col(Requirement.organisation_id) == mine,
                col(Provider.organisation_id) == mine,
            ),
        )
        .order_by(col(Finding.at), col(Finding.id))
    )
    if principal.kind is not OrganisationKind.BROKER:
        # What was closed before its clock ran out never speaks against the supplier to others.
        waited = and_(
            col(Finding.reply_at).is_(None),
            col(Finding.closed_at).is_(None),
            col(Finding.at) <= before_working_days(now, REPLY_DAYS),
        )
        statement = statement.where(
            or_(
                col(Finding.shown_at).is_not(None),
                waited,
                col(Finding.by_organisation_id) == mine,
                col(Requirement.organisation_id) == mine,
                col(Provider.organisation_id) == mine,
            )
        )
    found: dict[str, list[Finding]] = {}
    for row in session.exec(statement):
        found.setdefault(row.version_id, []).append(row)
    return found


def before_working_days(now: datetime, days: int) -> datetime:
    """The moment that lies so many working days (Monday to Friday) back."""
    moment = now
    while days:
        moment -= timedelta(days=1)
        if moment.weekday() < 5:
            days -= 1
    return moment


def tell(session: Session, clock: Clock, row: Finding, offering: Offering, provider: Provider) -> None:
    """An entry for the supplier and the broker; of a requirement, one for the supplier and one for its owner."""
    payload = {
        "finding_id": row.id,
        "offering_id": offering.id,
        "version_id": row.version_id,
        "attribute": row.attribute,
        "provenance": row.provenance,
        "replied": row.reply_at is not None,
    }
    topic = "finding.noted" if row.closed_at is None else "finding.closed"
    if row.requirement_id is None:
        told = [audience.brokers(session, provider.organisation_id)]
    else:
        owner = session.get_one(Requirement, row.requirement_id).organisation_id
        told = [markings.owner_only(session, each) for each in (provider.organisation_id, owner)]
    for marking in told:
        log.append(session, clock, topic, row.id, payload, marking)
