"""What may follow what for a supplier of a lot: every pair of state and event, also those that are refused."""

from itertools import product

import pytest

from catalog.framework.states import DECISIONS, REASONED, SUPPLIER, SupplierEvent, SupplierState, next_supplier
from space_hub.errors import Conflict


@pytest.mark.parametrize(("state", "event"), list(product([None, *SupplierState], SupplierEvent)))
def test_the_table_says_what_may_follow_and_nothing_else_does(
    state: SupplierState | None, event: SupplierEvent
) -> None:
    after = SUPPLIER.get((state, event))
    if after is not None:
        assert next_supplier(state, event) is after
        return
    with pytest.raises(Conflict) as refusal:
        next_supplier(state, event)
    assert refusal.value.code == "lot.step_not_possible"


def test_every_way_out_but_ones_own_has_a_reason_and_no_door_is_shut_for_ever() -> None:
    """Sabotage seen: `(REMOVED, APPLY)` left out."""
    assert REASONED < DECISIONS
    assert SupplierEvent.LEAVE not in DECISIONS
    out = {SupplierState.REFUSED, SupplierState.LEFT, SupplierState.REMOVED}
    assert {state for state, event in SUPPLIER if event is SupplierEvent.APPLY} == {None, *out}
