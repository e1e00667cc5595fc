"""Work of competitions that the clock brings: quotes end, a standstill ends, awards are counted."""

from typing import Any

from catalog.competition import award_shares, clocks
from jobs.task import Task


def turn(task: Task) -> dict[str, Any]:
    """Write down what time has done, one competition a transaction."""
    with task.database.read() as session:
        due = clocks.due(session, task.clock)
    for competition_id in due:
        with task.database.write() as session:
            task.guard(session)
            clocks.turn(session, task.clock, competition_id)
    return {"moved": len(due)}


def release_shares(task: Task) -> dict[str, Any]:
    """Publish how the awards of the quarter that has ended fell."""
    with task.database.write() as session:
        task.guard(session)
        return {"cells": award_shares.release(session, task.clock)}
