"""Columns of a decision that somebody made and somebody else may question later."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Signed(SQLModel):
    """Who did it with which key, and the authority that decided, where one had to."""

    by_organisation_id: str = Field(foreign_key="organisation.id")
    by_key_id: str = Field(max_length=60)
    authority_name: str = Field(default="", max_length=200)
    authority_office: str = Field(default="", max_length=200)
    at: datetime
