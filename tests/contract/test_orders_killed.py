"""No order is made twice while the process that drives them is killed and answers are lost. Small; the campaign is
`./hub bench fallback --kills=300`."""

from jobs.proofs import order_kills


def test_one_order_is_made_of_each_however_often_its_driver_is_killed() -> None:
    """Judged by the suppliers' own books.

    Sabotage seen: every door taken for one of `key`; the books showed orders made twice.
    """
    found = order_kills.campaign(10, seed=3)
    assert (found["made_twice"], found["never_placed_twice"], found["unknown_to_the_supplier"]) == (0, 0, 0), found
    assert found["not_over"] == 0, found
    assert (
        found["calls_cut_off_by_a_kill"] and found["placed_again"] and found["looked_for"] and found["doubts_resolved"]
    ), found
