"""All-on-all screening of the real catalogue for 24 h at 5 km: wall time, processor time, memory, encounters."""

import gzip
import os
import resource
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from space_hub.orbit.gp import read_text
from space_hub.orbit.screening import canonical_sha256, screen
from space_hub.validation.screening import REAL, START

HOURS = 24.0
WORKERS = 2


def run() -> dict[str, object]:
    """One run of this engine, in a process of its own with two workers."""
    root = Path(__file__).resolve().parents[1]
    shared = Path(os.environ.get("SPACE_HUB_SHARED", root.parent / "shared"))
    with gzip.open(shared / "data" / REAL, "rt", encoding="utf-8") as file:
        elements = [line.elements for line in read_text(file.read(), now=START).accepted]
    began, used = perf_counter(), _processor_s()
    result = screen(elements, START, START + timedelta(hours=HOURS), workers=WORKERS)
    wall_s, processor_s = perf_counter() - began, _processor_s() - used
    return {
        "objects_offered": result.offered,
        "objects_screened": result.screened,
        "window_h": HOURS,
        "workers": WORKERS,
        "wall_s": round(wall_s, 1),
        "processor_s": round(processor_s, 1),
        "peak_memory_mb": round(_peak_mb()),
        "candidates": result.candidates,
        "encounters": sum(not one.co_located for one in result.encounters),
        "co_located": sum(one.co_located for one in result.encounters),
        "failed": dict(result.failed),
        "holds": result.offered == result.screened + result.failed_at_once and len(result.encounters) > 0,
        "sha256": canonical_sha256(result, [one.catalog_number for one in elements]),
    }


def _processor_s() -> float:
    own, workers = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + workers.ru_utime + workers.ru_stime


def _peak_mb() -> float:
    """This process and its workers at their peaks, all together at most: the largest worker counts for each."""
    own, worker = (
        resource.getrusage(who).ru_maxrss / 1024.0 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own + WORKERS * worker
