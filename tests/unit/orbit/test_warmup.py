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

{"whole": lambda: warmup.spared(warmup.whole), "ahead": warmup.ahead, "runs": runs}[sys.argv[1]]()
print(json.dumps(variants()))
"""


def variants(work: str) -> set[str]:
    """Kernels, with the types of their arguments, that a fresh process has after this work."""
    command = [sys.executable, "-W", "error", "-c", _VARIANTS, work]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}"
    return set(json.loads(done.stdout))


def test_the_warm_up_compiles_what_runs_need_and_nothing_else() -> None:
    """Sabotage seen: no box in `whole`; a window in which nothing falls; indices of int32 in `ahead`."""
    whole, ahead, runs = variants("whole"), variants("ahead"), variants("runs")
    assert len(ahead) > 3
    assert len(runs) > 15
    assert ahead <= whole
    assert runs <= whole
