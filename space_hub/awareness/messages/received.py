"""Messages that others gave to the hub, as they came."""

import hashlib
from dataclasses import dataclass

from sqlmodel import Session, select

from space_hub.awareness.following.tables import ReceivedMessage
from space_hub.errors import NotFound
from space_hub.trust import markings
from space_hub.trust.principal import Principal

_MARK = b"\xef\xbb\xbf"
"""What some put before text in UTF-8. It is no part of the text that is kept, but of the bytes that came."""


@dataclass(frozen=True, slots=True)
class Original:
    form: str
    """`kvn`, `xml` or `json`."""
    data: bytes


def original(session: Session, principal: Principal, message_id: str) -> Original:
    """The bytes that came, for who may see the message; NotFound `conjunction.message_unknown` for all others."""
    row = session.exec(
        select(ReceivedMessage).where(
            ReceivedMessage.id == message_id, markings.visible(ReceivedMessage.marking_id, principal)
        )
    ).first()
    if row is None:
        raise NotFound("conjunction.message_unknown", message=message_id)
    text = row.text.encode()
    marked = hashlib.sha256(text).hexdigest() != row.sha256
    return Original(row.form, _MARK + text if marked else text)
