"""Answers with a tag (`ETag`), so that a neighbour that holds one is not sent it again.

The tag is the hash of the very bytes that this asker would get, made after the
route has judged and answered. It is strong, and it tells nothing that the answer
does not: who may read less holds another tag, and the tag of another asker's
answer gets no 304.
"""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

NOT_MODIFIED: dict[str, Any] = {"description": "What you hold (`If-None-Match`) is what you would get."}


class Tagged(APIRoute):
    """A route whose good answers to GET carry a tag and are kept back where the asker holds them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def tagged(request: Request) -> Response:
            answer = await handle(request)
            if request.method != "GET" or answer.status_code != 200:
                return answer
            tag = f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"'
            headers = {
                "ETag": tag,
                "Cache-Control": "private, no-cache",
                "Vary": "Accept, Accept-Language, Authorization",
            }
            if held(request.headers.get("if-none-match"), tag):
                return Response(status_code=304, headers=headers)
            answer.headers.update(headers)
            return answer

        return tagged


def held(given: str | None, tag: str) -> bool:
    """Whether an `If-None-Match` names the tag; weak or not is the same here (RFC 9110, 13.1.2)."""
    named = [each.strip().removeprefix("W/") for each in (given or "").split(",")]
    return tag in named or named == ["*"]
