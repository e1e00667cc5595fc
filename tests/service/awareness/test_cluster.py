"""Work over a Dask cluster of real processes: what comes back is all of it, whoever dies on the way."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.proofs.service import free_port
from space_hub.awareness import cluster
from space_hub.awareness.cluster import Cluster
from space_hub.errors import Conflict, HubError, Invalid, Unavailable
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.screening import canonical_sha256, screen
from space_hub.text import say
from tests.support.cluster import Machines, kill, refuse, slow_square

NOON = datetime(2024, 11, 2, 12, tzinfo=UTC)
WINDOW = timedelta(days=2)
SKY = sample_catalogue(NOON, 1)
NUMBERS = [one.catalog_number for one in SKY]

TASKS = range(10)
SQUARES = [(task, 3 * task * task) for task in TASKS]


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Two workers that nobody harms."""
    with Machines(tmp_path_factory.mktemp("cluster"), workers=2) as started:
        yield started


def squares(crew: Cluster, meanwhile: Callable[[], object] | None = None) -> list[tuple[int, int]]:
    """All squares, sorted; `meanwhile` happens when two of them have come."""
    found: list[tuple[int, int]] = []
    for one in crew.run(slow_square, 3, TASKS):  # type: ignore[arg-type]
        found.append(one)
        if len(found) == 2 and meanwhile is not None:
            meanwhile()
    return sorted(found)


def test_each_piece_comes_back_once(machines: Machines) -> None:
    with Cluster(machines.address) as crew:
        assert squares(crew) == SQUARES
        assert squares(crew) == SQUARES, "a second run over the same connection"
        assert list(crew.run(slow_square, 3, [])) == []  # type: ignore[arg-type]


def test_the_pieces_of_a_worker_that_dies_are_done_by_the_other(tmp_path: Path) -> None:
    with Machines(tmp_path, workers=2) as machines, Cluster(machines.address) as crew:
        assert squares(crew, lambda: kill(machines.workers[0])) == SQUARES


def test_a_plan_that_died_with_its_last_holder_is_sent_again(tmp_path: Path) -> None:
    """Sabotage seen: without the `except CancelledError` of the loop the run ends with it."""

    with Machines(tmp_path, workers=1) as own, Cluster(own.address) as crew:

        def replace() -> None:
            kill(own.workers[0])
            own.add_worker()

        assert squares(crew, replace) == SQUARES


def test_a_run_without_workers_waits_for_one_and_then_says_so(tmp_path: Path) -> None:
    with Machines(tmp_path, workers=1) as machines, Cluster(machines.address, patience_s=1.0) as crew:
        with pytest.raises(Unavailable) as raised:
            squares(crew, lambda: kill(machines.workers[0]))
        assert raised.value.code == "cluster.no_workers"
        machines.add_worker()
        crew.patience_s = 60.0
        assert squares(crew) == SQUARES


def test_a_scheduler_that_goes_ends_the_run(tmp_path: Path) -> None:
    with Machines(tmp_path, workers=1) as machines, Cluster(machines.address, answer_s=1.0, patience_s=5.0) as crew:
        with pytest.raises(Unavailable) as raised:
            squares(crew, machines.end_scheduler)
        assert raised.value.code == "cluster.unreachable"


def test_a_scheduler_that_nobody_runs_is_named() -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(Unavailable) as raised, Cluster(address, answer_s=0.5):
        pass
    assert sentence(raised.value) == (
        f'No Dask scheduler answers at {address} within 0.5 s. Start one there with "dask scheduler", '
        "or run without --scheduler."
    )


@pytest.mark.parametrize("address", ["", "smoke://127.0.0.1:8786", "tcp://127.0.0.1:scheduler"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as raised, Cluster(address, answer_s=0.5):
        pass
    assert raised.value.code == "cluster.address_wrong"
    assert address in sentence(raised.value)


def test_without_the_package_the_run_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Unavailable) as raised, Cluster("tcp://127.0.0.1:8786"):
        pass
    assert "space-hub[cluster]" in sentence(raised.value)


def test_a_worker_with_other_sources_does_nothing(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage seen: without the comparison in `piece` the squares come."""
    monkeypatch.setattr(cluster, "_sources", lambda: "0" * 64)
    with Cluster(machines.address) as crew, pytest.raises(Conflict) as raised:
        squares(crew)
    assert raised.value.code == "cluster.other_sources"
    assert raised.value.params["wanted"] == "0" * 12


def test_what_the_work_raises_is_raised_here(machines: Machines) -> None:
    with Cluster(machines.address) as crew, pytest.raises(ZeroDivisionError, match="3 1"):
        list(crew.run(refuse, 3, [1]))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def alone() -> str:
    """The canonical hash of the sky's two days, screened in this process."""
    return canonical_sha256(screen(SKY, NOON, NOON + WINDOW, threshold_km=20.0, threads=2), NUMBERS)


def test_two_workers_find_what_this_process_finds(machines: Machines, alone: str) -> None:
    with Cluster(machines.address) as crew:
        assert over(crew) == alone


def test_a_worker_killed_in_the_middle_of_a_run_changes_nothing(tmp_path: Path, alone: str) -> None:
    """Sabotage seen: a loop that ends one piece too soon never gets all of them, with or without the killing."""
    with Machines(tmp_path, workers=2) as own, Cluster(own.address) as crew:
        reached: list[int] = []

        def progress(done: int, total: int) -> None:
            reached.append(done)
            if done == 10:
                assert total > 50
                kill(own.workers[0])

        assert over(crew, progress) == alone
        assert reached[-1] > 50


def over(crew: Cluster, progress: Callable[[int, int], None] | None = None) -> str:
    """The canonical hash of the sky's two days, in half hours over a crew."""
    result = screen(SKY, NOON, NOON + WINDOW, threshold_km=20.0, chunk_s=1800.0, crew=crew, progress=progress)
    assert len(result.encounters) > 1000
    return canonical_sha256(result, NUMBERS)


def sentence(error: HubError) -> str:
    return say(error.code, **error.params)
