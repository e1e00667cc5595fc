"""Which hits come first: BM25F over what the asker may see, and a fair order among equals. Pure.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond"
(2009), section 3.6: the frequencies of a term in the fields of a document are
weighted and added (`terms.WEIGHTS`) before they saturate. The number of
documents, how many hold a term and their mean length are counted over the
visible slots only: counted over all, the order of what one sees would tell of
what one does not see.

Equal scores are ordered by a mix of the question and the offering, so that equal
offerings share the first place over many questions and none is first for ever.
Scores are whole millionths: two sums that differ by rounding only are a tie.
"""

from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt

from catalog.search.columns import Bools, Columns
from catalog.search.query import Terms, Wish
from space_hub.vocabulary.phases import Phase

K1, B = 1.2, 0.75
Scores = npt.NDArray[np.int64]
_PHASES = {phase: 1 << place for place, phase in enumerate(Phase)}


@dataclass(frozen=True, slots=True)
class Key:
    """Place of a hit in the order: higher scores first, then the lower mix, then the id."""

    score: int
    mixed: int
    offering_id: str


def score(columns: Columns, asked: Terms, visible: Bools) -> tuple[Scores, Bools]:
    """Millionths for every slot, and whether the text finds it there at all."""
    found = np.zeros(columns.size)
    hit = np.zeros(columns.size, dtype=np.bool_)
    count = int(visible.sum())
    if count:
        mean = int(columns.lengths[visible].sum()) / count
        for term in asked.terms:
            slots, often = columns.term(term)
            seen = visible[slots]
            slots, weight = slots[seen], often[seen].astype(np.float64)
            if not len(slots):
                continue
            rarity = log(1 + (count - len(slots) + 0.5) / (len(slots) + 0.5))
            lengths = columns.lengths[slots] / mean
            found[slots] += rarity * (weight * (K1 + 1) / (weight + K1 * (1 - B + B * lengths)))
            hit[slots] = True
        for wish in asked.wishes:
            met = granted(columns, wish) & visible
            found[met] += wish.weight
            if not asked.terms:
                hit |= met
    return np.floor(found * 1e6 + 0.5).astype(np.int64), hit


def granted(columns: Columns, wish: Wish) -> Bools:
    """Where a wish is met by any of its readings."""
    found = np.zeros(columns.size, dtype=np.bool_)
    for condition in wish.conditions:
        found |= columns.meets(condition)
    for phase in wish.phases:
        found |= (columns.phases & _PHASES[phase]) > 0
    for name, values in (("capability", wish.capabilities), ("mission_area", wish.mission_areas)):
        if values:
            found |= columns.dictionaries[name].table(values)[columns.coded[name]]
    return found


def first(columns: Columns, hits: Bools, scores: Scores, question: int, most: int, after: Key | None) -> list[Key]:
    """The next `most` hits after a place, in order."""
    slots = np.flatnonzero(hits)
    points, mixed = scores[slots], mix(columns.tie[slots], question)
    if after is not None:
        same = (points == after.score) & (mixed == after.mixed)
        later = (points < after.score) | ((points == after.score) & (mixed > after.mixed))
        later[same] = [columns.ids[slot] > after.offering_id for slot in slots[same]]
        slots, points, mixed = slots[later], points[later], mixed[later]
    # Two cuts leave few to sort: by score, then by the mix among those that tie for the last place.
    if len(slots) > 4 * most:
        last = np.partition(points, len(points) - most)[len(points) - most]
        kept = points >= last
        slots, points, mixed = slots[kept], points[kept], mixed[kept]
        if len(slots) > 4 * most:
            tied = points == last
            kept = ~tied | (mixed <= np.partition(mixed[tied], most - 1)[most - 1])
            slots, points, mixed = slots[kept], points[kept], mixed[kept]
    found = [
        Key(int(point), int(one), str(columns.ids[slot])) for slot, point, one in zip(slots, points, mixed, strict=True)
    ]
    return sorted(found, key=lambda key: (-key.score, key.mixed, key.offering_id))[:most]


def mix(tie: npt.NDArray[np.uint64], question: int) -> npt.NDArray[np.int64]:
    """SplitMix64 (Steele, Lea and Flood 2014) of offering and question, halved to fit a signed number."""
    with np.errstate(over="ignore"):
        state = (tie ^ np.uint64(question)) + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((state ^ (state >> np.uint64(31))) >> np.uint64(1)).astype(np.int64)
