"""Satellites and ground assets that offerings rest on, tied to the objects that are watched."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from catalog.shelf.register_tables import RegisterListing
from catalog.tables import Asset
from providers.adapters.base import AssetRef
from providers.tables import Provider
from space_hub.awareness.tables import Designation
from space_hub.clock import Clock
from space_hub.errors import Conflict
from space_hub.rng import Rng
from space_hub.vocabulary.codes import AssetKind


class Held:
    """The assets of one provider while an intake goes on: read once, completed, and written when they are kept."""

    def __init__(self, session: Session, clock: Clock, rng: Rng, provider: Provider) -> None:
        self.session, self.clock, self.rng, self.provider = session, clock, rng, provider
        rows = session.exec(select(Asset).where(Asset.provider_id == provider.id))
        self._rows = {(row.kind, row.name): row for row in rows}

    def check(self, wanted: Iterable[AssetRef]) -> None:
        """Refuse a name that the provider already uses for another catalogue number."""
        refs = list(wanted)
        for ref in refs:
            known = self._rows.get((ref.kind.value, ref.name))
            if known is None or known.catalog_number is None or ref.catalog_number is None:
                continue
            if known.catalog_number != ref.catalog_number:
                raise Conflict(
                    "catalog.asset_number_differs", name=ref.name, known=known.catalog_number, given=ref.catalog_number
                )
        for ref in refs:
            self._note(ref)

    def keep(self, wanted: Iterable[AssetRef]) -> list[Asset]:
        """The rows of assets that were checked; the caller flushes."""
        rows = [self._rows[ref.kind.value, ref.name] for ref in wanted]
        self.session.add_all(rows)
        return rows

    def _note(self, ref: AssetRef) -> None:
        """Remember the asset, made when new and completed when more is known now."""
        row = self._rows.get((ref.kind.value, ref.name))
        if row is None:
            row = self._rows[ref.kind.value, ref.name] = Asset(
                id=self.rng.scope(self.provider.organisation_id, "asset").id("ast"),
                provider_id=self.provider.id,
                kind=ref.kind.value,
                name=ref.name,
                created_at=self.clock.now(),
            )
        row.nation = ref.nation or row.nation
        row.catalog_number = row.catalog_number if ref.catalog_number is None else ref.catalog_number
        if row.catalog_number is not None and row.space_object_id is None:
            row.space_object_id = _object(self.session, row.catalog_number)


def of_listing(session: Session, clock: Clock, rng: Rng, provider: Provider, listing: RegisterListing) -> Asset:
    """The provider's asset that a listing speaks of: by its number, else by its name; made when there is none."""
    own = select(Asset).where(Asset.provider_id == provider.id, Asset.kind == listing.asset_kind)
    asset = None
    if listing.catalog_number is not None:
        numbered = own.where(Asset.catalog_number == listing.catalog_number)
        asset = session.exec(numbered.order_by(col(Asset.id)).limit(1)).first()
    if asset is None:
        asset = _named_as(session, clock, rng, provider, listing)
    asset.site, asset.orbit = asset.site or listing.site, asset.orbit or listing.orbit
    session.add(asset)
    session.flush()
    return asset


def _named_as(session: Session, clock: Clock, rng: Rng, provider: Provider, listing: RegisterListing) -> Asset:
    """By the listing's name; with its number behind it where the provider calls another asset so."""
    kind, number = AssetKind(listing.asset_kind), listing.catalog_number
    held = Held(session, clock, rng, provider)
    ref = AssetRef(kind, listing.asset_name, number, listing.operator_nation)
    try:
        held.check([ref])
    except Conflict:
        ref = AssetRef(kind, f"{listing.asset_name[:85]} ({number})", number, listing.operator_nation)
        held.check([ref])
    return held.keep([ref])[0]


def resolve(session: Session) -> int:
    """Tie assets whose number has meanwhile become known to their object; how many. Call it after an ingest."""
    open_rows = session.exec(
        select(Asset, Designation.object_id)
        .join(Designation, col(Designation.catalog_number) == col(Asset.catalog_number))
        .where(col(Asset.space_object_id).is_(None), col(Designation.valid_to).is_(None))
    ).all()
    for row, object_id in open_rows:
        row.space_object_id = object_id
        session.add(row)
    session.flush()
    return len(open_rows)


def _object(session: Session, catalog_number: int) -> str | None:
    return session.exec(
        select(Designation.object_id).where(
            Designation.catalog_number == catalog_number, col(Designation.valid_to).is_(None)
        )
    ).one_or_none()
