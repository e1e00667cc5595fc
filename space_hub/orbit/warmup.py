"""The kernels of screening and its probabilities, compiled once: later processes load them from disk.

numba compiles a kernel when it is first called, in Python code of its own that two threads
cannot run at once; two processes can. So the work comes in stages that call different
kernels as far as may be, in an order in which one finds on disk what the other has just made:
`search`, `follow` and `risk` are for a plain run, `volumes` and `few` for what else may be asked.
"""

import gc
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np

from space_hub.orbit.elements import MU_KM3_S2, ElementSet
from space_hub.orbit.kernels import Records, records
from space_hub.orbit.kernels.scalar import states_of
from space_hub.orbit.probability import many
from space_hub.orbit.probability.alfano import alfano_2005
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.screening.cells import sample
from space_hub.orbit.screening.engine import STEP_S, screen
from space_hub.orbit.screening.follow import carve_followed
from space_hub.orbit.screening.found import rows, whole_of
from space_hub.orbit.screening.knots import Sky
from space_hub.orbit.screening.search import Search
from space_hub.orbit.screening.settle import Window, settle
from space_hub.orbit.screening.solve import STENCIL
from space_hub.orbit.screening.traces import regions, trace_slow
from space_hub.orbit.screening.validity import NEVER, radii, validity
from space_hub.orbit.screening.volume import RicBox, Sphere, Volume, bounds
from space_hub.orbit.times import DAY, SECOND, Floats, Indices, ticks

START = datetime(2024, 11, 2, tzinfo=UTC)
SPAN = timedelta(hours=26)

_SLOTS = 1 << 17
_FEW_COLLECTIONS = (200_000, 20, 20)


def search() -> None:
    """Knots, chords, cells, pairs, solutions."""
    elements = sky()
    table, start = records(elements), ticks(START)
    asked = _asked(elements, table)
    asked.slab(_circles(len(elements), STEP_S))
    gaps, far = np.empty((8, 3)), np.empty(8)
    sample(table, 0, 1, start // SECOND, start // SECOND + 7, SECOND, True, gaps, far, np.empty((0, 3)))
    seen = radii(table, start, start + DAY)
    validity(table, seen, start, start + DAY)
    asked.march()


def follow() -> None:
    """Pairs settled and followed; then a run, for what is left."""
    table, window, a, b = _together(Sphere(5.0))
    settle(table, window, a, b, np.full(len(a), window.start + DAY // 2))
    trace_slow(table, window, regions(a, b, np.full(len(a), window.start), np.full(len(a), window.stop)))
    screen(sky(), START, START + SPAN, threads=1)


def volumes() -> None:
    """Boxes and ellipsoids."""
    table, window, a, b = _together(_BOX)
    found = settle(table, window, a, b, np.full(len(a), window.start + DAY // 2)).found
    carve_followed(table, window, whole_of(found), 0, *rows())
    screen(sky(), START, START + SPAN, threads=1, volume=_BOX)


def few() -> None:
    """One object against all."""
    elements = sky()
    asked = _asked(elements, records(elements))
    replace(asked, targets=np.array([0], dtype=np.int32)).march()
    screen(elements, START, START + SPAN, threads=1, targets=[0])


def risk() -> None:
    """Probabilities of encounters: a far one, a near one, one that the series cannot take."""
    elements = sky()
    out, codes = np.empty((1, 6)), np.empty(1, dtype=np.uint8)
    states_of(records(elements), np.zeros(1, dtype=np.int64), np.array([ticks(START)]), out, codes)
    position = np.array([[0.4, 0.0, 0.0], [0.001, 0.0, 0.0], [30.0, 0.0, 0.0]])
    velocity = np.tile([0.0, 10.0, 0.0], (3, 1))
    covariance = np.array([np.diag([0.1, 1.0, 0.1]), np.diag([1e-10, 1.0, 0.1]), np.diag([1e-8, 1.0, 1e-2])])
    many.probabilities(position, velocity, covariance, np.full(3, 0.01))
    alfano_2005(position[:, :2], np.tile(np.eye(2), (3, 1, 1)), 0.01)


STAGES = {"search": search, "follow": follow, "risk": risk, "volumes": volumes, "few": few}


def whole() -> None:
    """Call every kernel."""
    for stage in STAGES.values():
        stage()


def sky() -> list[ElementSet]:
    """Objects of every kind: near and deep, resonant, falling, docked, in formation."""
    return sample_catalogue(START, 1)


def _asked(elements: list[ElementSet], table: Records) -> Search:
    """A search of all through three slabs."""
    never = np.full(len(elements), NEVER)
    start = ticks(START)
    columns = Sky.of(elements, table, np.arange(len(elements)), never, STEP_S, (start, start + DAY))
    return Search(columns, start, round(STEP_S * SECOND), 3, 5.0, 5.0, 0.05)


def _together(volume: Volume) -> tuple[Records, Window, Indices, Indices]:
    """What is docked to each other, and all pairs of it."""
    docked = [one for one in sky() if "STATION" in one.name]
    pairs = np.array(list(combinations(range(len(docked)), 2)), dtype=np.int64)
    never = np.full(len(docked), NEVER)
    window = Window(ticks(START), ticks(START + SPAN), never, bounds(volume, len(docked)))
    return records(docked), window, np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])


def _circles(count: int, step_s: float) -> Floats:
    """Positions (STENCIL, 3, count) of objects on circles around the earth, each higher than the one before."""
    radius = np.linspace(6_800.0, 8_000.0, count)
    turned = np.sqrt(MU_KM3_S2 / radius**3) * step_s * np.arange(STENCIL)[:, None] + np.arange(count)
    tilt = np.linspace(0.1, 3.0, count)
    flat = np.cos(turned), np.sin(turned) * np.cos(tilt), np.sin(turned) * np.sin(tilt)
    return np.stack(flat, axis=1) * radius


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
