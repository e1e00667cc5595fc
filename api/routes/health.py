"""Is it alive, is it ready: for supervisors and for compose health checks."""

from typing import Literal

from fastapi import Response
from sqlalchemy import text
from sqlmodel import select

from api.deps import Asked
from api.models import Out
from api.policy import Router, public
from space_hub.awareness.tables import Run

router = Router(tags=["health"])


class HealthOut(Out):
    status: Literal["ok"] = "ok"


class ReadyOut(Out):
    ready: bool


@router.get("/healthz", policy=public())
def healthz(asked: Asked) -> HealthOut:
    """The process answers and reaches its database."""
    with asked.read() as session:
        session.connection().execute(text("SELECT 1"))
    return HealthOut()


@router.get("/readyz", policy=public(), responses={503: {"model": ReadyOut}})
def readyz(asked: Asked, response: Response) -> ReadyOut:
    """200 once the first screening run is published, 503 before."""
    with asked.read() as session:
        ready = session.exec(select(Run.id).limit(1)).first() is not None
    response.status_code = 200 if ready else 503
    return ReadyOut(ready=ready)
