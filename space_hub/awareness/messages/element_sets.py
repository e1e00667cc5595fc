"""The element set of an object as an OMM: CSV and JSON in the columns of public catalogues, XML and KVN by CCSDS."""

import json

from sqlmodel import Session, col, select

from space_hub.awareness import catalogue
from space_hub.awareness.messages.conjunction import ORIGINATOR
from space_hub.awareness.messages.forms import OmmForm
from space_hub.awareness.tables import ElementSetRow, SourceFile
from space_hub.errors import NotFound
from space_hub.orbit.gp import to_omm_csv
from space_hub.orbit.ndm import write
from space_hub.orbit.ndm.elements import omm_message
from space_hub.trust import markings
from space_hub.trust.principal import Principal


def current(session: Session, principal: Principal, name: str | int) -> ElementSetRow:
    """The set that the hub goes by, of an object by its id or catalogue number.

    Raises NotFound: `awareness.object_unknown`; `awareness.no_element_set` where it has none that the asker may see.
    """
    object_id = catalogue.resolve(session, [name])[0]
    row = session.exec(
        select(ElementSetRow)
        .join(SourceFile, col(SourceFile.id) == col(ElementSetRow.source_file_id))
        .where(
            ElementSetRow.object_id == object_id,
            col(ElementSetRow.is_current),
            markings.visible(SourceFile.marking_id, principal),
        )
    ).first()
    if row is None:
        raise NotFound("awareness.no_element_set", object=name)
    return row


def text(row: ElementSetRow, form: OmmForm) -> str:
    """One set in a form; its message was created when the set was received, so that the bytes stay the same."""
    elements = catalogue.elements_of(row)
    if form == "csv":
        return to_omm_csv([elements])
    if form == "json":
        return f"{json.dumps([catalogue.omm(elements)], ensure_ascii=False)}\n"
    return write(omm_message(elements, row.received_at, ORIGINATOR), form)
