"""What may follow what in a joint buy. Pure.

Nations state their needs and consent to show them; the lead prices them, which shows
them; the lead chooses a way and every nation that takes part agrees to it with an
authority of its own. What was priced can be opened again: consents and agreements lapse.
"""

from space_hub.errors import Conflict
from space_hub.text import Word


class BuyState(Word, of="joint_buy_state"):
    GATHERING = "gathering"
    PRICED = "priced"
    AGREED = "agreed"
    SETTLED = "settled"
    DROPPED = "dropped"


class BuyEvent(Word, of="joint_buy_event"):
    OPEN = "open"
    """How it began; nothing follows by it."""
    PRICE = "price"
    CHOOSE = "choose"
    AGREE = "agree"
    CONCLUDE = "conclude"
    """The last nation agreed."""
    REOPEN = "reopen"
    DROP = "drop"
    SETTLE = "settle"


TRANSITIONS: dict[tuple[BuyState, BuyEvent], BuyState] = {
    (BuyState.GATHERING, BuyEvent.PRICE): BuyState.PRICED,
    (BuyState.GATHERING, BuyEvent.DROP): BuyState.DROPPED,
    (BuyState.PRICED, BuyEvent.CHOOSE): BuyState.PRICED,
    (BuyState.PRICED, BuyEvent.AGREE): BuyState.PRICED,
    (BuyState.PRICED, BuyEvent.CONCLUDE): BuyState.AGREED,
    (BuyState.PRICED, BuyEvent.REOPEN): BuyState.GATHERING,
    (BuyState.PRICED, BuyEvent.DROP): BuyState.DROPPED,
    (BuyState.AGREED, BuyEvent.SETTLE): BuyState.SETTLED,
}


def next_state(state: BuyState, event: BuyEvent) -> BuyState:
    """Raises Conflict `joint.step_not_possible`, naming what is possible."""
    if (state, event) not in TRANSITIONS:
        possible = tuple(each for at, each in TRANSITIONS if at is state)
        raise Conflict("joint.step_not_possible", state=state, event=event, possible=possible)
    return TRANSITIONS[state, event]
