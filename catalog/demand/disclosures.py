"""What an organisation let a supplier read of its need, noted before anything is sent.

To ask whether something is feasible tells where and when it is wanted. Whoever
sends such a question first calls `note` in a transaction of its own and sends
only when that is committed: a disclosure that is not on record has not happened,
and one on record that was never sent does no harm.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select
from sqlmodel import Session, select

from catalog.demand.tables import Disclosure
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.errors import Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal

FIELDS = frozenset({"area", "parameters", "phase", "quantity", "window"})
"""All that a question about feasibility can carry (`providers.adapters.base.FeasibilityAsk`)."""


def note(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    provider_id: str,
    subject: str,
    what: Collection[str],
    consent_ref: str,
) -> Disclosure:
    """The asker consents that this supplier reads these fields; without consent, or with others, it is refused."""
    if not consent_ref.strip():
        raise Invalid("demand.consent_missing")
    unknown = sorted(set(what) - FIELDS)
    if unknown or not what:
        raise Invalid("demand.disclosure_fields", given=", ".join(unknown) or "-", accepted=", ".join(sorted(FIELDS)))
    if session.get(Provider, provider_id) is None:
        raise NotFound("providers.unknown", provider_id=provider_id)
    row = Disclosure(
        id=rng.scope(principal.organisation_id, "disclosure").id("dis"),
        organisation_id=principal.organisation_id,
        provider_id=provider_id,
        subject=subject,
        what=sorted(set(what)),
        consent_ref=consent_ref,
        at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit.record(session, clock, principal, "demand.disclose", subject, provider_id=provider_id, what=row.what)
    return row


def mine(principal: Principal) -> Select[Any]:
    """The statement of what the principal's own organisation has disclosed."""
    statement: Any = select(Disclosure).where(Disclosure.organisation_id == principal.organisation_id)
    found: Select[Any] = statement
    return found
