"""The HTTP face of the hub: an application made of one router a resource."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.metadata import version
from pkgutil import iter_modules
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from api import docs, errors, limits, modes
from api import routes as resources
from api.deps import House
from api.policy import Policy, Problem
from catalog.search import index
from space_hub import db, logs
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.rng import Rng, SystemRng
from space_hub.settings import Settings, load

ROUTERS = tuple(sorted(module.name for module in iter_modules(resources.__path__)))
"""Every module of `api/routes` is one resource."""

NEIGHBOURS = (
    "stapi.landing",
    "stapi.products",
    "stapi.opportunities",
    "stapi.searches",
    "stapi.orders",
    "records.landing",
    "records.items",
)
"""The shelf in the words of others, for their clients."""

_ABOUT = """
A broker of commercial space services and a hub of space awareness.

It **recommends; an agency awards**. Conjunctions that rest on general-perturbations
element sets are for **awareness and triage, not go/no-go**.

Send your service key as `Authorization: Bearer sh_...`. Every create needs an
`Idempotency-Key`: repeat it when you retry and nothing happens twice. Lists are
pages; ask again with `cursor=next`. Failures are problem details (RFC 9457) with
a stable `code`. Times are UTC; units stand in the names.
"""


class Described(FastAPI):
    """The framework, with the one shape of every failure among the shapes that its description names."""

    def openapi(self) -> dict[str, Any]:
        described = super().openapi()
        shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        described["components"]["schemas"].update({**shape.pop("$defs"), "Problem": shape})
        return described


def create(
    settings: Settings | None = None,
    *,
    database: Database | None = None,
    clock: Clock | None = None,
    rng: Rng | None = None,
) -> FastAPI:
    """The application; without arguments, that of the installation which the environment names."""
    logs.configure()
    settings = settings or load()
    database = database or db.connect(settings.url)
    built = House(settings, database, clock or db.stored_clock(database), rng or SystemRng())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if settings.search_warm:
            index.warm(built.database)
        yield
        built.database.engine.dispose()

    app = Described(
        title="Space Hub",
        version=version("space-hub"),
        description=_ABOUT,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
    )
    app.state.house = built
    errors.install(app)
    app.add_middleware(limits.BodyLimit, most=settings.cutoff_body_bytes)
    app.add_middleware(modes.ModeHeader)
    for name in (*(f"routes.{each}" for each in ROUTERS), *NEIGHBOURS):
        app.include_router(import_module(f"api.{name}").router.api)
    docs.install(app)
    bare = unguarded(app)
    if bare:
        raise RuntimeError(f"these routes have no policy: {', '.join(bare)}")
    return app


def unguarded(app: FastAPI) -> list[str]:
    """Paths of API routes that no policy guards; the application does not start with one."""
    return [
        f"{', '.join(sorted(route.methods or ()))} {route.path}"
        for route in routes(app)
        if not any(isinstance(each.call, Policy) for each in route.dependant.dependencies)
    ]


def routes(app: FastAPI) -> list[RouteContext]:
    """Every route that runs a handler of ours, with its full path and dependencies."""
    return [each for each in iter_route_contexts(app.routes) if isinstance(each.original_route, APIRoute)]


def _operation_id(route: Any) -> str:
    return str(route.name)
