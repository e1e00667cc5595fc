"""States of a provider and the events that move it: one table. Pure.

Silence never verifies, and no state is left for ever: who was refused may mend
its file and apply again, who was suspended may be reinstated.
"""

from enum import StrEnum

from space_hub.errors import Conflict


class Status(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    VERIFIED = "verified"
    REFUSED = "refused"
    SUSPENDED = "suspended"


class Event(StrEnum):
    REGISTER = "register"
    SUBMIT = "submit"
    VERIFY = "verify"
    RETURN = "return"
    REFUSE = "refuse"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"


TRANSITIONS: dict[tuple[Status, Event], Status] = {
    (Status.DRAFT, Event.SUBMIT): Status.SUBMITTED,
    (Status.RETURNED, Event.SUBMIT): Status.SUBMITTED,
    (Status.REFUSED, Event.SUBMIT): Status.SUBMITTED,
    (Status.SUBMITTED, Event.VERIFY): Status.VERIFIED,
    (Status.SUBMITTED, Event.RETURN): Status.RETURNED,
    (Status.SUBMITTED, Event.REFUSE): Status.REFUSED,
    (Status.VERIFIED, Event.SUSPEND): Status.SUSPENDED,
    (Status.SUSPENDED, Event.REINSTATE): Status.VERIFIED,
}

EDITABLE = frozenset({Status.DRAFT, Status.RETURNED, Status.REFUSED})
"""While nobody judges or relies on the profile, its owner may change it."""

BY_STAFF = frozenset({Event.VERIFY, Event.RETURN, Event.REFUSE, Event.SUSPEND, Event.REINSTATE})
NEEDS_REASONS = BY_STAFF


def after(status: Status, event: Event) -> Status:
    """The state that `event` leads to; refused when it does not apply, naming what does."""
    try:
        return TRANSITIONS[(status, event)]
    except KeyError:
        possible = ", ".join(each.value for (state, each) in TRANSITIONS if state is status) or "-"
        raise Conflict(
            "providers.transition_illegal", status=status.value, event=event.value, possible=possible
        ) from None
