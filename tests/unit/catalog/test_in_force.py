"""Which phase holds for whom and where, and what it opens of an agreement."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from catalog.activation.rules import Ramp
from catalog.promise.access import PhaseTerms
from catalog.promise.clauses import ActivationNeed
from catalog.promise.in_force import Activated, Declared, callable_parts, in_force, open_parts
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

NOW = datetime(2024, 11, 2, 8, tzinfo=UTC)
NORTH = {"type": "Polygon", "coordinates": [[[0, 50], [9, 50], [9, 60], [0, 60], [0, 50]]]}
SOUTH = {"type": "Polygon", "coordinates": [[[0, 30], [9, 30], [9, 40], [0, 40], [0, 30]]]}
CRISIS = Declared(Phase.CRISIS, NOW)
RAMP = (Ramp(timedelta(hours=7), Fraction(1, 2)), Ramp(timedelta(hours=9), Fraction(1)))
TERMS = {
    Phase.PEACE: PhaseTerms(40_000, timedelta(hours=48), money("10", "EUR")),
    Phase.CRISIS: PhaseTerms(
        *(90_000, timedelta(hours=6), money("20", "EUR")),
        activation=ActivationNeed.REQUIRED,
        acknowledge=timedelta(hours=1),
        ramp=RAMP,
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
    assert open_parts(TERMS, Phase.PEACE, (), NOW) == {Phase.PEACE: 40_000}
    assert open_parts(TERMS, Phase.CONFLICT, (), NOW) == {Phase.PEACE: 40_000, Phase.CONFLICT: 120_000}
    assert open_parts({Phase.CONFLICT: TERMS[Phase.CONFLICT]}, Phase.CRISIS, (), NOW) == {}


def test_a_declared_crisis_opens_peace_parts_alone_until_its_activation_ramps_up() -> None:
    """Sabotage seen: with the activation ignored the whole 90 were open with the declaration."""
    activated = (Activated(Phase.CRISIS, 90_000, NOW),)

    def at(**more: float) -> int:
        return callable_parts(TERMS, Phase.CRISIS, activated, later(**more))

    assert callable_parts(TERMS, Phase.CRISIS, (), NOW) == 40_000
    assert (at(hours=6), at(hours=7), at(hours=8, minutes=59), at(hours=9)) == (40_000, 45_000, 45_000, 90_000)
    part = (Activated(Phase.CRISIS, 60_000, NOW),)
    assert callable_parts(TERMS, Phase.CRISIS, part, later(hours=7)) == 40_000
    assert callable_parts(TERMS, Phase.CRISIS, part, later(hours=9)) == 60_000
    assert callable_parts(TERMS, Phase.PEACE, activated, later(hours=9)) == 40_000


def test_without_a_ramp_everything_is_open_when_the_notice_is_over() -> None:
    plain = TERMS | {Phase.CRISIS: replace(TERMS[Phase.CRISIS], ramp=())}
    activated = (Activated(Phase.CRISIS, 80_000, NOW),)
    assert callable_parts(plain, Phase.CRISIS, activated, later(hours=6, seconds=-1)) == 40_000
    assert callable_parts(plain, Phase.CRISIS, activated, later(hours=6)) == 80_000
