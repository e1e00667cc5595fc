"""What a new listing does to the shelf, and what it may not."""

import pytest

from providers.adapters.base import Listed, Listing, OfferingDraft, Refused
from providers.sync import Plan, decide, digest


def listing(*references: str, refused: tuple[str, ...] = (), complete: bool = True) -> Listing:
    drafts = tuple(Listed(OfferingDraft(each, each, "radar.sar")) for each in references)
    return Listing(drafts, tuple(Refused(None, each, "x.y", {}, "") for each in refused), complete)


def test_what_a_complete_listing_no_longer_names_is_withdrawn() -> None:
    assert decide("ABC", listing("A", "B")).withdraw == ("C",)


def test_half_a_listing_takes_nothing_away() -> None:
    """Sabotage seen: `complete` not looked at."""
    plan = decide("ABC", listing("A", complete=False))
    assert (plan.withdraw, plan.hold, len(plan.take)) == ((), None, 1)


def test_what_is_still_listed_and_refused_now_is_not_gone() -> None:
    """Sabotage seen: only the drafts counted as listed."""
    assert decide("ABC", listing("A", "B", refused=("C",))).withdraw == ()


@pytest.mark.parametrize(
    ("known", "given", "why"),
    [
        ("ABC", listing(), "empty"),
        ("A", listing(), "empty"),
        ("ABC", listing("A"), "shrunk"),
        ("ABC", listing("X", "Y"), "shrunk"),
        ("AB", listing("A"), None),
        ("", listing(), None),
        ("ABCD", listing("A", "B"), None),
    ],
)
def test_a_listing_that_is_empty_or_lost_more_than_half_is_held(known: str, given: Listing, why: str | None) -> None:
    """Sabotage seen: the empty listing let through."""
    plan = decide(known, given)
    assert plan.hold == why
    if why is not None:
        assert plan == Plan(hold=why)
        assert decide(known, given, confirmed=True).hold is None


def test_a_confirmed_listing_passes() -> None:
    assert decide("ABC", listing(), confirmed=True).withdraw == ("A", "B", "C")


def test_the_digest_knows_content_and_not_order() -> None:
    assert digest(listing("A", "B")) == digest(listing("B", "A"))
    assert digest(listing("A", "B")) != digest(listing("A", "C"))
    assert digest(listing("A")) != digest(listing("A", complete=False))
