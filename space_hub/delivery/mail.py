"""Letters that wait to be sent, one row each.

A letter is written in the transaction that causes it and sent afterwards, so
that none is sent for what was rolled back and none is lost after a commit.
"""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from space_hub.db import JSON_TYPE, one_of


class Mail(SQLModel, table=True):
    __tablename__ = "mail"
    __table_args__ = (one_of("state", "waiting", "sent", "dead"),)

    id: str = Field(primary_key=True)
    to_address: str = Field(max_length=320)
    language: str = Field(max_length=2)
    template: str = Field(max_length=60)
    params: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """Of the sentences; None once the letter is sent or given up, because they may hold a code."""
    subject_ref: str = Field(max_length=80, index=True)
    """Id of what the letter is about."""
    state: str = Field(max_length=10)
    attempts: int = 0
    due_at_wall: datetime = Field(index=True)
    sent_at_wall: datetime | None = None
    error: str | None = Field(default=None, max_length=200)
    created_at: datetime
