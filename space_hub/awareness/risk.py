"""The risk of every encounter of a run, as columns beside its distances. Pure.

Both objects' element sets are flown to the closest approach; their errors by axis and age become one
covariance, and `probability.many` gives the probability in the plane across the relative velocity, beside the
largest that any size of that covariance gives. Everything rests on public element sets: awareness and triage,
not go/no-go.

Three sorts have no figure, and their `flags` say which: pairs that fly together and encounters that the window
cuts before their closest approach, because the plane is not theirs; and those of which a set is so old that nothing
is known any more of where its object is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from space_hub.awareness import hard_body
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.frames import rtn
from space_hub.orbit.kernels.rows import records
from space_hub.orbit.kernels.scalar import states_of
from space_hub.orbit.probability import many
from space_hub.orbit.probability.state import WIDEST_KM
from space_hub.orbit.times import DAY, Floats, Indices, Ticks, ticks
from space_hub.orbit.uncertainty import table

TOGETHER, CUT, LOST, REPAIRED = "co_located", "open", "lost", "not-positive-definite"

_PASSED_S = 0.1
"""Farther from the closest approach than this, the window has cut it off; that of slow pairs is known to this."""


@dataclass(frozen=True, slots=True)
class Risks:
    """Columns over the P encounters of a run: probabilities, metres; NaN where there is no figure."""

    pc: Floats
    pc_max: Floats
    diluted: npt.NDArray[np.bool_]
    method: list[str]
    """The method's word; empty where there is no figure."""
    flags: list[str]
    radius_m: Floats
    sigma_m: Floats
    """(P, 3) of the relative position, in RTN of the first object."""
    a: Indices
    b: Indices
    radius_source: list[str]
    sigma_source: str
    """By object; one word for all sets, as all come from the table."""

    def rows(self, first: int, count: int) -> Iterator[dict[str, Any]]:
        """Some encounters as columns of an assessment."""
        part = slice(first, first + count)
        a, b = self.a[part].tolist(), self.b[part].tolist()
        plain = (self.pc, self.pc_max, self.diluted, self.radius_m)
        values = zip(*(column[part].tolist() for column in plain), strict=True)
        words = zip(self.method[part], self.flags[part], strict=True)
        for one, other, (method, flags), sigmas, (pc, pc_max, diluted, radius) in zip(
            a, b, words, self.sigma_m[part].tolist(), values, strict=True
        ):
            known = method != ""
            yield {
                "pc": pc if known else None,
                "pc_max": pc_max if known else None,
                "diluted": diluted if known else None,
                "method": method if known else None,
                "flags": flags,
                "hard_body_radius_m": radius,
                "radius_a_source": self.radius_source[one],
                "radius_b_source": self.radius_source[other],
                "sigma_radial_m": sigmas[0] if known else None,
                "sigma_in_track_m": sigmas[1] if known else None,
                "sigma_cross_track_m": sigmas[2] if known else None,
                "sigma_a_source": self.sigma_source,
                "sigma_b_source": self.sigma_source,
            }


def of_run(sets: Sequence[ElementSet], names: Sequence[str], encounters: npt.NDArray[Any]) -> Risks:
    """The risk of encounters, a table of dtype ENCOUNTER whose `a` and `b` are places in `sets`; `names` of these."""
    a, b = encounters["a"].astype(np.int64), encounters["b"].astype(np.int64)
    tca = np.ascontiguousarray(encounters["tca"])
    radii, sources = hard_body.of_names(names)
    radius_m = radii[a] + radii[b]
    together = encounters["co_located"]
    flown = records(sets)
    one, other = _states(flown, a, tca), _states(flown, b, tca)
    rates = table.of(sets).variance_km2
    epochs = np.fromiter((ticks(each.epoch) for each in sets), np.int64, len(sets))
    axes = rtn(one[:, :3], one[:, 3:])
    covariance = _turned(axes, _variances(rates, epochs, a, tca))
    covariance += _turned(rtn(other[:, :3], other[:, 3:]), _variances(rates, epochs, b, tca))
    sigma_m = 1e3 * np.sqrt(np.einsum("pij,pjk,pik->pi", axes, covariance, axes))
    relative = other - one
    found = many.probabilities(relative[:, :3], relative[:, 3:], covariance, 1e-3 * radius_m)
    lost = found.failed | (sigma_m.max(axis=1, initial=0.0) > 1e3 * WIDEST_KM)
    cut = (encounters["open_start"] | encounters["open_end"]) & ~(np.abs(found.tca_shift_s) <= _PASSED_S)
    known = ~together & ~cut & ~lost
    method = np.where(known, np.where(found.by_series, "laas-2015", "alfano-2005"), "")
    words = np.where(
        together, TOGETHER, np.where(cut, CUT, np.where(lost, LOST, np.where(found.repaired, REPAIRED, "")))
    )
    return Risks(
        np.where(known, found.pc, np.nan),
        np.where(known, found.pc_max, np.nan),
        known & found.diluted,
        method.tolist(),
        words.tolist(),
        radius_m,
        sigma_m,
        a,
        b,
        sources,
        "table",
    )


def _states(flown: Any, which: Indices, at: Ticks) -> Floats:
    """States (P, 6) of objects at their own ticks; NaN where SGP4 has none."""
    out, codes = np.empty((len(at), 6)), np.empty(len(at), dtype=np.uint8)
    states_of(flown, which, at, out, codes)
    out[codes != 0] = np.nan
    return out


def _variances(rates: Floats, epochs: Ticks, which: Indices, at: Ticks) -> Floats:
    """Variances of position (P, 3) km^2 in RTN at the ages of the sets."""
    age = np.abs(at - epochs[which]) / DAY
    return np.asarray(np.einsum("pik,pk->pi", rates[which], age[:, None] ** np.arange(rates.shape[-1])))


def _turned(axes: Floats, variance: Floats) -> Floats:
    """Diagonal variances (P, 3) in axes (P, 3, 3), rows, as covariances (P, 3, 3) in the frame of the axes."""
    return np.asarray(np.einsum("pki,pk,pkj->pij", axes, variance, axes))
