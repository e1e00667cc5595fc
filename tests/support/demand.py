"""Needs for tests of demand: stated, published and released, and the hub left to do what follows."""

from datetime import timedelta
from typing import Any

from catalog.demand import releases
from jobs import deliver, handlers, react
from jobs.runner import Lane
from tests.support.hub import Caller, Hub
from tests.support.supply import good, requirement


def settle(hub: Hub) -> None:
    """Order the log, react to it and do the light work, until nothing is left to do."""
    lane = Lane(hub.database, hub.clock, hub.rng, hub.settings, "test", handlers.LIGHT | handlers.TELLING)
    busy = True
    while busy:
        busy = False
        while deliver.order(hub.database, hub.clock, hub.rng):
            busy = True
        while react.turn(hub.database, hub.clock, hub.rng):
            busy = True
        while lane.turn():
            busy = True


def release(hub: Hub, *, weeks: int = 1) -> None:
    """The next weekly release and what follows from it."""
    hub.clock.advance(timedelta(weeks=weeks))
    with hub.database.write() as session:
        releases.release(session, hub.clock, hub.rng)
    settle(hub)


def state(planner: Caller, level: str = "private", **more: Any) -> str:
    """A requirement, published at `level` with consent to the preview."""
    requirement_id: str = good(planner.post("/v1/requirements", requirement(**more)))["id"]
    if level != "private":
        publish(planner, requirement_id, level)
    return requirement_id


def publish(planner: Caller, requirement_id: str, level: str) -> dict[str, Any]:
    path = f"/v1/requirements/{requirement_id}/publication"
    shown = good(planner.get(f"{path}/preview", level=level), 200)
    done: dict[str, Any] = good(planner.put(path, {"level": level, "consent_ref": shown["consent_ref"]}), 200)
    return done


def messages(caller: Caller, *topics: str) -> list[dict[str, Any]]:
    """What the event log tells the caller."""
    found: list[dict[str, Any]] = good(caller.get("/v1/events", limit=1000), 200)["items"]
    return [each for each in found if not topics or each["type"] in topics]
