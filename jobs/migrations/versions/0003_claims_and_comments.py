"""claims of register listings, comments beside questions

Who has signed an agreement before is a newcomer no longer. A wrong code names no
letter, so there was nothing to count tries on: the column goes.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sqlmodel.sql.sqltypes.UTCDateTime()
_STATES = ("open", "accepted", "contested", "refused", "withdrawn", "released")


def upgrade() -> None:
    _claims()
    _comments()
    _newcomers()
    with op.batch_alter_table("email_check") as table:
        table.drop_column("tries")


def _newcomers() -> None:
    provider = sa.table("provider", sa.column("id"), sa.column("newcomer", sa.Boolean()))
    agreement = sa.table("agreement", sa.column("provider_id"), sa.column("status"))
    signed = sa.select(agreement.c.provider_id).where(agreement.c.status.in_(["signed", "ended"]))
    op.execute(sa.update(provider).where(provider.c.id.in_(signed)).values(newcomer=False))


def _claims() -> None:
    op.create_table(
        "register_claim",
        sa.Column("id", _text(), primary_key=True, nullable=False),
        sa.Column("listing_id", _text(), sa.ForeignKey("register_listing.id"), nullable=False, index=True),
        sa.Column("provider_id", _text(), sa.ForeignKey("provider.id"), nullable=False, index=True),
        sa.Column("evidence_id", _text(), sa.ForeignKey("evidence.id"), nullable=True),
        sa.Column("grounds", _text(), nullable=False),
        sa.Column("state", _text(10), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("decided_at", _TIME, nullable=True),
        _one_of("state", _STATES),
    )
    taken = sa.text("state IN ('open', 'accepted', 'contested')")
    op.create_index(
        "ix_register_claim_taken",
        "register_claim",
        ["listing_id"],
        unique=True,
        sqlite_where=taken,
        postgresql_where=taken,
    )
    op.create_table(
        "register_claim_entry",
        sa.Column("claim_id", _text(), sa.ForeignKey("register_claim.id"), primary_key=True, nullable=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False, nullable=False),
        sa.Column("event", _text(10), nullable=False),
        sa.Column("state", _text(10), nullable=False),
        sa.Column("reasons", _JSON, nullable=False),
        sa.Column("by_organisation_id", _text(), sa.ForeignKey("organisation.id"), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )


def _comments() -> None:
    """What was asked before was a question."""
    with op.batch_alter_table("opportunity_question") as table:
        table.add_column(sa.Column("kind", _text(10), nullable=True))
    op.execute("UPDATE opportunity_question SET kind = 'question'")
    with op.batch_alter_table("opportunity_question") as table:
        table.alter_column("kind", existing_type=_text(10), nullable=False)
        table.create_check_constraint(op.f("ck_opportunity_question_known_kind"), "kind IN ('question', 'comment')")


def _text(most: int | None = None) -> sqlmodel.sql.sqltypes.AutoString:
    return sqlmodel.sql.sqltypes.AutoString(length=most)


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=f"known_{column}")
