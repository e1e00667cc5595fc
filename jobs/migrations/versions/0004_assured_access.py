"""assured access

The ledger counts in slots, a call-off has ranked options, exercises stand apart from
what is real; and the tables of frameworks, activation, competition, deliveries and
settlement.

Nothing of the product is imported: a revision says what was true when it was written.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
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
_MATTERS = (
    *("application", "appeal", "debrief", "offering", "question"),
    *("claim", "comment", "register", "admission", "complaint"),
)
_CALL_OFF = ("held", "active", "cancelling", "cancelled", "waiting", "completed", "failed", "pre_empted")


def upgrade() -> None:
    _resources()
    _buckets()
    _reservations()
    _options()
    _call_offs()
    _orders()
    _modes()
    _matters()
    _more_of_pools()
    _more_of_capacity()
    _exercises()
    _activations()
    _more_at_risk()
    _deliveries()
    _competitions()
    _together()
    _ocds()


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


def _moded(name: str) -> AbstractContextManager[Any]:
    return _filled(name, (_text("mode", 40), "real"))


@contextmanager
def _filled(name: str, *columns: tuple[sa.Column[Any], Any]) -> Iterator[Any]:
    """Columns of a table with rows in it: the default fills them and goes, so that the table is remade once."""
    for column, default in columns:
        op.add_column(name, sa.Column(column.name, column.type, nullable=False, server_default=default))
    with op.batch_alter_table(name) as table:
        for column, _ in columns:
            table.alter_column(column.name, existing_type=column.type, existing_nullable=False, server_default=None)
        yield table


def _refer(table: Any, name: str, column: str, to: str) -> None:
    table.drop_constraint(op.f(f"fk_{name}_{column}"), type_="foreignkey")
    table.create_foreign_key(op.f(f"fk_{name}_{column}_mode"), to, [column, "mode"], ["id", "mode"])


def _matters() -> None:
    """Admission to a lot and complaints lie at the desk; the front desk takes what nobody else does."""
    with op.batch_alter_table("submission") as table:
        table.drop_constraint(op.f("ck_submission_known_kind"), type_="check")
        table.create_check_constraint(op.f("ck_submission_known_kind"), _in("kind", _MATTERS))
    office = sa.table("office", sa.column("id"), sa.column("matters", _JSON))
    front = op.get_bind().execute(sa.select(office.c.matters).where(office.c.id == "ofc_front_desk")).scalar()
    if front is not None:
        widened = [*front, "admission", "complaint"]
        op.execute(sa.update(office).where(office.c.id == "ofc_front_desk").values(matters=widened))


def _more_of_pools() -> None:
    op.create_table(
        "pool_lot",
        *(_text("id", key=True), _text("pool_id", to="pool.id"), _number("number"), _text("title_en", 200)),
        *(_text("title_fr", 200), _text("capability", 40, null=True), _text("unit", 30, null=True)),
        *(_text("bucket", 5), _text("ceiling", 40, null=True)),
        _one_of("bucket", ("hour", "day", "whole")),
        sa.UniqueConstraint("pool_id", "number"),
    )
    op.create_table(
        "pool_supplier",
        *(_text("id", key=True), _text("lot_id", to="pool_lot.id")),
        *(_text("provider_id", to="provider.id", index=True), _text("state", 10)),
        *(_text("submission_id", to="submission.id"), _time("decided_at", null=True)),
        _one_of("state", ("applied", "admitted", "refused", "suspended", "left", "removed")),
        sa.UniqueConstraint("lot_id", "provider_id"),
    )
    op.create_table(
        "pool_supplier_entry",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at")),
        *(_text("pool_supplier_id", key=True, to="pool_supplier.id"), _number("number", key=True)),
        *(_text("event", 10), _text("state", 10), _text("reason", 1000)),
        sa.CheckConstraint("event NOT IN ('refuse', 'suspend', 'remove') OR reason <> ''", name="with_reason"),
    )
    op.create_table(
        "pool_quota",
        _text("lot_id", key=True, to="pool_lot.id"),
        *(_text("organisation_id", key=True, to="organisation.id"), _number("year", key=True)),
        *(_text("resource", 80, to="capacity_resource.resource", unique=True), _big("granted")),
    )
    op.create_table(
        "quota_transfer",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at"), _text("id", key=True)),
        *(_text("lot_id", to="pool_lot.id", index=True), _number("year")),
        _text("from_organisation_id", to="organisation.id"),
        *(_text("to_organisation_id", to="organisation.id"), _big("parts")),
        sa.CheckConstraint("parts > 0", name="something"),
        sa.CheckConstraint("from_organisation_id <> to_organisation_id", name="to_another"),
    )
    _widen_pools()
    op.create_table(
        "award_reuse",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at"), _text("id", key=True)),
        *(_text("pool_id", to="pool.id", index=True), _text("agreement_id", to="agreement.id", unique=True)),
        *(_text("body_name", 200), _text("body_nation", 2), _text("award_reference", 200), _time("awarded_at")),
        *(_flag("by_competition"), _text("evidence_id", to="evidence.id"), _text("evidence_sha256", 64)),
        sa.CheckConstraint("by_competition", name="by_competition"),
    )


def _more_of_capacity() -> None:
    op.create_table(
        "preemption",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at"), _text("id", key=True)),
        _text("call_off_id", to="call_off.id", index=True),
        *(_text("agreement_id", to="agreement.id", index=True), _text("phase", 10), _json("order")),
        _text("order_sha256", 64),
        _one_of("phase", ("peace", "crisis", "conflict")),
    )
    op.create_table(
        "preempted",
        _text("preemption_id", key=True, to="preemption.id"),
        *(_text("call_off_id", key=True, to="call_off.id", unique=True), _big("parts"), _big("first_slot")),
        *(_big("last_slot"), _text("compensation", 40), _text("currency", 3)),
    )
    op.create_table(
        "replan",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at"), _text("id", key=True)),
        *(_text("resource", 80, to="capacity_resource.resource", index=True), _text("cause", 20)),
        *(_text("evidence_id", 80), _json("capacities"), _number("kept"), _number("dropped")),
    )


def _exercises() -> None:
    op.create_table(
        "exercise",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at"), _text("id", key=True)),
        *(_text("name", 200), _text("pool_id", to="pool.id", index=True)),
        *(_text("lead_organisation_id", to="organisation.id"), _time("opens_at"), _time("closes_at")),
        *(_big("seed"), _json("scenario"), _text("state", 8), _json("report", null=True)),
        _text("report_sha256", 64, null=True),
        _one_of("state", ("planned", "running", "closed")),
        sa.CheckConstraint("id LIKE 'exr%'", name="named_as_a_mode"),
        sa.CheckConstraint("closes_at > opens_at", name="period"),
    )
    op.create_table(
        "exercise_participant",
        _text("exercise_id", key=True, to="exercise.id"),
        _text("organisation_id", key=True, to="organisation.id", index=True),
        _time("accepted_at", null=True),
    )


def _activations() -> None:
    op.create_table(
        "activation",
        *(_text("id", key=True), _text("mode", 40), _text("exercise_id", null=True, to="exercise.id")),
        *(_text("agreement_id", to="agreement.id", index=True), _text("phase", 10)),
        *(_text("group_id", null=True, index=True), _text("state", 14), _big("requested_parts")),
        *(_big("approved_parts", null=True), _big("accepted_parts", null=True), _big("available_parts")),
        *(_time("notified_at", null=True), _text("next_clock", 20, null=True)),
        *(_time("next_due_at", null=True, index=True), _json("missed"), _text("marking_id", index=True)),
        sa.ForeignKeyConstraint(["marking_id", "mode"], ["marking.id", "marking.mode"]),
        sa.CheckConstraint(
            "accepted_parts IS NULL OR (accepted_parts > 0 AND accepted_parts <= approved_parts)", name="accepted"
        ),
        sa.CheckConstraint(
            "approved_parts IS NULL OR (approved_parts > 0 AND approved_parts <= requested_parts)", name="approved"
        ),
        sa.CheckConstraint("exercise_id IS NULL OR exercise_id = mode", name="exercise_is_mode"),
        sa.CheckConstraint("(mode = 'real') = (exercise_id IS NULL)", name="exercise_named"),
        _one_of("phase", ("peace", "crisis", "conflict")),
        _one_of(
            "state",
            (
                "requested",
                "half_approved",
                "notified",
                "acknowledged",
                "ramping",
                "late",
                "at_capacity",
                "rejected",
                "withdrawn",
                "refused",
                "stood_down",
            ),
        ),
        sa.UniqueConstraint("id", "mode"),
    )
    _index(
        "ix_activation_open",
        "activation",
        ["agreement_id", "phase", "mode"],
        where="state NOT IN ('refused', 'rejected', 'stood_down', 'withdrawn')",
        unique=True,
    )
    op.create_table(
        "activation_entry",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at")),
        *(_text("activation_id", key=True, to="activation.id"), _number("number", key=True)),
        *(_text("event", 12), _text("state", 14), _text("clock", 20, null=True), _time("due_at", null=True)),
        *(_big("late_s", null=True), _big("parts", null=True), _text("reason", 1000)),
        sa.CheckConstraint("event <> 'approve' OR authority_name <> ''", name="approved_by_somebody"),
        _one_of(
            "event",
            (
                "request",
                "approve",
                "reject",
                "withdraw",
                "acknowledge",
                "refuse_part",
                "refuse",
                "ramp",
                "reach",
                "miss",
                "fall_short",
                "stand_down",
            ),
        ),
        _one_of(
            "state",
            (
                "requested",
                "half_approved",
                "notified",
                "acknowledged",
                "ramping",
                "late",
                "at_capacity",
                "rejected",
                "withdrawn",
                "refused",
                "stood_down",
            ),
        ),
        sa.CheckConstraint("event NOT IN ('refuse', 'reject') OR reason <> ''", name="with_reason"),
    )
    op.create_table(
        "readiness_evidence",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at"), _text("id", key=True)),
        *(_text("provider_id", to="provider.id", index=True), _text("agreement_id", to="agreement.id")),
        *(_text("phase", 10), _text("source", 10), _text("source_sha256", 64), _big("promised_s")),
        *(_big("measured_s", null=True), _big("parts_promised"), _big("parts_reached"), _text("outcome", 8)),
        *(_time("happened_at"), _text("reply", 4000), _time("reply_at", null=True), _time("counts_at")),
        _one_of("outcome", ("met", "late", "short", "refused", "excused")),
        _one_of("phase", ("peace", "crisis", "conflict")),
        _one_of("source", ("drill", "activation")),
        sa.UniqueConstraint("agreement_id", "source_sha256"),
    )


def _more_at_risk() -> None:
    op.create_table(
        "cut_off",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at"), _text("id", key=True)),
        *(_text("agreement_id", to="agreement.id", index=True), _json("authority"), _big("parts_left")),
        *(_time("from_at"), _time("until_at", null=True), _text("reason", 1000)),
        _text("marking_id", to="marking.id", index=True),
    )
    op.create_table(
        "commitment_risk",
        *(_text("agreement_id", key=True, to="agreement.id"), _text("phase", 10, key=True)),
        *(_big("slot_from", key=True), _big("slot_to"), _big("committed"), _big("expected_short")),
        *(_big("worst_short"), _json("causes"), _time("computed_at"), _text("told_sha256", 64)),
        _one_of("phase", ("peace", "crisis", "conflict")),
    )
    with _filled("outage", (_text("kind", 12), "failure"), (_text("loss_share", 20), "1")) as table:
        table.create_check_constraint(
            op.f("ck_outage_known_kind"), _in("kind", ("failure", "manoeuvre", "maintenance"))
        )
    for column in (_real("probability", null=True), _time("from_at", null=True), _time("until_at", null=True)):
        op.add_column("offering_risk", column)
    flag = (_flag("probability_is_bound"), sa.false())
    with _filled("offering_risk", flag, (_real("loss_share"), sa.text("1"))) as table:
        table.drop_constraint(op.f("ck_offering_risk_known_cause"), type_="check")
        causes = ("conjunction", "decay", "outage", "manoeuvre", "withdrawal", "cut_off")
        table.create_check_constraint(op.f("ck_offering_risk_known_cause"), _in("cause", causes))


def _deliveries() -> None:
    op.create_table(
        "delivery",
        *(_text("id", key=True), _text("order_id", to="supply_order.id"), _number("number")),
        *(_text("supplier_reference", 200), _big("parts"), _time("supplier_at", null=True), _time("noted_at")),
        *(_big("latency_s", null=True), _json("links"), _json("quality"), _text("state", 10)),
        *(_time("acceptance_due_at", index=True), _text("reason", 1000)),
        _one_of("state", ("delivered", "accepted", "rejected", "deemed")),
        sa.UniqueConstraint("order_id", "supplier_reference"),
    )
    op.create_table(
        "delivery_entry",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at")),
        *(_text("delivery_id", key=True, to="delivery.id"), _number("number", key=True), _text("event", 10)),
        *(_text("state", 10), _text("reason", 1000)),
    )
    op.create_table(
        "service_credit",
        *(_text("order_id", key=True, to="supply_order.id"), _text("metric", 14, key=True)),
        *(_text("measured", 40), _text("promised", 40), _text("share", 20), _text("amount", 40)),
        *(_text("currency", 3), _time("at")),
        _one_of("metric", ("response_time", "latency", "availability", "quantity")),
    )


def _competitions() -> None:
    op.create_table(
        "opener",
        *(_text("id", key=True), _text("organisation_id", to="organisation.id", index=True)),
        *(_text("person_name", 200), _text("key_id", to="service_key.id")),
        *(_text("public_key", 64, unique=True), _text("challenge_sha256", 64)),
        *(_time("confirmed_at", null=True), _time("retired_at", null=True)),
    )
    op.create_table(
        "competition",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at"), _text("id", key=True)),
        *(_text("pool_id", to="pool.id", index=True), _text("lot_id", to="pool_lot.id")),
        *(_text("organisation_id", to="organisation.id", index=True), _json("ask"), _json("criteria")),
        *(_json("notice", null=True), _text("notice_sha256", 64, null=True), _time("questions_until")),
        *(_time("quotes_until", index=True), _big("standstill_s")),
        *(_text("opportunity_id", null=True, to="opportunity.id"), _text("state", 12)),
        *(_time("opened_at", null=True), _time("awarded_at", null=True), _time("standstill_until", null=True)),
        _one_of("state", ("draft", "open", "closed", "opened", "standstill", "awarded", "unsuccessful", "cancelled")),
    )
    op.create_table(
        "competition_entry",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at")),
        *(_text("competition_id", key=True, to="competition.id"), _number("number", key=True)),
        *(_text("event", 20), _text("state", 12), _text("reason", 2000)),
        _one_of(
            "event",
            (
                "draft",
                "publish",
                "cancel",
                "close",
                "release",
                "open",
                "no_quote",
                "decide",
                "none_fits",
                "complaint_accepted",
                "standstill_over",
            ),
        ),
        _one_of("state", ("draft", "open", "closed", "opened", "standstill", "awarded", "unsuccessful", "cancelled")),
    )
    op.create_table(
        "competition_opener",
        *(_text("competition_id", key=True, to="competition.id"), _number("place", key=True)),
        _text("opener_id", to="opener.id"),
        sa.CheckConstraint("place BETWEEN 1 AND 5", name="known_place"),
        sa.UniqueConstraint("competition_id", "opener_id"),
    )
    op.create_table(
        "invitation",
        *(_text("id", key=True), _text("competition_id", to="competition.id")),
        *(_text("provider_id", to="provider.id", index=True), _text("agreement_id", to="agreement.id")),
        _time("sent_at"),
        sa.UniqueConstraint("competition_id", "provider_id"),
    )
    op.create_table(
        "sealed_quote",
        *(_text("id", key=True), _text("invitation_id", to="invitation.id"), _number("revision")),
        *(_json("envelope"), _text("envelope_sha256", 64), _time("received_at")),
        sa.UniqueConstraint("invitation_id", "revision"),
    )
    op.create_table(
        "quote_release",
        *(_text("competition_id", key=True, to="competition.id"), _text("opener_id", key=True, to="opener.id")),
        *(_text("to_opener_id", key=True, to="opener.id"), _json("shares"), _time("at")),
    )
    op.create_table(
        "competition_opening",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at")),
        *(_text("competition_id", key=True, to="competition.id"), _text("first_opener_id", to="opener.id")),
        *(_text("second_opener_id", to="opener.id"), _number("opened"), _number("unreadable")),
        sa.CheckConstraint("authority_name <> ''", name="decided_by_somebody"),
        sa.CheckConstraint("first_opener_id <> second_opener_id", name="two_openers"),
    )
    op.create_table(
        "opened_quote",
        _text("quote_id", key=True, to="sealed_quote.id"),
        *(_text("competition_id", to="competition.id", index=True), _json("plain", null=True)),
        *(_text("fault", 100, null=True), _text("plain_sha256", 64, null=True)),
    )
    op.create_table(
        "quote_score",
        *(_text("quote_id", key=True, to="opened_quote.quote_id"), _text("criterion", 40, key=True)),
        *(_text("value", 60), _text("points", 20), _text("rule", 200)),
    )
    op.create_table(
        "award",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at"), _text("id", key=True)),
        _text("competition_id", to="competition.id", index=True),
        *(_text("quote_id", to="opened_quote.quote_id", unique=True), _number("rank"), _big("parts")),
        *(_text("total_points", 20), _time("effective_at")),
    )
    op.create_table(
        "award_share",
        *(_text("period", 7, key=True), _text("dimension", 12, key=True), _text("value", 20, key=True)),
        *(_number("awards"), _text("amount", 40), _text("currency", 3)),
        sa.CheckConstraint("awards >= 5", name="enough"),
        _one_of("dimension", ("size_class", "nation", "newcomer")),
    )


def _together() -> None:
    op.create_table(
        "joint_buy",
        *(_text("id", key=True), _text("pool_id", to="pool.id", index=True)),
        *(_text("lead_organisation_id", to="organisation.id"), _text("capability", 40), _text("title_en", 200)),
        *(_text("title_fr", 200), _text("share_method", 10), _text("currency", 3), _text("state", 10)),
        _one_of("share_method", ("use", "quota", "shapley")),
        _one_of("state", ("gathering", "priced", "agreed", "settled", "dropped")),
    )
    op.create_table(
        "joint_need",
        _text("joint_buy_id", key=True, to="joint_buy.id"),
        *(_text("organisation_id", key=True, to="organisation.id", index=True), _big("parts")),
        *(_text("phase", 10), _time("window_from"), _time("window_to")),
        *(_text("requirement_id", null=True, to="requirement.id"), _time("consented_at", null=True)),
        _one_of("phase", ("peace", "crisis", "conflict")),
    )
    op.create_table(
        "joint_option",
        *(_text("joint_buy_id", key=True, to="joint_buy.id"), _text("modality", 10, key=True), _json("breaks")),
        *(_text("fixed", 40), _number("months"), _text("source", 500)),
    )
    op.create_table(
        "cost_share",
        *(_text("joint_buy_id", key=True, to="joint_buy.id"), _text("modality", 10, key=True)),
        *(_text("organisation_id", key=True, to="organisation.id"), _text("alone", 40), _text("together", 40)),
        *(_text("share", 40), _text("stderr", 40, null=True), _text("method", 10), _text("inputs_sha256", 64)),
        _one_of("method", ("use", "quota", "shapley")),
    )
    op.create_table(
        "in_kind_entry",
        *(_text("id", key=True), _text("pool_id", to="pool.id", index=True)),
        _text("from_organisation_id", to="organisation.id"),
        *(_text("to_organisation_id", to="organisation.id"), _text("service", 200), _text("quantity", 40)),
        *(_text("rate", 40), _text("equivalents", 40), _time("at"), _text("confirmed_by", 60, null=True)),
        sa.CheckConstraint("from_organisation_id <> to_organisation_id", name="to_another"),
    )
    op.create_table(
        "settlement",
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at"), _text("id", key=True)),
        *(_text("pool_id", to="pool.id", index=True), _time("period_from"), _time("period_to")),
        *(_text("currency", 3), _text("state", 8), _text("sha256", 64)),
        _one_of("state", ("draft", "agreed", "paid")),
        sa.CheckConstraint("period_to > period_from", name="period"),
    )
    op.create_table(
        "settlement_line",
        *(_text("settlement_id", key=True, to="settlement.id"), _number("number", key=True)),
        *(_text("payer_id", to="organisation.id"), _text("payee_id", to="organisation.id"), _text("kind", 12)),
        *(_text("subject", 80), _text("amount", 40)),
        _one_of("kind", ("use", "share", "guarantee", "cancel_fee", "credit", "compensation", "in_kind", "rounding")),
    )


def _ocds() -> None:
    op.create_table(
        "ocds_release",
        *(_text("ocid", 100, key=True), _number("number", key=True), _text("tag", 30), _json("body")),
        *(_text("body_sha256", 64), _text("subject", 80, index=True), _text("audience", 6), _time("at")),
        _one_of("audience", ("buyer", "pool", "public")),
    )


def _widen_pools() -> None:
    """Every pool gets its lot 1, and every agreement stands in it. What was not agreed is not made up."""
    for column in (
        *(_text("method", 20, null=True), _json("buyer_nations", null=True), _time("period_from", null=True)),
        *(_time("period_to", null=True), _text("ceiling", 40, null=True), _text("currency", 3, null=True)),
    ):
        op.add_column("pool", column)
    with _filled(
        "pool",
        (_text("kind", 10), "pool"),
        (_flag("open_to_buyers"), sa.false()),
        (_number("admission_days"), sa.text("10")),
        (_text("state", 6), "open"),
    ) as table:
        for name, check in (
            ("known_kind", _in("kind", ("pool", "framework"))),
            ("known_method", _in("method", ("without_competition", "with_competition", "mixed"))),
            ("known_state", _in("state", ("open", "closed"))),
            ("admission_days", "admission_days BETWEEN 1 AND 30"),
            ("period", "period_to > period_from"),
            ("ceiling_in_a_currency", "ceiling IS NULL OR currency IS NOT NULL"),
        ):
            table.create_check_constraint(op.f(f"ck_pool_{name}"), check)
    op.execute(
        "INSERT INTO pool_lot (id, pool_id, number, title_en, title_fr, bucket)"
        " SELECT 'lot_' || substr(id, 5), id, 1, name, name, 'day' FROM pool"
    )
    for column in (_json("nations", null=True), _json("area", null=True), _time("until", null=True)):
        op.add_column("phase_declaration", column)
    for column in (
        *(_text("lot_id", null=True), _text("competition_id", null=True)),
        *(_text("minimum_guarantee", 40, null=True), _text("ceiling", 40, null=True)),
    ):
        op.add_column("agreement", column)
    op.execute("UPDATE agreement SET lot_id = 'lot_' || substr(pool_id, 5)")
    with _filled("agreement", (_text("bucket", 5), "day"), (_text("origin", 12), "direct")) as table:
        table.alter_column("lot_id", existing_type=sqlmodel.sql.sqltypes.AutoString(), nullable=False)
        table.create_foreign_key(op.f("fk_agreement_lot_id"), "pool_lot", ["lot_id"], ["id"])
        for name, check in (
            ("known_bucket", _in("bucket", ("hour", "day"))),
            ("known_origin", _in("origin", ("direct", "competition", "reuse"))),
            ("competition_named", "origin <> 'competition' OR competition_id IS NOT NULL"),
        ):
            table.create_check_constraint(op.f(f"ck_agreement_{name}"), check)
    op.create_index(op.f("ix_agreement_lot_id"), "agreement", ["lot_id"])
    for column in (
        *(_text("fleet_share", 20, null=True), _json("cut_off_authorities", null=True)),
        *(_json("refund", null=True), _json("cancellation", null=True)),
    ):
        op.add_column("agreement_terms", column)
    with _filled(
        "agreement_terms",
        (_text("basis", 14), "quantity"),
        (_text("activation", 8), "none"),
        (_big("acknowledge_s"), sa.text("0")),
        *((_flag(name), sa.false()) for name in ("can_pre_empt", "preemptible", "deny_others")),
        *((_json(name), "[]") for name in ("ramp", "sla", "insurance", "indemnity", "incentives")),
    ) as table:
        for name, check in (
            ("known_basis", _in("basis", ("quantity", "share_of_fleet"))),
            ("known_activation", _in("activation", ("none", "required"))),
            ("time_to_acknowledge", "activation = 'none' OR acknowledge_s > 0"),
            ("deny_is_exclusive", "NOT deny_others OR exclusivity <> 'none'"),
        ):
            table.create_check_constraint(op.f(f"ck_agreement_terms_{name}"), check)


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


def _real(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, sa.Float(), null, False, None)


def _flag(name: str) -> sa.Column[Any]:
    return _column(name, sa.Boolean(), False, False, None)


def _json(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, _JSON, null, False, None)
