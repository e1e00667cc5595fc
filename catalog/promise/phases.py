"""The phase of a pool as its declarations in the database say it (`catalog.promise.in_force` is the rule)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from catalog.promise.in_force import Declared, in_force
from catalog.promise.tables import PhaseDeclaration
from space_hub.trust.labels import REAL
from space_hub.vocabulary.phases import Phase


def phase_in_force(
    session: Session,
    pool_id: str,
    at: datetime,
    nation: str | None = None,
    area: Mapping[str, Any] | None = None,
    mode: str = REAL,
) -> Phase:
    """The phase at `at`, for whom and where it is asked."""
    return in_force(declared(session, pool_id, mode), at, nation, area)


def declared(session: Session, pool_id: str, mode: str = REAL) -> tuple[Declared, ...]:
    """Every declaration for the pool, those to come too: the pure rule chooses."""
    rows = session.exec(
        select(PhaseDeclaration).where(PhaseDeclaration.pool_id == pool_id, PhaseDeclaration.mode == mode)
    )
    return tuple(
        Declared(
            Phase(row.phase), row.since, row.until, None if row.nations is None else frozenset(row.nations), row.area
        )
        for row in rows
    )
