"""What orbits allow, on invented fleets; and planted over-claims on real ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from catalog.feasibility.compute import COMPUTED, findings
from catalog.feasibility.values import Asked, FeasibilityVerdict, Finding, Station, Subject
from space_hub.orbit.coverage.sensor import Sensor
from space_hub.orbit.sample import sample_catalogue
from space_hub.vocabulary.attributes import Measured

START = datetime(2024, 11, 2, tzinfo=UTC)
SKY = sample_catalogue(START, 1)
SQUARE = [[20.0, 45.0], [26.0, 45.0], [26.0, 50.0], [20.0, 50.0], [20.0, 45.0]]
ASKED = Asked({"type": "Polygon", "coordinates": [SQUARE]}, START, START + timedelta(days=2))
POLAR = tuple(one for one in SKY if "SHELL-B" in one.name)[::10]


def _claims(**values: float) -> dict[str, Measured]:
    return {name: Measured(name, value, value) for name, value in values.items()}


def _subject(**changes: object) -> Subject:
    plain = Subject(
        "off_1",
        POLAR,
        Sensor(off_nadir=(0.0, 45.0)),
        _claims(revisit=12.0, delivery_latency=200.0, swath=300.0),
        stations=(Station(15.4, 78.2), Station(-147.5, 64.9)),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def _verdicts(found: tuple[Finding, ...]) -> dict[str, str]:
    return {each.attribute: each.of_claim.verdict.value for each in found}


def test_modest_claims_agree_and_bold_ones_do_not() -> None:
    """Twelve satellites at 610 km that look 45 deg aside reach 1,270 km across and see a place every few hours."""
    assert _verdicts(findings(_subject(), ASKED)) == {
        "revisit": "agree",
        "delivery_latency": "agree",
        "swath": "agree",
    }
    bold = _subject(claimed=_claims(revisit=0.2, delivery_latency=2.0, swath=2_500.0))
    found = findings(bold, ASKED)
    assert set(_verdicts(found).values()) == {"disagree"}
    assert all(each.for_reply for each in found)
    swath = next(each for each in found if each.attribute == "swath")
    assert swath.computed.value == pytest.approx(1_290.0, rel=0.06)


def test_a_fleet_that_is_not_wholly_known_accuses_nobody() -> None:
    bold = _claims(revisit=0.2)
    missing = findings(_subject(claimed=bold, missing=1), ASKED)
    old = replace(POLAR[0], epoch=START - timedelta(days=40))
    aged = findings(_subject(claimed=bold, elements=(old, *POLAR[1:])), ASKED)
    assert _verdicts(missing) == _verdicts(aged) == {"revisit": "cannot_tell"}
    (none,) = findings(_subject(claimed=bold, elements=(old,)), ASKED)
    assert none.of_claim.reason.code == "feasibility.no_elements"
    (unheard,) = findings(_subject(claimed=_claims(delivery_latency=1.0), stations=()), ASKED)
    assert unheard.of_claim.reason.code == "feasibility.no_stations"


def test_a_satellite_that_decays_in_the_window_excuses_no_more_than_it_could_have_brought() -> None:
    """Were it as good as the best of the others, the fleet would still not see the place so often.

    Sabotage seen: with the lost satellite counted as nothing at all, what the whole fleet does was beyond `at_best`.
    """
    (whole,) = findings(_subject(claimed=_claims(revisit=0.2)), ASKED)
    sinking = replace(POLAR[0], mean_motion_rev_day=16.4, bstar=0.05)
    lame = _subject(elements=(sinking, *POLAR[1:]), claimed=_claims(revisit=0.2))
    (found,) = findings(lame, ASKED)
    assert whole.computed.at_best is None and whole.computed.value is not None
    assert found.computed.at_best is not None and found.computed.value is not None
    assert 0.7 * whole.computed.value < found.computed.at_best <= whole.computed.value <= found.computed.value
    assert _verdicts((found,)) == {"revisit": "disagree"}
    assert found.limit is not None
    near = replace(lame, claimed=_claims(revisit=0.5 * (found.limit + found.computed.value)))
    assert _verdicts(findings(near, ASKED)) == {"revisit": "agree"}


def test_a_place_that_is_never_seen_speaks_against_a_short_revisit_only() -> None:
    """Satellites at 53 deg of inclination never come near Svalbard."""
    low = tuple(one for one in SKY if "SHELL-A" in one.name)[::20]
    arctic = Asked({"type": "Point", "coordinates": [15.4, 78.2]}, START, START + timedelta(days=2))
    for hours, expected in ((12.0, "disagree"), (30.0, "agree")):
        found = findings(_subject(elements=low, claimed=_claims(revisit=hours)), arctic)
        assert _verdicts(found) == {"revisit": expected}


def test_a_claim_for_a_latitude_is_held_against_that_latitude() -> None:
    """At 75 deg polar satellites come by far more often."""
    (here,) = findings(_subject(claimed=_claims(revisit=1.0)), ASKED)
    (north,) = findings(_subject(claimed=_claims(revisit=1.0, revisit_latitude=75.0)), ASKED)
    assert here.computed.value is not None and north.computed.value is not None
    assert north.computed.value < 0.7 * here.computed.value


def test_a_geostationary_service_is_permanent_and_not_faster_than_light() -> None:
    geo = tuple(one for one in SKY if "GEO" in one.name)
    claims = _claims(availability=99.9, link_latency=270.0, revisit=0.1)
    terms = _subject(elements=geo, sensor=Sensor(elevation=10.0), claimed=claims)
    assert _verdicts(findings(terms, ASKED)) == {"revisit": "agree", "availability": "agree", "link_latency": "agree"}
    fast = findings(replace(terms, claimed=_claims(link_latency=50.0)), ASKED)
    assert _verdicts(fast) == {"link_latency": "disagree"}


def test_contacts_of_a_network_add_up() -> None:
    """Two polar stations see each of twelve satellites some ten minutes on nearly each revolution."""
    found = findings(_subject(claimed=_claims(contact_time=1_500.0)), ASKED)
    assert _verdicts(found) == {"contact_time": "agree"}
    assert found[0].computed.value == pytest.approx(12 * 2 * 13 * 9.5, rel=0.2)
    assert _verdicts(findings(_subject(claimed=_claims(contact_time=6_000.0)), ASKED)) == {"contact_time": "disagree"}


def test_findings_come_in_one_order_and_only_for_what_was_said() -> None:
    found = findings(_subject(answered=_claims(contact_time=1.0)), ASKED)
    assert [each.attribute for each in found] == [
        name for name in COMPUTED if name in {"revisit", "delivery_latency", "swath", "contact_time"}
    ]
    assert found[-1].of_answer is not None
    assert found[-1].of_claim.verdict is FeasibilityVerdict.CANNOT_TELL
