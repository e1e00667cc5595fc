"""What is done in each mode, drawn at random: as services do it for the routes, each in a transaction of its own.

Some acts are tries to cross: with the key of one mode at what belongs to another, or by writing rows that would
carry something across. Each of them must be refused.
"""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from benchmarks.modes.world import Side, World
from catalog.activation.service import requests, steps
from catalog.activation.service.requests import Wanted
from catalog.activation.states import TABLE, Event, State
from catalog.activation.tables import ActivationEntry, ActivationRow
from catalog.promise import pools
from catalog.promise.authority import Authority
from space_hub.delivery import endpoints, log
from space_hub.delivery.log import LogEntry
from space_hub.delivery.outbox import Message
from space_hub.errors import Conflict, HubError, NotFound
from space_hub.trust import markings
from space_hub.trust.labels import REAL, Marking, join, rehearse
from space_hub.trust.principal import Principal
from space_hub.vocabulary.phases import Phase

UNIT = 1000
_SUPPLIER = {Event.ACKNOWLEDGE, Event.REFUSE, Event.RAMP, Event.REACH, Event.FALL_SHORT}


_WAITS_S = (1, 60, 600, 4000)
_ENDPOINTS = 3
"""Of one mode: each costs a message for every entry."""


def act(world: World, side: Side, *, wait: bool = True) -> str:
    """One act in this mode, after some time unless told; its name, and whether the hub did it."""
    kind, weight = zip(*_ACTS.items(), strict=True)
    name = world.draw.choices(kind, weight)[0]
    if name is call_off and side.mode != REAL:
        name = go_on  # Nothing is bought in an exercise: its key would not reach the route.
    if name is subscribe and len(side.endpoints) == _ENDPOINTS:
        name = go_on
    if wait:
        world.hub.clock.advance(timedelta(seconds=world.draw.choice(_WAITS_S)))
    try:
        name(world, side)
    except HubError as refused:
        assert not isinstance(refused, NotFound), f"{name.__name__}: {refused}"
        return f"{name.__name__} refused"
    return f"{name.__name__} done"


def _as(world: World, side: Side, role: str, work: Callable[[Session, Principal], object]) -> None:
    with world.hub.database.write() as session:
        work(session, side.principals[role])


def declare(world: World, side: Side) -> None:
    hub, word = world.hub, side.word(world.draw)

    def make(session: Session, who: Principal) -> object:
        return pools.declare(
            *(session, hub.clock, hub.rng, who, world.drill.here.pool_id),
            phase=world.draw.choice(list(Phase)),
            since=None,
            reason=word,
            authority=Authority(word, "Staff"),
        )

    _as(world, side, "lead", make)


def ask(world: World, side: Side) -> None:
    hub, draw = world.hub, world.draw
    first, second = draw.sample(world.agreements(), 2)
    reserves = [second] if draw.random() < 0.3 else []

    def make(session: Session, who: Principal) -> None:
        made = requests.request(
            *(session, hub.clock, hub.rng, who),
            phase=Phase.CRISIS,
            wanted=[Wanted(first, draw.randint(2, 100) * UNIT)],
            reserves=reserves,
            reason=side.word(draw),
        )
        side.activations += [each.id for each in made]

    _as(world, side, draw.choice(("lead", "member")), make)


def go_on(world: World, side: Side) -> None:
    """The next step of an activation that is open, whichever its state lets somebody take."""
    hub, draw, word = world.hub, world.draw, side.word(world.draw)
    with hub.database.read() as session:
        rows = session.exec(select(ActivationRow).where(ActivationRow.mode == side.mode)).all()
        row = draw.choice([each for each in rows if _events(each)] or [None])
        if row is None:
            return
        event = draw.choice(_events(row))
        role, parts = _who(world, session, row, event)
    common = (hub.clock, hub.rng)
    authority = Authority({"second": "B. Moreau"}.get(role, "A. Lambert"), word)

    def step(session: Session, who: Principal) -> object:
        on = (session, *common, who, row.id)
        match event:
            case Event.APPROVE:
                return steps.approve(*on, parts=parts, authority=authority)
            case Event.REJECT:
                return steps.reject(*on, reason=word, authority=authority)
            case Event.WITHDRAW:
                return steps.withdraw(*on, reason=word)
            case Event.ACKNOWLEDGE:
                return steps.acknowledge(*on, parts=parts, reason=word)
            case Event.REFUSE:
                return steps.refuse(*on, reason=word)
            case Event.STAND_DOWN:
                return steps.stand_down(*on, reason=word, authority=authority)
            case _:
                return steps.report(*on, event, parts=None if event is Event.REACH else parts, reason=word)

    _as(world, side, role, step)


def _events(row: ActivationRow) -> list[Event]:
    return [event for state, event in TABLE if state == row.state and event is not Event.MISS]


def _who(world: World, session: Session, row: ActivationRow, event: Event) -> tuple[str, int]:
    """The role that takes this step, and how many parts it names."""
    if event in _SUPPLIER:
        most = row.accepted_parts or row.approved_parts or row.requested_parts
        role = "sky" if row.agreement_id == world.drill.agreement_id else "sea"
        return role, world.draw.randint(1, most)
    if event is Event.APPROVE and row.state == State.HALF_APPROVED.value:
        said = session.exec(
            select(ActivationEntry.parts)
            .where(ActivationEntry.activation_id == row.id)
            .order_by(col(ActivationEntry.number).desc())
        ).first()
        return "second", said or 0
    return "lead", world.draw.randint(1, row.requested_parts)


def subscribe(world: World, side: Side) -> None:
    hub, word = world.hub, side.word(world.draw)

    def make(session: Session, who: Principal) -> None:
        url = f"https://hooks.example.org/{side.mode}/{word}"
        made = endpoints.create(session, hub.clock, hub.rng, who, url=url, topics_wanted=[], allow=[])
        endpoints.test(session, hub.clock, who, made.id)
        side.endpoints.append(made.id)

    _as(world, side, world.draw.choice(("lead", "member", "sky", "sea")), make)


def call_off(world: World, side: Side) -> None:
    day = world.hub.clock.now().date() + timedelta(days=1)
    word = side.word(world.draw)
    body = {
        "options": [{"agreement_id": world.draw.choice(world.agreements()), "quantity": 1}],
        "window_from": f"{day}T06:00:00Z",
        "window_to": f"{day}T18:00:00Z",
        "decided_by": {"name": word, "office": "Staff"},
        "parameters": {"note": word},
    }
    answer = side.callers["member"].post("/v1/call-offs", body)
    if not answer.is_success:
        raise Conflict(answer.json()["code"])


_ACTS: dict[Callable[[World, Side], None], int] = {go_on: 8, ask: 3, declare: 2, subscribe: 2, call_off: 3}


def cross(world: World) -> str:
    """One try to get from one mode into another; its name. AssertionError if it came through."""
    here, there = world.draw.sample(world.sides, 2)
    name, refusal, tried = world.draw.choice(_CROSSINGS)
    try:
        with world.hub.database.write() as session:
            if not tried(world, session, here, there):
                return f"{name} had nothing to try"
    except refusal:
        return f"{name} refused"
    raise AssertionError(f"{name}: from {here.mode} into {there.mode}")


def _act_on_theirs(world: World, session: Session, here: Side, there: Side) -> bool:
    if there.activations:
        who = here.principals[world.draw.choice(("lead", "sky", "sea"))]
        steps.refuse(
            *(session, world.hub.clock, world.hub.rng, who, world.draw.choice(there.activations)),
            reason=here.word(world.draw),
        )
    return bool(there.activations)


def _replay_to_theirs(world: World, session: Session, here: Side, there: Side) -> bool:
    if there.endpoints:
        who = here.principals[world.draw.choice(("lead", "member", "sky", "sea"))]
        endpoints.replay(session, world.hub.clock, who, world.draw.choice(there.endpoints), None)
    return bool(there.endpoints)


def _say_under_their_marking(world: World, session: Session, here: Side, there: Side) -> bool:
    word = here.word(world.draw)
    marking_id = markings.ensure(session, Marking(nations=None, mode=there.mode))
    log.append(session, world.hub.clock, "alert.raised", word, {"word": word}, marking_id, mode=here.mode)
    return True


def _carry_to_their_endpoint(world: World, session: Session, here: Side, there: Side) -> bool:
    entry_id = session.exec(
        select(LogEntry.id).where(LogEntry.mode == here.mode).order_by(col(LogEntry.id).desc())
    ).first()
    if there.endpoints and entry_id is not None:
        now = world.hub.clock.now()
        message = Message(
            id=f"msg_{world.draw.getrandbits(64):x}",
            endpoint_id=world.draw.choice(there.endpoints),
            entry_id=entry_id,
            mode=world.draw.choice((here.mode, there.mode)),
            sequence=10**6 + world.draw.randint(0, 10**9),
            created_at=now,
            due_at_wall=world.hub.clock.wall(),
        )
        session.add(message)
        session.flush()
    return bool(there.endpoints and entry_id is not None)


def _derive_from_both(world: World, session: Session, here: Side, there: Side) -> bool:
    del world, session
    join(Marking(owner="a", mode=here.mode), Marking(owner="a", mode=there.mode), "a")
    return True


def _bring_out(world: World, session: Session, here: Side, there: Side) -> bool:
    del world, session
    given = here if here.mode != REAL else there
    rehearse(Marking(mode=given.mode), there.mode if given is here else here.mode)
    return True


_CROSSINGS: tuple[tuple[str, type[Exception], Callable[[World, Session, Side, Side], bool]], ...] = (
    ("act on theirs", NotFound, _act_on_theirs),
    ("replay to theirs", NotFound, _replay_to_theirs),
    ("say under their marking", IntegrityError, _say_under_their_marking),
    ("carry to their endpoint", IntegrityError, _carry_to_their_endpoint),
    ("derive from both", Conflict, _derive_from_both),
    ("bring out", Conflict, _bring_out),
)
