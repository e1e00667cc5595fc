"""What an award becomes when the standstill is over: a call-off, or an agreement that may be signed.

It follows the event, so that a failure to place blocks nothing else. What cannot be placed, because capacity is
gone or a notice is too short, is told to the lead with its reason; an authority then decides by hand.
"""

from sqlmodel import Session, select

from catalog.capacity import ledger
from catalog.competition import asks, awarding, telling
from catalog.competition.asks import Aim, CompetitionAsk
from catalog.competition.scoring import CriterionKind
from catalog.competition.states import State
from catalog.competition.tables import Award, Competition, Invitation
from catalog.framework.states import AgreementOrigin
from catalog.ordering import call_offs
from catalog.ordering.call_offs import CallOffAsk
from catalog.ordering.tables import CallOff
from catalog.promise.authority import Authority
from catalog.promise.tables import Agreement
from space_hub.clock import Clock
from space_hub.delivery.log import LogEntry
from space_hub.errors import HubError
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import SCOPES_OF, OrganisationKind
from space_hub.vocabulary.money import Money


def on_decided(session: Session, clock: Clock, rng: Rng, entry: LogEntry) -> None:
    """The reaction to `competition.decided`; of its several entries only the lead's one names the competition.

    That something was not placed is told by the same topic, and follows from here: it is not followed again.
    """
    row = session.get(Competition, entry.subject)
    if row is None or row.state != State.AWARDED.value or entry.payload.get("state") != State.AWARDED.value:
        return
    if "not_placed" in entry.payload:
        return
    named = awarding.awards(session, row.id)
    ask = asks.read(row.ask)
    if ask.aim is Aim.AGREEMENT:
        _mark(session, row, named[0][1])
        return
    placed = session.exec(select(CallOff.id).where(CallOff.competition_id == row.id).limit(1)).first()
    if placed is None:
        _place(session, clock, rng, row, ask, named)


def _mark(session: Session, row: Competition, won: Invitation) -> None:
    agreement = session.get_one(Agreement, won.agreement_id)
    agreement.origin, agreement.competition_id = AgreementOrigin.COMPETITION.value, row.id
    session.add(agreement)


def _place(
    session: Session,
    clock: Clock,
    rng: Rng,
    row: Competition,
    ask: CompetitionAsk,
    named: list[tuple[Award, Invitation]],
) -> None:
    award = named[0][0]
    principal = _deciding(session, award)
    authority = Authority(award.authority_name, award.authority_office)
    wanted = CallOffAsk(
        tuple((invitation.agreement_id, each.parts) for each, invitation in named),
        ask.window,
        ask.kind,
        ask.purpose,
        area=ask.area,
        parameters=ask.parameters,
    )
    try:
        with session.begin_nested():
            quoted = _quoted(session, row)
            call_offs.place(session, clock, rng, principal, wanted, authority, competition_id=row.id, quoted=quoted)
    except ledger.Exhausted as refusal:
        _refused(session, clock, principal, row, refusal.explain(session).code)
    except HubError as error:
        _refused(session, clock, principal, row, error.code)


def _quoted(session: Session, row: Competition) -> dict[str, Money]:
    """What each supplier asked for by the first criterion that is a price; nothing where none is."""
    unit = next((each["unit"] for each in row.criteria if each["kind"] == CriterionKind.PRICE.value), None)
    if unit is None:
        return {}
    judged = awarding.judged(session, row)
    return {each.invitation.agreement_id: Money(each.price, unit) for each in judged if each.rank is not None}


def _refused(session: Session, clock: Clock, principal: Principal, row: Competition, code: str) -> None:
    audit.record(session, clock, principal, "competition.not_placed", row.id, code=code)
    telling.lead(session, clock, "competition.decided", row, not_placed=code)


def _deciding(session: Session, award: Award) -> Principal:
    """The lead, by the key with which the award was decided."""
    lead = session.get_one(Organisation, award.by_organisation_id)
    kind = OrganisationKind(lead.kind)
    return Principal(lead.id, kind, lead.nation, award.by_key_id, SCOPES_OF[kind])
