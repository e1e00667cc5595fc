"""Which code does which kind of work, and in which lane.

A handler takes a `jobs.task.Task` and gives the result, a JSON object. It must
be safe to run twice: a worker may die after the work and before its mark.
Heavy work has a lane of its own, so that it never keeps the rest waiting.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from jobs.task import Task

Handler = Callable[[Task], dict[str, Any]]

HEAVY = {
    "ingest.celestrak": "jobs.ingest:celestrak",
    "ingest.file": "jobs.ingest:file",
    "screen": "jobs.screen:screen",
}

LIGHT = {
    "front_door.clocks": "jobs.desk:escalate",
    "evidence.recheck": "jobs.desk:check_papers",
    "registrations.lapse": "jobs.desk:lapse",
    "fairness.release": "jobs.desk:release_fairness",
    "work.prune": "jobs.prune:prune",
}

LANES: dict[str, dict[str, str]] = {"heavy": HEAVY, "light": LIGHT}


def handler(kind: str) -> Handler:
    """The function for `kind`, imported when it is first needed; KeyError for an unknown kind."""
    return load((HEAVY | LIGHT)[kind])


def load(path: str) -> Callable[..., Any]:
    """The function behind "module:name"."""
    module, _, name = path.partition(":")
    return cast(Callable[..., Any], getattr(import_module(module), name))
