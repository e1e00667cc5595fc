"""Every taskable offering that the asker may see, as a STAPI product. Prices stay in `/v1`."""

from typing import Any

from sqlmodel import Session, col

from api.deps import Asked
from api.paging import Page
from api.policy import Router, scope
from api.stapi.landing import PREFIX, address
from api.stapi.models import PRODUCT_CLASSES, Conformance, Link, Product, Products, StapiProvider
from catalog.search import shelf
from catalog.search.entries import ATTRIBUTES as ATTRIBUTES_DATUM
from catalog.shelf.withheld import sees_all
from catalog.tables import Offering, OfferingVersion
from providers.tables import Provider
from space_hub.errors import NotFound
from space_hub.text import say
from space_hub.vocabulary.attributes import ATTRIBUTES, Form

router = Router(prefix=PREFIX, tags=["stapi"], tagged=True)
READ = scope("catalog:read")

_SCHEMA = "https://json-schema.org/draft/2020-12/schema"


def taskable(session: Session, asked: Asked, product_id: str) -> tuple[Offering, OfferingVersion, Provider]:
    """The offering behind a product; what is no product for the asker does not exist."""
    offering, version, provider = shelf.one(session, asked.principal, asked.clock.now(), product_id)
    if not version.taskable:
        raise NotFound("catalog.offering_unknown", offering_id=product_id)
    return offering, version, provider


@router.get("/products", policy=READ, response_model_exclude_none=True)
def stapi_products(asked: Asked, page: Page) -> Products:
    """Everything that can be tasked, in pages by their `next` links."""
    statement = shelf.shelf(asked.principal, asked.clock.now()).where(col(OfferingVersion.taskable))
    with asked.read() as session:
        found = page.of(session, statement, key=col(Offering.id), make=lambda *row: _product(asked, *row))
    links = [Link(rel="self", href=address(asked, "products"))]
    if found.next is not None:
        following = f"{address(asked, 'products')}?limit={page.limit}&cursor={found.next}"
        links.append(Link(rel="next", href=following, method="GET"))
    return Products(products=found.items, links=links)


@router.get("/products/{product_id}", policy=READ, response_model_exclude_none=True)
def stapi_product(product_id: str, asked: Asked) -> Product:
    """One product."""
    with asked.read() as session:
        return _product(asked, *taskable(session, asked, product_id))


@router.get("/products/{product_id}/conformance", policy=READ)
def stapi_product_conformance(product_id: str, asked: Asked) -> Conformance:
    """The classes that this product keeps to, and the geometries it takes."""
    with asked.read() as session:
        taskable(session, asked, product_id)
    return Conformance(conformsTo=list(PRODUCT_CLASSES))


@router.get("/products/{product_id}/queryables", policy=READ)
def stapi_queryables(product_id: str, asked: Asked) -> dict[str, Any]:
    """What can be asked for, as a JSON schema: the ranges and codes that the offering claims."""
    with asked.read() as session:
        _, version, provider = taskable(session, asked, product_id)
        hidden = ATTRIBUTES_DATUM in version.withheld and not sees_all(asked.principal, provider)
        return {
            "$schema": _SCHEMA,
            "$id": address(asked, "products", product_id, "queryables"),
            "type": "object",
            "title": version.title,
            "properties": {each["attribute"]: _queryable(each) for each in version.attributes if not hidden},
            "additionalProperties": True,
        }


@router.get("/products/{product_id}/order-parameters", policy=READ)
def stapi_order_parameters(product_id: str, asked: Asked) -> dict[str, Any]:
    """What an order must carry: the agreement it draws on, how much a day, and the authority that decided."""
    with asked.read() as session:
        _, version, _ = taskable(session, asked, product_id)
        authority = {
            "type": "object",
            "required": ["name", "office"],
            "properties": {name: {"type": "string", "minLength": 1, "maxLength": 200} for name in ("name", "office")},
        }
        return {
            "$schema": _SCHEMA,
            "$id": address(asked, "products", product_id, "order-parameters"),
            "type": "object",
            "required": ["agreement_id", "quantity_per_day", "decided_by"],
            "properties": {
                "agreement_id": {"type": "string"},
                "quantity_per_day": {
                    "type": "number",
                    "exclusiveMinimum": 0,
                    "description": say("stapi.order.quantity", asked.language, unit=version.capacity_unit),
                },
                "decided_by": authority,
            },
        }


def _product(asked: Asked, offering: Offering, version: OfferingVersion, provider: Provider) -> Product:
    def at(*parts: str) -> str:
        return address(asked, "products", offering.id, *parts)

    return Product(
        conformsTo=list(PRODUCT_CLASSES),
        id=offering.id,
        title=version.title,
        description=version.description,
        keywords=[version.mission_area, version.capability, version.modality, *version.standards],
        license=version.licence or "proprietary",
        providers=[
            StapiProvider(
                name=provider.legal_name,
                roles=["producer"],
                url=f"{asked.settings.base_url}/v1/providers/{provider.id}",
            )
        ],
        links=[
            Link(rel="self", href=at()),
            Link(rel="conformance", href=at("conformance")),
            Link(rel="queryables", href=at("queryables"), type="application/schema+json"),
            Link(rel="order-parameters", href=at("order-parameters"), type="application/schema+json"),
            Link(rel="opportunities", href=at("opportunities"), method="POST", type="application/geo+json"),
            Link(rel="create-order", href=at("orders"), method="POST", type="application/geo+json"),
            Link(rel="alternate", href=f"{asked.settings.base_url}/v1/catalogue/{offering.id}"),
        ],
    )


def _queryable(value: dict[str, Any]) -> dict[str, Any]:
    about = ATTRIBUTES[value["attribute"]]
    if about.form is Form.FLAG:
        return {"type": "boolean", "const": value["flag"]}
    if about.form is Form.CODES:
        return {"type": "array", "items": {"type": "string", "enum": value["codes"]}}
    return {"type": "number", "minimum": value["low"], "maximum": value["high"], "unit": about.unit}
