"""Offerings: a provider's own shelf."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import CatalogNumber, In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog.shelf import offerings
from catalog.shelf.intake import Taken
from catalog.shelf.withheld import sees_all
from catalog.tables import Offering, OfferingStatus, OfferingVersion
from providers.adapters.base import Listing, OfferingDraft
from providers.adapters.drafts import read_draft
from providers.adapters.faults import by_column
from providers.adapters.manifest import MEDIA_TYPES, Form, read_manifest
from providers.tables import Provider
from space_hub.text import say
from space_hub.trust.principal import Principal
from space_hub.vocabulary.attributes import ATTRIBUTES
from space_hub.vocabulary.codes import DEPENDENCY_KINDS, MATURITIES, AssetKind, MissionArea, Modality, Provenance
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1", tags=["offerings"])


class ValueIn(In):
    value: bool | float | str | list[float] | list[str] = Field(
        description="A number, `[low, high]`, a code or several, true or false."
    )
    unit: str | None = Field(default=None, description="UCUM; needed for a number.")


class DurationIn(In):
    value: float = Field(ge=0)
    unit: str = Field(description="UCUM, a time: h, d.")


class CapacityIn(In):
    quantity: float = Field(ge=0)
    unit: str
    notice: DurationIn | None = Field(default=None, description="From the call to the first delivery.")


class DependencyIn(In):
    kind: Literal[DEPENDENCY_KINDS]  # type: ignore[valid-type]
    name: str | None = Field(default=None, max_length=100, description="Null: you were asked and do not know.")
    nation: str | None = None


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
    maturity: Literal[MATURITIES] | None = None  # type: ignore[valid-type]
    taskable: bool = Field(default=True, description="It can be ordered to do something new.")
    archive: bool = Field(default=False, description="It hands over what exists already.")
    dependencies: list[DependencyIn] = Field(
        default_factory=list, max_length=50, description="What it rests on besides its assets."
    )

    def draft(self) -> OfferingDraft:
        return read_draft(self.model_dump(mode="python", exclude_unset=True))


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


class DependencyOut(Out):
    kind: Literal[DEPENDENCY_KINDS]  # type: ignore[valid-type]
    name: str = Field(description="Empty when the supplier does not know.")
    nation: str | None
    known: bool


class OfferingOut(Out):
    id: str
    provider_id: str
    provider_name: str
    provider_nation: str
    reference: str
    status: OfferingStatus
    version_id: str
    version: int
    content_sha256: str
    title: str
    description: str
    mission_area: MissionArea
    capability: str
    modality: Modality
    attributes: list[ValueOut] | None
    capacity_unit: str
    capacity: list[CapacityOut] | None
    price_unit: str
    prices: list[PriceOut] | None
    assets: list[AssetOut] | None
    dependencies: list[DependencyOut] | None
    withheld: list[str] = Field(description="What its owner shows to fewer; null here unless you are one of them.")
    release_to: list[str] | None
    standards: list[str]
    licence: str
    coverage: Any
    valid_from: datetime | None
    valid_to: datetime | None
    maturity: str | None
    taskable: bool
    archive: bool
    national: bool = Field(description="A nation's own capacity, beside the commercial ones.")
    source: str
    published_at: datetime


class CellFaultOut(Out):
    column: str = Field(description="The heading of its column; empty where the fault is the row's.")
    code: str
    reason: str


class RejectedOut(Out):
    line: int | None
    reference: str | None = Field(description="What the row calls itself, where that can be told.")
    code: str
    reason: str
    faults: list[CellFaultOut] = Field(description="All that is wrong with the row, at most 20 of it.")
    raw: str


class ManifestOut(Out):
    rows: int
    new_versions: int
    unchanged: int
    rejected_rows: int
    offering_ids: list[str]
    rejected: list[RejectedOut]


async def read_body(request: Request) -> Listing:
    """The manifest in the body, in the form that its media type names or its first characters tell."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    return await run_in_threadpool(read_manifest, await request.body(), MEDIA_TYPES.get(kind))


@router.post("/offerings", status_code=201, policy=scope("offering:write"))
def create_offering(body: OfferingIn, once: Once) -> OfferingOut:
    """Put an offering on your shelf. Planners see it while you are verified."""
    draft = body.draft()

    def make(session: Session) -> OfferingOut:
        return _taken(session, once.principal, offerings.publish(session, once.clock, once.rng, once.principal, draft))

    return once.run(make)


@router.post(
    "/offerings/manifest",
    status_code=201,
    policy=scope("offering:write"),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {} if form is Form.JSON else {"type": "string"}} for kind, form in MEDIA_TYPES.items()
            },
        }
    },
)
def upload_manifest(manifest: Annotated[Listing, Depends(read_body)], once: Once) -> ManifestOut:
    """Put many offerings on your shelf from a file: a spreadsheet (XLSX or CSV), YAML or JSON.

    A bad row is set aside with its line and all that is wrong with it; the others go on.
    """

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
                    faults=[
                        CellFaultOut(column=column, code=code, reason=say(code, once.language, **params))
                        for column, code, params in by_column(row.code, row.params)
                    ],
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
        return page.of(session, statement, key=col(Offering.id), make=_maker(session, asked.principal))


@router.put("/offerings/{offering_id}", policy=scope("offering:write"))
def change_offering(offering_id: str, body: OfferingIn, asked: Asked) -> OfferingOut:
    """A new version of your offering; the same content again makes none."""
    draft = body.draft()
    with asked.write() as session:
        done = offerings.change(session, asked.clock, asked.rng, asked.principal, offering_id, draft)
        return _taken(session, asked.principal, done)


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
            make=lambda version: show(session, asked.principal, offering, version, provider),
        )


def show(
    session: Session, principal: Principal, offering: Offering, version: OfferingVersion, provider: Provider
) -> OfferingOut:
    """One version as the asker may read it."""
    return show_many(session, principal, [(offering, version, provider)])[0]


def show_many(
    session: Session, principal: Principal, rows: Sequence[tuple[Offering, OfferingVersion, Provider]]
) -> list[OfferingOut]:
    """Versions as the asker may read them: what is withheld is null, with its name."""
    ids = [version.id for _, version, _ in rows]
    resting, dependencies = offerings.assets_of(session, ids), offerings.dependencies_of(session, ids)
    found = []
    for offering, version, provider in rows:
        plain = version.model_dump(exclude={"id", "number", "at", "attributes", "marking_id"})
        withheld = [datum.removeprefix("offering.") for datum in version.withheld]
        shown = {
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
            "assets": [AssetOut.model_validate(each) for each in resting.get(version.id, ())],
            "dependencies": [DependencyOut.model_validate(each) for each in dependencies.get(version.id, ())],
            "withheld": withheld,
        }
        if withheld and not sees_all(principal, provider):
            shown |= dict.fromkeys(set(withheld) & _WITHHOLDABLE)
        found.append(OfferingOut.model_validate(shown))
    return found


_WITHHOLDABLE = frozenset({"attributes", "assets", "capacity", "dependencies", "prices"})
"""Fields of an answer that an owner may keep from the shelf; each goes by the datum `offering.<field>`."""


def _maker(session: Session, principal: Principal) -> Any:
    return lambda *row: show(session, principal, *row)


def _taken(session: Session, principal: Principal, taken: Taken) -> OfferingOut:
    provider = session.get_one(Provider, taken.offering.provider_id)
    return show(session, principal, taken.offering, taken.version, provider)


def unit_of(attribute: str) -> str | None:
    return ATTRIBUTES[attribute].unit
