"""A supplier that speaks STAPI (satellite tasking API) 0.1: products, opportunities, orders.

Reads what servers really answer: products under `products` or `features`, one
link where a list is asked for, missing versions and boxes, states of older
drafts. Cancelling is not part of STAPI; it is done only where an order offers a
link for it. Nor are deliveries: what is handed over are links of the order's
state, which say of no part how much it is.

STAPI has no mark that makes two placings one order. The door's
`reference_parameter` names the order parameter that carries our reference; the
supplier's orders are looked through for it, page by page, before anything is
placed. Two workers that look at once would both find nothing, so that who drives
orders asks one at a time. Without the parameter nothing is ordered here.

Settings of the door: `product_map` {product id: capability}, `reference_parameter`,
`fetch_queryables` (true), `polls` (10) of a search that is answered later.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from providers.adapters import answers
from providers.adapters.base import (
    Answer,
    Capabilities,
    Delivered,
    FeasibilityAsk,
    Listing,
    OfferingDraft,
    OrderAsk,
    OrderState,
    OrderStatus,
    Quote,
    Repeats,
    Tier,
    cannot,
)
from providers.adapters.client import Client, link, links_of, moment
from providers.adapters.stapi_map import read_product
from providers.adapters.table import Reader
from space_hub.clock import Clock
from space_hub.errors import Conflict, Invalid, NotFound, Unavailable
from space_hub.vocabulary.geometry import check_geometry
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import Money, money

NAME = "stapi"
_MOST_PRODUCTS = 5_000
_POLL_S = 1.0
_CORE = "/core"

WORDS = {status.value: status for status in OrderStatus} | {
    "customer_cancelled": OrderStatus.USER_CANCELLED,
    "canceled": OrderStatus.CANCELLED,
    "complete": OrderStatus.COMPLETED,
    "submitted": OrderStatus.RECEIVED,
    "in_progress": OrderStatus.PROCESSING,
}


@dataclass(frozen=True, slots=True)
class StapiSupplier:
    client: Client
    clock: Clock
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        ordering = bool(self.settings.get("reference_parameter"))
        tier = Tier.ORDERS if ordering else Tier.QUOTES
        return Capabilities(
            tier,
            feasibility=True,
            quote=True,
            order=ordering,
            status=True,
            find=ordering,
            repeats=Repeats.LOOKUP if ordering else Repeats.NEVER,
        )

    def conforms(self) -> tuple[str, ...]:
        """What the server says it keeps to; Unavailable when it is no STAPI server."""
        page = self.client.get(self.client.url).body
        given = page.get("conformsTo") if isinstance(page, Mapping) else None
        classes = tuple(each for each in given if isinstance(each, str)) if isinstance(given, list) else ()
        if not any(each.endswith(_CORE) for each in classes):
            raise Unavailable("stapi.no_server", url=self.client.url[:200])
        return classes

    def list_offerings(self) -> Listing:
        reader = Reader(self._draft)
        first = True
        try:
            for page in self.client.pages("products"):
                for product in products_of(page):
                    reader.take(None, product)
                first = False
                if len(reader) > _MOST_PRODUCTS:
                    raise Unavailable("adapter.listing_too_long", most=_MOST_PRODUCTS)
        except Unavailable as error:
            if first:
                raise
            # What came before the break is true; what did not come is not known to be gone.
            return reader.listing(broken=error)
        return reader.listing()

    def _draft(self, product: Any) -> OfferingDraft:
        return read_product(product, self._product_map, self._asked_for(product))

    @property
    def _product_map(self) -> Mapping[str, Any]:
        given = self.settings.get("product_map")
        return given if isinstance(given, Mapping) else {}

    def _asked_for(self, product: Any) -> Any:
        """The queryables by the product's own link, where it has one; what stands in the product is enough else."""
        found = link(product, "queryables", "constraints")
        if found is None or not self.settings.get("fetch_queryables", True):
            return None
        try:
            return self.client.get(str(found["href"])).body
        except Unavailable:
            return None  # A product without its ranges is still a product.

    def feasibility(self, ask: FeasibilityAsk) -> Quote:
        body = _search(ask.window, ask.area, ask.parameters)
        answer = self.client.post(self._of(ask.offering_reference, "opportunities"), body)
        collection = self._later(answer.body) if answer.status in (201, 202) else answer.body
        return read_opportunities(collection, ask)

    def quote(self, ask: FeasibilityAsk) -> Quote:
        return self.feasibility(ask)

    def _later(self, record: Any) -> Any:
        """The opportunities of a search that the supplier answers later; asked for a bounded number of times."""
        for _ in range(int(self.settings.get("polls", 10))):
            code = _status_code(record)
            if code == "completed":
                found = link(record, "opportunities")
                if found is None:
                    raise Unavailable("stapi.search_without_result")
                return self.client.get(str(found["href"])).body
            if code in {"failed", "cancelled"}:
                raise Unavailable("stapi.search_failed", status=code)
            found = link(record, "search-record", "monitor", "self")
            if found is None:
                raise Unavailable("stapi.search_without_result")
            self.clock.sleep(_POLL_S)
            record = self.client.get(str(found["href"])).body
        raise Unavailable("stapi.search_slow")

    def order(self, ask: OrderAsk) -> OrderState:
        known = self.find(ask.our_reference)
        if known is not None:
            return known
        target, body = self._order_body(ask)
        body = dict(body)
        body["order_parameters"] = {
            **(body.get("order_parameters") or {}),
            **ask.parameters,
            self._parameter: ask.our_reference,
        }
        made = self.client.post(target, body, {"Idempotency-Key": ask.our_reference}).body
        named = _order_parameters(made).get(self._parameter)
        if named not in (None, ask.our_reference):
            raise Unavailable("adapter.order_of_another", asked=ask.our_reference[:80], given=str(named)[:80])
        return read_order(made)

    def _order_body(self, ask: OrderAsk) -> tuple[str, Mapping[str, Any]]:
        """Where to and what: as the opportunity's own link says, else by the specification."""
        if ask.quote_reference:
            given = _create_order(ask.quote_reference)
            if given is not None:
                return given
        return self._of(ask.offering_reference, "orders"), _search(ask.window, ask.area, {})

    def status(self, provider_reference: str) -> OrderState:
        return _named(provider_reference, self._order(provider_reference))

    def find(self, our_reference: str) -> OrderState | None:
        """The first of the supplier's orders that carries our reference; all pages are read before there is none."""
        parameter = self._parameter
        for page in self.client.pages("orders"):
            for each in features_of(page, "orders"):
                if not isinstance(each, Mapping):
                    raise Unavailable("adapter.answer_shape", expected="order")
                if _order_parameters(each).get(parameter) == our_reference:
                    return read_order(each)
        return None

    @property
    def _parameter(self) -> str:
        found = self.settings.get("reference_parameter")
        if not found:
            raise Unavailable("stapi.no_reference_parameter")
        return str(found)

    def cancel(self, provider_reference: str) -> OrderState:
        """Conflict where the order offers no way, or the supplier refuses: it is followed to its end then."""
        refused = Conflict("stapi.cannot_cancel", reference=provider_reference[:80])
        found = link(self._order(provider_reference), "cancel")
        if found is None or found.get("method") != "POST":
            raise refused
        try:
            return _named(provider_reference, self.client.post(str(found["href"]), found.get("body") or {}).body)
        except Unavailable as error:
            if error.code == "adapter.status" and error.params.get("status") == 409:
                raise refused from error
            raise

    def deliveries(self, provider_reference: str) -> tuple[Delivered, ...]:
        raise cannot(NAME, "deliveries")

    def _order(self, provider_reference: str) -> Any:
        try:
            return self.client.get(f"orders/{_segment(provider_reference)}").body
        except Unavailable as error:
            if error.code == "adapter.status" and error.params.get("status") == 404:
                raise NotFound("adapter.order_unknown", reference=provider_reference[:80]) from error
            raise

    def _of(self, reference: str, what: str) -> str:
        return f"products/{_segment(reference)}/{what}"


def _segment(reference: str) -> str:
    return quote(reference, safe="")


def products_of(page: Any) -> list[Any]:
    return features_of(page, "products")


def features_of(page: Any, name: str) -> list[Any]:
    """The things on a page, under their own name or as features; Unavailable when there is neither."""
    for key in (name, "features"):
        found = page.get(key) if isinstance(page, Mapping) else None
        if isinstance(found, list):
            return found
    raise Unavailable("adapter.answer_shape", expected=name)


def _search(window: Interval, area: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(area, Mapping):
        raise Invalid("stapi.area_missing")
    stop = ".." if window.stop is None else _stamp(window.stop)
    return {
        "datetime": f"{_stamp(window.start)}/{stop}",
        "geometry": dict(area),
        **({"filter": parameters["filter"]} if parameters.get("filter") else {}),
    }


def read_search(body: Any) -> tuple[Interval, Mapping[str, Any], Mapping[str, Any] | None]:
    """Window, area and filter of a search or an order, as somebody asks for it in STAPI's words.

    The interval may be open at its end; one that is open at its start begins nowhere and is refused.
    """
    if not isinstance(body, Mapping):
        raise Invalid("stapi.search_wrong", field="body")
    window, area, condition = body.get("datetime"), body.get("geometry"), body.get("filter")
    parts = window.split("/") if isinstance(window, str) else window if isinstance(window, list) else []
    if len(parts) != 2 or not all(isinstance(each, str) for each in parts):
        raise Invalid("stapi.search_wrong", field="datetime")
    start, stop = (moment(each) for each in parts)
    if start is None or (stop is None and parts[1] not in {"", ".."}):
        raise Invalid("stapi.search_wrong", field="datetime")
    check_geometry(area)
    if not isinstance(area, Mapping):
        raise Invalid("stapi.search_wrong", field="geometry")
    if condition is not None and not isinstance(condition, Mapping):
        raise Invalid("stapi.search_wrong", field="filter")
    return Interval(start, stop), area, condition or None


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_opportunities(collection: Any, ask: FeasibilityAsk) -> Quote:
    """What a collection of opportunities says to an ask. STAPI states no quantity: there is one, or there is none.

    The reference carries the `create-order` link of the first opportunity, to be followed as it stands.
    """
    features = collection.get("features") if isinstance(collection, Mapping) else None
    if not isinstance(features, list):
        raise Unavailable("adapter.answer_shape", expected="features")
    if not features:
        return Quote("", Answer.INFEASIBLE, 0.0, None, None)
    first = features[0]
    order = link(first, "create-order") or link(collection, "create-order", "order")
    reference = "" if order is None else json.dumps({"href": order["href"], "body": order.get("body")}, sort_keys=True)
    return Quote(reference, Answer.FEASIBLE, ask.quantity, _price(first), None)


def _price(feature: Any) -> Money | None:
    properties = feature.get("properties") if isinstance(feature, Mapping) else None
    if not isinstance(properties, Mapping):
        return None
    amount, currency = properties.get("priceTotalNet"), properties.get("currency")
    try:
        return money(amount, currency) if isinstance(amount, str) and isinstance(currency, str) else None
    except Invalid:
        return None


def _create_order(quote_reference: str) -> tuple[str, Mapping[str, Any]] | None:
    try:
        given = json.loads(quote_reference)
    except ValueError:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("href"), str) or not isinstance(given.get("body"), dict):
        return None
    return given["href"], given["body"]


def _order_parameters(order: Any) -> Mapping[str, Any]:
    properties = order.get("properties") if isinstance(order, Mapping) else None
    found = properties.get("order_parameters") if isinstance(properties, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _named(provider_reference: str, order: Any) -> OrderState:
    said = read_order(order)
    if said.provider_reference != provider_reference:
        raise Unavailable("adapter.order_of_another", asked=provider_reference[:80], given=said.provider_reference[:80])
    return said


def read_order(order: Any) -> OrderState:
    """The state of an order; Unavailable where the supplier's word for it means nothing to us."""
    properties = order.get("properties") if isinstance(order, Mapping) else None
    reference = order.get("id") if isinstance(order, Mapping) else None
    if not isinstance(properties, Mapping) or isinstance(reference, bool) or not isinstance(reference, str | int):
        raise Unavailable("adapter.answer_shape", expected="order")
    return read_status(answers.reference({"id": str(reference)}, "id"), properties.get("status"))


def read_status(reference: str, status: Any) -> OrderState:
    raw = _status_code({"status": status})
    given = status if isinstance(status, Mapping) else {}
    reason, text = (answers.text(given, name, 500) for name in ("reason_code", "reason_text"))
    if raw == "cancelled" and reason == "customer_cancelled":
        meaning: OrderStatus | None = OrderStatus.USER_CANCELLED
    else:
        meaning = WORDS.get(raw.casefold())
    if meaning is None:
        raise Unavailable("adapter.status_unknown", status=raw[:80] or "-")
    links = answers.links({"links": [each["href"] for each in links_of(given)]})
    return OrderState(reference, meaning, raw, at=moment(given.get("timestamp")), reason=text or reason, links=links)


def _status_code(record: Any) -> str:
    status = record.get("status") if isinstance(record, Mapping) else None
    code = status.get("status_code") if isinstance(status, Mapping) else status
    return code if isinstance(code, str) else ""
