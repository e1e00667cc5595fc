"""Which code does which kind of work, and in which lane.

A handler takes a `jobs.task.Task` and gives the result, a JSON object, or None
when it has ended its work itself (`Task.finish`). It must be safe to run twice:
a worker may die after the work and before its mark.
Heavy work has a lane of its own, so that it never keeps the rest waiting.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from jobs.task import Task

Handler = Callable[[Task], dict[str, Any] | None]

HEAVY = {
    "ingest.celestrak": "jobs.ingest:celestrak",
    "ingest.file": "jobs.ingest:file",
    "ingest.satcat": "jobs.ingest:satcat",
    "screen": "jobs.screen:screen",
}

LIGHT = {
    "sources.look": "jobs.ingest:look",
    "award_shares.release": "jobs.competitions:release_shares",
    "competition.clocks": "jobs.competitions:turn",
    "commitments.recompute": "jobs.risk:recompute",
    "shelf.rebuild": "jobs.shelf:rebuild",
    "supplier.due": "jobs.sync:queue_due",
    "deliveries.deem": "jobs.orders:deem",
    "demand.gaps": "jobs.demand:tell_gaps",
    "demand.release": "jobs.demand:release",
    "need.arrivals": "jobs.demand:provider",
    "need.look": "jobs.demand:look",
    "front_door.clocks": "jobs.desk:escalate",
    "evidence.recheck": "jobs.desk:check_papers",
    "registrations.lapse": "jobs.desk:lapse",
    "fairness.release": "jobs.desk:release_fairness",
    "work.prune": "jobs.prune:prune",
}

CLAIMS = {"claims.check": "jobs.claims:check", "claims.survey": "jobs.claims:survey"}
"""Some seconds of a processor for each version, however many a supplier publishes or new sets move at once."""

TELLING = {"ocds.write": "jobs.ocds:write"}
"""After every step of every buy: a lane of its own, so that a rush of call-offs keeps no clock waiting."""

MATCHING = {"match": "jobs.matches:match", "match.joint": "jobs.matches:joint"}
"""A large one takes its time, and its asker waits: behind no screening, and nothing short behind it."""

DOORS = {
    "supplier.sync": "jobs.sync:sync_one",
    "stapi.search": "jobs.stapi:search",
}
"""A supplier may take a minute to answer: lanes of their own, so that slow ones keep no other work waiting."""

_DOORS_AT_ONCE = 4

LANES: dict[str, dict[str, str]] = {
    "heavy": HEAVY,
    "light": LIGHT,
    "telling": TELLING,
    "claims": CLAIMS,
    "matching": MATCHING,
    **{f"doors.{number}": DOORS for number in range(1, _DOORS_AT_ONCE + 1)},
}


def handler(kind: str) -> Handler:
    """The function for `kind`, imported when it is first needed; KeyError for an unknown kind."""
    return load((HEAVY | LIGHT | TELLING | CLAIMS | MATCHING | DOORS)[kind])


def load(path: str) -> Callable[..., Any]:
    """The function behind "module:name"."""
    module, _, name = path.partition(":")
    return cast(Callable[..., Any], getattr(import_module(module), name))
