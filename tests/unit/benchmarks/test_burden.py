"""The burden of watches counted by hand: one encounter over three daily runs."""

from datetime import UTC, datetime, timedelta

from benchmarks.burden import Encounter, Run, judged, linked, settings, told
from space_hub.awareness.following.correlate import Seen
from space_hub.awareness.following.rules import Look, Rule

START = datetime(2024, 11, 2, tzinfo=UTC)
TCA = START + timedelta(hours=60)


def encounter(miss_m: float, pc: float, late_s: float = 0.0, pair: tuple[str, str] = ("1", "2")) -> Encounter:
    seen = Seen(pair, TCA + timedelta(seconds=late_s), False, timedelta(minutes=95))
    return Encounter(seen, Look(miss_m, False, pc, 2.0 * pc, False), 1)


def days(*found: list[Encounter]) -> list[Run]:
    starts = [START + timedelta(days=number) for number in range(len(found))]
    return [Run(start, start + timedelta(hours=72), some) for start, some in zip(starts, found, strict=True)]


def test_pages_are_those_of_the_products_rules_and_the_first_run_is_not_counted() -> None:
    """Sabotage seen: the first run counted; encounters of two runs not linked."""
    given = days([encounter(700.0, 2e-4)], [encounter(650.0, 2e-5, 0.4)], [])
    looks = linked(given)
    assert [set(here) for here in looks] == [{"0/0"}, {"0/0"}, set()]
    said = {name: told(rule, given, looks) for name, rule in settings(72.0).items()}
    assert said["within 1 km"].pages == {"revised": 1, "cleared": 1}
    assert said["within 500 m"].pages == {} and said["within 500 m"].named == set()
    assert said["red (Pc 1e-4)"].pages == {"cleared": 1}
    assert said["amber (Pc 1e-5)"].pages == {"revised": 1, "cleared": 1}


def test_a_red_encounter_is_judged_by_the_last_run_before_it() -> None:
    """Sabotage seen: the last run that found it taken for the last run before it."""
    rule = Rule(0.0, 72.0)
    near, faint, other = encounter(700.0, 2e-4), encounter(650.0, 2e-5), encounter(90.0, 3e-4, pair=("3", "4"))
    for runs, verdict in (
        (days([near], [faint], [near]), {"red": 1}),
        (days([near], [near], [faint]), {"amber": 1}),
        (days([near], [near], []), {"neither": 1}),
        (days([faint], [faint], [near]), {"last": 1}),
        (days([near, other], [near, other], [near]), {"red": 1, "neither": 1}),
    ):
        assert judged(rule, runs, linked(runs)) == verdict
