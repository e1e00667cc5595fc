"""Searches that a planner keeps: what newly answers one is told once, to its owner alone.

A saved search is run with the eyes of its organisation at the moment something
changes on the shelf. What answered it already when it was saved is no news. A
provider keeps none: it has nothing but its own shelf.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from catalog.search import rank
from catalog.search.columns import Columns, build
from catalog.search.entries import row_of_entry, row_of_version
from catalog.search.facets import Sieve
from catalog.search.query import Query, normalise
from catalog.search.shelf import shelf
from catalog.search.suppliers import Supplier, Suppliers
from catalog.search.tables import SavedHit, SavedSearch, ShelfEntry
from catalog.tables import Offering, OfferingVersion
from providers import generation
from providers.lifecycle import Status
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict, Forbidden, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import SCOPES_OF, OrganisationKind

MOST = 100
"""Saved searches of one organisation: each is looked at with every change of the shelf."""


def save(
    session: Session, clock: Clock, rng: Rng, principal: Principal, name: str, body: dict[str, Any], notify: bool
) -> SavedSearch:
    """Keep a search; the same question again is the same row under a new name."""
    meaning = normalise(body).meaning()
    digest = hashlib.sha256(json.dumps(meaning, sort_keys=True, default=list).encode()).hexdigest()
    own = mine(principal)
    row: SavedSearch | None = session.exec(own.where(SavedSearch.sha256 == digest)).one_or_none()
    if row is None:
        if session.exec(select(func.count()).select_from(own.subquery())).one() >= MOST:
            raise Conflict("saved.too_many", most=MOST)
        row = SavedSearch(
            id=rng.scope(principal.organisation_id, "saved_search").id("svs"),
            organisation_id=principal.organisation_id,
            name=name,
            query=_kept(body),
            sha256=digest,
            last_generation=generation.current(session),
            created_at=clock.now(),
        )
    row.name, row.notify = name, notify
    session.add(row)
    session.flush()
    audit.record(session, clock, principal, "search.save", row.id)
    return row


def remove(session: Session, clock: Clock, principal: Principal, saved_id: str) -> None:
    row = session.get(SavedSearch, saved_id)
    if row is None or row.organisation_id != principal.organisation_id or not row.active:
        raise NotFound("saved.unknown", saved_search_id=saved_id)
    row.active = False
    session.add(row)
    audit.record(session, clock, principal, "search.remove", row.id)


def mine(principal: Principal) -> Any:
    """A statement of the asker's saved searches."""
    if principal.kind is OrganisationKind.PROVIDER:
        raise Forbidden("search.not_for_providers")
    return select(SavedSearch).where(
        SavedSearch.organisation_id == principal.organisation_id, col(SavedSearch.active).is_(True)
    )


def run_due(session: Session, clock: Clock, _rng: Rng, entry: LogEntry) -> None:
    """Tell the keepers of searches what a change of the shelf means to them.

    An offering that was published is told of when it answers now and its version
    before did not. When a supplier comes onto the shelf, so do all its offerings.
    """
    if entry.topic == "offering.withdrawn":
        _gone(session, clock, str(entry.payload["offering_id"]))
        return
    if not _onto_shelf(entry):
        return
    if entry.topic == "offering.published":
        offerings: Sequence[Any] = [session.get_one(Offering, str(entry.payload["offering_id"]))]
    else:
        of_provider = select(Offering).where(Offering.provider_id == str(entry.payload["provider_id"]))
        offerings = session.exec(of_provider.order_by(col(Offering.id))).all()
    fresh = entry.topic != "offering.published"
    keepers = session.execute(
        select(SavedSearch, Organisation)
        .join(Organisation, col(Organisation.id) == col(SavedSearch.organisation_id))
        .where(col(SavedSearch.active).is_(True), col(SavedSearch.notify).is_(True))
        .order_by(col(SavedSearch.id))
    ).all()
    asked = [(row, organisation, normalise(_read(row.query))) for row, organisation in keepers]
    for offering in offerings if asked else ():
        _tell_of(session, clock, offering, fresh, asked)


def _onto_shelf(entry: LogEntry) -> bool:
    """Whether what happened can bring offerings onto the shelf."""
    if entry.topic == "provider.status_changed":
        return bool(entry.payload["status"] == Status.VERIFIED.value)
    if entry.topic == "clearance.changed":
        return any(each["state"] == "active" for each in entry.payload["clearances"])
    return True


def _tell_of(
    session: Session,
    clock: Clock,
    offering: Offering,
    fresh: bool,
    asked: Sequence[tuple[SavedSearch, Organisation, Query]],
) -> None:
    kept = session.get(ShelfEntry, offering.id)
    if kept is None or not kept.listed:
        return
    provider = session.get_one(Provider, offering.provider_id)
    now_says = build([row_of_entry(kept)])
    before = _before(session, offering, provider)
    for row, organisation, query in asked:
        if not _answers(now_says, provider, query) or session.get(SavedHit, (row.id, offering.id)) is not None:
            continue
        known = not fresh and offering.created_at <= row.created_at
        if known and before is not None and _answers(before, provider, query):
            continue
        visible = shelf(_as(organisation), clock.now()).where(col(Offering.id) == offering.id)
        if session.execute(visible).one_or_none() is None:
            continue
        version_id = offering.current_version_id
        hit = SavedHit(saved_search_id=row.id, offering_id=offering.id, version_id=version_id, first_at=clock.now())
        session.add(hit)
        _tell(session, clock, row, offering, gone=False)


def _gone(session: Session, clock: Clock, offering_id: str) -> None:
    """Tell who was told of an offering that it left the shelf; if it comes back, that is news again."""
    offering = session.get_one(Offering, offering_id)
    for hit, row in session.execute(
        select(SavedHit, SavedSearch)
        .join(SavedSearch, col(SavedSearch.id) == col(SavedHit.saved_search_id))
        .where(SavedHit.offering_id == offering_id)
        .order_by(col(SavedSearch.id))
    ).all():
        if row.active and row.notify:
            _tell(session, clock, row, offering, gone=True)
        session.delete(hit)


def _tell(session: Session, clock: Clock, row: SavedSearch, offering: Offering, *, gone: bool) -> None:
    payload = {
        "saved_search_id": row.id,
        "name": row.name,
        "offering_id": offering.id,
        "version_id": offering.current_version_id,
        "gone": gone,
    }
    told = markings.owner_only(session, row.organisation_id)
    log.append(session, clock, "search.matched", row.id, payload, told)


def _answers(columns: Columns, provider: Provider, query: Query) -> bool:
    """Whether the one offering in `columns` is a hit; rarity of words does not matter for that."""
    supplier = Supplier(provider.id, True, provider.nation, provider.owner_nation, provider.standing)
    _, found = rank.score(columns, query.terms, columns.alive)
    base = found if query.terms else columns.alive
    return bool(Sieve(columns, Suppliers(columns, {provider.id: supplier}, {}), query, base).hits.any())


def _before(session: Session, offering: Offering, provider: Provider) -> Columns | None:
    """What the version before the current one said; None when there was none."""
    versions = select(OfferingVersion).where(OfferingVersion.offering_id == offering.id)
    found = session.exec(versions.order_by(col(OfferingVersion.number).desc()).limit(2)).all()
    if len(found) < 2:
        return None
    return build([row_of_version(session, offering, found[1], provider)])


def _kept(body: dict[str, Any]) -> dict[str, Any]:
    """A question's body as JSON, what was left out left out."""
    plain = {name: value for name, value in body.items() if value not in (None, [], "", ()) and name != "facets"}
    if "window" in plain:
        plain["window"] = [each.isoformat() for each in plain["window"]]
    kept: dict[str, Any] = json.loads(json.dumps(plain, default=list))
    return kept


def _read(kept: dict[str, Any]) -> dict[str, Any]:
    if "window" not in kept:
        return kept
    return {**kept, "window": tuple(datetime.fromisoformat(each) for each in kept["window"])}


def _as(organisation: Organisation) -> Principal:
    """The eyes of an organisation, for a look that the hub takes on its behalf."""
    kind = OrganisationKind(organisation.kind)
    return Principal(organisation.id, kind, organisation.nation, "", SCOPES_OF[kind])
