"""claims looked at again

When the claims of a version were last held against orbits, and against which; when newer orbits closed a doubt.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sqlmodel.sql.sqltypes.UTCDateTime()
_TEXT = sqlmodel.sql.sqltypes.AutoString()


def upgrade() -> None:
    op.add_column("finding", sa.Column("closed_at", _TIME, nullable=True))
    op.add_column("finding", sa.Column("closed_for", _JSON, nullable=True))
    op.create_table(
        "claims_look",
        sa.Column("version_id", _TEXT, sa.ForeignKey("offering_version.id"), primary_key=True, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("sets", _JSON, nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
    )
