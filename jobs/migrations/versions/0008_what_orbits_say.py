"""what orbits say of a claim

A finding may be computed: from what, and for whose requirement where it was for one.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("finding") as table:
        table.add_column(sa.Column("basis", _JSON, nullable=True))
        table.add_column(sa.Column("requirement_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        table.drop_constraint(op.f("ck_finding_known_provenance"), type_="check")
        table.create_check_constraint(
            op.f("ck_finding_known_provenance"), "provenance IN ('tested', 'observed', 'computed')"
        )
        table.create_foreign_key(
            op.f("fk_finding_requirement_id_requirement"), "requirement", ["requirement_id"], ["id"]
        )
    op.create_index(op.f("ix_finding_requirement_id"), "finding", ["requirement_id"])
