"""watches by probability, and how old a run's news is

Levels by each watch's own thresholds; when the source published what a run rests on; the looks of a run by probability.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_USUAL = {"pc_red": "0.0001", "pc_amber": "1e-05", "pc_floor": "1e-07"}


def upgrade() -> None:
    for name, usual in _USUAL.items():
        op.add_column("watch", sa.Column(name, sa.Float(), nullable=False, server_default=usual))
    op.add_column("watch", _word("level_from"))
    op.add_column("alert", _word("level"))
    op.add_column("alert", sa.Column("pc", sa.Float(), nullable=True))
    op.add_column("source_file", sa.Column("published_at", _TIME, nullable=True))
    op.add_column("run", sa.Column("source_at", _TIME, nullable=True))
    op.add_column("run", _word("source_basis"))
    op.add_column("run", sa.Column("stages_s", _JSON, nullable=True))
    risky = sa.text("pc >= 1e-05")
    op.create_index(
        "ix_assessment_run_pc",
        "assessment",
        ["run_id", "co_located", "pc", "conjunction_id"],
        sqlite_where=risky,
        postgresql_where=risky,
    )


def _word(name: str) -> sa.Column[str]:
    return sa.Column(name, sqlmodel.sql.sqltypes.AutoString(), nullable=True)
