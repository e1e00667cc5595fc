import pytest
from hypothesis import given
from hypothesis import strategies as st

from space_hub.errors import Conflict
from space_hub.trust.labels import LEVELS, PUBLIC, Marking, above, join, may_read

names = st.frozensets(st.sampled_from(["org_a", "org_b", "org_c"]))
nations = st.none() | st.frozensets(st.sampled_from(["FR", "DE", "IT"]))
markings = st.builds(
    Marking,
    level=st.sampled_from(LEVELS),
    owner=st.sampled_from(["", "org_a", "org_b"]),
    nations=nations,
    organisations=names,
)


def test_a_marking_that_names_nobody_is_read_by_its_owner_alone() -> None:
    marking = Marking(owner="org_a")
    assert may_read(marking, "org_a", "FR")
    assert not may_read(marking, "org_b", "FR")


def test_nobody_known_reads_nothing_not_even_what_is_public() -> None:
    assert not may_read(PUBLIC, "", "FR")
    assert may_read(PUBLIC, "org_a", "")


def test_an_organisation_without_a_nation_is_in_no_nation() -> None:
    assert not may_read(Marking(nations=frozenset({""})), "org_a", "")


def test_an_unknown_level_lies_above_every_ceiling() -> None:
    assert above("cosmic", "secret")
    assert above("restricted", "unclassified")
    assert not above("restricted", "restricted")


@given(
    markings, markings, st.sampled_from(["org_a", "org_b", "org_c", "org_d"]), st.sampled_from(["FR", "DE", "IT", "ES"])
)
def test_what_is_derived_from_two_things_is_read_only_by_readers_of_both(
    first: Marking, second: Marking, reader: str, nation: str
) -> None:
    """Sabotage seen: joining nations with `|` instead of `&` turned it red."""
    derived = join(first, second, owner="org_owner")
    if may_read(derived, reader, nation):
        assert may_read(first, reader, nation)
        assert may_read(second, reader, nation)
    assert LEVELS.index(derived.level) == max(LEVELS.index(first.level), LEVELS.index(second.level))


def test_nothing_is_derived_from_what_is_real_and_an_exercise_or_from_two_exercises() -> None:
    """Sabotage seen: the comparison in `join` taken away."""
    real, one, two = (Marking(owner="org_a", mode=mode) for mode in ("real", "exr_1", "exr_2"))
    for first, second in ((real, one), (one, real), (one, two)):
        with pytest.raises(Conflict) as refusal:
            join(first, second, owner="org_a")
        assert refusal.value.code == "mode.mixed"
    assert join(one, one, owner="org_a").mode == "exr_1"


def test_a_real_marking_keeps_the_id_that_it_had_before_there_were_exercises() -> None:
    """The id as the rule before gave it: a hash of level, owner, nations and organisations.

    Sabotage seen: the mode put into every id.
    """
    assert Marking(owner="org_a", organisations=frozenset({"org_b"})).id == "mrk_5419e465b6f94f14cd606dcf59d7c9f8"
    assert len({Marking(owner="org_a", mode=mode).id for mode in ("real", "exr_1", "exr_2")}) == 3
