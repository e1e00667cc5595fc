"""What stands of activations: who may read one, and what they bind."""

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from catalog.activation.states import BINDING
from catalog.activation.tables import ActivationRow
from space_hub.errors import Conflict, NotFound
from space_hub.trust import markings
from space_hub.trust.labels import REAL
from space_hub.trust.principal import Principal


def visible(principal: Principal) -> ColumnElement[bool]:
    """One's own, those of the pools one leads, and for a supplier those that it was notified of."""
    return markings.visible(ActivationRow.marking_id, principal)


def get(session: Session, principal: Principal, activation_id: str) -> ActivationRow:
    found = session.exec(select(ActivationRow).where(ActivationRow.id == activation_id, visible(principal))).first()
    if found is None:
        raise NotFound("activation.unknown", activation_id=activation_id)
    return found


def let_go(session: Session, agreement_id: str) -> None:
    """Refuse to free the parties of an agreement while one of its activations binds them. An exercise binds nobody."""
    binding = session.exec(
        select(ActivationRow.id).where(
            ActivationRow.agreement_id == agreement_id,
            ActivationRow.mode == REAL,
            col(ActivationRow.state).in_([each.value for each in BINDING]),
        )
    ).all()
    if binding:
        raise Conflict("activation.binds", count=len(binding))
