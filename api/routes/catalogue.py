"""The catalogue that planners search: a short question in the address, or a whole one in the body."""

from typing import Annotated, Any

from fastapi import Query as Param
from pydantic import Field
from sqlmodel import Session, col

from api.deps import Ask, Asked
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged, decode, encode
from api.policy import Router, scope
from api.routes.offerings import OfferingOut, show, show_many
from catalog.search import answer, index
from catalog.search.answer import Answer
from catalog.search.query import (
    MOST_CONDITIONS,
    MOST_TEXT,
    MOST_VALUES,
    Facet,
    Query,
    Relation,
    normalise,
    read_condition,
)
from catalog.search.rank import Key
from catalog.search.shelf import one, shelf
from catalog.search.wording import facet_label, understood, why
from catalog.tables import Offering
from space_hub.errors import Forbidden, Invalid
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea, Modality
from space_hub.vocabulary.nations import nation as check_nation
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/catalogue", tags=["catalogue"])

MOST_PAGE = 100
FACET_LISTS = {
    "mission_area": "mission_area",
    "capability": "capability",
    "nation": "nation",
    "owner_nation": "nation",
    "modality": "modality",
    "phase": "phase",
    "maturity": "maturity",
    "standing": "standing",
    "coverage": "coverage_kind",
}
"""Facet -> the list that its values have their labels in; a standard is its own label."""


class SearchIn(In):
    """What to look for. Filters are AND between kinds and OR within one; text needs one of its words."""

    text: str = Field(default="", max_length=MOST_TEXT, description="English or French: `images radar de nuit 50 cm`.")
    mission_areas: list[MissionArea] = Field(default_factory=list, max_length=MOST_VALUES)
    capabilities: list[str] = Field(default_factory=list, max_length=MOST_VALUES)
    nations: list[str] = Field(default_factory=list, max_length=MOST_VALUES, description="Of the provider.")
    owner_nations: list[str] = Field(default_factory=list, max_length=MOST_VALUES, description="Of its owner.")
    standings: list[str] = Field(default_factory=list, max_length=MOST_VALUES)
    modalities: list[Modality] = Field(default_factory=list, max_length=MOST_VALUES)
    phases: list[Phase] = Field(default_factory=list, max_length=3, description="Capacity in one of them.")
    standards: list[str] = Field(default_factory=list, max_length=MOST_VALUES)
    maturities: list[str] = Field(default_factory=list, max_length=MOST_VALUES)
    dependencies_not: list[str] = Field(
        default_factory=list,
        max_length=MOST_VALUES,
        description="Leave out what rests on these: `launcher:arianespace`.",
    )
    where: list[str] = Field(
        default_factory=list, max_length=MOST_CONDITIONS, description="Conditions: `gsd <= 50 cm`, `band = Ka`."
    )
    area: Any = Field(
        default=None, description="A GeoJSON geometry, `region:NAME`, or a box [west, south, east, north] in degrees."
    )
    relation: Relation = Relation.INTERSECTS
    window: tuple[UtcDatetime, UtcDatetime] | None = Field(default=None, description="Validity overlaps it.")
    taskable: bool | None = None
    archive: bool | None = None
    national: bool | None = Field(default=None, description="A nation's own capacity, or a commercial one.")
    facets: list[Facet] = Field(default_factory=list, max_length=len(Facet))

    def query(self) -> Query:
        return normalise(self.model_dump(mode="python"))


class PageIn(SearchIn):
    limit: int = Field(default=20, ge=1, le=MOST_PAGE)
    cursor: str | None = Field(default=None, max_length=2000, description="`next` of the page before.")


class ReasonOut(Out):
    code: str
    text: str


class HitOut(Out):
    offering: OfferingOut
    why: list[ReasonOut]


class FacetValueOut(Out):
    value: str
    label: str
    count: int


class FacetOut(Out):
    label: str
    values: list[FacetValueOut]
    more: int = Field(description="Values that were left off.")


class FoundOut(Out):
    items: list[HitOut]
    facets: dict[Facet, FacetOut]
    coverage_not_stated: int = Field(description="Offerings that would be hits if they said where they work.")
    understood: list[str] = Field(
        description="How numbers, bands, phases and capabilities of the text were read; they exclude nothing."
    )
    next: str | None


@router.post("/search", policy=scope("catalog:read"))
def search_catalogue_by_body(body: PageIn, asked: Asked) -> FoundOut:
    """Search everything that you may see, ranked and explained.

    What you may not see changes no hit, order or count. A provider is refused: its
    catalogue is its own shelf.
    """
    if asked.principal.kind is OrganisationKind.PROVIDER:
        raise Forbidden("search.not_for_providers")
    query = body.query()
    after = None if body.cursor is None else _key(body.cursor)
    with asked.read() as session:
        found = answer.find(
            session,
            index.of(asked.database),
            asked.principal,
            asked.clock.now(),
            query,
            limit=body.limit,
            after=after,
        )
        return _found(session, asked, query, found)


@router.get("", policy=scope("catalog:read"))
def search_catalogue(
    asked: Asked,
    page: Page,
    mission_area: MissionArea | None = None,
    capability: str | None = None,
    nation: Annotated[str | None, Param(description="Nation of the provider, ISO 3166 alpha-2.")] = None,
    text: Annotated[str | None, Param(max_length=200, description="Words in title, description or provider.")] = None,
    where: Annotated[
        list[str] | None, Param(description="Conditions on attributes: `gsd <= 0.5 m`, `band = Ka`.", max_length=20)
    ] = None,
) -> Paged[OfferingOut]:
    """Offerings of cleared providers that you may see, in a fixed order. A provider sees its own."""
    statement = shelf(
        asked.principal,
        asked.clock.now(),
        mission_area=mission_area,
        capability=capability,
        nation=None if nation is None else check_nation(nation),
        text=text,
        conditions=tuple(read_condition(each) for each in where or ()),
    )
    with asked.read() as session:
        return page.of(session, statement, key=col(Offering.id), make=lambda *row: show(session, asked.principal, *row))


@router.get("/{offering_id}", policy=scope("catalog:read"))
def get_catalogue_offering(offering_id: str, asked: Asked) -> OfferingOut:
    """One offering of the catalogue, as you may see it."""
    with asked.read() as session:
        return show(session, asked.principal, *one(session, asked.principal, asked.clock.now(), offering_id))


def _found(session: Session, asked: Ask, query: Query, found: Answer) -> FoundOut:
    language = asked.language

    shown = show_many(session, asked.principal, [(each.offering, each.version, each.provider) for each in found.items])
    return FoundOut(
        items=[
            HitOut(
                offering=offering,
                why=[ReasonOut(code=reason.code, text=why(reason, language)) for reason in each.why],
            )
            for each, offering in zip(found.items, shown, strict=True)
        ],
        facets={
            facet: FacetOut(
                label=facet.label(language),
                values=[
                    FacetValueOut(
                        value=value, label=facet_label(facet.value, value, language, FACET_LISTS), count=count
                    )
                    for value, count in counted.values
                ],
                more=counted.more,
            )
            for facet, counted in found.facets.items()
        },
        coverage_not_stated=found.not_stated,
        understood=[understood(wish, language) for wish in query.terms.wishes if not wish.mission_areas],
        next=None if found.next is None else encode([found.next.score, found.next.mixed, found.next.offering_id]),
    )


def _key(cursor: str) -> Key:
    values = decode(cursor)
    if [type(value) for value in values] != [int, int, str]:
        raise Invalid("paging.cursor_invalid", cursor=cursor)
    return Key(*values)
