"""joint matches

Several needs planned as one, and whoever may read it.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "joint_match",
        sa.Column("id", _text(), primary_key=True, nullable=False),
        sa.Column("organisation_id", _text(), sa.ForeignKey("organisation.id"), nullable=False),
        sa.Column("joint_buy_id", _text(), sa.ForeignKey("joint_buy.id"), nullable=True),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("inputs_sha256", _text(64), nullable=False),
        sa.Column("record_sha256", _text(64), nullable=False),
        sa.Column("covered", sa.Boolean(), nullable=False),
        *(sa.Column(name, _JSON, nullable=False) for name in ("inputs", "result", "contents")),
        sa.Column("marking_id", _text(), sa.ForeignKey("marking.id"), nullable=False),
    )
    for column in ("organisation_id", "joint_buy_id", "marking_id"):
        op.create_index(op.f(f"ix_joint_match_{column}"), "joint_match", [column])


def _text(length: int | None = None) -> sqlmodel.sql.sqltypes.AutoString:
    return sqlmodel.sql.sqltypes.AutoString(length=length)
