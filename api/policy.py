"""Default deny: a route without a policy cannot be written.

`Router` takes a policy with every route; the application refuses to start when
a route under `/v1` came another way (`api.app`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import APIRouter, Depends

from api.deps import Asked
from space_hub.errors import Unauthenticated
from space_hub.trust.scopes import ALL_SCOPES

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may call a route."""

    scope: str | None
    anyone: bool = False

    @property
    def words(self) -> str:
        return "public" if self.anyone else (self.scope or "any key")

    def __call__(self, asked: Asked) -> None:
        if self.anyone:
            return
        if asked.principal.is_anonymous:
            raise Unauthenticated("trust.key_missing")
        if self.scope is not None:
            asked.principal.require(self.scope)


def scope(name: str) -> Policy:
    """Keys that carry this scope."""
    if name not in ALL_SCOPES:
        raise KeyError(name)
    return Policy(name)


def any_key() -> Policy:
    """Every valid key; the query decides what it sees."""
    return Policy(None)


def public() -> Policy:
    """Everyone, without a key."""
    return Policy(None, anyone=True)


class Router:
    """A group of routes, each with its policy; `api` is what the application includes."""

    def __init__(self, *, prefix: str = "", tags: list[str]) -> None:
        self.api = APIRouter(prefix=prefix, tags=list(tags))

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
        def add(handler: Handler) -> Handler:
            self.api.add_api_route(
                path,
                handler,
                methods=[method],
                dependencies=[Depends(policy), *options.pop("dependencies", [])],
                openapi_extra={"x-policy": policy.words, **options.pop("openapi_extra", {})},
                **options,
            )
            return handler

        return add
