"""Offerings: a provider's own shelf, and the catalogue that planners search."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import CatalogNumber, In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog import offerings, search
from catalog.intake import Taken
from catalog.tables import Asset, Offering, OfferingVersion
from providers.adapters.base import OfferingDraft
from providers.adapters.drafts import read_draft
from providers.adapters.manifest import read_manifest
from providers.tables import Provider
from space_hub.errors import Invalid
from space_hub.text import say
from space_hub.vocabulary.attributes import ATTRIBUTES
from space_hub.vocabulary.codes import AssetKind, MissionArea, Modality, Provenance
from space_hub.vocabulary.nations import nation as check_nation
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1", tags=["offerings"])

MOST_MANIFEST_BYTES = 8 * 1024 * 1024


class ValueIn(In):
    value: bool | float | str | list[float] | list[str] = Field(
        description="A number, `[low, high]`, a code or several, true or false."
    )
    unit: str | None = Field(default=None, description="UCUM; needed for a number.")


class CapacityIn(In):
    quantity: float = Field(ge=0)
    unit: str


class PriceIn(In):
    amount: str = Field(description="Decimal, as text.")
    currency: str = Field(description="ISO 4217")
    per: str = Field(description="Unit that the amount buys, for example km2 or Mbit/s.mo.")
    retainer_per_day: str | None = Field(default=None, description="Paid for being retained, whatever is used.")


class AssetIn(In):
    kind: AssetKind = AssetKind.SATELLITE
    name: str | None = Field(default=None, max_length=100)
    catalog_number: CatalogNumber | None = None
    nation: str | None = None


class OfferingIn(In):
    reference: str = Field(min_length=1, max_length=100, description="Your own name for it; it never changes.")
    title: str = Field(min_length=1, max_length=200)
    capability: str = Field(description="See /v1/vocabulary.")
    modality: Modality = Modality.SERVICE
    description: str = Field(default="", max_length=4000)
    licence: str = Field(default="", max_length=500)
    attributes: dict[str, ValueIn] = Field(default_factory=dict, max_length=100)
    capacity: dict[Phase, CapacityIn] = Field(default_factory=dict)
    prices: dict[Phase, PriceIn] = Field(default_factory=dict)
    assets: list[AssetIn] = Field(default_factory=list, max_length=1000)
    release_to: list[str] | None = Field(
        default=None, description="Nations that may see it; left out: every planner with a key."
    )
    standards: list[str] = Field(default_factory=list, max_length=100)
    coverage: Any = Field(default=None, description='"global" or a GeoJSON geometry.')
    valid_from: UtcDatetime | None = None
    valid_to: UtcDatetime | None = None

    def draft(self) -> OfferingDraft:
        return read_draft(self.model_dump(mode="python"))


class ValueOut(Out):
    attribute: str
    low: float | None
    high: float | None
    codes: list[str]
    flag: bool | None
    unit: str | None = None
    given: Any
    given_unit: str | None
    provenance: Provenance


class CapacityOut(Out):
    phase: Phase
    quantity: float
    given: float
    given_unit: str
    notice_h: float | None


class PriceOut(Out):
    phase: Phase
    unit_price: str
    currency: str
    retainer_per_day: str | None
    given: str
    given_unit: str


class AssetOut(Out):
    id: str
    kind: AssetKind
    name: str
    nation: str | None
    catalog_number: int | None
    space_object_id: str | None = Field(description="Null while the catalogue does not know the number.")


class OfferingOut(Out):
    id: str
    provider_id: str
    provider_name: str
    provider_nation: str
    reference: str
    status: str
    version_id: str
    version: int
    content_sha256: str
    title: str
    description: str
    mission_area: MissionArea
    capability: str
    modality: Modality
    attributes: list[ValueOut]
    capacity_unit: str
    capacity: list[CapacityOut]
    price_unit: str
    prices: list[PriceOut]
    assets: list[AssetOut]
    release_to: list[str] | None
    standards: list[str]
    licence: str
    coverage: Any
    valid_from: datetime | None
    valid_to: datetime | None
    source: str
    published_at: datetime


class RejectedOut(Out):
    line: int | None
    reference: str | None = Field(description="What the row calls itself, where that can be told.")
    code: str
    reason: str
    raw: str


class ManifestOut(Out):
    rows: int
    new_versions: int
    unchanged: int
    rejected_rows: int
    offering_ids: list[str]
    rejected: list[RejectedOut]


async def manifest_text(request: Request) -> str:
    body = await request.body()
    if len(body) > MOST_MANIFEST_BYTES:
        raise Invalid("providers.manifest_too_large", size=len(body), most=MOST_MANIFEST_BYTES)
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Invalid("providers.manifest_unreadable", reason=f"no UTF-8 at byte {error.start}") from error


@router.post("/offerings", status_code=201, policy=scope("offering:write"))
def create_offering(body: OfferingIn, once: Once) -> OfferingOut:
    """Put an offering on your shelf. Planners see it while you are verified."""
    draft = body.draft()

    def make(session: Session) -> OfferingOut:
        return _taken(session, offerings.publish(session, once.clock, once.rng, once.principal, draft))

    return once.run(make)


@router.post(
    "/offerings/manifest",
    status_code=201,
    policy=scope("offering:write"),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {"schema": {}}},
        }
    },
)
def upload_manifest(text: Annotated[str, Depends(manifest_text)], once: Once) -> ManifestOut:
    """Put many offerings on your shelf from a file: JSON, or a spreadsheet saved as CSV.

    A bad row is set aside with its line and reason; the others go on.
    """
    manifest = read_manifest(text)

    def make(session: Session) -> ManifestOut:
        done, aside = offerings.from_manifest(session, once.clock, once.rng, once.principal, manifest)
        changed = sum(each.changed for each in done.taken)
        return ManifestOut(
            rows=len(manifest.offered) + len(manifest.refused),
            new_versions=changed,
            unchanged=len(done.taken) - changed,
            rejected_rows=len(aside),
            offering_ids=[each.offering.id for each in done.taken],
            rejected=[
                RejectedOut(
                    line=row.line,
                    reference=row.reference,
                    code=row.code,
                    reason=say(row.code, once.language, **row.params),
                    raw=row.raw,
                )
                for row in aside
            ],
        )

    return once.run(make)


@router.get("/offerings", policy=scope("offering:write"))
def list_own_offerings(asked: Asked, page: Page) -> Paged[OfferingOut]:
    """Your own shelf, withdrawn offerings included."""
    with asked.read() as session:
        statement = (
            select(Offering, OfferingVersion, Provider)
            .join(OfferingVersion, col(OfferingVersion.id) == col(Offering.current_version_id))
            .join(Provider, col(Provider.id) == col(Offering.provider_id))
            .where(Provider.organisation_id == asked.principal.organisation_id)
        )
        return page.of(session, statement, key=col(Offering.id), make=_maker(session))


@router.put("/offerings/{offering_id}", policy=scope("offering:write"))
def change_offering(offering_id: str, body: OfferingIn, asked: Asked) -> OfferingOut:
    """A new version of your offering; the same content again makes none."""
    draft = body.draft()
    with asked.write() as session:
        return _taken(session, offerings.change(session, asked.clock, asked.rng, asked.principal, offering_id, draft))


@router.delete("/offerings/{offering_id}", policy=scope("offering:write"), status_code=204)
def withdraw_offering(offering_id: str, asked: Asked) -> None:
    """Take your offering off the shelf; a change brings it back."""
    with asked.write() as session:
        offerings.withdraw(session, asked.clock, asked.principal, offering_id)


@router.get("/offerings/{offering_id}/versions", policy=scope("offering:write"))
def list_offering_versions(offering_id: str, asked: Asked, page: Page) -> Paged[OfferingOut]:
    """All versions of your offering, oldest first."""
    with asked.read() as session:
        provider, offering = offerings.own(session, asked.principal, offering_id)
        found = select(OfferingVersion).where(OfferingVersion.offering_id == offering.id)
        return page.of(
            session,
            found,
            key=col(OfferingVersion.number),
            make=lambda version: _out(session, offering, version, provider),
        )


@router.get("/catalogue", policy=scope("catalog:read"))
def search_catalogue(
    asked: Asked,
    page: Page,
    mission_area: MissionArea | None = None,
    capability: str | None = None,
    nation: Annotated[str | None, Query(description="Nation of the provider, ISO 3166 alpha-2.")] = None,
    text: Annotated[str | None, Query(max_length=200, description="Words in title, description or provider.")] = None,
    where: Annotated[
        list[str] | None, Query(description="Conditions on attributes: `gsd <= 0.5 m`, `band = Ka`.", max_length=20)
    ] = None,
) -> Paged[OfferingOut]:
    """Offerings of verified providers that you may see. A provider sees its own."""
    statement = search.shelf(
        asked.principal,
        asked.clock.now(),
        mission_area=mission_area,
        capability=capability,
        nation=None if nation is None else check_nation(nation),
        text=text,
        conditions=tuple(search.read_condition(each) for each in where or ()),
    )
    with asked.read() as session:
        return page.of(session, statement, key=col(Offering.id), make=_maker(session))


@router.get("/catalogue/{offering_id}", policy=scope("catalog:read"))
def get_catalogue_offering(offering_id: str, asked: Asked) -> OfferingOut:
    """One offering of the catalogue, as you may see it."""
    with asked.read() as session:
        return _out(session, *search.one(session, asked.principal, asked.clock.now(), offering_id))


def _maker(session: Session) -> Any:
    return lambda offering, version, provider: _out(session, offering, version, provider)


def _taken(session: Session, taken: Taken) -> OfferingOut:
    provider = session.get(Provider, taken.offering.provider_id)
    if provider is None:
        raise RuntimeError("an offering was taken for a provider that is not there")
    return _out(session, taken.offering, taken.version, provider)


def _out(session: Session, offering: Offering, version: OfferingVersion, provider: Provider) -> OfferingOut:
    found: list[Asset] = list(offerings.assets_of(session, version.id))
    plain = version.model_dump(exclude={"id", "number", "at", "attributes", "marking_id"})
    return OfferingOut.model_validate(
        {
            **plain,
            "id": offering.id,
            "provider_id": provider.id,
            "provider_name": provider.legal_name,
            "provider_nation": provider.nation,
            "reference": offering.reference,
            "status": offering.status,
            "version_id": version.id,
            "version": version.number,
            "published_at": version.at,
            "attributes": [{**value, "unit": unit_of(value["attribute"])} for value in version.attributes],
            "assets": [AssetOut.model_validate(each) for each in found],
        }
    )


def unit_of(attribute: str) -> str | None:

    return ATTRIBUTES[attribute].unit
