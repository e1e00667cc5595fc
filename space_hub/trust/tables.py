"""The table that markings, keys and every other room point to."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Organisation(SQLModel, table=True):
    __tablename__ = "organisation"

    id: str = Field(primary_key=True)
    name: str = Field(max_length=200)
    kind: str = Field(max_length=32)
    nation: str = Field(max_length=2)
    """ISO 3166 alpha-2; empty only for the hub itself."""
    created_at: datetime
