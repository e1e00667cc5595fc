"""The tables of what may follow what, and whose step it is."""

import itertools

import pytest

from catalog.promise.lifecycle import (
    AGREEMENT,
    AgreementEvent,
    AgreementStatus,
    MemberEvent,
    MemberStatus,
    Side,
    next_agreement,
    next_member,
    next_order,
)
from providers.adapters.base import FINAL, OrderStatus
from space_hub.errors import Conflict, Forbidden


def test_an_agreement_needs_both_sides_to_be_signed() -> None:
    """Sabotage seen: letting the buyer offer turned it red."""
    draft = AgreementStatus.DRAFT
    with pytest.raises(Forbidden):
        next_agreement(draft, AgreementEvent.OFFER, Side.BUYER)
    offered = next_agreement(draft, AgreementEvent.OFFER, Side.SUPPLIER)
    with pytest.raises(Forbidden):
        next_agreement(offered, AgreementEvent.SIGN, Side.SUPPLIER)
    assert next_agreement(offered, AgreementEvent.SIGN, Side.BUYER) is AgreementStatus.SIGNED


def test_what_the_table_does_not_list_is_refused_for_every_side() -> None:
    refused = 0
    for status, event, side in itertools.product(AgreementStatus, AgreementEvent, Side):
        if (status, event) not in AGREEMENT:
            refused += 1
            with pytest.raises(Conflict):
                next_agreement(status, event, side)
    assert refused == (5 * 5 - len(AGREEMENT)) * 2


def test_nothing_leaves_an_end() -> None:
    ends = {AgreementStatus.ENDED, AgreementStatus.WITHDRAWN}
    assert not [status for status, _ in AGREEMENT if status in ends]


def test_a_nation_joins_only_where_it_was_invited() -> None:
    with pytest.raises(Conflict):
        next_member(None, MemberEvent.JOIN)
    with pytest.raises(Conflict):
        next_member(MemberStatus.LEFT, MemberEvent.JOIN)
    assert next_member(MemberStatus.INVITED, MemberEvent.JOIN) is MemberStatus.JOINED


@pytest.mark.parametrize("ended", sorted(FINAL))
def test_an_order_that_ended_takes_no_other_status(ended: OrderStatus) -> None:
    assert next_order(ended, ended) is ended
    for said in set(OrderStatus) - {ended}:
        with pytest.raises(Conflict):
            next_order(ended, said)
