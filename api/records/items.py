"""Offerings as records: what each is, who stands behind it, where and when it holds. Prices stay in `/v1`."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query
from sqlmodel import col

from api.deps import Asked
from api.paging import Page
from api.policy import Router, scope
from api.records.landing import OFFERINGS, PREFIX, address, need_collection
from api.records.models import Contact, Link, Record, RecordProperties, Records, Theme
from catalog.search import shelf
from catalog.tables import Offering, OfferingVersion
from providers.tables import Provider
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.geometry import GLOBAL
from space_hub.vocabulary.nations import nation as check_nation

router = Router(prefix=PREFIX, tags=["records"])
READ = scope("catalog:read")

_WHOLE = {"type": "Polygon", "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]}


@router.get("/collections/{collection_id}/items", policy=READ)
def records_items(
    collection_id: str,
    asked: Asked,
    page: Page,
    q: Annotated[str | None, Query(max_length=200, description="Words in title, description or provider.")] = None,
    mission_area: MissionArea | None = None,
    capability: str | None = None,
    nation: Annotated[str | None, Query(description="Nation of the provider, ISO 3166 alpha-2.")] = None,
) -> Records:
    """Records of the offerings that you may see, in pages by their `next` links."""
    need_collection(collection_id)
    statement = shelf.shelf(
        asked.principal,
        asked.clock.now(),
        mission_area=mission_area,
        capability=capability,
        nation=None if nation is None else check_nation(nation),
        text=q,
    )
    with asked.read() as session:
        found = page.of(session, statement, key=col(Offering.id), make=lambda *row: _record(asked, *row))
    at = address(asked, "collections", OFFERINGS, "items")
    links = [Link(rel="self", href=at, type="application/geo+json")]
    if found.next is not None:
        given = {"q": q, "mission_area": mission_area, "capability": capability, "nation": nation}
        kept = {name: str(value) for name, value in given.items() if value is not None}
        following = urlencode({**kept, "limit": str(page.limit), "cursor": found.next})
        links.append(Link(rel="next", href=f"{at}?{following}", type="application/geo+json"))
    return Records(timeStamp=asked.clock.now(), numberReturned=len(found.items), features=found.items, links=links)


@router.get("/collections/{collection_id}/items/{record_id}", policy=READ)
def records_item(collection_id: str, record_id: str, asked: Asked) -> Record:
    """One record."""
    need_collection(collection_id)
    with asked.read() as session:
        return _record(asked, *shelf.one(session, asked.principal, asked.clock.now(), record_id))


def _record(asked: Asked, offering: Offering, version: OfferingVersion, provider: Provider) -> Record:
    at = address(asked, "collections", OFFERINGS, "items", offering.id)
    start, stop = (None if each is None else each.isoformat() for each in (version.valid_from, version.valid_to))
    links = [
        Link(rel="self", href=at, type="application/geo+json"),
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
