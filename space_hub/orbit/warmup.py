"""The kernels of the screening engine, compiled once: later processes load them from disk.

numba compiles a kernel when it is first called, in Python code of its own that two threads
cannot run at once; two processes can. `whole` calls every kernel by screening a small
synthetic sky. `ahead` does the same from the other end, so that what `whole` comes to last
is there when it arrives. Neither needs the other; together they take half the time.
"""

import gc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.kernels import records
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.screening.engine import screen
from space_hub.orbit.screening.settle import Window, settle
from space_hub.orbit.screening.traces import regions, trace_slow
from space_hub.orbit.screening.validity import NEVER
from space_hub.orbit.screening.volume import RicBox, Sphere, bounds
from space_hub.orbit.times import ticks

START = datetime(2024, 11, 2, tzinfo=UTC)
SPAN = timedelta(hours=26)

_SLOTS = 1 << 17
_FEW_COLLECTIONS = (200_000, 20, 20)


def whole() -> None:
    """Call every kernel, in the order of a run."""
    elements = sky()
    screen(elements, START, START + SPAN, threads=1)
    screen(elements, START, START + SPAN, threads=1, targets=[0])
    screen(elements, START, START + SPAN, threads=1, volume=_BOX)


def ahead() -> None:
    """Call the kernels that a run comes to last, the last of a plain run first."""
    together = [one for one in sky() if "STATION" in one.name]
    table = records(together)
    pairs = np.array(list(combinations(range(len(together)), 2)), dtype=np.int64)
    a, b = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    low = np.full(len(pairs), ticks(START))
    high = np.full(len(pairs), ticks(START + SPAN))
    never = np.full(len(together), NEVER)
    sphere, box = (
        Window(ticks(START), ticks(START + SPAN), never, bounds(volume, len(together)))
        for volume in (Sphere(5.0), _BOX)
    )
    settle(table, sphere, a, b, (low + high) // 2)
    for window in (sphere, box):
        trace_slow(table, window, regions(a, b, low, high))


def sky() -> list[ElementSet]:
    """Objects of every kind: near and deep, resonant, falling, docked, in formation."""
    return sample_catalogue(START, 1)


def spared(work: Callable[[], None]) -> None:
    """Do work that compiles, with less of what Python does beside it: a quarter of the time.

    The compiler makes millions of objects that stay, so looking for garbage among them is
    mostly in vain. And it calls deeply: where CPython's stack of frames comes to the end of
    a block, each call takes a block of memory from the system and gives it back. A frame
    that asks for more room than it needs gets one block for all that follows.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_FEW_COLLECTIONS)

    def roomy() -> None:
        work()

    roomy.__code__ = roomy.__code__.replace(co_stacksize=_SLOTS + 1)
    try:
        roomy()
    finally:
        gc.set_threshold(*before)


_BOX = RicBox(1.0, 5.0, 5.0)
