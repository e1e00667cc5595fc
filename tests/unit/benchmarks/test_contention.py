"""The judge of the ledger's campaign: what the clients' notes alone prove to have been sold twice."""

from typing import Any

from jobs.proofs.contention import over_committed


def placed(call_off: str, quantity: int, answered: float, *, first: int = 0, last: int = 0) -> dict[str, Any]:
    return {
        "op": "place",
        "id": call_off,
        "of": "agr_x",
        "first": first,
        "last": last,
        "quantity": quantity,
        "sent": answered - 1,
        "answered": answered,
        "status": 201,
    }


def cancelled(call_off: str, sent: float) -> dict[str, Any]:
    return {"op": "cancel", "id": call_off, "sent": sent, "answered": sent + 1, "status": 200}


def test_what_two_hold_at_one_moment_may_not_exceed_what_there_is() -> None:
    """Sabotage seen: with the answer's moment taken for the sending of a cancellation, who comes after is blamed."""
    both = [placed("a", 6, 10.0, last=2), placed("b", 6, 20.0, first=2, last=3)]
    assert over_committed(both, 12) == []
    assert over_committed(both, 11) == [("agr_x", 2)]
    assert over_committed([*both, cancelled("a", 19.0)], 11) == []
    assert over_committed([*both, cancelled("a", 20.0)], 11) == [], "it may have been freed at that very moment"
    assert over_committed([*both, cancelled("a", 20.5)], 11) == [("agr_x", 2)]


def test_what_was_refused_or_never_answered_occupies_nothing() -> None:
    refused = placed("a", 12, 10.0) | {"status": 409}
    silent = placed("b", 12, 10.0) | {"status": 0}
    assert over_committed([refused, silent, placed("c", 12, 11.0)], 12) == []
