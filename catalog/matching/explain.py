"""Why each offering was taken, kept in reserve, asked about or refused. Pure."""

from collections.abc import Mapping
from decimal import Decimal

from catalog.matching.values import Gate, Outcome, Reason, Verdict
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
