"""Pages by cursor: keyset order, no totals, an opaque `next`."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from sqlalchemy import Select, TypeDecorator, literal, tuple_
from sqlmodel import Session

from api.models import Out
from space_hub.errors import Invalid
from space_hub.vocabulary.storable import check_storable

T = TypeVar("T")


class Paged(Out, Generic[T]):
    """One page; ask again with `cursor=next` until `next` is null."""

    items: list[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class PageAsk:
    limit: int
    cursor: str | None

    def of(
        self,
        session: Session,
        statement: Select[*tuple[Any, ...]],
        *,
        key: Any,
        make: Callable[..., T],
        descending: bool = False,
    ) -> Paged[T]:
        """The page of `statement` in the order of `key` (one column, or several ending in a unique one).

        `make` gets the selected entities of a row and gives the item.
        """
        columns = list(key) if isinstance(key, Sequence) else [key]
        if self.cursor is not None:
            values = decode(self.cursor)
            if list(map(type, values)) != [_kind(column) for column in columns]:
                raise Invalid("paging.cursor_invalid", cursor=self.cursor)
            here = tuple_(*columns)
            last = tuple_(*(literal(value, column.type) for value, column in zip(values, columns, strict=True)))
            statement = statement.where(here < last if descending else here > last)
        order = [column.desc() if descending else column.asc() for column in columns]
        found = session.execute(statement.add_columns(*columns).order_by(*order).limit(self.limit + 1)).all()
        rows, more = found[: self.limit], len(found) > self.limit
        last_key = list(rows[-1])[-len(columns) :] if more else None
        items = [make(*list(row)[: -len(columns)]) for row in rows]
        return Paged[Any](items=items, next=None if last_key is None else encode(last_key))


def encode(values: Sequence[object]) -> str:
    tagged = [{"t": value.isoformat()} if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(tagged).encode()).decode().rstrip("=")


def decode(cursor: str) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list):
            raise ValueError(cursor)
        check_storable(values, "cursor")
        return [_moment(value["t"]) if isinstance(value, dict) else value for value in values]
    except (Invalid, ValueError, KeyError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise Invalid("paging.cursor_invalid", cursor=cursor) from error


def _kind(column: Any) -> type:
    """The Python type of a column's values, also under a decorated type."""
    kind: type = (column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type).python_type
    return kind


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.utcoffset() is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


def page(
    limit: Annotated[int, Query(ge=1, le=1000, description="Most items in one page.")] = 100,
    cursor: Annotated[str | None, Query(max_length=2000, description="`next` of the page before.")] = None,
) -> PageAsk:
    return PageAsk(limit, cursor)


Page = Annotated[PageAsk, Depends(page)]
