"""States of a provider and of its applications, and the events that move them: two tables. Pure.

Silence never verifies, and no state is left for ever: who was refused may mend
its file and apply again or appeal, who was suspended may be reinstated, whose
papers lapsed renews them. A verified provider that asks for more, or whose
particulars change, stays on the shelf while that is looked at.
"""

from space_hub.errors import Conflict
from space_hub.text import Word


class Status(Word, of="provider_status"):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    VERIFIED = "verified"
    REFUSED = "refused"
    APPEALED = "appealed"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"


class Event(Word, of="provider_event"):
    REGISTER = "register"
    APPLY = "apply"
    AUTO = "auto"
    VERIFY = "verify"
    RETURN = "return"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    APPEAL = "appeal"
    OVERTURN = "overturn"
    UPHOLD = "uphold"
    CHANGE_MATERIAL = "change_material"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    EXPIRE = "expire"
    RENEW = "renew"
    SUBMIT = "submit"
    """What `apply` was called before revision 0002; it stands in old histories, and nothing follows by it."""


TRANSITIONS: dict[tuple[Status, Event], Status] = {
    (Status.DRAFT, Event.APPLY): Status.SUBMITTED,
    (Status.DRAFT, Event.EXPIRE): Status.LAPSED,
    (Status.SUBMITTED, Event.AUTO): Status.VERIFIED,
    (Status.SUBMITTED, Event.VERIFY): Status.VERIFIED,
    (Status.SUBMITTED, Event.RETURN): Status.RETURNED,
    (Status.SUBMITTED, Event.REFUSE): Status.REFUSED,
    (Status.SUBMITTED, Event.WITHDRAW): Status.DRAFT,
    (Status.RETURNED, Event.APPLY): Status.SUBMITTED,
    (Status.RETURNED, Event.WITHDRAW): Status.DRAFT,
    (Status.REFUSED, Event.APPLY): Status.SUBMITTED,
    (Status.REFUSED, Event.APPEAL): Status.APPEALED,
    (Status.APPEALED, Event.OVERTURN): Status.VERIFIED,
    (Status.APPEALED, Event.UPHOLD): Status.REFUSED,
    (Status.APPEALED, Event.WITHDRAW): Status.REFUSED,
    (Status.VERIFIED, Event.APPLY): Status.VERIFIED,
    (Status.VERIFIED, Event.CHANGE_MATERIAL): Status.VERIFIED,
    (Status.VERIFIED, Event.SUSPEND): Status.SUSPENDED,
    (Status.VERIFIED, Event.EXPIRE): Status.LAPSED,
    (Status.SUSPENDED, Event.REINSTATE): Status.VERIFIED,
    (Status.SUSPENDED, Event.REFUSE): Status.REFUSED,
    (Status.LAPSED, Event.APPLY): Status.SUBMITTED,
    (Status.LAPSED, Event.RENEW): Status.VERIFIED,
}

EDITABLE = frozenset({Status.DRAFT, Status.RETURNED, Status.REFUSED, Status.LAPSED, Status.VERIFIED})
"""Where its owner may change the profile; in `verified` a change of identity is looked at again."""

BY_STAFF = frozenset({Event.SUSPEND, Event.REINSTATE, Event.REFUSE})
"""What staff do to a provider itself; all else follows from its applications."""

ON_SHELF = frozenset(
    {
        *(Event.AUTO, Event.VERIFY, Event.OVERTURN, Event.SUSPEND),
        *(Event.REINSTATE, Event.EXPIRE, Event.RENEW),
    }
)
"""Events that planners are told, because the shelf changes."""


class State(Word, of="application_state"):
    """Of an application."""

    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    HALF_APPROVED = "half_approved"
    RETURNED = "returned"
    APPEALED = "appealed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Step(Word, of="application_step"):
    """What moves an application."""

    APPLY = "apply"
    RECHECK = "recheck"
    LOOK = "look"
    AUTO_APPROVE = "auto_approve"
    APPROVE_FIRST = "approve_first"
    APPROVE = "approve"
    RETURN = "return"
    RESUBMIT = "resubmit"
    REJECT = "reject"
    DEBRIEF = "debrief"
    APPEAL = "appeal"
    OVERTURN_FIRST = "overturn_first"
    OVERTURN = "overturn"
    UPHOLD = "uphold"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


STEPS: dict[tuple[State, Step], State] = {
    (State.SUBMITTED, Step.LOOK): State.IN_REVIEW,
    **{
        (state, step): end
        for state in (State.SUBMITTED, State.IN_REVIEW)
        for step, end in (
            (Step.AUTO_APPROVE, State.APPROVED),
            (Step.APPROVE_FIRST, State.HALF_APPROVED),
            (Step.APPROVE, State.APPROVED),
            (Step.RETURN, State.RETURNED),
            (Step.REJECT, State.REJECTED),
        )
    },
    (State.HALF_APPROVED, Step.APPROVE): State.APPROVED,
    (State.HALF_APPROVED, Step.RETURN): State.RETURNED,
    (State.HALF_APPROVED, Step.REJECT): State.REJECTED,
    (State.RETURNED, Step.RESUBMIT): State.SUBMITTED,
    (State.RETURNED, Step.EXPIRE): State.WITHDRAWN,
    **{
        (state, Step.WITHDRAW): State.WITHDRAWN
        for state in (State.SUBMITTED, State.IN_REVIEW, State.HALF_APPROVED, State.RETURNED)
    },
    (State.APPEALED, Step.WITHDRAW): State.REJECTED,
    (State.REJECTED, Step.DEBRIEF): State.REJECTED,
    (State.REJECTED, Step.APPEAL): State.APPEALED,
    (State.APPEALED, Step.OVERTURN): State.APPROVED,
    (State.APPEALED, Step.OVERTURN_FIRST): State.HALF_APPROVED,
    (State.APPEALED, Step.UPHOLD): State.REJECTED,
    (State.APPROVED, Step.EXPIRE): State.EXPIRED,
}

OPEN = frozenset({State.SUBMITTED, State.IN_REVIEW, State.HALF_APPROVED, State.RETURNED, State.APPEALED})

DECISIONS = frozenset({Step.LOOK, Step.RETURN, Step.APPROVE, Step.REJECT, Step.OVERTURN, Step.UPHOLD})
"""What staff do to an application; whether an approval is the first of two is not theirs to say."""

NEEDS_REASONS = DECISIONS

APPEAL_DAYS = 10
"""Working days in which a rejection may be appealed."""


def after(status: Status, event: Event) -> Status:
    """The status that `event` leads to; refused when it does not apply, naming what does."""
    if (status, event) in TRANSITIONS:
        return TRANSITIONS[(status, event)]
    possible = tuple(each for (start, each) in TRANSITIONS if start is status)
    raise Conflict("providers.transition_illegal", status=status, event=event, possible=possible)


def step(state: State, taken: Step) -> State:
    """The state that a step leads to; refused when it does not apply, naming what does."""
    if (state, taken) in STEPS:
        return STEPS[(state, taken)]
    possible = tuple(each for (start, each) in STEPS if start is state)
    raise Conflict("application.step_illegal", state=state, step=taken, possible=possible)
