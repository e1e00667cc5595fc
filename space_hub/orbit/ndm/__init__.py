"""CCSDS navigation data messages in and out: `read`, `write`, and typed views of what they say."""

from space_hub.orbit.ndm.message import Block, Comment, Entry, Form, Kind, Limits, Message, Remark, Row
from space_hub.orbit.ndm.reading import read, write

__all__ = ["Block", "Comment", "Entry", "Form", "Kind", "Limits", "Message", "Remark", "Row", "read", "write"]
