"""what each is told of supply at risk, and a settlement that all parties agree

A risk may concern a whole offering, and what is at risk is kept as each organisation
may know it. A joint buy has a horizon and a history, a settlement the consents of those
who pay and are paid. None of these tables had a writer before this revision.

Nothing of the product is imported: a revision says what was true when it was written.
"""

from typing import Any

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _risks()
    _joint_buys()
    _settlements()


def _risks() -> None:
    with op.batch_alter_table("offering_risk") as table:
        table.alter_column("asset_id", existing_type=sqlmodel.sql.sqltypes.AutoString(), nullable=True)
    where = sa.text("asset_id IS NULL")
    op.create_index(
        "ix_offering_risk_whole",
        "offering_risk",
        ["offering_id", "cause", "evidence_id", "episode"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.drop_table("commitment_risk")
    op.create_table(
        "commitment_risk",
        _text("agreement_id", key=True, to="agreement.id"),
        _text("organisation_id", key=True, to="organisation.id", index=True),
        *(_text("phase", 10, key=True), _big("slot_from", key=True), _big("slot_to"), _big("committed")),
        *(_big("expected_short"), _big("worst_short"), _column("is_bound", sa.Boolean())),
        *(_column("causes", _JSON), _time("computed_at"), _text("told_sha256", 64)),
        sa.CheckConstraint("phase IN ('peace', 'crisis', 'conflict')", name="known_phase"),
    )


def _joint_buys() -> None:
    with op.batch_alter_table("joint_buy") as table:
        for column in (
            *(_text("unit", 30), _column("months", sa.Integer()), _time("created_at")),
            _text("modality", 10, null=True),
        ):
            table.add_column(column)
    op.create_table(
        "joint_buy_entry",
        *_signed(),
        *(_text("joint_buy_id", key=True, to="joint_buy.id"), _column("number", sa.Integer(), key=True)),
        *(_text("event", 10), _text("state", 10), _text("reason", 1000)),
    )


def _settlements() -> None:
    with op.batch_alter_table("in_kind_entry") as table:
        for column in (_text("currency", 3), _time("confirmed_at", null=True)):
            table.add_column(column)
    with op.batch_alter_table("settlement") as table:
        table.add_column(_text("in_kind_share", 20))
    op.create_table(
        "settlement_consent",
        *_signed(),
        _text("settlement_id", key=True, to="settlement.id"),
        _text("organisation_id", key=True, to="organisation.id"),
    )


def _signed() -> list[sa.Column[Any]]:
    return [
        *(_text("by_organisation_id", to="organisation.id"), _text("by_key_id", 60)),
        *(_text("authority_name", 200), _text("authority_office", 200), _time("at")),
    ]


def _column(
    name: str, kind: Any, *, null: bool = False, key: bool = False, to: str | None = None, **more: bool
) -> sa.Column[Any]:
    reference = () if to is None else (sa.ForeignKey(to),)
    return sa.Column(name, kind, *reference, nullable=null, primary_key=key, autoincrement=False, **more)


def _text(
    name: str, most: int | None = None, *, null: bool = False, key: bool = False, to: str | None = None, **more: bool
) -> sa.Column[Any]:
    return _column(name, sqlmodel.sql.sqltypes.AutoString(length=most), null=null, key=key, to=to, **more)


def _big(name: str, *, key: bool = False) -> sa.Column[Any]:
    return _column(name, _BIG, key=key)


def _time(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, sqlmodel.sql.sqltypes.UTCDateTime(), null=null)
