"""Searches that are answered later: their records and histories, for who asked. A day after they are forgotten."""

from sqlmodel import col

from api.deps import Ask, Asked
from api.paging import Page
from api.policy import Router, scope
from api.stapi.landing import PREFIX, address
from api.stapi.models import Link, SearchRecord, SearchRecords, SearchStatus, SearchStatuses
from catalog.ordering import searches
from catalog.ordering.searches import Entry, Status
from space_hub.text import say
from space_hub.work.tables import Work

router = Router(prefix=PREFIX, tags=["stapi"], tagged=True)
READ = scope("match:write")
"""Who may ask reads what came of it."""


@router.get("/searches/opportunities", policy=READ, response_model_exclude_none=True)
def stapi_searches(asked: Asked, page: Page) -> SearchRecords:
    """Your searches of the last day, in pages by their `next` links."""
    with asked.read() as session:
        statement = searches.visible(asked.principal, asked.clock.now())
        found = page.of(session, statement, key=col(Work.id), make=lambda row: record(asked, row))
    at = address(asked, "searches", "opportunities")
    links = [Link(rel="self", href=at)]
    if found.next is not None:
        links.append(Link(rel="next", href=f"{at}?limit={page.limit}&cursor={found.next}", method="GET"))
    return SearchRecords(search_records=found.items, links=links)


@router.get("/searches/opportunities/{search_id}", policy=READ, response_model_exclude_none=True)
def stapi_search(search_id: str, asked: Asked) -> SearchRecord:
    """How far a search of yours is."""
    with asked.read() as session:
        return record(asked, searches.get(session, asked.principal, asked.clock.now(), search_id))


@router.get("/searches/opportunities/{search_id}/statuses", policy=READ, response_model_exclude_none=True)
def stapi_search_statuses(search_id: str, asked: Asked) -> SearchStatuses:
    """Everything that became of a search, the last first."""
    with asked.read() as session:
        work = searches.get(session, asked.principal, asked.clock.now(), search_id)
        told = [_status(asked, entry) for entry in reversed(searches.history(work))]
    return SearchStatuses(statuses=told, links=[Link(rel="self", href=f"{record_at(asked, search_id)}/statuses")])


def record_at(asked: Ask, search_id: str) -> str:
    return address(asked, "searches", "opportunities", search_id)


def record(asked: Ask, work: Work) -> SearchRecord:
    last = searches.history(work)[-1]
    product_id = work.params["product_id"]
    links = [
        Link(rel="self", href=record_at(asked, work.id)),
        Link(rel="monitor", href=f"{record_at(asked, work.id)}/statuses"),
    ]
    if last.status is Status.COMPLETED:
        found = address(asked, "products", product_id, "opportunities", work.id)
        links.append(Link(rel="opportunities", href=found, type="application/geo+json"))
    return SearchRecord(
        id=work.id,
        product_id=product_id,
        opportunity_request=work.params["search"],
        status=_status(asked, last),
        links=links,
    )


def _status(asked: Ask, entry: Entry) -> SearchStatus:
    return SearchStatus(
        timestamp=entry.at,
        status_code=entry.status,
        reason_code=entry.code,
        reason_text=None if entry.code is None else say(entry.code, asked.language, **(entry.params or {})),
    )
