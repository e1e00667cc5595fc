"""What an asker let a supplier read of its need, written down before anything is sent. Rows are never changed."""

from collections.abc import Iterable

from sqlmodel import Session

from catalog.demand_tables import Disclosure
from space_hub.clock import Clock
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal


def write(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    provider_id: str,
    subject: str,
    what: Iterable[str],
    consent_ref: str,
) -> Disclosure:
    """Record the consent of the principal: these fields of `subject` may go to this supplier, this once."""
    row = Disclosure(
        id=rng.scope(principal.organisation_id, "disclosure").id("dis"),
        organisation_id=principal.organisation_id,
        provider_id=provider_id,
        subject=subject,
        what=sorted(what),
        consent_ref=consent_ref,
        at=clock.now(),
    )
    session.add(row)
    audit.record(session, clock, principal, "disclosure.give", row.id, provider=provider_id, what=", ".join(row.what))
    session.flush()
    return row
