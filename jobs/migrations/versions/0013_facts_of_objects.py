"""what satellite catalogues say of objects, and watches over owners and names"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TEXT, _TIME = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "object_facts",
        sa.Column("object_id", _TEXT(), sa.ForeignKey("space_object.id"), primary_key=True),
        sa.Column("valid_from", _TIME(), primary_key=True),
        sa.Column("valid_to", _TIME(), nullable=True),
        *(sa.Column(name, _TEXT(), nullable=False) for name in ("object_type", "owner", "activity")),
        *(sa.Column(name, sa.Date(), nullable=True) for name in ("launched_on", "decayed_on")),
        sa.Column("rcs_m2", sa.Float(), nullable=True),
        sa.Column("rcs_size", _TEXT(), nullable=False),
        sa.Column("source_file_id", _TEXT(), sa.ForeignKey("source_file.id"), nullable=False),
    )
    in_force = sa.text("valid_to IS NULL")
    op.create_index(
        "uq_object_facts_in_force",
        "object_facts",
        ["object_id"],
        unique=True,
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
    op.create_index("ix_object_facts_owner", "object_facts", ["owner"])
    op.create_table(
        "watch_group",
        sa.Column("watch_id", _TEXT(), sa.ForeignKey("watch.id"), primary_key=True),
        sa.Column("kind", _TEXT(), primary_key=True),
        sa.Column("value", _TEXT(), primary_key=True),
    )
