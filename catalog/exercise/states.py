"""What an exercise may do next. Pure."""

from space_hub.errors import Conflict
from space_hub.text import Word


class State(Word, of="exercise_state"):
    PLANNED = "planned"
    RUNNING = "running"
    CLOSED = "closed"


class Event(Word, of="exercise_event"):
    START = "start"
    CLOSE = "close"


_TABLE = {
    (State.PLANNED, Event.START): State.RUNNING,
    (State.RUNNING, Event.CLOSE): State.CLOSED,
    # One that nobody comes to is closed as well, with nothing in its report.
    (State.PLANNED, Event.CLOSE): State.CLOSED,
}


def next_state(state: State, event: Event) -> State:
    after = _TABLE.get((state, event))
    if after is None:
        raise Conflict("exercise.not_possible", event=event, state=state)
    return after
