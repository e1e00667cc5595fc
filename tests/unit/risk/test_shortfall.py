"""What is missing in stretches of slots, against the same sum done for every slot by itself."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.risk.availability import Probability, probability_bound
from catalog.risk.shortfall import Danger, Piece, shortfalls

HALF = Fraction(1, 2)
ASSETS = ("a", "b", "c")


def test_two_satellites_share_what_is_lost_and_a_cut_off_leaves_what_it_leaves() -> None:
    """Sabotage seen: the ends of dangers left out of the edges; a cut-off that
    takes its share of what is left; a danger to another asset named as a cause."""
    pieces = [Piece(10, 19, 100)]
    dangers = [
        Danger("gone", 12, 15, "a"),
        Danger("tired", 14, 17, "b", loss=HALF),
        Danger("cut", 16, None, left=Fraction(7, 10)),
        Danger("elsewhere", 0, None, "z"),
        Danger("past", 0, 9, "a"),
    ]
    found = shortfalls(pieces, ("a", "b"), dangers)
    assert [(line.first, line.last, line.expected, line.worst, line.causes) for line in found] == [
        (12, 13, 50, 50, ("gone",)),
        (14, 15, 75, 75, ("gone", "tired")),
        (16, 19, 30, 30, ("cut", "tired")),
    ]


def test_a_bound_stays_a_bound_and_an_offering_without_assets_is_one_whole() -> None:
    (line,) = shortfalls([Piece(0, 0, 100_000)], (), [Danger("near", 0, None, probability=probability_bound(200, 5))])
    assert (line.expected, line.worst, line.is_bound) == (24, 100_000, True), "23.01 rounded up"
    assert shortfalls([Piece(0, 5, 10)], ASSETS, []) == ()


pieces = st.lists(
    st.builds(
        lambda first, length, parts: Piece(first, first + length, parts), *[st.integers(0, 12)] * 2, st.integers(1, 99)
    ),
    min_size=1,
    max_size=4,
)
dangers = st.lists(
    st.builds(
        lambda first, length, asset, loss, chance, left: Danger(
            "d",
            first,
            None if length is None else first + length,
            asset,
            Fraction(loss, 4),
            Probability(chance),
            None if left is None else Fraction(left, 4),
        ),
        st.integers(0, 20),
        st.none() | st.integers(0, 8),
        st.sampled_from([None, *ASSETS, "z"]),
        st.integers(1, 4),
        st.sampled_from([0.0, 0.25, 1.0]),
        st.none() | st.integers(0, 4),
    ),
    max_size=5,
)


@settings(max_examples=150)
@given(pieces=pieces, dangers=dangers)
def test_every_slot_of_a_stretch_misses_what_it_would_miss_alone(pieces: list[Piece], dangers: list[Danger]) -> None:
    """Sabotage seen: edges at the first slots of pieces alone."""
    found = shortfalls(pieces, ASSETS, dangers)
    covered = {slot: line for line in found for slot in range(line.first, line.last + 1)}
    for slot in range(30):
        here = [Piece(slot, slot, piece.parts) for piece in pieces if piece.first <= slot <= piece.last]
        alone = shortfalls(here, ASSETS, dangers) if here else ()
        assert [(each.committed, each.expected, each.worst) for each in alone] == (
            [(covered[slot].committed, covered[slot].expected, covered[slot].worst)] if slot in covered else []
        )
        assert all(0 <= each.expected <= each.worst <= each.committed for each in alone)
