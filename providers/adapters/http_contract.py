"""A supplier that builds an interface for this hub: our own contract, `contract.openapi.yaml` beside this file.

Seven routes of JSON. What is offered has the shape of `POST /v1/offerings`, so
that a supplier that outgrows its spreadsheet says the same things. A placing
carries our reference, and the supplier answers a repeated one with the same
order.

The supplier's words for people (`raw`, `reason`) are cut where they are too long. All else is taken as it
stands or refused by the name of its field: a reference, a fee or a link that was cut is another one.

Setting of the door: `repeats` ("key"), for a supplier that keeps less than the contract asks. "lookup": it
makes a second order of a repeated placing, and finds orders by our reference; "never": it does not even that.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote as quoted

from providers.adapters import answers
from providers.adapters.base import (
    Answer,
    Capabilities,
    Delivered,
    FeasibilityAsk,
    Listing,
    OrderAsk,
    OrderState,
    OrderStatus,
    Quote,
    Refused,
    Repeats,
    Tier,
    cannot,
)
from providers.adapters.client import Client
from providers.adapters.table import Reader, shown
from space_hub.errors import Conflict, NotFound, Unavailable

NAME = "http"
MOST_OFFERINGS = 20_000
MOST_DELIVERIES = 10_000
_MOST_PAGES = 2_000
_MOST_MEASURED = 40


@dataclass(frozen=True, slots=True)
class HttpSupplier:
    client: Client
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        repeats = Repeats(self.settings.get("repeats", Repeats.KEY))
        return Capabilities(
            Tier.ORDERS,
            feasibility=True,
            quote=True,
            order=True,
            status=True,
            cancel=True,
            find=repeats is not Repeats.NEVER,
            deliveries=True,
            repeats=repeats,
        )

    def list_offerings(self) -> Listing:
        reader = Reader()
        first = True
        try:
            for rows in self._pages("offerings", "offerings"):
                for row in rows:
                    reader.take(None, row)
                first = False
                if len(reader) > MOST_OFFERINGS:
                    raise Unavailable("adapter.listing_too_long", most=MOST_OFFERINGS)
        except Unavailable as error:
            if first:
                raise
            return reader.listing(broken=error)
        return reader.listing()

    def _pages(self, link: str, name: str) -> Iterator[list[Any]]:
        """The rows of each page under `name`; Unavailable where the cursors do not come to an end."""
        seen: set[str] = set()
        cursor: str | None = None
        while True:
            sign = "&" if "?" in link else "?"
            page = self.client.get(link if cursor is None else f"{link}{sign}cursor={quoted(cursor, safe='')}").body
            rows = page.get(name) if isinstance(page, Mapping) else None
            if not isinstance(rows, list):
                raise Unavailable("adapter.answer_shape", expected=name)
            yield rows
            cursor = page.get("next")
            if cursor is None:
                return
            if not isinstance(cursor, str) or len(cursor) > 500 or cursor in seen or len(seen) == _MOST_PAGES:
                raise Unavailable("adapter.pages_endless", pages=len(seen) + 1)
            seen.add(cursor)

    def feasibility(self, ask: FeasibilityAsk) -> Quote:
        body = {
            "offering_reference": ask.offering_reference,
            "quantity": ask.quantity,
            "unit": ask.unit,
            "window": _window(ask.window.start, ask.window.stop),
            "area": ask.area,
            "phase": ask.phase.value,
            "parameters": ask.parameters,
        }
        return read_quote(self._asked(ask.offering_reference, "feasibility", body))

    def quote(self, ask: FeasibilityAsk) -> Quote:
        return self.feasibility(ask)

    def order(self, ask: OrderAsk) -> OrderState:
        body = {
            "our_reference": ask.our_reference,
            "offering_reference": ask.offering_reference,
            "quantity": ask.quantity,
            "unit": ask.unit,
            "window": _window(ask.window.start, ask.window.stop),
            "area": ask.area,
            "phase": ask.phase.value,
            "quote_reference": ask.quote_reference,
            "parameters": ask.parameters,
        }
        try:
            return _ours(self._asked(ask.offering_reference, "orders", body), ask.our_reference)
        except Unavailable as error:
            if _status_of(error) == 422:
                raise Conflict("adapter.order_refused", reference=ask.offering_reference[:100]) from error
            raise

    def status(self, provider_reference: str) -> OrderState:
        return self._of(provider_reference, self._order(provider_reference, ""))

    def find(self, our_reference: str) -> OrderState | None:
        """Read to the last page, so that None is never said of half a list."""
        if not self.capabilities.find:
            raise cannot(NAME, "find")
        found: list[OrderState] = []
        for rows in self._pages(f"orders?our_reference={quoted(our_reference, safe='')}", "orders"):
            for row in rows:
                given = row.get("our_reference") if isinstance(row, Mapping) else None
                if not isinstance(given, str):
                    raise Unavailable("adapter.answer_shape", expected="our_reference")
                if given == our_reference:
                    found.append(read_order(row))
        return found[0] if found else None

    def cancel(self, provider_reference: str) -> OrderState:
        try:
            return self._of(provider_reference, self._order(provider_reference, "/cancellation", post=True))
        except Unavailable as error:
            if _status_of(error) == 409:
                raise Conflict("adapter.cannot_cancel", reference=provider_reference[:80]) from error
            raise

    def deliveries(self, provider_reference: str) -> tuple[Delivered | Refused, ...]:
        """All pages or none: half a list says nothing of the rest.

        One that cannot be read, or that comes again in other words, is refused beside the good ones; one that
        comes twice in the same words is one.
        """
        found: list[Delivered | Refused] = []
        known: dict[str, Delivered] = {}
        try:
            for rows in self._pages(f"orders/{quoted(provider_reference, safe='')}/deliveries", "deliveries"):
                for row in rows:
                    try:
                        each = read_delivery(row)
                        if each.reference not in known:
                            known[each.reference] = each
                            found.append(each)
                        elif known[each.reference] != each:
                            raise Unavailable("adapter.delivery_differs", reference=each.reference[:80])
                    except Unavailable as error:
                        found.append(_refused(row, error))
                if len(found) > MOST_DELIVERIES:
                    raise Unavailable("adapter.listing_too_long", most=MOST_DELIVERIES)
        except Unavailable as error:
            raise _meant(error, NotFound("adapter.order_unknown", reference=provider_reference[:80])) from error
        return tuple(found)

    def _order(self, provider_reference: str, what: str, *, post: bool = False) -> Any:
        link = f"orders/{quoted(provider_reference, safe='')}{what}"
        try:
            return (self.client.post(link, {}) if post else self.client.get(link)).body
        except Unavailable as error:
            raise _meant(error, NotFound("adapter.order_unknown", reference=provider_reference[:80])) from error

    @staticmethod
    def _of(provider_reference: str, given: Any) -> OrderState:
        said = read_order(given)
        if said.provider_reference != provider_reference:
            raise Unavailable(
                "adapter.order_of_another", asked=provider_reference[:80], given=said.provider_reference[:80]
            )
        return said

    def _asked(self, reference: str, link: str, body: Mapping[str, Any]) -> Any:
        try:
            return self.client.post(link, body).body
        except Unavailable as error:
            raise _meant(error, NotFound("adapter.offering_unknown", reference=reference[:100])) from error


def _meant(error: Unavailable, missing: NotFound) -> NotFound | Unavailable:
    """A supplier's 404 is an answer: it does not know the thing."""
    return missing if _status_of(error) == 404 else error


def _status_of(error: Unavailable) -> Any:
    return error.params.get("status") if error.code == "adapter.status" else None


def _ours(given: Any, our_reference: str) -> OrderState:
    """An order that we placed; one that names somebody else's reference was mixed up by the supplier."""
    named = given.get("our_reference") if isinstance(given, Mapping) else None
    if named not in (None, our_reference):
        raise Unavailable("adapter.order_of_another", asked=our_reference[:80], given=str(named)[:80])
    return read_order(given)


def _window(start: datetime, stop: datetime | None) -> dict[str, str | None]:
    return {"start": start.isoformat(), "stop": None if stop is None else stop.isoformat()}


def read_quote(given: Any) -> Quote:
    if not isinstance(given, Mapping) or given.get("answer") not in list(Answer):
        raise Unavailable("adapter.answer_shape", expected="answer")
    return Quote(
        answers.text(given, "reference", 2000, cut=False),
        Answer(given["answer"]),
        answers.number(given, "quantity") or 0.0,
        answers.price(given, "price"),
        answers.instant(given, "valid_until"),
        answers.text(given, "reason", 500),
        answers.values(given, "attributes"),
    )


def read_order(given: Any) -> OrderState:
    if not isinstance(given, Mapping):
        raise Unavailable("adapter.answer_shape", expected="provider_reference")
    reference = answers.reference(given, "provider_reference")
    status = given.get("status")
    if status not in list(OrderStatus):
        raise Unavailable("adapter.status_unknown", status=str(status)[:80])
    return OrderState(
        reference,
        OrderStatus(status),
        answers.text(given, "raw", 200) or str(status),
        at=answers.instant(given, "at"),
        reason=answers.text(given, "reason", 500),
        quantity_delivered=answers.number(given, "quantity_delivered"),
        links=answers.links(given),
        fee=answers.price(given, "fee"),
    )


def _refused(row: Any, error: Unavailable) -> Refused:
    given = row.get("reference") if isinstance(row, Mapping) else None
    named = given if isinstance(given, str) and answers.fit(given, 200) else None
    return Refused(None, named, error.code, dict(error.params), shown(row))


def read_delivery(given: Any) -> Delivered:
    if not isinstance(given, Mapping):
        raise Unavailable("adapter.answer_shape", expected="deliveries")
    quantity = answers.number(given, "quantity")
    measured = given.get("quality") if given.get("quality") is not None else {}
    if quantity is None:
        raise Unavailable("adapter.answer_shape", expected="quantity")
    if not isinstance(measured, Mapping) or len(measured) > _MOST_MEASURED:
        raise Unavailable("adapter.answer_shape", expected="quality")
    quality: dict[str, float] = {}
    for name in measured:
        value = answers.number({"quality": measured[name]}, "quality", least=-answers.BOUND)
        if value is None or not answers.fit(name, 80):
            raise Unavailable("adapter.answer_shape", expected="quality")
        quality[name] = value
    return Delivered(
        answers.reference(given, "reference"),
        quantity,
        answers.instant(given, "at"),
        answers.number(given, "latency_s"),
        answers.links(given),
        quality,
    )
