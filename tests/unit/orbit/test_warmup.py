"""After the warm-up no screening compiles anything: seen in processes that have done nothing else."""

import json
import subprocess
import sys

_VARIANTS = """
import json, sys
from datetime import timedelta
from numba.core.dispatcher import Dispatcher
from space_hub.orbit import warmup
from space_hub.orbit.screening import screen
from space_hub.orbit.screening.volume import NASA_2011, RicEllipsoid, by_regime

def variants():
    modules = [module for name, module in sys.modules.items() if name.startswith("space_hub.")]
    kernels = {id(one): one for module in modules for one in vars(module).values() if isinstance(one, Dispatcher)}
    return sorted(f"{one.py_func.__qualname__}{signature}" for one in kernels.values() for signature in one.signatures)

def runs():
    start, elements = warmup.START, warmup.sky()
    stop = start + timedelta(hours=30)
    preset = by_regime(elements, NASA_2011, RicEllipsoid(5.0, 5.0, 5.0))
    screen(elements, start, stop, threshold_km=10.0, threads=2)
    screen(elements, start, stop, threshold_km=10.0, chunk_s=1800.0, step_s=77.0)
    screen(elements, start, stop, targets=[3, 500])
    screen(elements, start, stop, targets=range(0, 790, 3))
    screen(elements, start, stop, volume=preset[:1] * len(elements), radii_km=[0.01] * len(elements))
    screen(elements[:5], start, stop)

def plain():
    warmup.spared(warmup.search)
    warmup.spared(warmup.follow)

def plain_run():
    screen(warmup.sky(), warmup.START, warmup.START + timedelta(hours=30), threads=2)

{"whole": lambda: warmup.spared(warmup.whole), "plain": plain, "plain run": plain_run, "runs": runs}[sys.argv[1]]()
print(json.dumps(variants()))
"""


def variants(work: str) -> set[str]:
    """Kernels, with the types of their arguments, that a fresh process has after this work."""
    command = [sys.executable, "-W", "error", "-c", _VARIANTS, work]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}"
    return set(json.loads(done.stdout))


def test_the_warm_up_compiles_what_runs_need_and_nothing_else() -> None:
    """Sabotage seen: no box in `volumes`; a window in which nothing falls; a strided index in `validity`."""
    whole, runs = variants("whole"), variants("runs")
    assert len(runs) > 15
    assert runs <= whole


def test_the_first_stages_are_all_that_a_plain_run_needs() -> None:
    """Sabotage seen: no run at the end of `follow`."""
    plain, run = variants("plain"), variants("plain run")
    assert len(run) > 15
    assert run <= plain
