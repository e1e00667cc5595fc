"""A delivery is judged once, in time and with a reason if it is rejected; else the clock accepts it."""

from datetime import UTC, datetime, timedelta

import pytest

from catalog.ordering.delivery_rules import DELIVERY, DeliveryEvent, DeliveryState, next_delivery, standing
from space_hub.errors import Conflict, Invalid

DUE = datetime(2024, 11, 12, 16, 30, tzinfo=UTC)
BEFORE = DUE - timedelta(seconds=1)


@pytest.mark.parametrize("state", DeliveryState)
@pytest.mark.parametrize("event", DeliveryEvent)
@pytest.mark.parametrize("now", [BEFORE, DUE, DUE + timedelta(days=3)])
def test_only_what_nobody_judged_can_be_judged_and_only_before_it_is_due(
    state: DeliveryState, event: DeliveryEvent, now: datetime
) -> None:
    """Sabotage seen: `now > due_at` let a rejection through at the very second."""
    if state is DeliveryState.DELIVERED and now < DUE:
        assert next_delivery(state, event, due_at=DUE, now=now, reason="cloud over all of it") is DELIVERY[state, event]
        return
    with pytest.raises(Conflict) as refused:
        next_delivery(state, event, due_at=DUE, now=now, reason="cloud over all of it")
    assert refused.value.code == "delivery_goods.already_judged"
    assert refused.value.params["state"] == (DeliveryState.DEEMED if state is DeliveryState.DELIVERED else state)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_rejection_says_why_and_an_acceptance_need_not(reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        next_delivery(DeliveryState.DELIVERED, DeliveryEvent.REJECT, due_at=DUE, now=BEFORE, reason=reason)
    assert refused.value.code == "delivery_goods.reason_missing"
    accepted = next_delivery(DeliveryState.DELIVERED, DeliveryEvent.ACCEPT, due_at=DUE, now=BEFORE, reason=reason)
    assert accepted is DeliveryState.ACCEPTED


@pytest.mark.parametrize("state", DeliveryState)
def test_silence_is_acceptance_from_the_due_second_on_and_changes_no_judgement(state: DeliveryState) -> None:
    assert standing(state, DUE, BEFORE) is state
    expected = DeliveryState.DEEMED if state is DeliveryState.DELIVERED else state
    assert standing(state, DUE, DUE) is expected
    assert standing(state, DUE, DUE + timedelta(days=400)) is expected
