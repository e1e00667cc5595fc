"""A supplier that builds an interface for this hub: our own contract, `contract.openapi.yaml` beside this file.

Five routes of JSON. What is offered has the shape of `POST /v1/offerings`, so
that a supplier that outgrows its spreadsheet says the same things. A placing
carries our reference, and the supplier answers a repeated one with the same
order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote as quoted

from providers.adapters.base import (
    Answer,
    Capabilities,
    FeasibilityAsk,
    Listing,
    OrderAsk,
    OrderState,
    OrderStatus,
    Quote,
    Tier,
)
from providers.adapters.client import Client, moment
from providers.adapters.table import Reader
from space_hub.errors import Conflict, Invalid, NotFound, Unavailable
from space_hub.vocabulary.money import Money, money

NAME = "http"
MOST_OFFERINGS = 20_000


@dataclass(frozen=True, slots=True)
class HttpSupplier:
    client: Client

    @property
    def name(self) -> str:
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(Tier.ORDERS, feasibility=True, quote=True, order=True, status=True, cancel=True)

    def list_offerings(self) -> Listing:
        reader = Reader()
        cursor: str | None = None
        seen: set[str] = set()
        first = True
        try:
            while True:
                link = "offerings" if cursor is None else f"offerings?cursor={quoted(cursor, safe='')}"
                page = self.client.get(link).body
                rows = page.get("offerings") if isinstance(page, Mapping) else None
                if not isinstance(rows, list):
                    raise Unavailable("adapter.answer_shape", expected="offerings")
                for row in rows:
                    reader.take(None, row)
                first = False
                following = page.get("next")
                if following is None:
                    return reader.listing()
                if not isinstance(following, str) or following in seen:
                    raise Unavailable("adapter.pages_endless", pages=len(seen) + 1)
                if len(reader) > MOST_OFFERINGS:
                    raise Unavailable("adapter.listing_too_long", most=MOST_OFFERINGS)
                seen.add(following)
                cursor = following
        except Unavailable as error:
            if first:
                raise
            return reader.listing(broken=error)

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
        return read_order(self._asked(ask.offering_reference, "orders", body))

    def status(self, provider_reference: str) -> OrderState:
        try:
            return read_order(self.client.get(f"orders/{quoted(provider_reference, safe='')}").body)
        except Unavailable as error:
            raise _meant(error, NotFound("adapter.order_unknown", reference=provider_reference[:80])) from error

    def cancel(self, provider_reference: str) -> OrderState:
        try:
            return read_order(self.client.post(f"orders/{quoted(provider_reference, safe='')}/cancellation", {}).body)
        except Unavailable as error:
            if error.params.get("status") == 409:
                raise Conflict("adapter.cannot_cancel", reference=provider_reference[:80]) from error
            raise _meant(error, NotFound("adapter.order_unknown", reference=provider_reference[:80])) from error

    def _asked(self, reference: str, link: str, body: Mapping[str, Any]) -> Any:
        try:
            return self.client.post(link, body).body
        except Unavailable as error:
            raise _meant(error, NotFound("adapter.offering_unknown", reference=reference[:100])) from error


def _meant(error: Unavailable, missing: NotFound) -> NotFound | Unavailable:
    """A supplier's 404 is an answer: it does not know the thing."""
    return missing if error.code == "adapter.status" and error.params.get("status") == 404 else error


def _window(start: datetime, stop: datetime | None) -> dict[str, str | None]:
    return {"start": start.isoformat(), "stop": None if stop is None else stop.isoformat()}


def read_quote(given: Any) -> Quote:
    if not isinstance(given, Mapping) or given.get("answer") not in set(Answer):
        raise Unavailable("adapter.answer_shape", expected="answer")
    quantity = given.get("quantity", 0)
    if isinstance(quantity, bool) or not isinstance(quantity, int | float) or not 0 <= quantity < 1e12:
        raise Unavailable("adapter.answer_shape", expected="quantity")
    return Quote(
        str(given.get("reference") or "")[:2000],
        Answer(given["answer"]),
        float(quantity),
        _price(given.get("price")),
        moment(given.get("valid_until")),
        str(given.get("reason") or "")[:500],
    )


def _price(given: Any) -> Money | None:
    if given is None:
        return None
    try:
        return money(str(given["amount"]), str(given["currency"]))
    except (Invalid, KeyError, TypeError) as error:
        raise Unavailable("adapter.answer_shape", expected="price") from error


def read_order(given: Any) -> OrderState:
    reference = given.get("provider_reference") if isinstance(given, Mapping) else None
    if not isinstance(reference, str) or not 0 < len(reference) <= 200:
        raise Unavailable("adapter.answer_shape", expected="provider_reference")
    status = given.get("status")
    if status not in set(OrderStatus):
        raise Unavailable("adapter.status_unknown", status=str(status)[:80])
    delivered = given.get("quantity_delivered")
    if isinstance(delivered, bool) or not isinstance(delivered, int | float | None):
        raise Unavailable("adapter.answer_shape", expected="quantity_delivered")
    return OrderState(
        reference,
        OrderStatus(status),
        str(given.get("raw") or status)[:200],
        at=moment(given.get("at")),
        reason=str(given.get("reason") or "")[:500],
        quantity_delivered=None if delivered is None else float(delivered),
        links=tuple(str(each)[:2000] for each in given.get("links") or ())[:50],
    )
