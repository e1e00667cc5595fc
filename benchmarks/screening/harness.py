"""Runs a module in a process of its own and says what it took: wall seconds, processor seconds, peak memory.

Peak memory is the process's own count (VmHWM) and that of every process it started, each at its peak: an upper
bound of what all held together. Those are looked at four times a second, so a child shorter than that may go unseen.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic, perf_counter, sleep

import numpy as np

from benchmarks.screening.contestant import peak_memory_mb
from benchmarks.screening.rows import Rows
from benchmarks.screening.window import Job

ROOT = Path(__file__).resolve().parents[2]
LOOK_S = 0.25


class Failed(RuntimeError):
    """A measured process ended in an error; its own words are on stderr."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a whole process took, start and imports included. `began` is a reading of `time.monotonic`."""

    wall_s: float
    processor_s: float
    children_memory_mb: float
    began: float
    said: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a contestant: the call alone, the process as a whole, and what it found."""

    contestant: str
    wall_s: float
    processor_s: float
    peak_memory_mb: float
    process_wall_s: float
    process_processor_s: float
    setup_s: float
    load_before: float
    rows: Rows
    extra: dict[str, object]

    def figures(self) -> dict[str, float]:
        """The numbers, without what was found."""
        names = ("wall_s", "processor_s", "peak_memory_mb", "process_wall_s", "process_processor_s", "setup_s")
        return {name: round(float(getattr(self, name)), 3) for name in (*names, "load_before")}


def process(
    module: str, *words: object, environment: Mapping[str, str] | None = None, accepted: Sequence[int] = (0,)
) -> Taken:
    """Run `python -m module words...` from the checkout and wait for it; Failed when its exit status is another."""
    command = [sys.executable, "-m", module, *map(str, words)]
    with TemporaryFile("w+", encoding="utf-8") as output:
        began, clock = perf_counter(), monotonic()
        child = subprocess.Popen(command, cwd=ROOT, env=os.environ | dict(environment or {}), stdout=output)
        peaks: dict[int, float] = {}
        while True:
            done, status, used = os.wait4(child.pid, os.WNOHANG)
            if done:
                break
            for one in _started_by(child.pid):
                peaks[one] = max(peaks.get(one, 0.0), peak_memory_mb(one))
            # A short process is waited for closely, a long one is left in peace.
            sleep(min(LOOK_S, 0.002 + 0.02 * (perf_counter() - began)))
        wall_s = perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    if child.returncode not in accepted:
        raise Failed(f"{module} {' '.join(map(str, words))}: exit status {child.returncode}")
    return Taken(wall_s, used.ru_utime + used.ru_stime, sum(peaks.values()), clock, said)


def contest(name: str, job: Job) -> Run:
    """One run of one contestant."""
    load = os.getloadavg()[0]
    whole = process("benchmarks.screening.contestant", name, job.folder, job.hours, job.threshold_km)
    extra: dict[str, object] = json.loads((job.folder / f"{name}.json").read_text("utf-8"))

    def number(key: str) -> float:
        value = extra.pop(key)
        return float(value) if isinstance(value, int | float) else float("nan")

    wall_s, processor_s, peak_mb = number("wall_s"), number("processor_s"), number("peak_memory_mb")
    return Run(
        name,
        wall_s,
        processor_s,
        peak_mb + whole.children_memory_mb,
        whole.wall_s,
        whole.processor_s,
        number("setup_s"),
        load,
        np.load(job.folder / f"{name}.npy"),
        extra,
    )


def _started_by(pid: int) -> Sequence[int]:
    """Processes below one, however deep."""
    found: list[int] = []
    try:
        texts = [(task / "children").read_text("ascii") for task in Path(f"/proc/{pid}/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return found
    for one in " ".join(texts).split():
        found += [int(one), *_started_by(int(one))]
    return found
