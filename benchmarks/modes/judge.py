"""Whether anything of one mode is met in another: in answers, in messages, in rows; and whether what is real moved."""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache

from sqlalchemy import CompoundSelect, Table, func, literal, select, union_all
from sqlmodel import SQLModel

from api.app import routes
from benchmarks.modes.world import READERS, Side, World
from space_hub.trust.labels import REAL, kind
from tests.support.hub import Caller

OF_ALL_MODES = {
    "audit_entry",
    # An exercise itself, and what hangs on rows that have a mode of their own.
    *("exercise", "exercise_participant", "activation_entry", "activation_reserve", "dispatch"),
    # How far the hub's own readers and loops have come.
    *("reader_cursor", "lease"),
}
"""Tables without a mode that an exercise may write to."""

_PAGE = 1000
_WORD = re.compile(r"canary\w+?x[0-9a-f]{12}")


def answers(world: World, counts: Counter[str]) -> list[str]:
    """What every caller of every mode reads wherever exercises reach: its own words, no others, and the header."""
    return _read(world, world.sides, READERS, lambda side, role: _paths(world, side, role), counts)


def every_answer(world: World, counts: Counter[str], roles: Sequence[str]) -> list[str]:
    """What real callers read at all."""
    paths = _all_paths(world)
    return _read(world, [world.real], roles, lambda _side, _role: paths, counts)


def _read(
    world: World,
    sides: list[Side],
    roles: Sequence[str],
    paths: Callable[[Side, str], Collection[str]],
    counts: Counter[str],
) -> list[str]:
    found = []
    for side in sides:
        foreign = _foreign(world, side)
        own: set[str] = set()
        for role in roles:
            for path in paths(side, role):
                for text, marked in _pages(side.callers[role], path):
                    counts["answers"] += 1
                    own |= _met(text, side.words)
                    found += [f"{each} in {path}, {role} of {side.mode}" for each in _met(text, foreign)]
                    if marked != kind(side.mode):
                        found.append(f"{path} is marked {marked} in {side.mode}")
        counts[f"{kind(side.mode)} words read"] += len(own)
    return found


def _pages(caller: Caller, path: str) -> Iterator[tuple[str, str]]:
    """The texts of a path, page by page, and the mode that each answer says."""
    onward = {"limit": _PAGE}
    while True:
        answer = caller.get(path, **onward)
        yield answer.text, answer.headers.get("space-hub-mode", REAL)
        told = answer.json() if "json" in answer.headers.get("content-type", "") else None
        if not isinstance(told, dict) or len(told.get("items", ())) < _PAGE:
            return
        onward |= {"cursor": told["next"], "after": told["next"]}


def _paths(world: World, side: Side, role: str) -> list[str]:
    pool = f"/v1/pools/{world.drill.here.pool_id}"
    others = [each for each in world.sides if each is not side]
    return [
        *("/v1/activations", "/v1/exercises", "/v1/endpoints", "/v1/agreements", pool, f"{pool}/phases"),
        *(["/v1/events"] if side is not world.real or role == "lead" else []),
        *(f"/v1/activations/{each}" for each in side.activations[-2:]),
        *(f"/v1/activations/{each}" for other in others for each in other.activations[-2:]),
        *(f"/v1/endpoints/{each}/messages" for each in side.endpoints[-1:]),
        *(f"/v1/endpoints/{each}/messages" for other in others for each in other.endpoints[-1:]),
        *(f"/v1/exercises/{each.mode}" for each in world.exercises),
    ]


def _all_paths(world: World) -> list[str]:
    given = {
        "pool_id": [world.drill.here.pool_id],
        "agreement_id": list(world.agreements()),
        "provider_id": [world.drill.provider_id, world.sea.provider_id],
        "exercise_id": [each.mode for each in world.exercises],
        "activation_id": [each for side in world.sides for each in side.activations[-3:]],
        "endpoint_id": [each for side in world.sides for each in side.endpoints[-3:]],
        "organisation_id": [each.organisation_id for each in world.real.callers.values()],
    }
    found = []
    for route in routes(world.hub.app):
        if "GET" not in (route.methods or ()) or route.path in ("/", "/docs", "/v1/openapi.json"):
            continue
        waiting = [str(route.path)]
        for name in route.param_convertors:
            waiting = [path.replace("{" + name + "}", each) for path in waiting for each in given.get(name, ["none"])]
        found += waiting
    return found


def messages(world: World, counts: Counter[str]) -> list[str]:
    """What left since this was asked last: to an address of its own mode, and saying so."""
    found = []
    for url, body, headers in world.receiver.posted:
        mode = url.split("/")[3]
        text = json.dumps(body)
        said = (body["mode"], headers["space-hub-mode"])
        if said != (mode, kind(mode)):
            found.append(f"a message to {url} says {said}")
        words = {word for side in world.sides if side.mode == mode for word in side.words}
        foreign = {word for side in world.sides for word in side.words} - words
        found += [f"{each} in a message to {url}" for each in _met(text, foreign)]
        counts[f"{kind(mode)} messages"] += 1
    world.receiver.posted.clear()
    return found


def rows(world: World) -> list[str]:
    """Words of exercises in rows that are real, and real ones in rows of exercises; whatever reads them."""
    exercised = {*world.past, *(word for side in world.exercises for word in side.words)}
    found = []
    with world.hub.database.engine.connect() as connection:
        for table in _tables():
            real = select(table) if "mode" not in table.c else select(table).where(table.c.mode == REAL)
            for row in connection.execute(real):
                found += [f"{each} in a real row of {table.name}" for each in _met(str(row), exercised)]
            if "mode" in table.c:
                for row in connection.execute(select(table).where(table.c.mode != REAL)):
                    found += [
                        f"{each} in a row of {table.name} of {row.mode}" for each in _met(str(row), world.real.words)
                    ]
    return found


def real_rows(world: World) -> dict[str, int]:
    """How many real rows each table has."""
    with world.hub.database.engine.connect() as connection:
        return {str(name): int(count) for name, count in connection.execute(_counted())}


@cache
def _counted() -> CompoundSelect[str, int]:
    return union_all(
        *(
            select(literal(table.name), func.count())
            .select_from(table)
            .where(*([table.c.mode == REAL] if "mode" in table.c else []))
            for table in _tables()
        )
    )


def _tables() -> list[Table]:
    return [table for table in SQLModel.metadata.sorted_tables if table.name not in OF_ALL_MODES]


def _foreign(world: World, side: Side) -> set[str]:
    others = {word for each in world.sides if each is not side for word in each.words}
    return others if side is not world.real else others | {*world.past}


def _met(text: str, words: Collection[str]) -> set[str]:
    """Those of `words` that stand in `text`; what is in it is looked up, not each word looked for."""
    return {*_WORD.findall(text)} & {*words} if "canary" in text else set()
