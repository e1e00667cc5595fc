"""Default deny: a route without a policy cannot be written.

`Router` takes a policy with every route; the application refuses to start when
a route under `/v1` came another way (`api.app`). What a route may answer besides
success follows from its policy, its method and its path, and is declared here
once for all, so that the description of the API names every status.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from pydantic import ConfigDict, Field

from api.deps import Asked
from api.models import Out
from api.tagged import NOT_MODIFIED, Tagged
from space_hub.errors import Forbidden, Unauthenticated
from space_hub.trust.labels import Mode, kind
from space_hub.trust.scopes import ALL_SCOPES

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Fault(Out):
    """One of several faults of a request."""

    model_config = ConfigDict(extra="allow")

    code: str


class Problem(Out):
    """RFC 9457 problem details. `code` is stable; `detail` is a sentence in the language asked for."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[Fault] = Field(default=[], description="The single faults, where there are several.")


PROBLEM = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}


REAL_ONLY = frozenset({Mode.REAL})
EITHER = frozenset(Mode)


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may call a route, with a key of which mode."""

    scope: str | None
    anyone: bool = False
    modes: frozenset[Mode] = REAL_ONLY

    @property
    def words(self) -> str:
        return "public" if self.anyone else (self.scope or "any key")

    async def __call__(self, asked: Asked) -> None:
        """On the loop itself: what it compares is in memory, and a thread would cost more."""
        if kind(asked.principal.mode) not in self.modes:
            raise Forbidden("exercise.not_here")
        if self.anyone:
            return
        if asked.principal.is_anonymous:
            raise Unauthenticated("trust.key_missing")
        if self.scope is not None:
            asked.principal.require(self.scope)


def scope(name: str, *, modes: frozenset[Mode] = REAL_ONLY) -> Policy:
    """Keys that carry this scope."""
    if name not in ALL_SCOPES:
        raise KeyError(name)
    return Policy(name, modes=modes)


def any_key(*, modes: frozenset[Mode] = REAL_ONLY) -> Policy:
    """Every valid key; the query decides what it sees."""
    return Policy(None, modes=modes)


def public() -> Policy:
    """Everyone, without a key."""
    return Policy(None, anyone=True)


def refusal(path: str) -> int:
    """The status of what cannot be read: 422, but 400 under `/records`, where OGC API - Features asks for it."""
    return 400 if path.startswith("/records/") else 422


def failures(method: str, path: str, policy: Policy) -> dict[int | str, dict[str, Any]]:
    """The statuses other than success that a route may answer, for its description.

    A key that is refused is refused everywhere, also where none is needed; so is the key of an
    exercise, except where exercises have something to do. A list
    has no 404: nothing was named. A write may name others in its body, and what of
    them the asker may not see does not exist for it.
    """
    # Named everywhere: the framework would add a 422 of its own shape to what names none.
    statuses = {401, 403, 422, 503, refusal(path)}
    if method != "GET":
        statuses |= {400, 409, 413}
    if "{" in path or (method != "GET" and not policy.anyone):
        statuses.add(404)
    return dict.fromkeys(sorted(statuses), PROBLEM)


class Router:
    """A group of routes, each with its policy; `api` is what the application includes.

    `tagged`: answers to GET carry a tag and are kept back where the asker holds them.
    """

    def __init__(self, *, prefix: str = "", tags: list[str], tagged: bool = False) -> None:
        self.prefix = prefix
        self._tagged = tagged
        self.api = APIRouter(prefix=prefix, tags=list(tags), route_class=Tagged if tagged else APIRoute)

    def get(self, path: str, *, policy: Policy, **options: Any) -> Callable[[Handler], Handler]:
        return self._route("GET", path, policy, options)

    def post(self, path: str, *, policy: Policy, **options: Any) -> Callable[[Handler], Handler]:
        return self._route("POST", path, policy, options)

    def put(self, path: str, *, policy: Policy, **options: Any) -> Callable[[Handler], Handler]:
        return self._route("PUT", path, policy, options)

    def patch(self, path: str, *, policy: Policy, **options: Any) -> Callable[[Handler], Handler]:
        return self._route("PATCH", path, policy, options)

    def delete(self, path: str, *, policy: Policy, **options: Any) -> Callable[[Handler], Handler]:
        return self._route("DELETE", path, policy, options)

    def _route(self, method: str, path: str, policy: Policy, options: dict[str, Any]) -> Callable[[Handler], Handler]:
        known: dict[int | str, dict[str, Any]] = {304: NOT_MODIFIED} if self._tagged and method == "GET" else {}

        def add(handler: Handler) -> Handler:
            self.api.add_api_route(
                path,
                handler,
                methods=[method],
                dependencies=[Depends(policy), *options.pop("dependencies", [])],
                openapi_extra={
                    "x-policy": policy.words,
                    "x-modes": sorted(policy.modes),
                    **options.pop("openapi_extra", {}),
                },
                responses={**known, **failures(method, self.prefix + path, policy), **options.pop("responses", {})},
                **options,
            )
            return handler

        return add
