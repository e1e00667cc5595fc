"""The one table from our errors to HTTP: RFC 9457 problem details with stable codes.

Our own lines and not `fastapi-problem`: titles come from the message
catalogue in the asker's language, and a fault of ours never shows its text.
What a field is refused for is said by `space_hub.text.faults`.
"""

import math
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.deps import language_of
from api.policy import refusal
from space_hub.errors import HubError, Kind, Unavailable
from space_hub.text import say
from space_hub.text.faults import code_of, sentence_of

STATUS = {
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.UNAVAILABLE: 503,
}

_FRAMEWORK = {
    400: "request.unreadable",
    404: "request.no_such_route",
    405: "request.method_not_allowed",
    413: "request.too_large",
}

log = structlog.get_logger()


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    body = {"type": f"urn:space-hub:problem:{code}", "title": code, "status": status, "code": code, "detail": detail}
    return JSONResponse(body | more, status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every failure of `app` as a problem."""

    @app.exception_handler(HubError)
    async def hub_error(request: Request, error: HubError) -> JSONResponse:
        headers = {}
        if isinstance(error, Unavailable):
            headers["Retry-After"] = str(error.retry_after_s)
        if error.kind is Kind.UNAUTHENTICATED:
            headers["WWW-Authenticate"] = "Bearer"
        detail = say(error.code, language_of(request), **error.params)
        language = language_of(request)
        causes = [{"code": one.code, "detail": say(one.code, language, **one.params)} for one in error.causes]
        status = refusal(request.url.path) if error.kind is Kind.INVALID else STATUS[error.kind]
        return problem(status, error.code, detail, headers, **({"errors": causes} if causes else {}))

    @app.exception_handler(RequestValidationError)
    async def body_error(request: Request, error: RequestValidationError) -> JSONResponse:
        language = language_of(request)
        found = [_field(one, language) for one in error.errors()]
        code = "request.invalid"
        return problem(refusal(request.url.path), code, say(code, language, count=len(found)), errors=found)

    @app.exception_handler(HTTPException)
    async def framework_error(request: Request, error: HTTPException) -> JSONResponse:
        code = _FRAMEWORK.get(error.status_code, "request.refused")
        headers = dict(error.headers) if error.headers else None
        return problem(error.status_code, code, say(code, language_of(request), path=request.url.path), headers)

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> JSONResponse:
        log.error("fault", path=request.url.path, method=request.method, exc_info=error)
        code = "request.fault"
        return problem(500, code, say(code, language_of(request)))


def _field(fault: Mapping[str, Any], language: str) -> dict[str, object]:
    """One fault of a request: where, the rule's code, what is expected, what was given."""
    return {
        "where": "/".join(map(str, fault["loc"])),
        "code": code_of(fault),
        "what": sentence_of(fault, language),
        "given": _short(fault.get("input")),
    }


def _short(given: object) -> object:
    if isinstance(given, bool | int) or given is None or (isinstance(given, float) and math.isfinite(given)):
        return given
    text = str(given)
    return text if len(text) <= 100 else f"{text[:100]}..."
