"""A match that somebody asked for and did not wait for.

The match and the end of its work are written together: a process that dies
leaves both or neither, so that work which is begun anew never keeps two.
"""

from typing import Any

from sqlmodel import Session

from catalog import joint_matches, matches
from catalog.joint_matches import Ask
from catalog.matching.watch import overall
from catalog.physics.asking import Consent
from jobs.task import Task


def match(task: Task) -> None:
    """Think with no transaction open, tell each stage, keep what came of it."""
    requirement_id = task.params["requirement_id"]

    def watch(stage: str, done: int, total: int) -> None:
        task.progress(*overall(stage, done, total), stage)

    consent = Consent(task.rng, task.settings.egress_allow) if task.params["ask_suppliers"] else None
    record = matches.think(task.database, task.clock, task.principal, requirement_id, watch, consent)

    def keep(session: Session) -> dict[str, Any]:
        kept = matches.keep(session, task.clock, task.rng, task.principal, requirement_id, record)
        return {"match_id": kept.id}

    task.finish(keep)


def joint(task: Task) -> None:
    """Several needs as one, likewise."""
    ask = Ask(tuple(task.params["requirement_ids"]), task.params["joint_buy_id"])

    def watch(stage: str, done: int, total: int) -> None:
        task.progress(*overall(stage, done, total), stage)

    made = joint_matches.think(task.database, task.clock, task.rng, task.principal, ask, watch)

    def keep(session: Session) -> dict[str, Any]:
        return {"joint_match_id": joint_matches.keep(session, task.clock, task.rng, task.principal, ask, made).id}

    task.finish(keep)
