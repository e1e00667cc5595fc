"""assured access: slots in the capacity ledger, options of a call-off, exercises apart from what is real

Nothing of the product is imported: a revision says what was true when it was written.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
_PHASES = ("peace", "crisis", "conflict")
_CALL_OFF = ("held", "active", "cancelling", "cancelled", "waiting", "completed", "failed", "pre_empted")


def upgrade() -> None:
    _resources()
    _buckets()
    _reservations()
    _options()
    _call_offs()
    _orders()
    _modes()


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


def _options() -> None:
    """What was called off was one way, tried at once; its order holds on to it instead of to the call-off."""
    op.create_table(
        "call_off_option",
        *(_text("call_off_id", key=True, to="call_off.id"), _number("rank", key=True)),
        *(_text("agreement_id", to="agreement.id", index=True), _big("parts_per_slot"), _text("phase", 10)),
        *(_text("unit_price", 30), _text("currency", 3), _text("total_price", 40), _number("priority")),
        *(
            _text(name, null=True, to="capacity_reservation.id")
            for name in ("reservation_id", "civil_reservation_id", "quota_reservation_id")
        ),
        *(_text("state", 10), _text("fee", 30)),
        sa.CheckConstraint("rank BETWEEN 1 AND 8", name="known_rank"),
        _one_of("phase", _PHASES),
        _one_of("state", ("ready", "trying", "won", "lost", "cancelled", "pre_empted", "doubt")),
        sa.UniqueConstraint("call_off_id", "agreement_id"),
    )
    op.execute(
        "INSERT INTO call_off_option (call_off_id, rank, agreement_id, parts_per_slot, phase, unit_price, currency,"
        " total_price, priority, reservation_id, state, fee)"
        " SELECT it.id, 1, it.agreement_id, it.parts_per_day, it.phase, it.unit_price, it.currency,"
        " it.total_price, terms.priority, it.reservation_id,"
        " CASE it.status WHEN 'completed' THEN 'won' WHEN 'cancelled' THEN 'cancelled' WHEN 'failed' THEN 'lost'"
        " ELSE 'trying' END, '0'"
        " FROM call_off AS it JOIN agreement_terms AS terms"
        " ON terms.agreement_id = it.agreement_id AND terms.phase = it.phase"
    )
    op.execute(
        "UPDATE capacity_reservation SET subject = subject || '/1'"
        " WHERE id IN (SELECT reservation_id FROM call_off_option)"
    )


def _call_offs() -> None:
    with op.batch_alter_table("call_off") as table:
        table.add_column(_text("pool_id", null=True))
        for name, most in (("kind", 10), ("method", 12), ("purpose", 12)):
            table.add_column(_text(name, most, null=True))
        table.add_column(_text("competition_id", null=True))
        table.add_column(_json("policy", null=True))
        table.add_column(_number("won_option", null=True))
        table.drop_constraint(op.f("ck_call_off_known_status"), type_="check")
    op.execute(
        "UPDATE call_off SET kind = 'tasking', method = 'direct', purpose = 'defence',"
        " pool_id = (SELECT pool_id FROM agreement WHERE agreement.id = call_off.agreement_id),"
        " won_option = CASE status WHEN 'completed' THEN 1 END"
    )
    op.drop_index(op.f("ix_call_off_agreement_id"), "call_off")
    with op.batch_alter_table("call_off") as table:
        for name, most in (("pool_id", None), ("kind", 10), ("method", 12), ("purpose", 12)):
            table.alter_column(name, existing_type=sqlmodel.sql.sqltypes.AutoString(length=most), nullable=False)
        for name in ("agreement_id", "reservation_id", "phase", "unit_price", "currency", "total_price"):
            table.drop_column(name)
        table.create_foreign_key(op.f("fk_call_off_pool_id"), "pool", ["pool_id"], ["id"])
        for name, values in (
            ("status", _CALL_OFF),
            ("kind", ("archive", "tasking", "service")),
            ("method", ("direct", "competition")),
            ("purpose", ("defence", "civil", "humanitarian")),
        ):
            table.create_check_constraint(op.f(f"ck_call_off_known_{name}"), _in(name, values))
    op.create_index(op.f("ix_call_off_pool_id"), "call_off", ["pool_id"])


def _orders() -> None:
    with op.batch_alter_table("supply_order") as table:
        table.add_column(_number("rank", null=True))
        table.add_column(_time("answer_due_at", null=True))
        table.add_column(_text("fee", 30, null=True))
        table.drop_constraint(op.f("ck_supply_order_known_step"), type_="check")
        table.drop_constraint(op.f("uq_supply_order_call_off_id"), type_="unique")
        table.drop_constraint(op.f("fk_supply_order_call_off_id"), type_="foreignkey")
    op.execute("UPDATE supply_order SET rank = 1")
    with op.batch_alter_table("supply_order") as table:
        table.alter_column("rank", existing_type=sa.Integer(), nullable=False)
        table.create_foreign_key(
            op.f("fk_supply_order_call_off_id_rank"),
            "call_off_option",
            ["call_off_id", "rank"],
            ["call_off_id", "rank"],
        )
        table.create_unique_constraint(op.f("uq_supply_order_call_off_id_rank"), ["call_off_id", "rank"])
        table.create_check_constraint(
            op.f("ck_supply_order_known_step"), _in("step", ("place", "follow", "cancel", "doubt", "closed"))
        )
    op.create_table(
        "order_attempt",
        *(_text("order_id", key=True, to="supply_order.id"), _number("number", key=True), _text("kind", 10)),
        *(_time("begun_at_wall"), _time("ended_at_wall", null=True), _text("outcome", 10, null=True)),
        _text("code", 100),
        _one_of("kind", ("find", "place", "status", "cancel", "deliveries")),
        _one_of("outcome", ("answered", "refused", "no_answer")),
    )


def _modes() -> None:
    """Everything until now was real. Who refers to something repeats its mode, and the database compares the two."""
    with _moded("marking") as table:
        table.create_check_constraint(op.f("ck_marking_known_mode"), "mode = 'real' OR mode LIKE 'exr%'")
        table.create_unique_constraint(op.f("uq_marking_id_mode"), ["id", "mode"])
    op.drop_index(op.f("ix_marking_reader_organisation_id"), "marking_reader")
    with _moded("marking_reader") as table:
        _refer(table, "marking_reader", "marking_id", "marking")
    op.create_index("ix_marking_reader_readable", "marking_reader", ["organisation_id", "mode", "marking_id"])
    with _moded("idempotency") as table:
        table.drop_constraint(op.f("pk_idempotency"), type_="primary")
        table.create_primary_key(op.f("pk_idempotency"), ["organisation_id", "mode", "key"])
    with _moded("service_key"):
        pass
    with _moded("endpoint") as table:
        table.create_unique_constraint(op.f("uq_endpoint_id_mode"), ["id", "mode"])
    with _moded("log_entry") as table:
        _refer(table, "log_entry", "marking_id", "marking")
        table.create_unique_constraint(op.f("uq_log_entry_id_mode"), ["id", "mode"])
    with _moded("message") as table:
        _refer(table, "message", "endpoint_id", "endpoint")
        _refer(table, "message", "entry_id", "log_entry")
    with _moded("mail") as table:
        table.create_check_constraint(op.f("ck_mail_no_exercise"), "mode = 'real'")
    with _moded("phase_declaration") as table:
        table.drop_constraint(op.f("uq_phase_declaration_pool_id_number"), type_="unique")
        table.create_unique_constraint(op.f("uq_phase_declaration_pool_id_mode_number"), ["pool_id", "mode", "number"])


@contextmanager
def _moded(name: str) -> Iterator[Any]:
    """`mode` in a table with rows in it: the default fills them and goes, so that the table is remade once."""
    kind = sqlmodel.sql.sqltypes.AutoString(length=40)
    op.add_column(name, sa.Column("mode", kind, nullable=False, server_default="real"))
    with op.batch_alter_table(name) as table:
        table.alter_column("mode", existing_type=kind, existing_nullable=False, server_default=None)
        yield table


def _refer(table: Any, name: str, column: str, to: str) -> None:
    table.drop_constraint(op.f(f"fk_{name}_{column}"), type_="foreignkey")
    table.create_foreign_key(op.f(f"fk_{name}_{column}_mode"), to, [column, "mode"], ["id", "mode"])


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


def _number(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    return _column(name, sa.Integer(), null, key, None)


def _json(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, _JSON, null, False, None)
