"""Supplemental element sets as rows: several for one object, each from a fit to what its operator published."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from space_hub.db import BIG


class SupplementalSet(SQLModel, table=True):
    """One set as received. Rows are added, and never changed but for whether they count and stand."""

    __tablename__ = "supplemental_set"
    __table_args__ = (
        Index(
            "ix_supplemental_set_in_force",
            "object_id",
            sqlite_where=text("in_force"),
            postgresql_where=text("in_force"),
        ),
        CheckConstraint("rms_km IS NULL OR rms_km >= 0", name="known_residual"),
    )

    id: str = Field(primary_key=True)
    object_id: str = Field(foreign_key="space_object.id", index=True)
    source_file_id: str = Field(foreign_key="source_file.id")
    line: int
    """Its line in the file, counted from 1."""
    content_hash: str = Field(max_length=64, unique=True)
    catalog_number: int = Field(sa_type=BIG)
    name: str
    international_designator: str
    epoch: datetime
    mean_motion_rev_day: float
    eccentricity: float
    inclination_deg: float
    raan_deg: float
    arg_perigee_deg: float
    mean_anomaly_deg: float
    bstar: float
    mean_motion_dot: float
    mean_motion_ddot: float
    classification: str
    ephemeris_type: int
    element_set_number: int
    revolution_at_epoch: int
    data_source: str
    """Whose ephemeris was fitted, in the words of the source; empty when it does not say."""
    rms_km: float | None = Field(default=None)
    """What the fit left over, root mean square; empty when the source gives none."""
    standing: str
    """As of `selection.Standing`, judged beside the supplemental set nearest in epoch, or the catalogue's."""
    departure_km: float | None = Field(default=None)
    in_force: bool
    """It stands in the newest file that spoke of this object from this data source."""
    received_at: datetime
