"""What stands of activations: who may read one, what they bind, and what may be ordered by them."""

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, select

from catalog.activation.rules import Activation
from catalog.activation.service import book
from catalog.activation.states import BINDING, FINAL
from catalog.activation.tables import ActivationRow
from space_hub.errors import Conflict, NotFound
from space_hub.trust import markings
from space_hub.trust.labels import REAL
from space_hub.trust.principal import Principal
from space_hub.vocabulary.phases import Phase

_FINAL = [each.value for each in FINAL]


def visible(principal: Principal) -> ColumnElement[bool]:
    """One's own, those of the pools one leads, and for a supplier those that it was notified of."""
    return markings.visible(ActivationRow.marking_id, principal)


def get(session: Session, principal: Principal, activation_id: str) -> ActivationRow:
    found = session.exec(select(ActivationRow).where(ActivationRow.id == activation_id, visible(principal))).first()
    if found is None:
        raise NotFound("activation.unknown", activation_id=activation_id)
    return found


def working() -> ColumnElement[bool]:
    """Real activations that their suppliers accepted and that are not over."""
    return and_(
        col(ActivationRow.mode) == REAL,
        col(ActivationRow.accepted_parts).is_not(None),
        col(ActivationRow.state).not_in(_FINAL),
    )


def at_work(session: Session, agreement_id: str) -> list[tuple[Phase, Activation]]:
    """Those of one agreement, each with the phase that it opens."""
    rows = session.exec(select(ActivationRow).where(ActivationRow.agreement_id == agreement_id, working()))
    return [(Phase(row.phase), book.read(session, row)) for row in rows]


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
