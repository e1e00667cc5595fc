"""Each contestant in a process of its own; parts, figures, table and plots from what was measured."""

import copy
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks import Misused
from benchmarks.screening import conditions, measurement, parts, table
from benchmarks.screening.catalogue import Catalogue, fresh, grown, read, write
from benchmarks.screening.contestant import CONTESTANTS, processor_s
from benchmarks.screening.figures import CRITERIA, figures, met
from benchmarks.screening.harness import Failed, Taken, process
from benchmarks.screening.latency import targets
from benchmarks.screening.plots import PLOTS, draw
from benchmarks.screening.window import START
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.sample import sample_catalogue


@pytest.fixture(scope="module")
def sample() -> list[ElementSet]:
    return sample_catalogue(START, 1)


def run_of(wall_s: float) -> dict[str, float]:
    return {
        "wall_s": wall_s,
        "processor_s": 2.0 * wall_s,
        "peak_memory_mb": 300.0,
        "process_wall_s": wall_s + 0.5,
        "process_processor_s": 2.0 * wall_s + 0.5,
        "setup_s": 0.1,
        "load_before": 0.0,
    }


def verdict_of(found: int) -> dict[str, Any]:
    return {
        "true": 1000,
        "found": found,
        "recall": found / 1000,
        "spurious": 0,
        "max_tca_error_ms": 0.002,
        "max_miss_error_m": 0.001,
        "slow_uncovered": 0,
        "cut_off_uncovered": 0,
    }


@pytest.fixture
def good() -> dict[str, Any]:
    """Invented parts of a measurement that holds in everything."""
    walls = {"engine": 8.0, "ckdtree": 400.0, "astroz": 110.0}
    contest = {
        "hours": 168.0,
        "offered": 1200,
        "screened": 1100,
        "too_old": 100,
        "failed_at_once": 1,
        "failed_inside": 2,
        "true": 1000,
        "slow": 3,
        "slow_pairs": 2,
        "cut_off": 0,
        "near_threshold": ["1 2 at the edge"],
        "judged": {name: verdict_of(998 if name == "ckdtree" else 1000) for name in walls},
    }
    growth = [{"objects": n, "encounters": n, **run_of(n**1.2 / 1e4)} for n in parts.SIZES]
    made: dict[str, Any] = {
        "day": contest | {"hours": 24.0, "runs": {name: [run_of(one / 7)] * 3 for name, one in walls.items()}},
        "week": contest | {"runs": {name: [run_of(one)] for name, one in walls.items()}},
        "growth": {"hours": 168.0, "runs": growth},
        "one_on_all": {"hours": 168.0, "wall_s": {"LEO": 0.2, "GEO": 0.3, "HEO": 0.6}},
        "start": {"objects": 3000, "hours": 1.0, "cold_s": 15.0, "warm_s": [0.6, 0.7, 0.8]},
        "states": {"near_million_states_per_s": 25.0, "holds": True},
    }
    return {name: part | {"conditions": conditions.conditions()} for name, part in made.items()}


def test_a_measured_process_is_charged_for_itself_and_those_it_starts(tmp_path: Path) -> None:
    """Sabotage seen: children not looked at."""
    hungry = "x = bytearray(80_000_000); import time; time.sleep(0.8)"
    script = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {hungry!r}])\nprint('done')\n"
    (tmp_path / "hungry_parent.py").write_text(script)
    taken = process("hungry_parent", environment={"PYTHONPATH": str(tmp_path)})
    assert taken.said == "done\n"
    assert 80.0 < taken.children_memory_mb < 200.0
    assert 0.8 < taken.wall_s < 20.0
    assert 0.0 < taken.processor_s < taken.wall_s * 4


def test_a_measured_process_that_fails_is_no_measurement() -> None:
    with pytest.raises(Failed, match="exit status 2"):
        process("benchmarks", "no-such")
    assert process("benchmarks", "no-such", accepted=(0, 2)).said == ""


def test_processor_time_counts_ended_children() -> None:
    before = processor_s()
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    assert processor_s() - before > 0.02


def test_every_contestant_runs_and_all_agree(sample: list[ElementSet], tmp_path: Path) -> None:
    """The whole way, small: three processes, three files of rows, one union. Sabotage seen: places shifted by one."""
    part = parts._contests(Catalogue(sample, len(sample) + 1, [7]), tmp_path, 3.0, 1, parts.quiet)
    assert part["screened"] == len(sample)
    judged, runs = part["judged"], part["runs"]
    assert isinstance(judged, dict)
    assert isinstance(runs, dict)
    assert judged.keys() == runs.keys() == CONTESTANTS.keys()
    for one in judged.values():
        assert one["recall"] == 1.0, one["missed"]
        assert one["spurious"] == 0, one["extra"]
    assert judged["engine"]["slow_uncovered"] == 0, judged["engine"]["uncovered"]
    assert part["true"] == judged["engine"]["found"] > 0
    for (one,) in runs.values():
        assert 0.0 < one["wall_s"] < one["process_wall_s"]
        assert 20.0 < one["peak_memory_mb"] < 1000.0
    assert json.loads(json.dumps(part)) == part
    assert part["excluded"] == {"epoch more than 15 days before the window": [7]}


def test_a_first_result_is_timed_from_the_first_wish(
    sample: list[ElementSet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Warm in truth; the cold one, which would compile for many seconds, is only given an empty folder."""
    folders: list[str] = []

    def once(module: str, *words: object, environment: Mapping[str, str]) -> Taken:
        if "NUMBA_CACHE_DIR" not in environment:
            return process(module, *words)
        folders.append(environment["NUMBA_CACHE_DIR"])
        assert list(Path(folders[0]).iterdir()) == []
        return Taken(13.0, 12.0, 0.0, 100.0, "112.5\n")

    monkeypatch.setattr(parts, "process", once)
    monkeypatch.setattr(parts, "WARM_STARTS", 1)
    part = parts.start(Catalogue(sample, len(sample), []), tmp_path)
    assert part["cold_s"] == 12.5
    assert len(set(folders)) == 1
    warm = part["warm_s"]
    assert isinstance(warm, list)
    assert 0.1 < warm[0] < 60.0


def test_growth_is_measured_size_by_size(sample: list[ElementSet], tmp_path: Path) -> None:
    part = parts.growth(Catalogue(sample, len(sample), []), tmp_path, sizes=(50, 100), hours=1.0)
    sizes = part["runs"]
    assert isinstance(sizes, list)
    assert [one["objects"] for one in sizes] == [50, 100]


def test_a_smaller_grown_catalogue_is_the_beginning_of_a_larger_one(sample: list[ElementSet]) -> None:
    small, large = grown(sample, 20), grown(sample, 40)
    assert small == large[:20]
    assert grown(sample, 20, seed=3) != small
    assert len({one.catalog_number for one in large}) == 40
    bodies = {(one.mean_motion_rev_day, one.eccentricity, one.inclination_deg, one.bstar) for one in sample}
    assert {(one.mean_motion_rev_day, one.eccentricity, one.inclination_deg, one.bstar) for one in large} <= bodies
    assert len({one.raan_deg for one in large}) == 40


def test_sets_that_are_too_old_are_left_out_and_named(sample: list[ElementSet], tmp_path: Path) -> None:
    given = fresh(sample, START, 0.2)
    assert given.offered == len(sample) == len(given.elements) + len(given.too_old)
    assert 0 < len(given.too_old) < len(sample)
    write(tmp_path / "new", given.elements)
    assert read(tmp_path / "new") == given.elements


def test_targets_are_of_every_sort(sample: list[ElementSet]) -> None:
    chosen = targets(sample)
    assert len(chosen) == 7
    assert len(set(chosen.values())) >= 5
    assert sample[chosen["GEO"]].name.startswith("SYNTHETIC GEO")
    assert sample[chosen["transfer"]].eccentricity > 0.7


def test_figures_hold_when_every_criterion_is_met(good: dict[str, Any]) -> None:
    out = figures(good, list(parts.PARTS))
    assert out["fails"] == []
    assert out["holds"] is True
    assert (out["ratio_ckdtree"], out["ratio_astroz"], out["peers_ratio"]) == (50.0, 13.75, 3.64)
    assert (out["recall"], out["recall_ckdtree"], out["missed_ckdtree"]) == (1.0, 0.998, 2)
    assert (out["exponent_10000_30000"], out["one_on_all_s"], out["warm_start_s"]) == (1.2, 0.3, 0.7)
    assert out["near_million_states_per_s"] == 25.0


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda one: f"{one.figure} {one.sign} {one.limit}")
def test_each_criterion_can_fail(criterion: Any) -> None:
    """Both sides of each limit; a figure that was not measured meets none."""
    inside = {"==": 0, ">=": 0, "<=": 0, "<": -1e-6}[criterion.sign]
    outside = {"==": -1e-6, ">=": -1e-6, "<=": 1e-6, "<": 0}[criterion.sign]
    assert met(criterion, {criterion.figure: criterion.limit + inside})
    assert not met(criterion, {criterion.figure: criterion.limit + outside})
    assert not met(criterion, {})


def test_one_missed_encounter_a_slow_peer_or_a_lost_part_is_seen(good: dict[str, Any]) -> None:
    wanted = list(parts.PARTS)
    missed = copy.deepcopy(good)
    missed["week"]["judged"] = missed["week"]["judged"] | {"engine": verdict_of(999)}
    assert figures(missed, wanted)["fails"] == ["recall == 1"]
    lame = copy.deepcopy(good)
    lame["week"]["runs"]["ckdtree"] = [run_of(900.0)]
    assert figures(lame, wanted)["fails"] == ["peers_ratio <= 4.8"]
    lost = {name: part for name, part in good.items() if name != "start"}
    assert "part start not measured" in figures(lost, wanted)["fails"]  # type: ignore[operator]
    assert figures(good, wanted)["holds"]


def test_parts_of_different_engines_are_not_one_measurement(good: dict[str, Any]) -> None:
    good["day"]["conditions"] = good["day"]["conditions"] | {"engine": "another"}
    out = figures(good, list(parts.PARTS))
    assert out["fails"] == ["parts measured with different engine"]
    assert not out["holds"]
    assert figures(good, ["day"])["holds"]


def test_conditions_follow_the_sources(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("x = 1\n")
    before = conditions.sources(tmp_path)
    assert before == conditions.sources(tmp_path)
    (tmp_path / "one.py").write_text("x = 2\n")
    assert conditions.sources(tmp_path) != before


def test_the_table_stands_between_its_markers_and_nowhere_else(good: dict[str, Any], tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"# A\n\n{table.BEGIN}\nformer\n{table.END}\n\n## B\n")
    out = figures(good, list(parts.PARTS))
    table.write_table(readme, good, out)
    text = readme.read_text()
    assert text.startswith(f"# A\n\n{table.BEGIN}\n")
    assert text.endswith(f"{table.END}\n\n## B\n")
    assert "former" not in text
    assert "50.0 x the cKDTree peer" in text
    assert conditions.sentence(good["week"]["conditions"]) in text
    assert "Not met" not in text
    table.write_table(readme, good, out)
    assert readme.read_text() == text
    good["week"]["judged"] = good["week"]["judged"] | {"engine": verdict_of(999)}
    table.write_table(readme, good, figures(good, list(parts.PARTS)))
    assert "Not met in this measurement: recall == 1." in readme.read_text()


def test_a_readme_without_a_place_for_the_table_is_refused(good: dict[str, Any], tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"{table.END}\n{table.BEGIN}\n")
    with pytest.raises(table.NoMarkers, match=r"README\.md"):
        table.write_table(readme, good, figures(good, []))


def test_the_room_has_a_place_for_the_table() -> None:
    text = measurement.README.read_text("utf-8")
    assert text.count(table.BEGIN) == text.count(table.END) == 1


def test_plots_are_the_same_bytes_from_the_same_figures(good: dict[str, Any], tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in draw(good, tmp_path / "a")}
    again = {path.name: path.read_bytes() for path in draw(good, tmp_path / "b")}
    assert first.keys() == {f"screening-{name}.svg" for name in PLOTS}
    assert first == again
    assert all(one.startswith(b"<?xml") for one in first.values())
    assert [path.name for path in draw({"growth": good["growth"]}, tmp_path / "c")] == ["screening-growth.svg"]


def test_redrawing_measures_nothing_and_uses_what_is_kept(
    good: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurement, "measured", lambda names: {name: good[name] for name in names})
    readme = tmp_path / "README.md"
    readme.write_text(f"{table.BEGIN}\n{table.END}\n")
    results = tmp_path / "results"
    out = measurement.measure(["--only=week,day"], results, readme)
    assert json.loads((results / measurement.KEPT).read_text()).keys() == {"week", "day"}
    assert not out["holds"]
    assert measurement.measure([], results, readme)["holds"]
    kept = (results / measurement.KEPT).read_bytes()
    monkeypatch.setattr(measurement, "measured", lambda _names: pytest.fail("something was measured"))
    assert measurement.measure(["--redraw"], results, readme)["holds"]
    assert (results / measurement.KEPT).read_bytes() == kept


def test_a_quick_measurement_judges_the_day_and_writes_nothing(
    good: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurement, "measured", lambda names: {name: good[name] for name in names})
    out = measurement.measure(["--quick"], tmp_path / "results", tmp_path / "README.md")
    assert out["holds"]
    assert "ratio_ckdtree" not in out
    assert out["day_ratio_ckdtree"] == 50.0
    assert list(tmp_path.iterdir()) == []


def test_parts_are_chosen_by_name() -> None:
    assert measurement.wanted([]) == list(parts.PARTS)
    assert measurement.wanted(["--only=week,start"]) == ["week", "start"]
    assert measurement.wanted(["--redraw"]) == []
    with pytest.raises(Misused, match="moon"):
        measurement.wanted(["--only=week,moon"])
