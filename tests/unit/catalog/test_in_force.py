"""Which phase holds for whom and where, and what it opens of an agreement."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from catalog.promise.access import PhaseTerms
from catalog.promise.clauses import ActivationNeed
from catalog.promise.in_force import Declared, callable_parts, in_force, open_parts
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

NOW = datetime(2024, 11, 2, 8, tzinfo=UTC)
NORTH = {"type": "Polygon", "coordinates": [[[0, 50], [9, 50], [9, 60], [0, 60], [0, 50]]]}
SOUTH = {"type": "Polygon", "coordinates": [[[0, 30], [9, 30], [9, 40], [0, 40], [0, 30]]]}
CRISIS = Declared(Phase.CRISIS, NOW)
TERMS = {
    Phase.PEACE: PhaseTerms(40_000, timedelta(hours=48), money("10", "EUR")),
    Phase.CRISIS: PhaseTerms(
        *(90_000, timedelta(hours=6), money("20", "EUR")),
        activation=ActivationNeed.REQUIRED,
        acknowledge=timedelta(hours=1),
    ),
    Phase.CONFLICT: PhaseTerms(120_000, timedelta(hours=1), money("30", "EUR")),
}


def later(**more: float) -> datetime:
    return NOW + timedelta(**more)


def test_it_is_peace_before_any_declaration_and_the_last_begun_decides() -> None:
    """Sabotage seen: with the gravest of all chosen, a crisis could not be ended."""
    assert in_force((), NOW) is Phase.PEACE
    peace = Declared(Phase.PEACE, later(hours=2))
    assert in_force((CRISIS, peace), later(hours=1)) is Phase.CRISIS
    assert in_force((CRISIS, peace), later(hours=2)) is Phase.PEACE


def test_of_two_from_one_moment_the_graver_holds_whatever_their_order() -> None:
    conflict = Declared(Phase.CONFLICT, NOW)
    assert in_force((CRISIS, conflict), NOW) is in_force((conflict, CRISIS), NOW) is Phase.CONFLICT


def test_a_declaration_holds_for_whom_where_and_until_it_says() -> None:
    scoped = replace(CRISIS, nations=frozenset({"FR"}), area=NORTH, until=later(hours=1))
    assert in_force((scoped,), NOW, "FR", NORTH) is Phase.CRISIS
    assert in_force((scoped,), NOW, "DE", NORTH) is Phase.PEACE
    assert in_force((scoped,), NOW, "FR", SOUTH) is Phase.PEACE
    assert in_force((scoped,), NOW, "FR", None) is Phase.PEACE
    assert in_force((scoped,), later(hours=1), "FR", NORTH) is Phase.PEACE


def test_milder_terms_stay_open_and_graver_ones_do_not_open_early() -> None:
    assert open_parts(TERMS, Phase.PEACE, {}) == {Phase.PEACE: 40_000}
    assert open_parts(TERMS, Phase.CONFLICT, {}) == {Phase.PEACE: 40_000, Phase.CONFLICT: 120_000}
    assert open_parts({Phase.CONFLICT: TERMS[Phase.CONFLICT]}, Phase.CRISIS, {}) == {}


def test_a_declared_crisis_opens_peace_parts_alone_until_its_activation_brings_more() -> None:
    """Sabotage seen: with the activation ignored the whole 90 were open with the declaration."""

    def brought(parts: int, phase: Phase = Phase.CRISIS) -> int:
        return callable_parts(TERMS, phase, {Phase.CRISIS: parts})

    assert [brought(parts) for parts in (0, 30_000, 45_000, 90_000)] == [40_000, 40_000, 45_000, 90_000]
    assert brought(95_000) == 90_000
    assert brought(90_000, Phase.PEACE) == 40_000
