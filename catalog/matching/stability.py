"""How firm the order by fit is when the weights are not quite as stated. Pure.

Every weight, that of the supplier's record among them, is multiplied by a number
drawn between 0.8 and 1.2, `SAMPLES` times. The draws are hashes of a fixed text,
so they are the same on every machine, whoever asks and in whatever order.
"""

import hashlib
from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from catalog.matching.fit import RECORD_WEIGHT
from catalog.matching.values import Fit, Stability

SAMPLES = 200
SPREAD = 0.2
SEED = "match/stability/1"
_DIGITS = 12
"""Scores closer than this are ties; a tie goes by the content's hash, as everywhere."""

Floats = NDArray[np.float64]


def stability(fits: Mapping[str, Fit], ties: Mapping[str, tuple[str, str]], first: int) -> dict[str, Stability]:
    """For each offering that was scored: how often it keeps its place, and is among the `first` by score.

    `ties` are content hash and id; the offerings may come in any order.
    """
    names = sorted(fits, key=ties.__getitem__)
    if not names:
        return {}
    values = np.array([[fits[name].record, *(each.value or 0.0 for each in fits[name].margins)] for name in names])
    weights = [RECORD_WEIGHT, *(each.weight for each in fits[names[0]].margins)]
    as_stated = _places(values, np.array([weights]))
    places = _places(values, _factors(len(weights)) * np.array(weights))
    kept, among = (places == as_stated).sum(axis=0), (places < first).sum(axis=0)
    return {
        name: Stability(float(kept[place]) / SAMPLES, float(among[place]) / SAMPLES, first)
        for place, name in enumerate(names)
    }


def _places(values: Floats, weights: Floats) -> NDArray[np.int64]:
    """The place of each offering (columns) under each row of weights, the best first.

    Added up column by column: no library's order of summing enters.
    """
    scores = np.zeros((len(weights), len(values)))
    for column in range(values.shape[1]):
        scores = scores + np.outer(weights[:, column], values[:, column])
    order = np.argsort(-np.round(scores, _DIGITS), axis=1, kind="stable")
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(len(values))[np.newaxis, :], axis=1)
    return places


@cache
def _factors(columns: int) -> Floats:
    """What the weights of each sample (rows) are multiplied by."""
    draws = [[_draw(sample, column) for column in range(columns)] for sample in range(SAMPLES)]
    return 1 - SPREAD + 2 * SPREAD * np.array(draws)


def _draw(sample: int, column: int) -> float:
    return int.from_bytes(hashlib.sha256(f"{SEED}/{sample}/{column}".encode()).digest()[:6]) / 2**48
