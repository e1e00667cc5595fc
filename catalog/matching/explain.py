"""Why each offering was taken, kept in reserve, asked about or refused. Pure.

A refused offering that misses in one gate only gets a counterfactual: what
would have let it in.
"""

from collections.abc import Mapping
from decimal import Decimal

from catalog.matching.values import Gate, Outcome, Reason, Verdict
from space_hub.vocabulary.phases import Phase


def reasons(verdict: Verdict, gates: tuple[Gate, ...], quantities: Mapping[Phase, Decimal]) -> tuple[Reason, ...]:
    if verdict is Verdict.TAKEN:
        return tuple(
            Reason("match.taken", {"phase": phase.value, "quantity": f"{quantity:f}"})
            for phase, quantity in quantities.items()
        )
    if verdict is Verdict.RESERVE:
        return (Reason("match.reserve"),)
    wanted = Outcome.UNKNOWN if verdict is Verdict.QUESTION else Outcome.FAIL
    return tuple(
        Reason(f"match.{gate.name}.{gate.outcome.value}", gate.params) for gate in gates if gate.outcome is wanted
    )


def counterfactual(gates: tuple[Gate, ...]) -> Reason | None:
    """What would let in an offering that fails in exactly one gate."""
    failed = [gate for gate in gates if gate.outcome is Outcome.FAIL]
    if len(failed) != 1:
        return None
    open_questions = any(gate.outcome is Outcome.UNKNOWN for gate in gates)
    code = f"match.enter.{failed[0].name}"
    return Reason(f"{code}.if_answered" if open_questions else code, failed[0].params)
