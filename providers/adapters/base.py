"""What passes between the broker and a supplier, as values, and the one contract of every adapter. Pure.

Four tiers, so that a firm with a spreadsheet and a firm with an interface of its
own stand on the same shelf: T0 a file of offerings; T1 offerings listed by the
supplier; T2 feasibility and quotes; T3 orders. An adapter says in its
`Capabilities` what it can do; what it cannot do raises `Unavailable`.

An adapter is called outside any database transaction and is handed values only.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, Protocol

from space_hub.errors import Unavailable
from space_hub.text import Word
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.codes import AssetKind, Modality
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import Money
from space_hub.vocabulary.phases import Phase


class Tier(IntEnum):
    FILE = 0
    LISTING = 1
    QUOTES = 2
    ORDERS = 3


class Repeats(Word, of="repeats"):
    """What keeps an order single when the answer to its placing was lost.

    `key`: placed again under `our_reference` it is the same order. `lookup`: it is
    not, but it can be found by `our_reference` before anything is placed again.
    `never`: neither, so that nothing is placed again and a person asks the supplier.
    """

    KEY = "key"
    LOOKUP = "lookup"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an adapter can do beyond handing over offerings.

    `cancel`: the supplier has a way to cancel; it may refuse one order, or charge for it.
    """

    tier: Tier
    feasibility: bool = False
    quote: bool = False
    order: bool = False
    status: bool = False
    cancel: bool = False
    find: bool = False
    deliveries: bool = False
    repeats: Repeats = Repeats.NEVER


@dataclass(frozen=True, slots=True)
class AssetRef:
    """A satellite by catalogue number, or a thing on the ground by name, that an offering rests on."""

    kind: AssetKind
    name: str
    catalog_number: int | None = None
    nation: str | None = None


@dataclass(frozen=True, slots=True)
class PhaseCapacity:
    """What the supplier can deliver in one phase: `quantity` in the capability's capacity unit."""

    phase: Phase
    quantity: float
    given: float
    given_unit: str
    notice_h: float | None = None
    """Hours from the call to the first delivery; None when the supplier did not say."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """What an offering rests on besides its assets: `kind` says as what (launcher, cloud, owner, ...).

    `name` None: the supplier was asked and does not know, which is told apart from silence.
    """

    kind: str
    name: str | None
    nation: str | None = None


@dataclass(frozen=True, slots=True)
class PhasePrice:
    """Price of one unit of capacity for one day in one phase (the capability's price unit).

    `retainer_per_day` is paid for being retained, whatever is used.
    """

    phase: Phase
    unit_price: Money
    retainer_per_day: Money | None = None
    given: str = ""
    given_unit: str = ""


@dataclass(frozen=True, slots=True)
class OfferingDraft:
    """One offering as read from a supplier, checked and in canonical units, before it is on the shelf.

    `reference` is the supplier's own name for it: the same reference again is a new version.
    `release_to` None means every organisation that holds a key; else these nations.
    `coverage` is "global", a GeoJSON geometry, or None when the supplier did not say.
    `taskable` can be ordered to do something new, `archive` hands over what exists; both may be true.
    `upstream` is what the supplier's own interface calls it: product id, links, queryables.
    """

    reference: str
    title: str
    capability: str
    modality: Modality = Modality.SERVICE
    description: str = ""
    attributes: tuple[Measured, ...] = ()
    capacity: tuple[PhaseCapacity, ...] = ()
    prices: tuple[PhasePrice, ...] = ()
    assets: tuple[AssetRef, ...] = ()
    release_to: frozenset[str] | None = None
    standards: tuple[str, ...] = ()
    licence: str = ""
    coverage: Any = None
    valid: Interval | None = None
    dependencies: tuple[Dependency, ...] = ()
    maturity: str | None = None
    taskable: bool = True
    archive: bool = False
    upstream: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A draft, and the line of the file it stands on; None where the supplier has no lines."""

    draft: OfferingDraft
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """What a supplier listed and we could not take: where it stands, why, and what it said (cut to a screenful)."""

    line: int | None
    reference: str | None
    code: str
    params: dict[str, Any]
    raw: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything that a supplier offers now; each thing it listed is in exactly one of the two lists.

    Only what a `complete` listing no longer names may be withdrawn: one that broke
    off after some pages says nothing of the rest. `etag` is the supplier's mark of
    this state, to be shown at the next asking.
    """

    offered: tuple[Listed, ...] = ()
    refused: tuple[Refused, ...] = ()
    complete: bool = True
    etag: str | None = None

    @property
    def drafts(self) -> tuple[OfferingDraft, ...]:
        return tuple(each.draft for each in self.offered)


@dataclass(frozen=True, slots=True)
class FeasibilityAsk:
    """The least that a supplier needs to answer; sending it discloses area and dates, so the asker consents first."""

    offering_reference: str
    quantity: float
    unit: str
    window: Interval
    area: Any = None
    phase: Phase = Phase.PEACE
    parameters: dict[str, Any] = field(default_factory=dict)


class Answer(StrEnum):
    FEASIBLE = "feasible"
    PARTLY = "partly"
    INFEASIBLE = "infeasible"


@dataclass(frozen=True, slots=True)
class Quote:
    """A supplier's answer: what it can do (`quantity` in the asked unit), for how much, until when it stands.

    `values`: what it says of its service for just this area and window, where it says so.
    """

    reference: str
    answer: Answer
    quantity: float
    price: Money | None
    valid_until: datetime | None
    reason: str = ""
    values: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderAsk:
    """An order that a named authority decided. `our_reference` makes a repeated placing one order."""

    our_reference: str
    offering_reference: str
    quantity: float
    unit: str
    window: Interval
    phase: Phase = Phase.PEACE
    area: Any = None
    quote_reference: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


class OrderStatus(Word, of="order_status"):
    """The thirteen order states of STAPI; what a supplier calls them stays beside them as `raw`."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SCHEDULED = "scheduled"
    HELD = "held"
    RESERVED = "reserved"
    TASKED = "tasked"
    PROCESSING = "processing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    USER_CANCELLED = "user_cancelled"
    FAILED = "failed"
    EXPIRED = "expired"


FINAL = frozenset(
    {
        OrderStatus.REJECTED,
        OrderStatus.COMPLETED,
        OrderStatus.CANCELLED,
        OrderStatus.USER_CANCELLED,
        OrderStatus.FAILED,
        OrderStatus.EXPIRED,
    }
)


@dataclass(frozen=True, slots=True)
class OrderState:
    """What a supplier says of an order; `at` is the supplier's clock and is kept, never trusted.

    `fee` is what it charges besides the price, as for a cancellation, in all and not since the last look.
    """

    provider_reference: str
    status: OrderStatus
    raw: str
    at: datetime | None = None
    reason: str = ""
    quantity_delivered: float | None = None
    links: tuple[str, ...] = ()
    fee: Money | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """One thing that a supplier handed over for an order; `reference` is its own name for it and never changes.

    `quantity` is in the order's unit. `at` is the supplier's clock, `latency_s` what it says passed from the
    taking to the handing over; both None where it does not say. `quality`: what it measured, by name.
    """

    reference: str
    quantity: float
    at: datetime | None = None
    latency_s: float | None = None
    links: tuple[str, ...] = ()
    quality: dict[str, float] = field(default_factory=dict)


class Adapter(Protocol):
    """A door to one supplier. A method that its `capabilities` leave out raises `Unavailable`.

    An answer is taken whole or not at all: what identifies, counts or costs is never cut to fit. `Conflict`
    and `NotFound` are the supplier's word and final; `Unavailable` says that its word is not known.
    """

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def list_offerings(self) -> Listing: ...

    def feasibility(self, ask: FeasibilityAsk) -> Quote: ...

    def quote(self, ask: FeasibilityAsk) -> Quote: ...

    def order(self, ask: OrderAsk) -> OrderState: ...

    def status(self, provider_reference: str) -> OrderState: ...

    def find(self, our_reference: str) -> OrderState | None:
        """The order that the supplier made of `our_reference`; None only where it surely made none."""

    def cancel(self, provider_reference: str) -> OrderState:
        """Ask the supplier to cancel; the state after it, with its `fee`. `Conflict` where it refuses."""

    def deliveries(self, provider_reference: str) -> tuple[Delivered | Refused, ...]:
        """All that was handed over for an order so far, in the supplier's order; what cannot be read, with why."""


class ListsOnly(ABC):
    """The half of an adapter whose supplier hands over offerings and can be asked for nothing else."""

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str: ...

    def feasibility(self, ask: FeasibilityAsk) -> Quote:
        raise cannot(self.name, "feasibility")

    def quote(self, ask: FeasibilityAsk) -> Quote:
        raise cannot(self.name, "quote")

    def order(self, ask: OrderAsk) -> OrderState:
        raise cannot(self.name, "order")

    def status(self, provider_reference: str) -> OrderState:
        raise cannot(self.name, "status")

    def find(self, our_reference: str) -> OrderState | None:
        raise cannot(self.name, "find")

    def cancel(self, provider_reference: str) -> OrderState:
        raise cannot(self.name, "cancel")

    def deliveries(self, provider_reference: str) -> tuple[Delivered | Refused, ...]:
        raise cannot(self.name, "deliveries")

    def _cannot(self, what: str) -> Unavailable:
        return cannot(self.name, what)


def cannot(adapter: str, what: str) -> Unavailable:
    return Unavailable("providers.adapter_cannot", adapter=adapter, what=what)
