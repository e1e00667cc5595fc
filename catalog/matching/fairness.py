"""Whether a requirement fits one supplier alone, and which of its terms do that. Pure.

A requirement that only one supplier can meet may be right, but it must be seen.
Every other supplier is judged by that of its offerings that misses the fewest
terms of the requirement. Offerings of another capability do not count: they were
never meant.
"""

from collections.abc import Sequence

from catalog.matching.terms import terms
from catalog.matching.values import Barrier, Candidate, Gate, Need, Outcome, Sole


def sole(need: Need, offers: Sequence[tuple[Candidate, tuple[Gate, ...]]]) -> Sole | None:
    """None where no supplier fits, or several."""
    misses: dict[str, list[tuple[str, ...]]] = {}
    fitting: set[str] = set()
    for candidate, gates in offers:
        failed = tuple(sorted(gate.term for gate in gates if gate.outcome is Outcome.FAIL))
        if "capability" in failed:
            continue
        if all(gate.outcome is Outcome.PASS for gate in gates):
            fitting.add(candidate.provider_id)
        misses.setdefault(candidate.provider_id, []).append(failed)
    if len(fitting) != 1:
        return None
    nearest = [min(found, key=lambda each: (len(each), each)) for name, found in misses.items() if name not in fitting]
    barriers = [
        Barrier(words, sum(term in missed for missed in nearest), sum(missed == (term,) for missed in nearest))
        for term, words in terms(need).items()
    ]
    standing = sorted((each for each in barriers if each.suppliers), key=lambda each: (-each.alone, -each.suppliers))
    return Sole(next(iter(fitting)), sum(not missed for missed in nearest), tuple(standing))
