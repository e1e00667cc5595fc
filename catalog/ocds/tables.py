"""Table of releases in the Open Contracting Data Standard: written once, never changed."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from space_hub.db import JSON_TYPE, one_of


class OcdsRelease(SQLModel, table=True):
    __tablename__ = "ocds_release"
    __table_args__ = (one_of("audience", "buyer", "pool", "public"),)

    ocid: str = Field(primary_key=True, max_length=100)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    tag: str = Field(max_length=30)
    body: dict[str, Any] = Field(sa_type=JSON_TYPE)
    body_sha256: str = Field(max_length=64)
    subject: str = Field(max_length=80, index=True)
    audience: str = Field(default="buyer", max_length=6)
    at: datetime
