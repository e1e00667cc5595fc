"""Offerings as records: what each is, who stands behind it, where and when it holds. Prices stay in `/v1`."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.deps import Asked
from api.paging import decode, encode
from api.policy import Router, scope
from api.records.landing import BARE, OFFERINGS, PREFIX, address, need_collection
from api.records.models import (
    PROFILE,
    TYPE,
    Contact,
    ExternalId,
    GeoJson,
    Link,
    Record,
    RecordProperties,
    Records,
    Theme,
)
from catalog.search import records, shelf
from catalog.search.records import Wanted
from catalog.tables import Offering, OfferingVersion
from providers.tables import Provider
from space_hub.errors import Invalid
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.geometry import GLOBAL
from space_hub.vocabulary.nations import nation as check_nation

router = Router(prefix=PREFIX, tags=["records"], tagged=True)
READ = scope("catalog:read")

MOST = 1000
_WHOLE = {"type": "Polygon", "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]}


class ItemsAsk(BaseModel):
    """The parameters of a search; a parameter without a value is left out, an unknown one is refused."""

    model_config = ConfigDict(extra="forbid")

    bbox: str | None = Field(
        default=None,
        max_length=200,
        description="`west,south,east,north` in degrees, or six numbers with heights in metres. "
        "West above east crosses the antimeridian. What states no area is found by every one.",
    )
    datetime: str | None = Field(
        default=None,
        max_length=100,
        description="A moment or an interval of RFC 3339 moments, its ends included: `2025-01-01T00:00:00Z/..`. "
        "What states no time is found by every one.",
    )
    q: str | None = Field(
        default=None,
        max_length=200,
        description="Words in title, description or provider: a comma means or, a space means right behind.",
    )
    type: str | None = Field(default=None, max_length=200, description="Every record here is a `service`.")
    ids: str | None = Field(default=None, max_length=4000, description="Ids of records, with commas between.")
    externalIds: str | None = Field(
        default=None, max_length=4000, description="References of suppliers: `REF`, `prv_...:REF` or `prv_...:`."
    )
    mission_area: MissionArea | None = None
    capability: str | None = Field(default=None, max_length=100)
    nation: str | None = Field(default=None, description="Nation of the provider, ISO 3166 alpha-2.")
    limit: int = Field(default=100, ge=1, description=f"Most records in one page; more than {MOST} means {MOST}.")
    cursor: str | None = Field(default=None, max_length=2000, description="Part of a `next` link.")

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, dict) else given

    def wanted(self) -> Wanted | None:
        """What is asked of the shelf; None where it asks for types that no record has."""
        if self.type is not None and TYPE not in records.read_names(self.type):
            return None
        return Wanted(
            area=None if self.bbox is None else records.read_box(self.bbox),
            window=None if self.datetime is None else records.read_window(self.datetime),
            terms=() if self.q is None else records.read_terms(self.q),
            ids=None if self.ids is None else records.read_names(self.ids),
            external=None if self.externalIds is None else records.read_external(self.externalIds),
            mission_area=self.mission_area,
            capability=self.capability,
            nation=None if self.nation is None else check_nation(self.nation),
        )

    def after(self) -> str:
        """The id behind which the page begins."""
        values = [""] if self.cursor is None else decode(self.cursor)
        if len(values) != 1 or not isinstance(values[0], str):
            raise Invalid("paging.cursor_invalid", cursor=self.cursor or "")
        return values[0]


@router.get("/collections/{collection_id}/items", policy=READ, response_class=GeoJson)
def records_items(collection_id: str, asked: Asked, ask: Annotated[ItemsAsk, Query()]) -> Records:
    """Records of the offerings that you may see, in pages by their `next` links."""
    need_collection(collection_id)
    wanted, after = ask.wanted(), ask.after()
    found: list[Record] = []
    more = False
    if wanted is not None:
        with asked.read() as session:
            now = asked.clock.now()
            rows, more = records.page(session, asked.principal, now, wanted, after=after, limit=min(ask.limit, MOST))
            found = [_record(asked, *row) for row in rows]
    at = address(asked, "collections", OFFERINGS, "items")
    links = [_link(ask, "self", at, ask.cursor)]
    if more:
        links.append(_link(ask, "next", at, encode([found[-1].id])))
    return Records(numberReturned=len(found), features=found, links=links)


@router.get("/collections/{collection_id}/items/{record_id}", policy=READ, dependencies=BARE, response_class=GeoJson)
def records_item(collection_id: str, record_id: str, asked: Asked) -> Record:
    """One record."""
    need_collection(collection_id)
    with asked.read() as session:
        return _record(asked, *shelf.one(session, asked.principal, asked.clock.now(), record_id))


def _link(ask: ItemsAsk, rel: str, at: str, cursor: str | None) -> Link:
    given = ask.model_dump(mode="json", exclude_unset=True, exclude={"cursor"}) | ({"cursor": cursor} if cursor else {})
    return Link(rel=rel, href=f"{at}?{urlencode(given)}" if given else at, type=GeoJson.media_type)


def _record(asked: Asked, offering: Offering, version: OfferingVersion, provider: Provider) -> Record:
    at = address(asked, "collections", OFFERINGS, "items", offering.id)
    start, stop = (None if each is None else each.isoformat() for each in (version.valid_from, version.valid_to))
    links = [
        Link(rel="self", href=at, type=GeoJson.media_type),
        Link(rel="profile", href=PROFILE),
        Link(rel="collection", href=address(asked, "collections", OFFERINGS)),
        Link(rel="alternate", href=f"{asked.settings.base_url}/v1/catalogue/{offering.id}"),
    ]
    if version.taskable:
        product = f"{asked.settings.base_url}/stapi/v0/products/{offering.id}"
        links.append(Link(rel="related", href=product, title="STAPI"))
    return Record(
        id=offering.id,
        time=None if start is None and stop is None else {"interval": [start or "..", stop or ".."]},
        geometry=_WHOLE if version.coverage == GLOBAL else version.coverage,
        properties=RecordProperties(
            title=version.title,
            description=version.description,
            keywords=[version.mission_area, version.capability, version.modality, *version.standards],
            created=offering.created_at,
            updated=version.at,
            license=version.licence or None,
            externalIds=[ExternalId(scheme=provider.id, value=offering.reference)],
            contacts=[Contact(organization=provider.legal_name, roles=["provider"])],
            themes=[
                Theme(
                    concepts=[{"id": version.mission_area}, {"id": version.capability}],
                    scheme=f"{asked.settings.base_url}/v1/vocabulary",
                )
            ],
        ),
        links=links,
    )
