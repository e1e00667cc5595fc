"""assured access: slots in the capacity ledger

Nothing of the product is imported: a revision says what was true when it was written.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _resources()
    _buckets()
    _reservations()


def _resources() -> None:
    """What was counted until now are agreements and, for those who signed them, offerings by phase."""
    op.create_table(
        "capacity_resource",
        *(_text("resource", 80, key=True), _text("kind", 10), _text("bucket", 5), _text("unit", 30)),
        _one_of("kind", ("offering", "agreement", "civil", "quota", "money")),
        _one_of("bucket", ("hour", "day", "whole")),
    )
    op.execute(
        "INSERT INTO capacity_resource (resource, kind, bucket, unit)"
        " SELECT id, 'agreement', 'day', unit FROM agreement WHERE status IN ('signed', 'ended')"
    )
    op.execute(
        "INSERT INTO capacity_resource (resource, kind, bucket, unit)"
        " SELECT held.resource, 'offering', 'day', min(agreement.unit) FROM capacity_reservation AS held"
        " JOIN agreement ON agreement.id = held.subject GROUP BY held.resource"
    )


def _buckets() -> None:
    """Made anew, because the day was half of the key."""
    names = ("resource", "slot", "capacity", "committed")
    kept = op.create_table("kept_bucket", _text("resource", 80), *(_big(name) for name in names[1:]))
    old = sa.table("capacity_bucket", *(sa.column(name) for name in ("resource", "day", "capacity", "committed")))
    found = sa.select(old.c.resource, _days_since_1970("day"), old.c.capacity, old.c.committed)
    op.execute(sa.insert(kept).from_select(names, found))
    op.drop_table("capacity_bucket")
    op.create_table(
        "capacity_bucket",
        _text("resource", 80, key=True, to="capacity_resource.resource"),
        *(_big("slot", key=True), _big("capacity"), _big("committed")),
        sa.CheckConstraint("committed >= 0 AND committed <= capacity", name="within_capacity"),
    )
    op.execute(
        "INSERT INTO capacity_bucket (resource, slot, capacity, committed)"
        " SELECT resource, slot, capacity, committed FROM kept_bucket"
    )
    op.drop_table("kept_bucket")


def _reservations() -> None:
    with op.batch_alter_table("capacity_entry") as table:
        table.add_column(_big("from_slot", null=True))
        table.drop_constraint(op.f("ck_capacity_entry_known_kind"), type_="check")
    entry = sa.table("capacity_entry", sa.column("from_slot"))
    op.execute(sa.update(entry).values(from_slot=_days_since_1970("from_day")))
    with op.batch_alter_table("capacity_entry") as table:
        table.alter_column("from_slot", existing_type=_BIG, nullable=False)
        table.drop_column("from_day")
        table.create_check_constraint(
            op.f("ck_capacity_entry_known_kind"),
            _in("kind", ("reserved", "confirmed", "released", "expired", "pre_empted", "replanned")),
        )
    _index(
        "ix_capacity_entry_end",
        "capacity_entry",
        ["reservation_id"],
        where="kind IN ('released', 'expired', 'pre_empted', 'replanned')",
        unique=True,
    )
    op.drop_index("ix_capacity_reservation_days", "capacity_reservation")
    with op.batch_alter_table("capacity_reservation") as table:
        for column in (_big("first_slot", null=True), _big("last_slot", null=True)):
            table.add_column(column)
        for column in (_text("kind", 5, null=True), _text("state", 5, null=True), _time("expires_at", null=True)):
            table.add_column(column)
        table.drop_constraint(op.f("ck_capacity_reservation_days"), type_="check")
    held = sa.table("capacity_reservation", *(sa.column(name) for name in ("kind", "state", "first_slot", "last_slot")))
    op.execute(
        sa.update(held).values(
            kind="firm",
            state="held",
            first_slot=_days_since_1970("first_day"),
            last_slot=_days_since_1970("last_day"),
        )
    )
    op.execute(
        "UPDATE capacity_reservation SET state = 'ended'"
        " WHERE id IN (SELECT reservation_id FROM capacity_entry WHERE kind = 'released')"
    )
    with op.batch_alter_table("capacity_reservation") as table:
        for name in ("first_slot", "last_slot"):
            table.alter_column(name, existing_type=_BIG, nullable=False)
        for name in ("kind", "state"):
            table.alter_column(name, existing_type=sqlmodel.sql.sqltypes.AutoString(length=5), nullable=False)
        table.drop_column("first_day")
        table.drop_column("last_day")
        for name, check in (
            ("slots", "last_slot >= first_slot"),
            ("hold_ends", "(kind = 'hold') = (expires_at IS NOT NULL)"),
            ("known_kind", _in("kind", ("firm", "hold"))),
            ("known_state", _in("state", ("held", "ended"))),
        ):
            table.create_check_constraint(op.f(f"ck_capacity_reservation_{name}"), check)
    op.create_index("ix_capacity_reservation_slots", "capacity_reservation", ["resource", "first_slot"])
    _index(
        "ix_capacity_reservation_overdue",
        "capacity_reservation",
        ["expires_at"],
        where="kind = 'hold' AND state = 'held'",
    )


def _days_since_1970(column: str) -> sa.ColumnElement[int]:
    if op.get_bind().dialect.name == "postgresql":
        return sa.literal_column(f"({column} - DATE '1970-01-01')")
    return sa.literal_column(f"CAST(julianday({column}) - julianday('1970-01-01') AS INTEGER)")


def _index(name: str, table: str, columns: Sequence[str], *, where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _in(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _one_of(column: str, values: Sequence[str]) -> sa.CheckConstraint:
    return sa.CheckConstraint(_in(column, values), name=f"known_{column}")


def _column(name: str, kind: Any, null: bool, key: bool, to: str | None, **more: bool) -> sa.Column[Any]:
    reference = () if to is None else (sa.ForeignKey(to),)
    return sa.Column(name, kind, *reference, nullable=null, primary_key=key, autoincrement=False, **more)


def _text(
    name: str, most: int | None = None, *, null: bool = False, key: bool = False, to: str | None = None, **more: bool
) -> sa.Column[Any]:
    return _column(name, sqlmodel.sql.sqltypes.AutoString(length=most), null, key, to, **more)


def _big(name: str, *, null: bool = False, key: bool = False, **more: bool) -> sa.Column[Any]:
    return _column(name, _BIG, null, key, None, **more)


def _time(name: str, *, null: bool = False, **more: bool) -> sa.Column[Any]:
    return _column(name, sqlmodel.sql.sqltypes.UTCDateTime(), null, False, None, **more)
