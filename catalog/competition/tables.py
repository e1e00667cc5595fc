"""Tables of competitions: openers, sealed quotes, the one opening and what was decided."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from catalog.competition.states import Event, State
from catalog.promise.signed import Signed
from space_hub.db import BIG, JSON_TYPE, one_of


class Opener(SQLModel, table=True):
    """A person who holds a key that quotes are sealed to; the key itself never comes here."""

    __tablename__ = "opener"

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    person_name: str = Field(max_length=200)
    key_id: str = Field(foreign_key="service_key.id")
    public_key: str = Field(max_length=64, unique=True)
    challenge_sha256: str = Field(max_length=64)
    confirmed_at: datetime | None = None
    retired_at: datetime | None = None


class Competition(Signed, table=True):
    """Criteria and notice are written once, when it is published."""

    __tablename__ = "competition"
    __table_args__ = (one_of("state", *State),)

    id: str = Field(primary_key=True)
    pool_id: str = Field(foreign_key="pool.id", index=True)
    lot_id: str = Field(foreign_key="pool_lot.id")
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    ask: dict[str, Any] = Field(sa_type=JSON_TYPE)
    criteria: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    notice: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    notice_sha256: str | None = Field(default=None, max_length=64)
    questions_until: datetime
    quotes_until: datetime = Field(index=True)
    standstill_s: int = Field(sa_type=BIG)
    opportunity_id: str | None = Field(default=None, foreign_key="opportunity.id")
    """Where the invited ask, and all read the same answer."""
    state: str = Field(max_length=12)
    opened_at: datetime | None = None
    awarded_at: datetime | None = None
    standstill_until: datetime | None = None


class CompetitionEntry(Signed, table=True):
    __tablename__ = "competition_entry"
    __table_args__ = (one_of("event", "draft", *Event), one_of("state", *State))

    competition_id: str = Field(primary_key=True, foreign_key="competition.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    event: str = Field(max_length=20)
    state: str = Field(max_length=12)
    reason: str = Field(default="", max_length=2000)


class CompetitionOpener(SQLModel, table=True):
    __tablename__ = "competition_opener"
    __table_args__ = (
        CheckConstraint("place BETWEEN 1 AND 5", name="known_place"),
        UniqueConstraint("competition_id", "opener_id"),
    )

    competition_id: str = Field(primary_key=True, foreign_key="competition.id")
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    opener_id: str = Field(foreign_key="opener.id")


class Invitation(SQLModel, table=True):
    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("competition_id", "provider_id"),)

    id: str = Field(primary_key=True)
    competition_id: str = Field(foreign_key="competition.id")
    provider_id: str = Field(foreign_key="provider.id", index=True)
    agreement_id: str = Field(foreign_key="agreement.id")
    sent_at: datetime


class SealedQuote(SQLModel, table=True):
    """One revision; only the highest that came before the deadline is ever opened."""

    __tablename__ = "sealed_quote"
    __table_args__ = (UniqueConstraint("invitation_id", "revision"),)

    id: str = Field(primary_key=True)
    invitation_id: str = Field(foreign_key="invitation.id")
    revision: int
    envelope: dict[str, Any] = Field(sa_type=JSON_TYPE)
    envelope_sha256: str = Field(max_length=64)
    received_at: datetime


class QuoteRelease(SQLModel, table=True):
    """An opener's shares, sealed again to the opener that goes on."""

    __tablename__ = "quote_release"

    competition_id: str = Field(primary_key=True, foreign_key="competition.id")
    opener_id: str = Field(primary_key=True, foreign_key="opener.id")
    to_opener_id: str = Field(primary_key=True, foreign_key="opener.id")
    shares: dict[str, Any] = Field(sa_type=JSON_TYPE)
    at: datetime


class CompetitionOpening(Signed, table=True):
    """A competition is opened once: its id is the key."""

    __tablename__ = "competition_opening"
    __table_args__ = (
        CheckConstraint("first_opener_id <> second_opener_id", name="two_openers"),
        CheckConstraint("authority_name <> ''", name="decided_by_somebody"),
    )

    competition_id: str = Field(primary_key=True, foreign_key="competition.id")
    first_opener_id: str = Field(foreign_key="opener.id")
    second_opener_id: str = Field(foreign_key="opener.id")
    opened: int
    unreadable: int


class OpenedQuote(SQLModel, table=True):
    __tablename__ = "opened_quote"

    quote_id: str = Field(primary_key=True, foreign_key="sealed_quote.id")
    competition_id: str = Field(foreign_key="competition.id", index=True)
    plain: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    fault: str | None = Field(default=None, max_length=100)
    plain_sha256: str | None = Field(default=None, max_length=64)


class QuoteScore(SQLModel, table=True):
    __tablename__ = "quote_score"

    quote_id: str = Field(primary_key=True, foreign_key="opened_quote.quote_id")
    criterion: str = Field(primary_key=True, max_length=40)
    value: str = Field(max_length=60)
    points: str = Field(max_length=20)
    rule: str = Field(max_length=200)
    """By which the points were given."""


class Award(Signed, table=True):
    __tablename__ = "award"

    id: str = Field(primary_key=True)
    competition_id: str = Field(foreign_key="competition.id", index=True)
    quote_id: str = Field(foreign_key="opened_quote.quote_id", unique=True)
    rank: int
    parts: int = Field(sa_type=BIG)
    total_points: str = Field(max_length=20)
    effective_at: datetime


class AwardShare(SQLModel, table=True):
    """How awards of a quarter fell; only cells of at least five suppliers and five awards."""

    __tablename__ = "award_share"
    __table_args__ = (
        one_of("dimension", "size_class", "nation", "newcomer"),
        CheckConstraint("awards >= 5", name="enough"),
    )

    period: str = Field(primary_key=True, max_length=7)
    dimension: str = Field(primary_key=True, max_length=12)
    value: str = Field(primary_key=True, max_length=20)
    awards: int
    amount: str = Field(max_length=40)
    currency: str = Field(max_length=3)
