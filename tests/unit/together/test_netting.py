"""Settlement: what is paid settles every line to the coin, in few payments; service in kind counts as declared."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.together import netting
from catalog.together.netting import InKind, Line, LineKind, Payment
from space_hub.errors import Invalid

NATIONS = ("BE", "DE", "FR", "NO", "PL")


def line(payer: str, payee: str, amount: str, kind: LineKind = LineKind.USE) -> Line:
    return Line(payer, payee, kind, f"{payer}-{payee}", Decimal(amount))


def test_a_ring_of_equal_debts_needs_no_payment_at_all() -> None:
    ring = [line("BE", "DE", "70.00"), line("DE", "FR", "70.00"), line("FR", "BE", "70.00")]
    assert netting.net(ring, "FR") == ()


def test_nobody_reads_in_a_payment_who_took_its_capacity() -> None:
    """NO took from BE: the asker owes the lead, and the lead its victim. Sabotage seen: the largest debtor paying the
    largest creditor, by which BE read that NO paid it."""
    lines = [
        line("NO", "FR", "90.50", LineKind.COMPENSATION),
        line("FR", "BE", "90.50", LineKind.COMPENSATION),
        line("DE", "FR", "20.00"),
    ]
    assert netting.net(lines, "FR") == (
        Payment("DE", "FR", Decimal("20.00")),
        Payment("NO", "FR", Decimal("90.50")),
        Payment("FR", "BE", Decimal("90.50")),
    )


drawn = st.lists(
    st.tuples(st.permutations(NATIONS), st.integers(0, 10**9)).map(
        lambda each: Line(each[0][0], each[0][1], LineKind.SHARE, "x", Decimal(each[1]).scaleb(-2))
    ),
    max_size=25,
)


@given(lines=drawn)
@settings(max_examples=80)
def test_payments_settle_every_balance_and_are_fewer_than_the_nations(lines: list[Line]) -> None:
    """Sabotage seen: amounts by the larger of the two balances."""
    left = {"FR": Decimal(0), **netting.balances(lines)}
    assert sum(left.values()) == 0
    payments = netting.net(lines, "FR")
    for payment in payments:
        assert payment.amount > 0
        left[payment.payer] += payment.amount
        left[payment.payee] -= payment.amount
    assert not any(left.values())
    assert len(payments) < len(NATIONS)
    assert all("FR" in (each.payer, each.payee) for each in payments)


def test_service_in_kind_counts_when_confirmed_and_up_to_the_declared_share() -> None:
    """PL owes 1,000 and may render 30 % of it. Sabotage seen: unconfirmed entries counted; the room not used up."""
    lines = [line("PL", "FR", "600.00"), line("PL", "DE", "400.00"), line("FR", "PL", "50.00")]
    entries = [
        InKind("ink_1", "PL", "FR", Decimal("180.005"), confirmed=True),
        InKind("ink_2", "PL", "DE", Decimal("90.00"), confirmed=False),
        InKind("ink_3", "PL", "DE", Decimal("200.00"), confirmed=True),
        InKind("ink_4", "NO", "DE", Decimal("10.00"), confirmed=True),
    ]
    found = netting.in_kind(entries, lines, Decimal("0.3"))
    assert found.lines == (
        Line("FR", "PL", LineKind.IN_KIND, "ink_1", Decimal("180.00")),
        Line("DE", "PL", LineKind.IN_KIND, "ink_3", Decimal("120.00")),
    )
    assert found.carried == {
        "ink_1": Decimal("0.005"),
        "ink_2": Decimal("90.00"),
        "ink_3": Decimal("80.00"),
        "ink_4": Decimal("10.00"),
    }
    after = netting.balances([*lines, *found.lines])
    assert after == {"DE": Decimal("280.00"), "FR": Decimal("370.00"), "PL": Decimal("-650.00")}


@pytest.mark.parametrize(
    ("payer", "amount", "code"),
    [
        ("FR", "5.00", "together.line_to_itself"),
        ("DE", "-5.00", "together.line_amount_wrong"),
        ("DE", "5.001", "together.line_amount_wrong"),
        ("DE", "NaN", "together.line_amount_wrong"),
    ],
)
def test_a_line_that_is_no_debt_in_coins_is_refused(payer: str, amount: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        line(payer, "FR", amount)
    assert refused.value.code == code


def test_a_service_to_oneself_and_a_share_above_one_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        InKind("ink_1", "PL", "PL", Decimal(1), confirmed=True)
    assert refused.value.code == "together.in_kind_wrong"
    for share in (Decimal("1.01"), Decimal(-1), Decimal("NaN")):
        with pytest.raises(Invalid) as refused:
            netting.in_kind([], [], share)
        assert refused.value.code == "together.in_kind_share_wrong"
