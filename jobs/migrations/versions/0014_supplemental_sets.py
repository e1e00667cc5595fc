"""element sets that were fitted to operators' ephemerides, beside the catalogue's"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TEXT, _TIME = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
_ELEMENTS = (
    *("mean_motion_rev_day", "eccentricity", "inclination_deg", "raan_deg", "arg_perigee_deg", "mean_anomaly_deg"),
    *("bstar", "mean_motion_dot", "mean_motion_ddot"),
)


def upgrade() -> None:
    op.create_table(
        "supplemental_set",
        sa.Column("id", _TEXT(), primary_key=True),
        sa.Column("object_id", _TEXT(), sa.ForeignKey("space_object.id"), nullable=False),
        sa.Column("source_file_id", _TEXT(), sa.ForeignKey("source_file.id"), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("content_hash", _TEXT(length=64), nullable=False, unique=True),
        sa.Column("catalog_number", sa.BigInteger(), nullable=False),
        *(sa.Column(name, _TEXT(), nullable=False) for name in ("name", "international_designator")),
        sa.Column("epoch", _TIME(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in _ELEMENTS),
        sa.Column("classification", _TEXT(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("ephemeris_type", "element_set_number", "revolution_at_epoch")
        ),
        sa.Column("data_source", _TEXT(), nullable=False),
        sa.Column("rms_km", sa.Float(), nullable=True),
        sa.Column("standing", _TEXT(), nullable=False),
        sa.Column("departure_km", sa.Float(), nullable=True),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("received_at", _TIME(), nullable=False),
        sa.CheckConstraint("rms_km IS NULL OR rms_km >= 0", name="known_residual"),
    )
    op.create_index("ix_supplemental_set_object_id", "supplemental_set", ["object_id"])
    in_force = sa.text("in_force")
    op.create_index(
        "ix_supplemental_set_in_force",
        "supplemental_set",
        ["object_id"],
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
