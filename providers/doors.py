"""Which adapter reaches which supplier, at what address, and how the last listings went.

A supplier without a door is asked by nobody: it reads its orders and reports
their status itself. A credential is sent to the supplier and never read back;
it does not follow the door to another origin, or whoever may move the door
could have it sent to himself.

    open -> failing (three failed listings) -> open (a good one)
    open, failing -> held (the listing lost more than half) -> open (confirmed)
    any -> closed -> open (opened anew)
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Field, Session, SQLModel, col, delete, select

from providers import audience
from providers.adapters import http_contract, simulated, stac, stapi
from providers.adapters.base import Adapter, Refused, Repeats
from providers.adapters.client import Client
from providers.tables import Provider
from space_hub import settings as configuration
from space_hub.clock import Clock
from space_hub.db import JSON_TYPE, Database, one_of
from space_hub.delivery import egress, log
from space_hub.delivery.wire import Fetched, Wire
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.text import Word
from space_hub.trust import audit
from space_hub.trust.principal import Principal
from space_hub.vocabulary.capabilities import capability

LISTING_S = 60.0
"""All that one listing may take, however many pages it has."""
_REQUEST_S = 30.0
FAILING_AFTER = 3
KEPT_REFUSALS = 500
_KEEP_REPORTS = timedelta(days=90)
_KEEP_LAST = 20
_MOST_MAPPED = 1_000


class DoorState(Word, of="door_state"):
    """`held`: its last listing lost so much that a person must confirm it."""

    OPEN = "open"
    FAILING = "failing"
    HELD = "held"
    CLOSED = "closed"


class SyncOutcome(Word, of="sync_outcome"):
    """What a listing came to."""

    CHANGED = "changed"
    SAME = "same"
    HELD = "held"
    FAILED = "failed"


class SupplierDoor(SQLModel, table=True):
    """How one supplier is reached, and how the last attempts went."""

    __tablename__ = "supplier_door"
    __table_args__ = (one_of("state", *DoorState),)

    provider_id: str = Field(primary_key=True, foreign_key="provider.id")
    adapter: str = Field(max_length=40)
    url: str | None = Field(default=None, max_length=2000)
    """None for an adapter that needs none."""
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_TYPE)
    """What this supplier's adapter must know: the product map, a filter of collections, the size of a page."""
    credential: str | None = None
    """Sent to the supplier; no answer of ours ever shows it."""
    state: str = Field(default="open", max_length=10)
    failures: int = 0
    last_started_at: datetime | None = None
    last_done_at: datetime | None = None
    next_at: datetime | None = Field(default=None, index=True)
    """When its offerings are listed again; None: never."""
    etag: str | None = Field(default=None, max_length=200)
    listing_sha256: str | None = Field(default=None, max_length=64)
    """Of the last listing that was taken: the same again changes nothing."""
    at: datetime


class SyncReport(SQLModel, table=True):
    """What one listing of a supplier brought. Rows are added, and pruned by age."""

    __tablename__ = "sync_report"
    __table_args__ = (one_of("outcome", *SyncOutcome),)

    id: str = Field(primary_key=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    started_at: datetime
    finished_at: datetime
    outcome: str = Field(max_length=10)
    listed: int = 0
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    refused: int = 0
    error_code: str | None = Field(default=None, max_length=80)
    refusals: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON_TYPE)
    """The first 500: {reference, line, code, params}."""


@dataclass(frozen=True, slots=True)
class Means:
    """What an adapter is made with."""

    database: Database
    clock: Clock
    door: SupplierDoor
    allow: Collection[str]

    @property
    def client(self) -> Client:
        if self.door.url is None:
            raise Invalid("door.url_missing", adapter=self.door.adapter)
        return Client(_Wires(self.clock, self.allow), self.door.url, self.door.credential)


class _Wires:
    """A wire for each request, so that an adapter may be called from any thread; all of them in bounded time."""

    def __init__(self, clock: Clock, allow: Collection[str]) -> None:
        self._clock = clock
        self._allow = allow
        self._until = clock.monotonic() + LISTING_S

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        return self._with(lambda wire: wire.get(url, headers))

    def post_json(self, url: str, value: Any, headers: Mapping[str, str] | None = None) -> Fetched:
        return self._with(lambda wire: wire.post_json(url, value, headers))

    def _with(self, ask: Callable[[Wire], Fetched]) -> Fetched:
        left = self._until - self._clock.monotonic()
        if left <= 0:
            return Fetched(None, error="timeout")
        with Wire(self._clock, allow=self._allow, total_s=min(_REQUEST_S, left)) as wire:
            return ask(wire)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of door: how its adapter is made, whether it has an address, and the settings it knows."""

    make: Callable[[Means], Adapter]
    reached_by_url: bool = True
    settings: frozenset[str] = frozenset()


ADAPTERS: dict[str, Kind] = {
    simulated.NAME: Kind(lambda means: simulated.SimulatedSupplier(means.database, means.clock), reached_by_url=False),
    http_contract.NAME: Kind(
        lambda means: http_contract.HttpSupplier(means.client, means.door.settings), settings=frozenset({"repeats"})
    ),
    stac.NAME: Kind(
        lambda means: stac.StacCatalogue(means.client, means.door.settings),
        settings=frozenset({"product_map", "collections"}),
    ),
    stapi.NAME: Kind(
        lambda means: stapi.StapiSupplier(means.client, means.clock, means.door.settings),
        settings=frozenset({"product_map", "reference_parameter", "fetch_queryables", "polls"}),
    ),
}


def open_door(
    session: Session,
    clock: Clock,
    principal: Principal,
    provider_id: str,
    adapter: str,
    *,
    url: str | None = None,
    settings: Mapping[str, Any] | None = None,
    credential: str | None = None,
    allow: Collection[str] = (),
) -> SupplierDoor:
    """Let `adapter` speak for a provider: the provider's own choice, or broker staff's.

    Without a `credential` that of the same origin stays; at another origin there is none.
    """
    _may(session, principal, provider_id)
    kind = ADAPTERS.get(adapter)
    if kind is None:
        raise Invalid("providers.adapter_unknown", given=adapter, known=", ".join(sorted(ADAPTERS)))
    if kind.reached_by_url != (url is not None):
        raise Invalid("door.url_missing" if kind.reached_by_url else "door.url_unwanted", adapter=adapter)
    if url is not None:
        egress.check_url(url, allow)
    _check_settings(adapter, kind, settings or {})
    if credential is not None and not (
        0 < len(credential) <= 4000 and credential.isascii() and credential.isprintable()
    ):
        raise Invalid("door.credential_wrong")
    door = session.get(SupplierDoor, provider_id, with_for_update=True)
    kept = None if door is None or not _same_origin(door.url, url) else door.credential
    door = door or SupplierDoor(provider_id=provider_id, adapter=adapter, at=clock.now())
    door.adapter, door.url, door.settings, door.at = adapter, url, dict(settings or {}), clock.now()
    door.credential = credential or kept
    door.state, door.failures, door.etag, door.listing_sha256 = "open", 0, None, None
    door.next_at = clock.now() if kind.reached_by_url else None
    session.add(door)
    audit.record(session, clock, principal, "provider.door", provider_id, adapter=adapter, url=url or "")
    session.flush()
    return door


def close_door(session: Session, clock: Clock, principal: Principal, provider_id: str) -> SupplierDoor:
    """Nobody asks this supplier any more; what it listed stays on the shelf until it says otherwise."""
    door = own(session, principal, provider_id, lock=True)
    door.state, door.next_at, door.credential, door.at = "closed", None, None, clock.now()
    session.add(door)
    audit.record(session, clock, principal, "provider.door_close", provider_id)
    return door


def confirm(session: Session, clock: Clock, principal: Principal, provider_id: str) -> SupplierDoor:
    """A person has looked at the held listing: it is taken as it was, when it comes again."""
    door = own(session, principal, provider_id, lock=True)
    if door.state != "held":
        raise Conflict("door.not_held", state=DoorState(door.state))
    door.state, door.failures, door.next_at = "open", 0, clock.now()
    session.add(door)
    audit.record(session, clock, principal, "provider.door_confirm", provider_id, listing=door.listing_sha256 or "")
    return door


def own(session: Session, principal: Principal, provider_id: str, *, lock: bool = False) -> SupplierDoor:
    """The door of a provider that the principal may speak for; a rival's reads as unknown."""
    _may(session, principal, provider_id)
    door = session.get(SupplierDoor, provider_id, with_for_update=lock)
    if door is None:
        raise NotFound("door.none", provider_id=provider_id)
    return door


def reports(session: Session, principal: Principal, provider_id: str) -> Any:
    """The statement of a provider's reports, for who may speak for it."""
    _may(session, principal, provider_id)
    return select(SyncReport).where(SyncReport.provider_id == provider_id)


def has_door(session: Session, provider_id: str) -> bool:
    door = session.get(SupplierDoor, provider_id)
    return door is not None and door.state != "closed"


def adapter_of(
    database: Database, clock: Clock, provider_id: str, allow: Collection[str] | None = None
) -> Adapter | None:
    """The adapter that reaches this provider, None when there is no door. Opens no transaction that lasts."""
    with database.read() as session:
        door = session.get(SupplierDoor, provider_id)
        if door is None or door.state == "closed":
            return None
        session.expunge(door)
    means = Means(database, clock, door, configuration.load().egress_allow if allow is None else allow)
    return ADAPTERS[door.adapter].make(means)


def due(session: Session, now: datetime, limit: int = 1_000) -> Sequence[SupplierDoor]:
    """Doors whose supplier is to be listed, the longest waiting first."""
    listed = col(SupplierDoor.state).in_(("open", "failing"))
    found = select(SupplierDoor).where(listed, col(SupplierDoor.next_at) <= now)
    return session.exec(found.order_by(col(SupplierDoor.next_at), col(SupplierDoor.provider_id)).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a listing came to: `changed`, `same`, `held` or `failed`."""

    word: str
    listed: int = 0
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    refused: tuple[Refused, ...] = ()
    error_code: str | None = None
    listing_sha256: str | None = None


def record(
    session: Session,
    clock: Clock,
    rng: Rng,
    door: SupplierDoor,
    provider: Provider,
    started_at: datetime,
    outcome: Outcome,
    every: timedelta,
) -> SyncReport:
    """Write down how a listing went, and when the next one is due; who cares is told where something changed."""
    now = clock.now()
    report = SyncReport(
        id=rng.scope(provider.organisation_id, "sync_report").id("syn"),
        provider_id=provider.id,
        started_at=started_at,
        finished_at=now,
        outcome=outcome.word,
        listed=outcome.listed,
        new=outcome.new,
        changed=outcome.changed,
        withdrawn=outcome.withdrawn,
        refused=len(outcome.refused),
        error_code=outcome.error_code,
        refusals=[
            {"reference": each.reference, "line": each.line, "code": each.code, "params": _plain(each.params)}
            for each in outcome.refused[:KEPT_REFUSALS]
        ],
    )
    session.add(report)
    before = door.state
    door.last_started_at, door.last_done_at, door.next_at = started_at, now, now + every
    if outcome.word == "failed":
        door.failures += 1
        door.state = "failing" if door.failures >= FAILING_AFTER else door.state
    else:
        door.failures = 0
        door.state = "held" if outcome.word == "held" else "open"
        door.listing_sha256 = outcome.listing_sha256
    session.add(door)
    if outcome.word in {"changed", "held"} or door.state != before:
        payload = {
            "provider_id": provider.id,
            "report_id": report.id,
            "outcome": outcome.word,
            "state": door.state,
            "new": outcome.new,
            "changed": outcome.changed,
            "withdrawn": outcome.withdrawn,
            "refused": len(outcome.refused),
        }
        marking = audience.brokers(session, provider.organisation_id)
        log.append(session, clock, "supplier.sync_finished", provider.id, payload, marking)
    session.flush()
    return report


def prune_reports(session: Session, clock: Clock) -> int:
    """Forget old reports, but the last of each provider; how many went."""
    old = select(SyncReport).where(col(SyncReport.finished_at) < clock.now() - _KEEP_REPORTS)
    gone = 0
    for provider_id in {report.provider_id for report in session.exec(old)}:
        newest = select(SyncReport.id).where(SyncReport.provider_id == provider_id)
        kept = session.exec(newest.order_by(col(SyncReport.finished_at).desc()).limit(_KEEP_LAST)).all()
        stale = delete(SyncReport).where(
            col(SyncReport.provider_id) == provider_id,
            col(SyncReport.finished_at) < clock.now() - _KEEP_REPORTS,
            col(SyncReport.id).not_in(kept),
        )
        gone += session.exec(stale).rowcount
    return gone


def _may(session: Session, principal: Principal, provider_id: str) -> None:
    statement = select(Provider.id).where(Provider.id == provider_id)
    if not principal.is_broker_staff:
        statement = statement.where(Provider.organisation_id == principal.organisation_id)
    if session.exec(statement).first() is None:
        raise NotFound("providers.unknown", provider_id=provider_id)


def _check_settings(adapter: str, kind: Kind, settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        if name not in kind.settings:
            known = ", ".join(sorted(kind.settings)) or "-"
            raise Invalid("door.setting_unknown", adapter=adapter, given=name[:40], known=known)
        if name == "product_map":
            if not isinstance(value, Mapping) or len(value) > _MOST_MAPPED:
                raise Invalid("door.setting_wrong", name=name, expected="{id: capability}")
            for each in value.values():
                capability(each if isinstance(each, str) else str(each))
        elif not _FITTING[name](value):
            raise Invalid("door.setting_wrong", name=name, expected=_EXPECTED[name])


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 80


_FITTING: dict[str, Callable[[Any], bool]] = {
    "collections": lambda value: isinstance(value, list) and len(value) <= _MOST_MAPPED and all(map(_is_text, value)),
    "reference_parameter": _is_text,
    "fetch_queryables": lambda value: isinstance(value, bool),
    "repeats": lambda value: value in list(Repeats),
    "polls": lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 30,
}
_EXPECTED = {
    "collections": "[id, ...]",
    "reference_parameter": '"..."',
    "fetch_queryables": "true, false",
    "polls": "1..30",
    "repeats": ", ".join(Repeats),
}


def _same_origin(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return False
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.hostname, first.port) == (second.scheme, second.hostname, second.port)


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON keeps them; the faults of a row keep theirs in the same way."""
    return {
        name: [{"code": each["code"], "params": _plain(each["params"])} for each in value]
        if name == "faults"
        else value
        if isinstance(value, int | float | bool | None)
        else str(value)
        for name, value in params.items()
    }
