"""Who looks on while a match is made: told how far it is, and able to end it by raising. Pure.

Stages come in this order: gates, physics, plan, resilience, entries.
"""

from collections.abc import Callable

Watch = Callable[[str, int, int], None]
"""Stage, done, total; called now and then, and once with done = total when the stage is over."""


def silent(stage: str, done: int, total: int) -> None:
    """Nobody looks on."""
    del stage, done, total
