"""element sets that were fitted to operators' ephemerides, beside the catalogue's"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.create_table(
        "supplemental_set",
        sa.Column("element_set_id", _TEXT(), sa.ForeignKey("element_set.id"), primary_key=True),
        sa.Column("object_id", _TEXT(), sa.ForeignKey("space_object.id"), nullable=False),
        sa.Column("data_source", _TEXT(), nullable=False),
        sa.Column("rms_km", sa.Float(), nullable=True),
        sa.Column("standing", _TEXT(), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.CheckConstraint("rms_km IS NULL OR rms_km >= 0", name="known_residual"),
    )
    in_force = sa.text("in_force")
    op.create_index(
        "ix_supplemental_set_in_force",
        "supplemental_set",
        ["object_id"],
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
