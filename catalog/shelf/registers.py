"""Public registers of commercial assets: listings that nobody has claimed and nobody has verified.

An import takes every row: as a listing, or as a refusal with its reason. A newer
edition of the same register updates the listings that it names again, so that a
claim survives; what it no longer names stays as it was last read.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from catalog.shelf.names import name_key
from catalog.shelf.register_tables import RegisterListing, RegisterRefusal, RegisterSource
from catalog.tables import Asset
from providers.adapters.base import Refused
from providers.adapters.register_rows import SATELLITES, STATIONS, Registered, read_network, read_table
from providers.lifecycle import Status
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.errors import Invalid
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind

READERS: dict[str, Callable[[str], list[Registered | Refused]]] = {SATELLITES: read_table, STATIONS: read_network}
"""Register -> the reader of its table or file."""


@dataclass(frozen=True, slots=True)
class Report:
    source_id: str
    rows: int
    listed: int
    refused: dict[str, int]
    """Code of the reason -> rows."""
    again: bool
    """The same bytes had been imported before; nothing was written."""


def import_register(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    name: str,
    edition: str,
    licence_note: str,
    text: str,
) -> Report:
    """Read one edition of a register; listed and refused rows add up to all rows."""
    principal.require("register:write")
    reader = READERS.get(name)
    if reader is None:
        raise Invalid("register.unknown", name=name, accepted=", ".join(READERS))
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = session.exec(
        select(RegisterSource).where(RegisterSource.name == name, RegisterSource.sha256 == digest)
    ).one_or_none()
    if known is not None:
        return _report(session, known, again=True)
    rows = reader(text)
    if not rows:
        raise Invalid("register.empty", name=name)
    source = RegisterSource(
        id=rng.scope("hub", "register_source").id("rgs"),
        name=name,
        edition=edition,
        licence_note=licence_note,
        sha256=digest,
        line_count=len(rows),
        imported_at=clock.now(),
    )
    session.add(source)
    session.flush()
    _keep(session, rng, source, rows)
    report = _report(session, source, again=False)
    audit.record(
        session, clock, principal, "register.import", source.id, rows=report.rows, listed=report.listed, name=name
    )
    return report


def listings(
    principal: Principal,
    *,
    operator_nation: str | None = None,
    capability: str | None = None,
    state: str | None = None,
) -> Any:
    """A statement of listings, each with the provider whose claim of it was accepted, None without one.

    Listings are public, so everyone with a key reads them all. A supplier reads
    neither the holder nor the state of what is not its own, whatever it asks for.
    """
    supplier = principal.kind is OrganisationKind.PROVIDER
    own = col(Provider.organisation_id) == principal.organisation_id
    named = own if supplier else or_(own, col(Provider.status) == Status.VERIFIED.value)
    statement = (
        select(RegisterListing, Provider)
        .outerjoin(Asset, col(Asset.id) == col(RegisterListing.asset_id))
        .outerjoin(Provider, and_(col(Provider.id) == col(Asset.provider_id), named))
    )
    for column, wanted in (
        (RegisterListing.operator_nation, operator_nation),
        (RegisterListing.capability_guess, capability),
        (RegisterListing.state, None if supplier else state),
    ):
        if wanted is not None:
            statement = statement.where(col(column) == wanted)
    return statement


def _keep(session: Session, rng: Rng, source: RegisterSource, rows: Iterable[Registered | Refused]) -> None:
    before = session.exec(
        select(RegisterListing)
        .join(RegisterSource, col(RegisterSource.id) == col(RegisterListing.source_id))
        .where(RegisterSource.name == source.name)
    ).all()
    known = {_identity(each.catalog_number, each.operator_key, each.asset_name): each for each in before}
    stream = rng.scope("hub", "register_listing")
    for row in rows:
        if isinstance(row, Refused):
            refusal = RegisterRefusal(
                source_id=source.id, line=row.line or 0, code=row.code, params=row.params, raw=row.raw[:500]
            )
            session.add(refusal)
            continue
        key = name_key(row.operator_name)
        listing = known.get(_identity(row.catalog_number, key, row.asset_name))
        if listing is None:
            listing = RegisterListing(
                id=stream.id("rgl"),
                source_id=source.id,
                line=row.row,
                operator_name=row.operator_name,
                operator_key=key,
                asset_kind=row.asset_kind.value,
                asset_name=row.asset_name,
            )
        listing.source_id, listing.line, listing.operator_key = source.id, row.row, key
        for field in ("operator_name", "operator_nation", "asset_name", "catalog_number", "cospar", "purpose"):
            setattr(listing, field, getattr(row, field))
        for field in ("capability_guess", "orbit", "launched"):
            setattr(listing, field, getattr(row, field))
        listing.site = None if row.site is None else {"lon": row.site[0], "lat": row.site[1]}
        session.add(listing)
    session.flush()


def _identity(number: int | None, operator_key: str, name: str) -> tuple[Any, ...]:
    return (number,) if number is not None else (operator_key, name)


def _report(session: Session, source: RegisterSource, *, again: bool) -> Report:
    codes = session.exec(select(RegisterRefusal.code).where(RegisterRefusal.source_id == source.id)).all()
    refused = Counter(codes)
    listed = source.line_count - sum(refused.values())
    return Report(source.id, source.line_count, listed, dict(sorted(refused.items())), again)
