"""orders tried in turn

When an order was to be cancelled, when that was refused and when it ended; when a
call-off was won and when it is looked at again; what each answer charged; deliveries
that could not be taken.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sqlmodel.sql.sqltypes.UTCDateTime()


def upgrade() -> None:
    for table, columns in {
        "call_off": ("won_at", "look_at"),
        "supply_order": ("cancel_asked_at", "cancel_refused_at", "ended_at"),
    }.items():
        for column in columns:
            op.add_column(table, sa.Column(column, _TIME, nullable=True))
    op.add_column("order_attempt", sa.Column("fee", _text(40), nullable=True))
    op.create_index("ix_call_off_look_at", "call_off", ["look_at"])
    leased = sa.text("lease IS NOT NULL")
    op.create_index(
        "ix_supply_order_leased",
        "supply_order",
        ["leased_until_wall"],
        sqlite_where=leased,
        postgresql_where=leased,
    )
    op.create_table(
        "delivery_fault",
        sa.Column("order_id", _text(), sa.ForeignKey("supply_order.id"), primary_key=True, nullable=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False, nullable=False),
        sa.Column("supplier_reference", _text(200), nullable=True),
        sa.Column("code", _text(100), nullable=False),
        sa.Column("params", _JSON, nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    _ended()


def _ended() -> None:
    """What is over ended with the last word of its supplier, and a call-off was won then."""
    op.execute(
        "UPDATE supply_order SET ended_at = coalesce((SELECT max(at) FROM order_status_entry"
        " WHERE order_id = supply_order.id), created_at) WHERE step = 'closed'"
    )
    op.execute(
        "UPDATE call_off SET won_at = (SELECT max(ended_at) FROM supply_order"
        " WHERE call_off_id = call_off.id AND rank = call_off.won_option) WHERE won_option IS NOT NULL"
    )


def _text(length: int | None = None) -> sqlmodel.sql.sqltypes.AutoString:
    return sqlmodel.sql.sqltypes.AutoString(length=length)
