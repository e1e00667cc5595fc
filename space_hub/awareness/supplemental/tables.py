"""What is known of a supplemental element set beside its elements, which are a row of `element_set` like any other."""

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel


class SupplementalSet(SQLModel, table=True):
    """One set as received: whose it is, how good, and whether it counts. Its elements are never an object's current."""

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

    element_set_id: str = Field(primary_key=True, foreign_key="element_set.id")
    object_id: str = Field(foreign_key="space_object.id")
    data_source: str
    """Whose ephemeris was fitted, in the words of the source; empty when it does not say."""
    rms_km: float | None = Field(default=None)
    """What the fit left over, root mean square; empty when the source gives none."""
    standing: str
    """As of `selection.Standing`, judged beside the supplemental set nearest in epoch, or the catalogue's."""
    in_force: bool
    """It stands in the newest file that spoke of this object from this data source."""
