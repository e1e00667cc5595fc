"""`validate access` on a part of the real fleets, a judge that sees faults, and planted over-claims."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import over_claims
from space_hub.orbit.coverage.access import Accesses, accesses
from space_hub.orbit.gp import read_text
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.times import SECOND
from space_hub.validation import access
from space_hub.validation.access import CASES, REAL, START, AccessReport, FleetAgreement, campaign, compare

SKY = sample_catalogue(START, 1)


def test_real_fleets_are_seen_when_skyfield_sees_them(shared: Path) -> None:
    """Some satellites of each kind for a day."""
    with gzip.open(shared / "data" / REAL, "rt", encoding="utf-8") as file:
        lines = file.read().splitlines()
    names = (*(name for case in CASES for name in case.names), "INTELSAT", "ONEWEB")
    text = "\n".join([lines[0], *(line for line in lines[1:] if line.startswith(names))])
    elements = [line.elements for line in read_text(text, now=START).accepted]
    report = campaign(elements, START, catalogue="part", days=1.0, most=2, cases=(CASES[0], CASES[2], CASES[4]))
    assert report.holds, report
    assert max(one.worst_end_s for one in report.fleets) < 0.2
    assert {one.satellites for one in report.fleets} == {2}
    assert [row["fleet"] for row in report.rows()] == ["imaging, agile", "radar", "rf", "geo", "leo"]


def _as_it_is(found: Accesses) -> Accesses:
    return found


def _shifted(found: Accesses) -> Accesses:
    return replace(found, end=found.end + round(1.5 * SECOND))


def _one_less(found: Accesses) -> Accesses:
    kept = np.arange(len(found)) != len(found) // 2
    satellite, place, begin, end = (each[kept] for each in (found.satellite, found.place, found.begin, found.end))
    return Accesses(satellite, place, begin, end, found.start, found.stop)


@pytest.mark.parametrize(("change", "holds"), [(_as_it_is, True), (_shifted, False), (_one_less, False)])
def test_a_window_that_is_late_or_missing_does_not_hold(
    change: Callable[[Accesses], Accesses], holds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "accesses", lambda *given: change(accesses(*given)))
    report = AccessReport("none", START.isoformat(), 0.5)
    report.elevations.append(access.ElevationAgreement("none"))
    compare(report, CASES[4], [one for one in SKY if "SHELL-B 01" in one.name][:1])
    assert report.holds is holds


def test_what_has_no_windows_shows_nothing() -> None:
    report = AccessReport("none", START.isoformat(), 1.0, [FleetAgreement("x")], [access.ElevationAgreement("y")])
    assert not report.holds


def test_over_claims_are_found_and_nobody_else_is_accused(shared: Path) -> None:
    """Four offerings of the two hundred, two of them planted."""
    assert (shared / "data" / "catalogue").is_dir()
    figures = over_claims.run("--offerings=4", "--planted=2")
    assert figures["holds"], figures
    assert (figures["found"], figures["falsely_accused"]) == (2, 0)
