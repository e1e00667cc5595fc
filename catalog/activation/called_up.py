"""What activations at work open of an agreement: read by whoever calls off."""

from datetime import datetime

from sqlmodel import Session, col, select

from catalog.activation.states import BINDING
from catalog.activation.tables import ActivationRow
from catalog.promise.in_force import Activated
from space_hub.trust.labels import REAL
from space_hub.vocabulary.phases import Phase


def activated(session: Session, agreement_id: str, nation: str, at: datetime) -> tuple[Activated, ...]:
    """Real activations of the agreement that its supplier has acknowledged and that are not over."""
    rows = session.exec(
        select(ActivationRow).where(
            ActivationRow.agreement_id == agreement_id,
            ActivationRow.mode == REAL,
            col(ActivationRow.state).in_([each.value for each in BINDING]),
            col(ActivationRow.notified_at) <= at,
        )
    )
    return tuple(
        Activated(Phase(row.phase), row.accepted_parts, row.notified_at)
        for row in rows
        if row.accepted_parts is not None and row.notified_at is not None
    )
