"""How kernels are compiled: cached code is good only for the sources that it was made of."""

import sys
import threading
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core import config

from space_hub.orbit.kernels import deep_columns, deep_positions, deep_state, jit, near_columns, near_positions, records
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.times import DAY
from tests.unit.orbit.test_kernels import EPOCH, START

PROBE = """
from space_hub.orbit.kernels.jit import kernel


@kernel
def twice(x: float) -> float:
    return 2.0 * x
"""


def loaded(path: Path) -> Any:
    """The kernel of a module, in a process that has not seen it yet as far as numba can tell."""
    spec = spec_from_file_location("probe", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["probe"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.twice(2.0) == 4.0
    return module.twice


def test_code_is_compiled_anew_when_any_source_of_the_room_has_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """numba looks at the kernel's own file only: with a changed constant it would go on with the old one.

    Turns red when `_compiled` leaves numba's own stamp (tried).
    """
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    path = tmp_path / "probe.py"
    path.write_text(PROBE)
    try:
        assert (loaded(path).stats.cache_hits or {}) == {}
        assert sum(loaded(path).stats.cache_hits.values()) == 1
        monkeypatch.setattr(jit, "_digest", lambda _path: "other sources")
        assert (loaded(path).stats.cache_hits or {}) == {}
    finally:
        sys.modules.pop("probe", None)


def test_the_stamp_follows_imports_near_and_far(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Turns red when only the first imports are followed (tried)."""
    room = tmp_path / "space_hub" / "orbit"
    room.mkdir(parents=True)
    (room / "__init__.py").touch()
    (room / "last.py").write_text("A = 1\n")
    (room / "stranger.py").write_text("A = 1\n")
    (room / "middle.py").write_text("from space_hub.orbit.last import (\n    A,\n)\n")
    (room / "first.py").write_text("from space_hub.orbit import middle\n")
    monkeypatch.setattr(jit, "_ROOT", tmp_path)

    def stamp() -> str:
        jit._digest.cache_clear()
        jit._imported.cache_clear()
        return jit._digest(room / "first.py")

    before = stamp()
    (room / "stranger.py").write_text("A = 2\n")
    assert stamp() == before
    (room / "last.py").write_text("A = 2\n")
    assert stamp() != before
    jit._digest.cache_clear()
    jit._imported.cache_clear()


def test_kernels_hang_on_the_constants() -> None:
    folder = Path(jit.__file__).parent
    for name in ("scalar", "near", "deep", "flight", "resonance", "periodics"):
        assert folder / "constants.py" in jit._imported(folder / f"{name}.py")


def test_threads_share_columns_and_have_a_state_each() -> None:
    """Two threads over other instants, again and again: the numbers of one thread."""
    elements = sample_catalogue(EPOCH, 5)
    made = records(elements)
    deep = np.flatnonzero(made.deep >= 0)
    near = np.flatnonzero(made.deep < 0)
    columns = near_columns(made, near), deep_columns(made, deep)
    instants = [START + n * DAY // 5 for n in range(40)]

    def fly(order: list[int], into: dict[int, bytes]) -> None:
        state = deep_state(columns[1])
        for tick in order:
            out, codes = np.empty((3, len(near))), np.empty(len(near), dtype=np.uint8)
            near_positions(columns[0], tick, out, codes)
            far, _codes = np.empty((3, len(deep))), np.empty(len(deep), dtype=np.uint8)
            deep_positions(columns[1], state, tick, far, _codes)
            into[tick] = out.tobytes() + codes.tobytes() + far.tobytes() + _codes.tobytes()

    alone: dict[int, bytes] = {}
    fly(instants, alone)
    found: list[dict[int, bytes]] = [{}, {}]
    orders = [instants, instants[::-1]]
    threads = [threading.Thread(target=fly, args=each) for each in zip(orders, found, strict=True)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == [alone, alone]
