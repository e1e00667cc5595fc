"""What a route gets: who asks, the clocks, the database; and the one way to create.

`Ask` is for every route. `Once` is for creates: it needs an `Idempotency-Key`
and runs the work in one transaction together with the idempotency row, so that
a retry after a lost answer repeats the answer and not the work.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Header, Request, Security
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api.models import Out
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.errors import Invalid, Unavailable
from space_hub.rng import Rng
from space_hub.settings import Settings
from space_hub.text import choose
from space_hub.trust import idempotency, keys
from space_hub.trust.principal import ANONYMOUS, Principal
from space_hub.vocabulary.storable import check_storable

T = TypeVar("T")

_TRIES = 5


@dataclass(frozen=True, slots=True)
class House:
    """What the application was built with; one a process."""

    settings: Settings
    database: Database
    clock: Clock
    rng: Rng
    ring: keys.Ring = field(default_factory=keys.Ring)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request's context."""

    house: House
    principal: Principal
    language: str

    @property
    def clock(self) -> Clock:
        return self.house.clock

    @property
    def rng(self) -> Rng:
        return self.house.rng

    @property
    def settings(self) -> Settings:
        return self.house.settings

    @property
    def database(self) -> Database:
        return self.house.database

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.database.read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction for a change that is idempotent by itself (PUT, DELETE, cancel)."""
        with self.database.write() as session:
            yield session


def language_of(request: Request) -> str:
    return choose(request.headers.get("accept-language"))


_BEARER = HTTPBearer(auto_error=False, scheme_name="service_key", description="Your service key: `sh_...`")


async def ask(request: Request, key: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)] = None) -> Ask:
    """Authenticate once a request. No key means nobody known, which a route's policy then judges."""
    check_storable(request.path_params, "path")
    check_storable(request.query_params.multi_items(), "query")
    house: House = request.app.state.house
    principal = ANONYMOUS
    if key is not None:
        # A key that was seen a moment ago costs no thread; the first look at it asks the database in one.
        known = house.ring.recall(house.clock, key.credentials)
        if known is None:
            look = house.ring.authenticate
            known = await run_in_threadpool(look, house.database, house.clock, key.credentials)
        principal = known
    request.state.mode = principal.mode
    return Ask(house, principal, language_of(request))


Asked = Annotated[Ask, Depends(ask)]


@dataclass(frozen=True, slots=True)
class Creation(Ask):
    """A request that creates, with its idempotency key."""

    key: str
    route: str
    body_sha256: str

    def run(self, make: Callable[[Session], T], *, status: int = 201, secret: frozenset[str] = frozenset()) -> T:
        """Do `make` once in one transaction and answer with its result.

        The same key and body again gets the stored answer and the header
        `Idempotent-Replayed: true`; fields named in `secret` are not stored and
        come back as null. What is answered 202 and says where it is followed says so
        in `Location` too. It returns the ready response, typed as the model that the
        route declares.
        """
        for attempt in range(_TRIES):
            try:
                return cast(T, self._try(make, status, secret))
            except IntegrityError:
                # Somebody else wrote the same key, name or number first: the next try meets it and says so.
                if attempt == _TRIES - 1:
                    raise
            except Unavailable:
                if attempt == _TRIES - 1:
                    raise
                self.clock.sleep(0.02 * 2**attempt * (1 + self.rng.scope("hub", "jitter").uniform()))
        raise AssertionError("the last try returns or raises")

    def _try(self, make: Callable[[Session], T], status: int, secret: frozenset[str]) -> JSONResponse:
        owner = self.principal.organisation_id
        with self.database.write() as session:
            stored = idempotency.begin(
                session, self.clock, owner, self.key, self.route, self.body_sha256, mode=self.principal.mode
            )
            if stored is not None:
                repeated = {"Idempotent-Replayed": "true"} | _followed(stored.answer, stored.status)
                return JSONResponse(stored.answer, stored.status, repeated)
            made = make(session)
            answer: Any = made.model_dump(mode="json") if isinstance(made, Out) else jsonable_encoder(made)
            kept = {**answer, **dict.fromkeys(secret & set(answer))} if secret else answer
            session.flush()
            idempotency.complete(session, owner, self.key, status, kept, mode=self.principal.mode)
        return JSONResponse(answer, status, _followed(answer, status))


def _followed(answer: Any, status: int) -> dict[str, str]:
    return {"Location": answer["follow"]} if status == 202 and "follow" in answer else {}


async def once(
    request: Request,
    asked: Asked,
    idempotency_key: Annotated[
        str | None,
        Header(description="Your own name for this request, at most 200 characters; repeat it when you retry."),
    ] = None,
) -> Creation:
    if not idempotency_key or len(idempotency_key) > 200 or not idempotency_key.isprintable():
        raise Invalid("request.idempotency_key_missing")
    body = await request.body()
    return Creation(
        house=asked.house,
        principal=asked.principal,
        language=asked.language,
        key=idempotency_key,
        route=f"{request.method} {request.url.path}?{request.url.query}".removesuffix("?"),
        body_sha256=hashlib.sha256(body).hexdigest(),
    )


Once = Annotated[Creation, Depends(once)]
