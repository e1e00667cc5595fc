"""One encounter over several runs keeps one identity."""

import uuid
from datetime import UTC, datetime, timedelta

from space_hub.awareness.following.correlate import NAMESPACE, Known, Seen, conjunction_id, correlate, tolerance

TCA = datetime(2024, 11, 2, 7, 30, 15, 250_000, tzinfo=UTC)
LEO = timedelta(minutes=96)
PAIR = ("obj_a", "obj_b")


def seen(offset_s: float, pair: tuple[str, str] = PAIR, co_located: bool = False) -> Seen:
    return Seen(pair, TCA + timedelta(seconds=offset_s), co_located, LEO)


def test_the_same_pair_at_nearly_the_same_time_is_the_same_conjunction() -> None:
    known = [Known("cnj_1", PAIR, TCA, False)]
    assert correlate(known, [seen(0.094)]) == ["cnj_1"]
    assert correlate(known, [seen(599.0)]) == ["cnj_1"]
    assert correlate(known, [seen(601.0)]) == [None]


def test_the_order_of_the_pair_is_no_matter() -> None:
    assert correlate([Known("cnj_1", PAIR, TCA, False)], [seen(0.5, ("obj_b", "obj_a"))]) == ["cnj_1"]
    assert conjunction_id(PAIR, "run_1", 1) == conjunction_id(("obj_b", "obj_a"), "run_1", 1)


def test_the_next_meeting_of_the_pair_is_another_conjunction() -> None:
    """Sabotage seen: a tolerance of a whole period instead of a quarter turned it red."""
    assert tolerance(LEO) == timedelta(minutes=10)
    assert tolerance(timedelta(minutes=36)) == timedelta(minutes=9)
    half_period = LEO.total_seconds() / 2
    assert correlate([Known("cnj_1", PAIR, TCA, False)], [seen(half_period)]) == [None]
    assert conjunction_id(PAIR, "run_1", 1) != conjunction_id(PAIR, "run_1", 2)


def test_each_known_conjunction_is_given_once_and_to_the_closest_in_time() -> None:
    """Sabotage seen: leaving out `taken` gives both looks the same id."""
    known = [Known("cnj_1", PAIR, TCA, False)]
    assert correlate(known, [seen(40.0), seen(-2.0)]) == [None, "cnj_1"]


def test_a_pair_that_flies_together_stays_one_conjunction_wherever_its_minimum_lies() -> None:
    known = [Known("cnj_1", PAIR, TCA, True)]
    assert correlate(known, [seen(36_000.0, co_located=True)]) == ["cnj_1"]
    assert correlate(known, [seen(0.0, co_located=False)]) == [None]


def test_other_pairs_are_never_mixed() -> None:
    assert correlate([Known("cnj_1", PAIR, TCA, False)], [seen(0.0, ("obj_a", "obj_c"))]) == [None]


def test_the_id_of_a_conjunction_is_the_named_uuid_of_its_pair_run_and_ordinal() -> None:
    """Sabotage seen: with the variant's digit left as hashed it is another in three of four ids."""
    for ordinal in range(64):
        name = f"obj_a/obj_b/run_1/{ordinal}"
        assert conjunction_id(("obj_b", "obj_a"), "run_1", ordinal) == f"cnj_{uuid.uuid5(NAMESPACE, name).hex}"
