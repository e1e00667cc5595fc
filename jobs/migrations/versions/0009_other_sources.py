"""encounters that other sources tell of

Messages as they came, what they say of a conjunction, and who agreed to be found; the risk
beside the distance; conjunctions that no run has seen.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()


def upgrade() -> None:
    for column in _risk():
        op.add_column("assessment", column)
    _conjunctions()
    op.create_table(
        "received_message",
        _text("id", key=True),
        _text("organisation_id", to="organisation.id"),
        *(_text("kind"), _text("form"), _text("sha256", 64), _text("text")),
        *(_text("originator"), _text("message_id")),
        *(_time("stated_at", null=True), _time("received_at")),
        _text("problem"),
        _text("marking_id", to="marking.id"),
        sa.UniqueConstraint("organisation_id", "sha256", name=op.f("uq_received_message_once")),
    )
    op.create_index("ix_received_message_received_at", "received_message", ["received_at"])
    op.create_table(
        "source_assessment",
        *_risk(),
        _text("id", key=True),
        _text("conjunction_id", to="conjunction.id"),
        *(_text("source"), _text("originator")),
        _text("organisation_id", to="organisation.id"),
        _text("message_id", to="received_message.id", null=True),
        *(_time("stated_at", null=True), _time("received_at"), _time("tca")),
        _number("miss_distance_m", null=False),
        *(_number(name) for name in ("relative_speed_m_s", "radial_m", "in_track_m", "cross_track_m")),
        *(_number(name) for name in ("age_a_h", "age_b_h")),
        _text("marking_id", to="marking.id"),
        sa.CheckConstraint("source IN ('cdm', 'oem', 'supgp')", name=op.f("ck_source_assessment_known_source")),
        sa.CheckConstraint(
            "(source = 'cdm') = (message_id IS NOT NULL)", name=op.f("ck_source_assessment_message_kept")
        ),
    )
    op.create_index("ix_source_assessment_conjunction_id", "source_assessment", ["conjunction_id"])
    op.create_table(
        "object_contact",
        _text("id", key=True),
        *(_text("organisation_id", to="organisation.id"), _text("object_id", to="space_object.id")),
        *(_text("name"), _text("email"), _text("phone")),
        *(_time("given_at"), _time("withdrawn_at", null=True)),
        _text("marking_id", to="marking.id"),
    )
    op.create_index("ix_object_contact_organisation_id", "object_contact", ["organisation_id"])
    given = sa.text("withdrawn_at IS NULL")
    op.create_index(
        "uq_object_contact_in_force",
        "object_contact",
        ["object_id", "organisation_id"],
        unique=True,
        sqlite_where=given,
        postgresql_where=given,
    )


def _conjunctions() -> None:
    with op.batch_alter_table("conjunction") as table:
        for name in ("first_run_id", "latest_run_id"):
            table.alter_column(name, existing_type=sqlmodel.sql.sqltypes.AutoString(), nullable=True)
        table.add_column(sa.Column("joined_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        table.create_foreign_key(op.f("fk_conjunction_joined_id"), "conjunction", ["joined_id"], ["id"])
        table.create_check_constraint(
            op.f("ck_conjunction_runs_together"), "(first_run_id IS NULL) = (latest_run_id IS NULL)"
        )
        table.create_check_constraint(
            op.f("ck_conjunction_run_born_stays"), "first_run_id IS NULL OR joined_id IS NULL"
        )
    alone = sa.text("first_run_id IS NULL AND joined_id IS NULL")
    op.create_index("ix_conjunction_alone", "conjunction", ["tca"], sqlite_where=alone, postgresql_where=alone)


def _risk() -> list[sa.Column[object]]:
    return [
        *(_number("pc"), _number("pc_max")),
        sa.Column("diluted", sa.Boolean(), nullable=True),
        *(_text(name, null=True) for name in ("method", "flags")),
        _number("hard_body_radius_m"),
        *(_text(name, null=True) for name in ("radius_a_source", "radius_b_source")),
        *(_number(name) for name in ("sigma_radial_m", "sigma_in_track_m", "sigma_cross_track_m")),
        *(_text(name, null=True) for name in ("sigma_a_source", "sigma_b_source")),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("sigma_a_samples", "sigma_b_samples")),
    ]


def _text(
    name: str, length: int | None = None, *, key: bool = False, to: str | None = None, null: bool = False
) -> sa.Column[str]:
    points = () if to is None else (sa.ForeignKey(to),)
    kind = sqlmodel.sql.sqltypes.AutoString(length=length)
    return sa.Column(name, kind, *points, primary_key=key, nullable=null)


def _time(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, _TIME, nullable=null)


def _number(name: str, *, null: bool = True) -> sa.Column[float]:
    return sa.Column(name, sa.Float(), nullable=null)
