"""Table of releases in the Open Contracting Data Standard: written once, never changed."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from catalog.ocds.audiences import Audience
from space_hub.db import JSON_TYPE, one_of


class OcdsRelease(SQLModel, table=True):
    __tablename__ = "ocds_release"
    __table_args__ = (one_of("audience", *Audience),)

    ocid: str = Field(primary_key=True, max_length=100)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    tag: str = Field(max_length=30)
    body: dict[str, Any] = Field(sa_type=JSON_TYPE)
    body_sha256: str = Field(max_length=64)
    subject: str = Field(max_length=80, index=True)
    """The occasion that it tells: each is told once."""
    audience: str = Field(default=Audience.BUYER.value, max_length=6)
    at: datetime
