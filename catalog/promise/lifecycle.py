"""States of what is claimed, promised and ordered, and the tables of their transitions. Pure.

A state changes only by an event that its table lists; each event belongs to one
side or to both. Histories are rows beside the state, never overwritten.
"""

from providers.adapters.base import FINAL, OrderStatus
from space_hub.errors import Conflict, Forbidden
from space_hub.text import Word


class Side(Word, of="side"):
    SUPPLIER = "supplier"
    BUYER = "buyer"


class AgreementStatus(Word, of="agreement_status"):
    DRAFT = "draft"
    OFFERED = "offered"
    SIGNED = "signed"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class AgreementEvent(Word, of="agreement_event"):
    DRAFT = "draft"
    """How it began; nothing follows by it."""
    OFFER = "offer"
    SIGN = "sign"
    WITHDRAW = "withdraw"
    END = "end"


_SUPPLIER = frozenset({Side.SUPPLIER})
_BUYER = frozenset({Side.BUYER})
_EITHER = _SUPPLIER | _BUYER

AGREEMENT: dict[tuple[AgreementStatus, AgreementEvent], tuple[AgreementStatus, frozenset[Side]]] = {
    (AgreementStatus.DRAFT, AgreementEvent.OFFER): (AgreementStatus.OFFERED, _SUPPLIER),
    (AgreementStatus.DRAFT, AgreementEvent.WITHDRAW): (AgreementStatus.WITHDRAWN, _EITHER),
    (AgreementStatus.OFFERED, AgreementEvent.SIGN): (AgreementStatus.SIGNED, _BUYER),
    (AgreementStatus.OFFERED, AgreementEvent.WITHDRAW): (AgreementStatus.WITHDRAWN, _EITHER),
    (AgreementStatus.SIGNED, AgreementEvent.END): (AgreementStatus.ENDED, _BUYER),
}
"""A supplier binds itself by offering; a named authority of the buyer signs, and it alone ends what it signed."""


def next_agreement(status: AgreementStatus, event: AgreementEvent, side: Side) -> AgreementStatus:
    """The status after `event` by `side`; refused when the table does not list it or it is the other side's."""
    found = AGREEMENT.get((status, event))
    if found is None:
        possible = tuple(each for at, each in AGREEMENT if at is status)
        raise Conflict(
            "agreement.step_not_possible",
            event=event,
            status=status,
            possible=possible,
        )
    after, sides = found
    if side not in sides:
        raise Forbidden("agreement.step_of_other_side", event=event, side=next(iter(sides)))
    return after


class MemberStatus(Word, of="member_status"):
    INVITED = "invited"
    JOINED = "joined"
    LEFT = "left"


class MemberEvent(Word, of="member_event"):
    INVITE = "invite"
    JOIN = "join"
    ACCEDE = "accede"
    """Join without being asked, where the pool is open to that nation."""
    LEAVE = "leave"


MEMBER: dict[tuple[MemberStatus | None, MemberEvent], MemberStatus] = {
    (None, MemberEvent.INVITE): MemberStatus.INVITED,
    (MemberStatus.LEFT, MemberEvent.INVITE): MemberStatus.INVITED,
    (MemberStatus.INVITED, MemberEvent.JOIN): MemberStatus.JOINED,
    (None, MemberEvent.ACCEDE): MemberStatus.JOINED,
    (MemberStatus.INVITED, MemberEvent.ACCEDE): MemberStatus.JOINED,
    (MemberStatus.LEFT, MemberEvent.ACCEDE): MemberStatus.JOINED,
    (MemberStatus.INVITED, MemberEvent.LEAVE): MemberStatus.LEFT,
    (MemberStatus.JOINED, MemberEvent.LEAVE): MemberStatus.LEFT,
}


def next_member(status: MemberStatus | None, event: MemberEvent) -> MemberStatus:
    after = MEMBER.get((status, event))
    if after is None:
        raise Conflict("pool.member_step_not_possible", event=event, status="-" if status is None else status)
    return after


class CallOffStatus(Word, of="call_off_status"):
    HELD = "held"
    """Its capacity is kept for a stated time and nothing is ordered yet."""
    ACTIVE = "active"
    CANCELLING = "cancelling"
    """Its authority decided to cancel; the supplier has not yet said that it did."""
    CANCELLED = "cancelled"
    WAITING = "waiting"
    """Every option is lost; others may be added until it is given up."""
    COMPLETED = "completed"
    FAILED = "failed"
    PRE_EMPTED = "pre_empted"


OPEN = frozenset({CallOffStatus.ACTIVE, CallOffStatus.CANCELLING})


def next_order(status: OrderStatus | None, said: OrderStatus) -> OrderStatus:
    """The status an order takes when its supplier says `said`; an ended order takes no other."""
    if status is not None and status in FINAL and said is not status:
        raise Conflict("order.already_ended", status=status, said=said)
    return said


class ClaimState(Word, of="claim_state"):
    """Of a claim of a register listing."""

    OPEN = "open"
    ACCEPTED = "accepted"
    CONTESTED = "contested"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"


class ClaimEvent(Word, of="claim_event"):
    CLAIM = "claim"
    ACCEPT = "accept"
    REFUSE = "refuse"
    CONTEST = "contest"
    UPHOLD = "uphold"
    RELEASE = "release"
    WITHDRAW = "withdraw"


CLAIM: dict[tuple[ClaimState, ClaimEvent], ClaimState] = {
    (ClaimState.OPEN, ClaimEvent.ACCEPT): ClaimState.ACCEPTED,
    (ClaimState.OPEN, ClaimEvent.REFUSE): ClaimState.REFUSED,
    (ClaimState.OPEN, ClaimEvent.WITHDRAW): ClaimState.WITHDRAWN,
    (ClaimState.ACCEPTED, ClaimEvent.CONTEST): ClaimState.CONTESTED,
    (ClaimState.ACCEPTED, ClaimEvent.WITHDRAW): ClaimState.WITHDRAWN,
    (ClaimState.CONTESTED, ClaimEvent.UPHOLD): ClaimState.ACCEPTED,
    (ClaimState.CONTESTED, ClaimEvent.RELEASE): ClaimState.RELEASED,
    (ClaimState.CONTESTED, ClaimEvent.WITHDRAW): ClaimState.WITHDRAWN,
}
"""What was accepted is taken away only after it was contested, with reasons and a clock that its holder reads."""

TAKEN = frozenset({ClaimState.OPEN, ClaimState.ACCEPTED, ClaimState.CONTESTED})
"""While one of these stands, nobody else can claim the listing."""

CLAIM_DECISIONS = frozenset(ClaimEvent) - {ClaimEvent.CLAIM, ClaimEvent.WITHDRAW}
"""What staff do to a claim, never without reasons."""


def next_claim(state: ClaimState, event: ClaimEvent) -> ClaimState:
    """The state that `event` leads to; refused when the table does not list it, naming what it does."""
    after = CLAIM.get((state, event))
    if after is None:
        possible = tuple(each for at, each in CLAIM if at is state)
        raise Conflict("claim.step_illegal", state=state, event=event, possible=possible)
    return after
