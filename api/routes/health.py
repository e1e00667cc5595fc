"""Is it alive, is it ready: for supervisors and for compose health checks."""

from typing import Literal

from fastapi.responses import JSONResponse
from sqlalchemy import text

from api.deps import Asked
from api.models import Out
from api.policy import Router, public

router = Router(tags=["health"])


class HealthOut(Out):
    status: Literal["ok"] = "ok"


class ReadyOut(Out):
    ready: bool
    reason: str | None = None


@router.get("/healthz", policy=public())
def healthz(asked: Asked) -> HealthOut:
    """The process answers and reaches its database."""
    with asked.read() as session:
        session.connection().execute(text("SELECT 1"))
    return HealthOut()


@router.get("/readyz", policy=public(), response_model=ReadyOut, responses={503: {"model": ReadyOut}})
def readyz(asked: Asked) -> JSONResponse:
    """The first screening run is published."""
    with asked.read() as session:
        published = False
    if published:
        return JSONResponse(ReadyOut(ready=True).model_dump())
    return JSONResponse(ReadyOut(ready=False, reason="no run is published yet").model_dump(), 503)
