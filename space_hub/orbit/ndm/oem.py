"""An ephemeris message as values: segments with states, covariances, and interpolation that stays within its segment.

A discontinuity (a burn, a new orbit determination) is the boundary of two segments, and nothing is ever
interpolated across it. Units are km, km/s and km/s**2, instants are ticks of UTC; the frame is the segment's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import KroghInterpolator

from space_hub.errors import Invalid
from space_hub.orbit.ndm.fields import moment, number
from space_hub.orbit.ndm.message import Block, Message
from space_hub.orbit.ndm.tables.orbit import AXES, COVARIANCE
from space_hub.orbit.times import SECOND, Floats, Ticks, ticks

DEGREE = 7
"""Of the interpolation where the message names none: Hermite through four states, as most operators print."""


@dataclass(frozen=True, slots=True)
class Covariance:
    """Covariance of position and velocity (6, 6) at a tick, in `frame`: RTN and the like, or one of the message."""

    at: int
    frame: str
    matrix: Floats


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch without a discontinuity.

    `at` (n,) are ticks that increase, `states` (n, 6), `accelerations` (n, 3) or None. `first` and
    `last` bound the instants that may be asked for: the usable span where one is given.
    """

    name: str
    object_id: str
    center: str
    frame: str
    first: int
    last: int
    hermite: bool
    degree: int
    at: Ticks
    states: Floats
    accelerations: Floats | None
    covariances: tuple[Covariance, ...]

    def state(self, tick: int) -> Floats:
        """Position and velocity (6,) at a tick between `first` and `last`, by the nearest nodes; Invalid outside."""
        if not max(self.first, int(self.at[0])) <= tick <= min(self.last, int(self.at[-1])):
            raise Invalid("ndm.instant_outside", name=self.name)
        wanted = max(1, (self.degree + 1) // 2 if self.hermite else self.degree + 1)
        nodes = min(wanted, len(self.at))
        after = int(np.searchsorted(self.at, tick))
        start = min(max(0, after - nodes // 2), len(self.at) - nodes)
        chosen = slice(start, start + nodes)
        here = self.at[chosen]
        if tick in here:
            exact: Floats = self.states[chosen][int(np.flatnonzero(here == tick)[0])]
            return exact
        # Time runs from the wanted instant in units of the span, which keeps high degrees well conditioned.
        unit = max(1.0, float(here[-1] - here[0])) / SECOND
        times = (here - tick) / SECOND / unit
        positions, velocities = self.states[chosen, :3], self.states[chosen, 3:]
        if not self.hermite:
            found: Floats = KroghInterpolator(times, self.states[chosen])(0.0)
            return found
        values = np.empty((2 * nodes, 3))
        values[0::2], values[1::2] = positions, velocities * unit
        curve = KroghInterpolator(np.repeat(times, 2), values)
        return np.concatenate([curve(0.0), curve.derivative(0.0) / unit])


@dataclass(frozen=True, slots=True)
class Ephemeris:
    """All segments of an ephemeris, in the order of the message."""

    message: Message
    originator: str
    segments: tuple[Segment, ...]

    def segment(self, tick: int) -> Segment:
        """The segment of a tick: of two that meet there the later, which knows what happened; Invalid for none."""
        found = [one for one in self.segments if one.first <= tick <= one.last]
        if not found:
            raise Invalid("ndm.instant_outside", name=self.segments[0].name)
        return max(found, key=lambda one: one.first)

    def state(self, tick: int) -> Floats:
        """Position and velocity (6,) in the frame of the segment of that tick."""
        return self.segment(tick).state(tick)


def _tick(text: str) -> int:
    found = moment(text)
    if found is None:
        raise Invalid("ndm.not_time", keyword="EPOCH", line=0, given=text)
    return ticks(found)


def _numbers(values: Sequence[str]) -> list[float]:
    return [found for found in map(number, values) if found is not None]


def _covariance(block: Block, frame: str) -> Covariance:
    matrix = np.zeros((len(AXES), len(AXES)))
    rows, columns = np.tril_indices(len(AXES))
    matrix[rows, columns] = _numbers([block.text(name) or "" for name in COVARIANCE])
    matrix[columns, rows] = matrix[rows, columns]
    return Covariance(_tick(block.text("EPOCH") or ""), frame, matrix)


def _segment(segment: Block) -> Segment:
    metadata = segment.block("metadata") or Block("metadata", ())
    data = segment.block("data") or Block("data", ())
    system = metadata.text("TIME_SYSTEM") or ""
    if system.upper() != "UTC":
        raise Invalid("ndm.time_system", given=system, line=metadata.line)
    rows = {_tick(row.values[0]): _numbers(row.values[1:]) for row in data.rows}
    table = list(rows.values())
    accelerated = all(len(row) == 9 for row in table)
    frame = metadata.text("REF_FRAME") or ""
    covariances = []
    # A stated frame holds until another is stated; before, it is that of the states (502.0-B-3, 5.2.5).
    stated = frame
    for block in data.blocks("covarianceMatrix"):
        stated = block.text("COV_REF_FRAME") or stated
        covariances.append(_covariance(block, stated))
    method = (metadata.text("INTERPOLATION") or "HERMITE").upper()
    return Segment(
        name=metadata.text("OBJECT_NAME") or "",
        object_id=metadata.text("OBJECT_ID") or "",
        center=metadata.text("CENTER_NAME") or "",
        frame=frame,
        first=_tick(metadata.text("USEABLE_START_TIME") or metadata.text("START_TIME") or ""),
        last=_tick(metadata.text("USEABLE_STOP_TIME") or metadata.text("STOP_TIME") or ""),
        hermite=method == "HERMITE",
        degree=1 if method == "LINEAR" else int(metadata.text("INTERPOLATION_DEGREE") or DEGREE),
        at=np.array(list(rows), dtype=np.int64),
        states=np.array([row[:6] for row in table]),
        accelerations=np.array([row[6:] for row in table]) if accelerated else None,
        covariances=tuple(covariances),
    )


def ephemeris(message: Message) -> Ephemeris:
    """What an OEM says; Invalid for a message of another kind, or one in another time system than UTC."""
    if message.kind != "oem":
        raise Invalid("ndm.kind_other", given=message.kind, expected="oem")
    segments = tuple(_segment(segment) for segment in message.segments)
    return Ephemeris(message, message.header.text("ORIGINATOR") or "", segments)
