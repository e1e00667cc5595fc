"""Why each offering was taken, kept in reserve, asked about or refused. Pure."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from catalog.matching.values import Candidate, Gate, Need, Outcome, Verdict
from space_hub.text import Reason
from space_hub.vocabulary.phases import Phase


def reasons(verdict: Verdict, gates: tuple[Gate, ...], quantities: Mapping[Phase, Decimal]) -> tuple[Reason, ...]:
    if verdict is Verdict.TAKEN:
        used = [
            Reason("match.taken", {"phase": phase.value, "quantity": f"{quantity:f}"})
            for phase, quantity in quantities.items()
        ]
        return tuple(used or [Reason("match.kept_ready")])
    if verdict is Verdict.RESERVE:
        return (Reason("match.reserve"),)
    wanted = Outcome.UNKNOWN if verdict is Verdict.QUESTION else Outcome.FAIL
    return tuple(
        Reason(f"match.{gate.name}.{gate.outcome.value}", gate.params) for gate in gates if gate.outcome is wanted
    )


def counted(need: Need, candidate: Candidate) -> Iterator[Reason]:
    """Where the score counts something else than what is claimed: nothing is counted without being said."""
    for name in sorted({clause.attribute for clause in need.clauses} & set(candidate.counted)):
        instead, claimed = candidate.counted[name], candidate.attributes[name]
        params = {
            "counted_of": name,
            "claimed": [claimed.low, claimed.high],
            "counted": [instead.value.low, instead.value.high],
            "finding": instead.finding,
        }
        yield Reason("match.counted.replied" if instead.replied else "match.counted.unanswered", params)
