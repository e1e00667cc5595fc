"""What following encounters keeps beyond the looks of our own runs: other sources, their messages, contacts.

Distances are metres, speeds metres a second, ages hours, probabilities plain numbers; times are aware UTC.
What a source says belongs to the organisation that gave it, and its marking says who else reads it.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class Risk(SQLModel):
    """How likely a collision is, and what that rests on; empty as long as nobody has said or computed it.

    Columns of an assessment and not rows of their own: a week of the whole catalogue has 240,000 of them.
    """

    pc: float | None = Field(default=None)
    """Probability of collision; of a received message, as its source states it."""
    pc_max: float | None = Field(default=None)
    """The largest that any size of the covariance gives."""
    diluted: bool | None = Field(default=None)
    """The covariance is so large that a larger one lowers `pc`: a small value means "not known", not "safe"."""
    method: str | None = Field(default=None)
    """By which published method, in its word: `foster-1992`."""
    flags: str | None = Field(default=None)
    """What is known against the figure, words with a blank between: limits of the method's use that were passed, a
    covariance that was mended, an encounter that has no plane. Encounters of a run are not tested for all limits."""
    hard_body_radius_m: float | None = Field(default=None)
    """Both objects together."""
    radius_a_source: str | None = Field(default=None)
    radius_b_source: str | None = Field(default=None)
    """Where each object's radius is from: `stated`, `table`, `default`."""
    sigma_radial_m: float | None = Field(default=None)
    sigma_in_track_m: float | None = Field(default=None)
    sigma_cross_track_m: float | None = Field(default=None)
    """One standard deviation of the relative position, in the frame of its components."""
    sigma_a_source: str | None = Field(default=None)
    sigma_b_source: str | None = Field(default=None)
    """Where each covariance is from: `operator`, `history`, `table`; of a message, `calculated` or `default`."""
    sigma_a_samples: int | None = Field(default=None)
    sigma_b_samples: int | None = Field(default=None)
    """From how many differences, where it is from the object's history."""


class ReceivedMessage(SQLModel, table=True):
    """A message as it came, byte for byte; what it says of an encounter is a `SourceAssessment`."""

    __tablename__ = "received_message"
    __table_args__ = (UniqueConstraint("organisation_id", "sha256", name="uq_received_message_once"),)

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id")
    """Who gave it to the hub."""
    kind: str
    """`cdm`."""
    form: str
    """`kvn`, `xml` or `json`."""
    sha256: str = Field(max_length=64)
    text: str
    originator: str
    message_id: str
    """Both as the message has them."""
    stated_at: datetime | None = Field(default=None)
    """When it says that it was made."""
    received_at: datetime = Field(index=True)
    problem: str = Field(default="")
    """Why it stands alone, as a code: it names an object that the hub does not know; empty when it joined."""
    marking_id: str = Field(foreign_key="marking.id")


class SourceAssessment(Risk, table=True):
    """One look at a conjunction by another source than our runs. Object a is the conjunction's."""

    __tablename__ = "source_assessment"
    __table_args__ = (
        CheckConstraint("source IN ('cdm', 'oem', 'supgp')", name="known_source"),
        CheckConstraint("(source = 'cdm') = (message_id IS NOT NULL)", name="message_kept"),
    )

    id: str = Field(primary_key=True)
    conjunction_id: str = Field(foreign_key="conjunction.id", index=True)
    source: str
    originator: str
    """Who computed it: the originator of the message, the provider of the ephemeris."""
    organisation_id: str = Field(foreign_key="organisation.id")
    """Who gave it to the hub."""
    message_id: str | None = Field(default=None, foreign_key="received_message.id")
    stated_at: datetime | None = Field(default=None)
    received_at: datetime
    tca: datetime
    miss_distance_m: float
    relative_speed_m_s: float | None = Field(default=None)
    radial_m: float | None = Field(default=None)
    in_track_m: float | None = Field(default=None)
    cross_track_m: float | None = Field(default=None)
    """Object b relative to a, in a's radial, in-track, cross-track frame; empty when the source gives none."""
    age_a_h: float | None = Field(default=None)
    age_b_h: float | None = Field(default=None)
    """Age of what each orbit rests on, at TCA."""
    marking_id: str = Field(foreign_key="marking.id")


class ObjectContact(SQLModel, table=True):
    """An organisation agrees to be found when one of its objects meets another's. Without a row nobody is named."""

    __tablename__ = "object_contact"
    __table_args__ = (
        Index(
            "uq_object_contact_in_force",
            "object_id",
            "organisation_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    object_id: str = Field(foreign_key="space_object.id")
    name: str
    email: str
    phone: str = Field(default="")
    given_at: datetime
    withdrawn_at: datetime | None = Field(default=None)
    marking_id: str = Field(foreign_key="marking.id")
    """Who may see it."""
