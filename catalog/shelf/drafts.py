"""Offerings that a provider has begun: kept as given, with what is still wrong, read by nobody else.

A draft is no state of an offering: it has no version, no price that binds and no
event. Publishing one puts it on the shelf and forgets the draft.
"""

from typing import Any

from sqlmodel import Session, col, select

from catalog.shelf import offerings
from catalog.shelf.intake import Taken, take
from catalog.tables import OfferingDraftRow
from providers import onboarding
from providers.adapters.drafts import read_draft
from providers.adapters.faults import single
from space_hub.clock import Clock
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal

MOST = 500
"""Drafts of one provider."""
_LONGEST_REFERENCE = 100


def save(
    session: Session, clock: Clock, rng: Rng, principal: Principal, reference: str, body: dict[str, Any]
) -> OfferingDraftRow:
    """Keep what was given under a reference, however unfinished; the first thing wrong with it is noted."""
    if not 0 < len(reference) <= _LONGEST_REFERENCE:
        raise Invalid("catalog.draft_reference_wrong", reference=reference[:_LONGEST_REFERENCE])
    provider = onboarding.own(session, principal)
    own = _of(provider.id).where(OfferingDraftRow.reference == reference)
    row: OfferingDraftRow | None = session.exec(own).one_or_none()
    if row is None:
        if len(session.exec(_of(provider.id).with_only_columns(OfferingDraftRow.id)).all()) >= MOST:
            raise Conflict("catalog.drafts_too_many", most=MOST)
        row = OfferingDraftRow(
            id=rng.scope(provider.organisation_id, "offering_draft").id("ofd"),
            provider_id=provider.id,
            reference=reference,
            body={},
            faults=[],
            updated_at=clock.now(),
        )
    row.body, row.updated_at = {**body, "reference": reference}, clock.now()
    row.faults = _faults(row.body)
    session.add(row)
    session.flush()
    audit.record(session, clock, principal, "offering.draft", row.id)
    return row


def mine(session: Session, principal: Principal) -> Any:
    """A statement of the asker's own drafts."""
    provider = onboarding.of_organisation(session, principal.organisation_id)
    return _of("" if provider is None else provider.id)


def remove(session: Session, clock: Clock, principal: Principal, reference: str) -> None:
    row = _own(session, principal, reference)
    session.delete(row)
    audit.record(session, clock, principal, "offering.draft_removed", row.id)


def publish(session: Session, clock: Clock, rng: Rng, principal: Principal, reference: str) -> Taken:
    """Put the draft on the shelf, as a new offering or a new version; what is wrong with it refuses that."""
    row = _own(session, principal, reference)
    provider = onboarding.own(session, principal)
    done = take(session, clock, rng, principal, provider, [read_draft(row.body)], source="draft")
    taken = offerings.single(done)
    session.delete(row)
    return taken


def _own(session: Session, principal: Principal, reference: str) -> OfferingDraftRow:
    row: OfferingDraftRow | None = session.exec(
        mine(session, principal).where(OfferingDraftRow.reference == reference)
    ).one_or_none()
    if row is None:
        raise NotFound("catalog.draft_unknown", reference=reference)
    return row


def _of(provider_id: str) -> Any:
    return select(OfferingDraftRow).where(col(OfferingDraftRow.provider_id) == provider_id)


def _faults(body: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        read_draft(body)
    except Invalid as error:
        return [
            {"code": each.code, "params": {name: str(value) for name, value in each.params.items()}}
            for each in single(error)
        ]
    return []
