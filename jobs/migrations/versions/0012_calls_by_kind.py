"""what each call to a source asked for

Calls so far asked for the one group of CelesTrak.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("source_call") as table:
        table.add_column(
            sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default="gp:active")
        )
        table.add_column(sa.Column("settled_at_wall", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    with op.batch_alter_table("source_call") as table:
        table.alter_column("kind", server_default=None)
