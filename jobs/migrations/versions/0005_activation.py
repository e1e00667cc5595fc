"""reserves of an activation, and who was told of readiness"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString()


def upgrade() -> None:
    op.create_table(
        "activation_reserve",
        sa.Column("group_id", _TEXT, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("agreement_id", _TEXT, nullable=False),
        sa.Column("activation_id", _TEXT, nullable=True),
        sa.Column("mode", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.CheckConstraint(
            "(activation_id IS NULL) = (mode IS NULL)", name=op.f("ck_activation_reserve_asked_in_a_mode")
        ),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_activation_reserve_agreement_id")),
        sa.ForeignKeyConstraint(
            ["activation_id", "mode"],
            ["activation.id", "activation.mode"],
            name=op.f("fk_activation_reserve_activation_id_mode"),
        ),
        sa.PrimaryKeyConstraint("group_id", "rank", name=op.f("pk_activation_reserve")),
    )
    op.add_column(
        "readiness_evidence", sa.Column("holders_told_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True)
    )
    untold = sa.text("holders_told_at IS NULL")
    op.create_index(
        "ix_readiness_evidence_untold",
        "readiness_evidence",
        ["counts_at"],
        sqlite_where=untold,
        postgresql_where=untold,
    )
