"""Be the only one who runs a loop: a named lease with a fencing token.

The holder renews it with every turn; when it stops or dies, another takes over
after `lease_s`. `release` hands it over at once.
"""

from datetime import timedelta

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from space_hub.clock import Clock
from space_hub.work.tables import Lease


def hold(session: Session, clock: Clock, name: str, holder: str, lease_s: float) -> int | None:
    """Take or renew the lease `name`; its token, or None while another holds it.

    The row stays locked until the transaction ends: work done in the same
    transaction cannot be doubled by somebody who takes over in between.
    """
    wall = clock.wall()
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.connection().execute(
        insert(Lease).values(name=name, holder=None, token=0, until_wall=wall).on_conflict_do_nothing()
    )
    row = session.get_one(Lease, name, with_for_update=True, populate_existing=True)
    if row.holder != holder:
        if row.holder is not None and row.until_wall > wall:
            return None
        row.holder, row.token = holder, row.token + 1
    row.until_wall = wall + timedelta(seconds=lease_s)
    session.add(row)
    session.flush()
    return row.token


def release(session: Session, clock: Clock, name: str, holder: str) -> None:
    row = session.get(Lease, name, with_for_update=True, populate_existing=True)
    if row is not None and row.holder == holder:
        row.holder, row.until_wall = None, clock.wall()
        session.add(row)
        session.flush()
