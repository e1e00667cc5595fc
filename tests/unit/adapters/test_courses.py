"""What befalls the orders of a simulated supplier: shares, their draw, and what cancelling costs."""

import pytest

from providers.adapters.courses import BAD, Course, Fate, fate, words

ORDERS = [f"ord_{number:05d}" for number in range(10_000)]


@pytest.mark.parametrize(("share", "least", "most"), [(0, 0, 0), (30, 2860, 3140), (100, 10_000, 10_000)])
def test_so_many_of_a_hundred_fail_and_each_in_a_way_of_its_own(share: int, least: int, most: int) -> None:
    """Within three standard deviations of 10,000 draws. Sabotage seen: one way drawn for all."""
    ends = [fate(f"SAR-1+fails{share}", ours).course for ours in ORDERS]
    bad: list[Course] = [each for each in ends if each in BAD]
    assert least <= len(bad) <= most
    assert all(0.22 < bad.count(each) / len(bad) < 0.28 for each in BAD if bad)


def test_the_same_order_has_the_same_fate_and_another_supplier_draws_its_own() -> None:
    """Sabotage seen: the draw from our reference alone; three suppliers of one call-off then failed together."""
    one, two = ([fate(f"{name}+fails30", ours).course in BAD for ours in ORDERS] for name in ("A", "B"))
    assert one == [fate("A+fails30", ours).course in BAD for ours in ORDERS]
    both = sum(first and second for first, second in zip(one, two, strict=True))
    assert 820 <= both <= 980  # 0.3 x 0.3 of 10,000, within three standard deviations.


def test_answers_are_lost_apart_from_failures() -> None:
    drawn = [fate("A+fails30+loses30", ours) for ours in ORDERS]
    assert 2860 <= sum(each.loses_answer for each in drawn) <= 3140
    assert 820 <= sum(each.loses_answer and each.course in BAD for each in drawn) <= 980


def test_words_are_joined_and_what_is_none_is_part_of_the_name() -> None:
    assert words("GNSS+RO+late+charges20") == ["RO", "late", "charges20"]
    assert fate("GNSS+RO+late+charges20", "ord_1") == Fate(late=True, fee_share=20)
    assert fate("A+fails+charges101+fails007", "ord_1") == Fate(Course.FAILS)
    assert fate("A+holds+binds+loses_answer", "ord_1") == Fate(Course.HOLDS, binds=True, loses_answer=True)


@pytest.mark.parametrize(("share", "quantity", "fee"), [(0, 5.0, None), (20, 2.5, "50 EUR"), (7, 0.1234, "0.86 EUR")])
def test_a_fee_is_a_share_of_the_list_price_to_the_cent(share: int, quantity: float, fee: str | None) -> None:
    found = Fate(fee_share=share).fee(quantity)
    assert (None if found is None else str(found)) == fee
