"""What a quote for a call-off may come to at most: what its supplier has signed for the same use.

A price that is agreed beforehand for each phase is what an agreement is for. A competition under agreements may
come to less and never to more, else whoever waits for a crisis could ask anything in it. The phase is the one that
held when the invitation went out, for the lead and where the use is: like all else by which quotes are judged it
does not move afterwards, and the supplier reads the amount before it quotes.
"""

from collections.abc import Mapping
from decimal import Decimal

from sqlmodel import Session

from catalog.capacity.rules import Span
from catalog.competition import asks, notice
from catalog.competition.asks import Aim
from catalog.competition.scoring import Criterion, CriterionKind
from catalog.competition.tables import Competition, Invitation
from catalog.ordering import options
from catalog.promise.access import PhaseTerms
from catalog.promise.agreements import terms_of
from catalog.promise.phases import phase_in_force
from catalog.promise.tables import Agreement
from space_hub.errors import Conflict
from space_hub.trust.organisations import Organisation
from space_hub.vocabulary.money import Money
from space_hub.vocabulary.phases import Phase


def of(session: Session, row: Competition, invitation: Invitation) -> Money | None:
    """The most by the criterion that becomes the total of the call-off; None where none does."""
    ask = asks.read(row.ask)
    criterion = _priced(row)
    if criterion is None:
        return None
    lead = session.get_one(Organisation, row.organisation_id)
    agreement = session.get_one(Agreement, invitation.agreement_id)
    declared = phase_in_force(session, row.pool_id, invitation.sent_at, lead.nation, ask.area)
    terms = paid(terms_of(session, agreement.id), declared)
    total = options.price(Span(agreement.bucket), terms, ask.kind, ask.window, ask.parts_per_day)
    return Money(total, terms.price.currency)


def exceeded(row: Competition, values: Mapping[str, Decimal], most: Money | None) -> bool:
    """Whether what was quoted is more; what is as much is not."""
    criterion = _priced(row)
    return criterion is not None and most is not None and values[criterion.name] > most.amount


def check_currency(session: Session, row: Competition, agreement_id: str) -> None:
    """Refuses an agreement in another currency than quotes are asked in: between them nothing is converted."""
    criterion = _priced(row)
    currencies = {each.price.currency for each in terms_of(session, agreement_id).values()}
    if criterion is not None and currencies != {criterion.unit}:
        given = ", ".join(sorted(currencies))
        raise Conflict("competition.currency_differs", agreement_id=agreement_id, given=given, expected=criterion.unit)


def paid(terms: Mapping[Phase, PhaseTerms], declared: Phase) -> PhaseTerms:
    """The gravest terms that are no graver than the phase; where all are graver, the mildest there are."""
    order = list(Phase)
    open_now = [each for each in terms if order.index(each) <= order.index(declared)]
    return terms[max(open_now, key=order.index) if open_now else min(terms, key=order.index)]


def _priced(row: Competition) -> Criterion | None:
    if asks.read(row.ask).aim is not Aim.CALL_OFF:
        return None
    return next((each for each in notice.criteria_of(row.criteria) if each.kind is CriterionKind.PRICE), None)
