"""The hub under test as a client sees it: requests over an application that is really built.

Every answer that a test gets is also held against the description of the API:
a status that the operation does not document fails the test that met it.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from space_hub.settings import Settings
from space_hub.trust import keys, organisations
from space_hub.trust.scopes import OrganisationKind


@dataclass
class Caller:
    """One organisation with its key."""

    hub: "Hub"
    organisation_id: str
    secret: str
    _creates: int = 0

    def get(self, path: str, **params: Any) -> Response:
        return self.hub.client.get(path, headers=self.headers(), params=params)

    def post(self, path: str, json: Any = None, *, key: str | None = None, **options: Any) -> Response:
        """Create with a fresh idempotency key, or with the one given."""
        self._creates += 1
        extra = {"Idempotency-Key": key or f"{self.organisation_id}-{self._creates}"}
        return self.hub.client.post(path, headers=self.headers() | extra, json=json, **options)

    def put(self, path: str, json: Any = None) -> Response:
        return self.hub.client.put(path, headers=self.headers(), json=json)

    def delete(self, path: str) -> Response:
        return self.hub.client.delete(path, headers=self.headers())

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


@dataclass
class Hub:
    app: FastAPI
    client: TestClient
    database: Database
    clock: ManualClock
    rng: SeededRng
    settings: Settings = field(default_factory=Settings)

    def key(self, kind: str = "nation", nation: str = "FR", *, name: str | None = None) -> Caller:
        """A new organisation of this kind, holding a key with all that the kind may hold."""
        with self.database.write() as session:
            made = organisations.register(
                session,
                self.clock,
                self.rng,
                name=name or f"{kind} of {nation}",
                kind=OrganisationKind(kind),
                nation=nation,
            )
            _, secret = keys.issue(session, self.clock, self.rng, organisation_id=made.id, name="test")
        return Caller(self, made.id, secret)


Standing = tuple[BlockingPortal, list[FastAPI]]
"""One loop for all requests, and the application once it is built (`tests.conftest`)."""


def stood(database: Database, clock: ManualClock, rng: SeededRng, standing: Standing) -> "Hub":
    """A hub on this database, over the application of the suite. Whoever adds routes to it builds one of its own."""
    portal, built = standing
    made = build(database, clock, rng, *built)
    built[:] = [made.app]
    made.client.portal = portal
    return made


def build(database: Database, clock: ManualClock, rng: SeededRng, app: FastAPI | None = None) -> Hub:
    """A hub over an application of its own, or over one that served another hub and now serves this."""
    from api.app import create
    from api.deps import House

    settings = Settings(egress_allow=[])
    with database.write() as session:
        organisations.ensure_hub(session, clock)
    if app is None:
        app = create(settings, database=database, clock=clock, rng=rng)
    else:
        app.state.house = House(settings, database, clock, rng)
    client = TestClient(app, raise_server_exceptions=False)
    described = _described(app)

    def documented(answer: Response) -> None:
        path, method = answer.request.url.path, answer.request.method.lower()
        for form, operations in described:
            if form.fullmatch(path) and method in operations:
                assert str(answer.status_code) in operations[method], f"{method} {path}: {answer.status_code}"
                return

    client.event_hooks["response"].append(documented)
    return Hub(app, client, database, clock, rng, settings)


_DESCRIBED: list[tuple[re.Pattern[str], dict[str, frozenset[str]]]] = []


def _described(app: FastAPI) -> list[tuple[re.Pattern[str], dict[str, frozenset[str]]]]:
    """Path, and the documented statuses of each method; those without parameters first. Worked out once a process."""
    if not _DESCRIBED:
        for path, operations in sorted(app.openapi()["paths"].items(), key=lambda each: each[0].count("{")):
            statuses = {method: frozenset(operation["responses"]) for method, operation in operations.items()}
            _DESCRIBED.append((re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), statuses))
    return _DESCRIBED
