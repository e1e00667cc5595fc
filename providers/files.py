"""A provider's row: whose it is, locking it, and moving it to another status with history, audit and event."""

from collections.abc import Sequence

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from providers import audience, generation
from providers.lifecycle import ON_SHELF, Event, Status, after
from providers.tables import DueTo, Provider, ProviderStatusEntry
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal

_BETWEEN = " -./"
"""Signs that are written between the digits of a register's number, or left out."""


def of_organisation(session: Session, organisation_id: str) -> Provider | None:
    return session.exec(select(Provider).where(Provider.organisation_id == organisation_id)).one_or_none()


def same_firm(session: Session, nation: str, legal_id: str) -> list[Provider]:
    """The profiles with this number in this nation's register, however it is spaced and spelt; the oldest first."""
    written, plain = func.lower(col(Provider.legal_id)), legal_id.strip().lower()
    for sign in _BETWEEN:
        written, plain = func.replace(written, sign, ""), plain.replace(sign, "")
    same = or_(written == plain, col(Provider.legal_id) == legal_id.strip())
    rows = select(Provider).where(Provider.nation == nation, Provider.kind == "commercial", same)
    return list(session.exec(rows.order_by(col(Provider.created_at), col(Provider.id))))


def own(session: Session, principal: Principal, provider_id: str | None = None) -> Provider:
    """The principal's own profile, locked until the transaction ends; a rival's reads as unknown."""
    statement = select(Provider).where(Provider.organisation_id == principal.organisation_id)
    if provider_id is not None:
        statement = statement.where(Provider.id == provider_id)
    provider = session.exec(statement.with_for_update()).one_or_none()
    if provider is None:
        raise NotFound("providers.unknown", provider_id=provider_id or "-")
    return provider


def locked(session: Session, provider_id: str) -> Provider:
    """Any provider, locked until the transaction ends; the caller has asked who may."""
    provider = session.exec(select(Provider).where(Provider.id == provider_id).with_for_update()).one_or_none()
    if provider is None:
        raise NotFound("providers.unknown", provider_id=provider_id)
    return provider


def address(provider: Provider) -> str:
    """Where letters to it go: its first contact. Empty once its personal data are cleared."""
    return str(provider.contacts[0]["email"]) if provider.contacts else ""


def history(session: Session, provider: Provider) -> Sequence[ProviderStatusEntry]:
    entries = select(ProviderStatusEntry).where(ProviderStatusEntry.provider_id == provider.id)
    return session.exec(entries.order_by(col(ProviderStatusEntry.number))).all()


def awarded(session: Session, clock: Clock, principal: Principal, provider: Provider) -> None:
    """An agreement with it was signed through this hub: it is a newcomer no longer."""
    if provider.newcomer:
        provider.newcomer, provider.updated_at = False, clock.now()
        session.add(provider)
        audit.record(session, clock, principal, "provider.awarded", provider.id)


def move(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    provider: Provider,
    event: Event,
    reasons: Sequence[str] = (),
    due_to: DueTo = DueTo.PERSON,
) -> None:
    """Take `event`; refused when the status does not allow it."""
    provider.status = after(Status(provider.status), event).value
    provider.updated_at = clock.now()
    if event in ON_SHELF:
        provider.shelf_generation = generation.bump(session)
    session.add(provider)
    enter(session, clock, rng, principal, provider, event, reasons, due_to)


def enter(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    provider: Provider,
    event: Event,
    reasons: Sequence[str] = (),
    due_to: DueTo = DueTo.PERSON,
) -> None:
    """History, audit and event of one change, in the caller's transaction."""
    entries = select(func.count()).select_from(ProviderStatusEntry)
    count = session.exec(entries.where(ProviderStatusEntry.provider_id == provider.id)).one()
    session.add(
        ProviderStatusEntry(
            id=rng.scope(provider.organisation_id, "provider_status").id("pst"),
            provider_id=provider.id,
            number=count + 1,
            event=event.value,
            status=provider.status,
            due_to=due_to.value,
            reasons=list(reasons),
            by_organisation_id=principal.organisation_id,
            at=clock.now(),
        )
    )
    audit.record(
        session, clock, principal, f"provider.{event.value}", provider.id, status=provider.status, reasons=reasons
    )
    told = audience.buyers if event in ON_SHELF else audience.brokers
    payload = {
        "provider_id": provider.id,
        "organisation_id": provider.organisation_id,
        "event": event.value,
        "status": provider.status,
    }
    marking = told(session, provider.organisation_id)
    log.append(session, clock, "provider.status_changed", provider.id, payload, marking)
