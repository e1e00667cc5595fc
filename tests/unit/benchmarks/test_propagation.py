"""The benchmark of states a second, on a small sky: it says what it saw, and a wrong answer never holds."""

from typing import Any

import pytest

from benchmarks import propagation
from benchmarks.screening.catalogue import Catalogue
from space_hub.orbit.sample import sample_catalogue
from space_hub.validation.propagation import START, PropagationReport, compare


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    elements = sample_catalogue(START, 1)
    monkeypatch.setattr(propagation, "real", lambda **_: Catalogue(elements, len(elements), []))
    for name, value in {"ROUNDS": 1, "CALL": 2, "NEAR_TICKS": 4, "DEEP_TICKS": 4, "BOTH_TICKS": 4}.items():
        monkeypatch.setattr(propagation, name, value)
    # How fast a few objects are on a busy machine is not asked here.
    for name in ("NEAR_TIMES", "DEEP_TIMES", "THREADS_TIMES"):
        monkeypatch.setattr(propagation, name, 0.0)


@pytest.mark.usefixtures("small")
def test_it_gives_rates_ratios_and_agreement() -> None:
    figures = propagation.run()
    assert figures["holds"] is True
    assert figures["codes_differ"] == 0
    for name in ("near", "deep"):
        ratio = figures[f"{name}_million_states_per_s"] / figures[f"package_{name}_million_states_per_s"]  # type: ignore[operator]
        assert ratio == pytest.approx(figures[f"ratio_{name}"], rel=0.1)


@pytest.mark.usefixtures("small")
def test_a_wrong_or_slow_answer_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(propagation, "THREADS_TIMES", 1e6)
    assert propagation.run()["holds"] is False
    monkeypatch.setattr(propagation, "THREADS_TIMES", 0.0)

    def wrong(report: PropagationReport, *given: Any) -> None:
        compare(report, *given)
        report.groups[0].lanes_mm = 1.01

    monkeypatch.setattr(propagation, "compare", wrong)
    assert propagation.run()["holds"] is False
