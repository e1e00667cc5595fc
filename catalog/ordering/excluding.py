"""Which activations of others keep call-offs of an agreement out; `catalog.promise.exclusion` is the rule."""

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from catalog.activation.service.book import REQUEST
from catalog.activation.service.standing import working
from catalog.activation.tables import ActivationEntry, ActivationRow
from catalog.promise.access import Exclusivity
from catalog.promise.exclusion import Exclusive, areas
from catalog.promise.phases import declared
from catalog.promise.tables import Agreement, AgreementTerms
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

_HOLDER = aliased(Agreement)


def exclusive_elsewhere() -> ColumnElement[bool]:
    """Whether an activation under another agreement on the same offering keeps others out, for a row of Agreement.

    A column of the statement that reads the agreement anyway: there is next to never one, and nothing more is asked.
    """
    return (
        select(ActivationRow.id)
        .join(AgreementTerms, _promised_alone())
        .join(_HOLDER, col(_HOLDER.id) == col(ActivationRow.agreement_id))
        .where(col(_HOLDER.offering_id) == col(Agreement.offering_id), col(_HOLDER.id) != col(Agreement.id), working())
        .exists()
    )


def of_others(session: Session, agreement: Agreement) -> tuple[Exclusive, ...]:
    """Those that keep call-offs under `agreement` out."""
    found = session.exec(
        select(ActivationRow, _HOLDER, ActivationEntry.by_organisation_id)
        .join(AgreementTerms, _promised_alone())
        .join(_HOLDER, col(_HOLDER.id) == col(ActivationRow.agreement_id))
        .join(ActivationEntry, col(ActivationEntry.activation_id) == col(ActivationRow.id))
        .where(
            col(_HOLDER.offering_id) == agreement.offering_id,
            col(_HOLDER.id) != agreement.id,
            ActivationEntry.event == REQUEST,
            working(),
        )
    ).all()
    return tuple(_exclusive(session, row, holder, asker) for row, holder, asker in found)


def _exclusive(session: Session, row: ActivationRow, holder: Agreement, asker: str) -> Exclusive:
    if row.notified_at is None:
        raise ValueError(f"activation {row.id} was accepted without a notice")
    named = areas(declared(session, holder.pool_id), Phase(row.phase), row.notified_at)
    return Exclusive(asker, Interval(row.notified_at, holder.period_to), named)


def _promised_alone() -> ColumnElement[bool]:
    return (
        (col(AgreementTerms.agreement_id) == col(ActivationRow.agreement_id))
        & (col(AgreementTerms.phase) == col(ActivationRow.phase))
        & (col(AgreementTerms.exclusivity) == Exclusivity.AREA_TIME.value)
    )
