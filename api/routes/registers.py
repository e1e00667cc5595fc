"""Public registers of commercial assets: listings, unclaimed and unverified until their owner comes."""

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import Field
from sqlmodel import Session, col

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog.shelf import registers
from catalog.shelf.register_tables import ListingState, RegisterListing
from providers.tables import Provider
from space_hub.text import say
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import AssetKind

router = Router(prefix="/v1", tags=["registers"])


class ImportIn(In):
    name: str = Field(max_length=100, description="As the hub knows it: `UCS Satellite Database` or `Ground stations`.")
    edition: str = Field(min_length=1, max_length=40)
    licence_note: str = Field(min_length=1, max_length=500, description="Attribution and terms, shown beside listings.")
    table: str = Field(max_length=16 * 1024 * 1024, description="As published: CSV of satellites, GeoJSON of stations.")


class ReasonCountOut(Out):
    code: str
    reason: str
    rows: int


class ImportOut(Out):
    source_id: str
    rows: int
    listed: int
    refused: list[ReasonCountOut]
    again: bool = Field(description="The same table had been read before.")


class HolderOut(Out):
    provider_id: str
    legal_name: str


class ListingOut(Out):
    id: str
    operator_name: str
    operator_nation: str | None
    asset_kind: AssetKind
    asset_name: str
    catalog_number: int | None
    cospar: str | None
    purpose: str
    capability_guess: str | None = Field(description="Guessed from the purpose; nobody has verified it.")
    orbit: str | None
    site: dict[str, float] | None = Field(description="Of a thing on the ground: lon, lat in degrees.")
    launched: date | None
    state: ListingState | None = Field(description="Null for a supplier where the listing is not its own.")
    claimed_by: HolderOut | None = Field(description="Whose claim was accepted; for a supplier, only where it is you.")
    note: str


@router.post("/registers", status_code=201, policy=scope("register:write"))
def import_register(body: ImportIn, once: Once) -> ImportOut:
    """Read an edition of a public register; every row becomes a listing or is refused with its reason."""

    def make(session: Session) -> ImportOut:
        done = registers.import_register(
            session,
            once.clock,
            once.rng,
            once.principal,
            name=body.name,
            edition=body.edition,
            licence_note=body.licence_note,
            text=body.table,
        )
        return ImportOut(
            source_id=done.source_id,
            rows=done.rows,
            listed=done.listed,
            refused=[
                ReasonCountOut(code=code, reason=say(f"register.{code.split('.')[1]}_short", once.language), rows=rows)
                for code, rows in done.refused.items()
            ],
            again=done.again,
        )

    return once.run(make)


@router.get("/register-listings", policy=scope("catalog:read"))
def list_register_listings(
    asked: Asked,
    page: Page,
    operator_nation: Annotated[str | None, Query(max_length=2)] = None,
    capability: Annotated[str | None, Query(max_length=40)] = None,
    state: ListingState | None = None,
) -> Paged[ListingOut]:
    """Commercial assets that public registers name. `state` as a filter is for those who may read it."""
    supplier = asked.principal.kind is OrganisationKind.PROVIDER

    def out(row: RegisterListing, holder: Provider | None) -> ListingOut:
        fields = row.model_dump(exclude={"state"})
        return ListingOut(
            **{name: fields[name] for name in ListingOut.model_fields if name in fields},
            state=ListingState(row.state) if holder is not None or not supplier else None,
            claimed_by=None if holder is None else HolderOut(provider_id=holder.id, legal_name=holder.legal_name),
            note=say("register.note", asked.language),
        )

    statement = registers.listings(asked.principal, operator_nation=operator_nation, capability=capability, state=state)
    with asked.read() as session:
        return page.of(session, statement, key=col(RegisterListing.id), make=out)
