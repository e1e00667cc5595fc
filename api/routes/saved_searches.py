"""Searches that you keep: you are told when something new answers one, and when it leaves the shelf."""

from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import Session, col

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, scope
from api.routes.catalogue import SearchIn
from catalog.search import saved
from catalog.search.tables import SavedSearch

router = Router(prefix="/v1/saved-searches", tags=["saved searches"])


class SavedIn(In):
    name: str = Field(min_length=1, max_length=200)
    query: SearchIn
    notify: bool = Field(default=True, description="Send `search.matched` for what newly answers it.")


class SavedOut(Out):
    id: str
    name: str
    query: dict[str, Any] = Field(description="As it was given; send it to /v1/catalogue/search.")
    notify: bool
    created_at: datetime


@router.post("", status_code=201, policy=scope("catalog:read"))
def save_search(body: SavedIn, once: Once) -> SavedOut:
    """Keep a search; the same question again is the same search under a new name. At most 100."""
    given = body.query.model_dump(mode="python")

    def make(session: Session) -> SavedOut:
        return SavedOut.model_validate(
            saved.save(session, once.clock, once.rng, once.principal, body.name, given, body.notify)
        )

    return once.run(make)


@router.get("", policy=scope("catalog:read"))
def list_saved_searches(asked: Asked, page: Page) -> Paged[SavedOut]:
    """The searches that your organisation keeps."""
    statement = saved.mine(asked.principal)
    with asked.read() as session:
        return page.of(session, statement, key=col(SavedSearch.id), make=SavedOut.model_validate)


@router.delete("/{saved_search_id}", policy=scope("catalog:read"), status_code=204)
def remove_saved_search(saved_search_id: str, asked: Asked) -> None:
    """Keep it no longer."""
    with asked.write() as session:
        saved.remove(session, asked.clock, asked.principal, saved_search_id)
