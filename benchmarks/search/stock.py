"""A drawn market put into the tables, in bulk: what years of intake would have left there."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import insert, text
from sqlmodel import Session

from benchmarks.search.shelf import NOW, ORGANISATIONS, Market, organisation
from catalog.search.columns import Row
from catalog.search.entries import entry_of, row_of
from catalog.search.tables import ShelfEntry
from catalog.shelf.content import draft_to_json
from catalog.shelf.intake import NOT_COLUMNS
from catalog.tables import Offering, OfferingVersion
from providers import generation
from providers.tables import Clearance, Provider
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.trust import markings, organisations
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import HUB_ID, Principal
from space_hub.trust.scopes import SCOPES_OF, OrganisationKind
from tests.support.search_oracle import Firm, Shelved

T = TypeVar("T")

CHUNK = 2000


def put(database: Database, market: Market) -> list[Principal]:
    """The planners that may ask, in the order of `shelf.organisation`."""
    with database.write() as session:
        organisations.ensure_hub(session, ManualClock(NOW))
        planners = [_planner(session, place) for place in range(ORGANISATIONS)]
        readers = {each.readers for each in market.shelf}
        marks = {some: _marking(session, some) for some in sorted(readers, key=str)}
        number = generation.bump(session)
        providers = {firm.provider_id: _provider(session, firm, number) for firm in market.firms}
    for chunk in _chunks(market.shelf):
        with database.write() as session:
            _offerings(session, chunk, providers, marks, number)
    with database.write() as session:
        # What autovacuum does on an installed server within a minute; without it the planner of queries guesses.
        session.execute(text("ANALYZE"))
    return planners


def row(each: Shelved, marking_id: str) -> Row:
    """The row of the shelf for one drawn offering."""
    draft = each.draft
    return row_of(
        draft_to_json(draft),
        offering_id=each.offering_id,
        provider_id=each.firm.provider_id,
        provider_name=each.firm.name,
        nation=each.firm.nation,
        marking_id=marking_id,
        valid_from=None if draft.valid is None else draft.valid.start,
        valid_to=None if draft.valid is None else draft.valid.stop,
        assets=[asset.name for asset in draft.assets],
        dependency_keys=each.dependency_keys,
        national=each.national,
        listed=each.listed,
    )


def _planner(session: Session, place: int) -> Principal:
    made = Organisation(
        id=organisation(place), name=f"Planner {place}", kind=OrganisationKind.NATION.value, nation="FR", created_at=NOW
    )
    session.add(made)
    session.flush()
    markings.admit(session, made)
    return Principal(made.id, OrganisationKind.NATION, "FR", "key", SCOPES_OF[OrganisationKind.NATION])


def _marking(session: Session, readers: frozenset[str] | None) -> str:
    return markings.public(session) if readers is None else markings.among(session, HUB_ID, readers)


def _provider(session: Session, firm: Firm, number: int) -> Provider:
    owner = f"org_{firm.provider_id}"
    session.add(
        Organisation(id=owner, name=firm.name, kind=OrganisationKind.PROVIDER.value, nation=firm.nation, created_at=NOW)
    )
    session.flush()
    provider = Provider(
        id=firm.provider_id,
        organisation_id=owner,
        legal_name=firm.name,
        legal_id=firm.provider_id,
        nation=firm.nation,
        standing=firm.standing,
        owner_nation=firm.owner_nation,
        size_class="small",
        contacts=[],
        status="verified" if firm.on_shelf else "suspended",
        shelf_generation=number,
        created_at=NOW,
        updated_at=NOW,
    )
    session.add(provider)
    session.flush()
    for area, until in firm.cleared.items():
        session.add(
            Clearance(
                provider_id=firm.provider_id,
                mission_area=area,
                tier="listed",
                state="active",
                valid_to=until,
                shelf_generation=number,
            )
        )
    return provider


def _offerings(
    session: Session,
    chunk: list[Shelved],
    providers: dict[str, Provider],
    marks: dict[frozenset[str] | None, str],
    number: int,
) -> None:
    offerings, versions, entries = [], [], []
    for each in chunk:
        kept = row(each, marks[each.readers])
        version_id = f"ofv_{each.offering_id}"
        offerings.append(
            {
                "id": each.offering_id,
                "provider_id": kept.provider_id,
                "reference": each.draft.reference,
                "status": "published" if each.listed else "withdrawn",
                "withdrawn_reason": "",
                "mission_area": kept.mission_area,
                "capability": kept.capability,
                "current_version_id": version_id,
                "marking_id": kept.marking_id,
                "created_at": NOW,
                "updated_at": NOW,
            }
        )
        versions.append(_version(each, kept, version_id))
        provider = providers[kept.provider_id]
        entries.append(entry_of(kept, version_id=version_id, provider=provider, number=number).model_dump())
    for table, rows in ((Offering, offerings), (OfferingVersion, versions), (ShelfEntry, entries)):
        session.execute(insert(table), rows)


def _version(each: Shelved, kept: Row, version_id: str) -> dict[str, Any]:
    content = {name: value for name, value in draft_to_json(each.draft).items() if name not in NOT_COLUMNS}
    return {
        **content,
        "id": version_id,
        "offering_id": each.offering_id,
        "number": 1,
        "content_sha256": hashlib.sha256(version_id.encode()).hexdigest(),
        "valid_from": kept.valid_from,
        "valid_to": kept.valid_to,
        "national": each.national,
        "withheld": [],
        "source": "api",
        "marking_id": kept.marking_id,
        "at": NOW,
    }


def _chunks(given: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(given)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
