"""`python -m benchmarks.screening.contestant NAME FOLDER HOURS THRESHOLD_KM`: one run of one contestant, measured.

A process of its own, so that no contestant has another's memory, caches or threads. It reads the element sets from the
folder, makes them into what the contestant propagates (for this engine that is part of the call, as its callers meet
it) and loads its compiled code, as an import does for the others: `setup_s`. Then it screens, and writes `NAME.npy`,
its rows, and `NAME.json`, what the run took:

wall_s, processor_s  the screening call alone
peak_memory_mb       VmHWM of this process at the end of the call; the harness adds processes that it started
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter

from benchmarks.screening.rows import Rows
from benchmarks.screening.window import START, THREADS, Job

Extra = dict[str, object]
Call = Callable[[], Callable[[], tuple[Rows, Extra]]]


def engine(job: Job) -> Call:
    """This engine; the call ends with its columns, which become rows after the clock has stopped."""
    from benchmarks.screening.catalogue import read
    from benchmarks.screening.own import rows_of, search
    from space_hub.orbit import warmup

    elements = read(job.folder)
    warmup.whole()

    def call() -> Callable[[], tuple[Rows, Extra]]:
        result = search(elements, job.hours, job.threshold_km, THREADS)
        return lambda: rows_of(result)

    return call


def ckdtree(job: Job) -> Call:
    from benchmarks.screening import ckdtree as peer
    from benchmarks.screening.catalogue import read
    from space_hub.orbit.propagation import satrec
    from space_hub.orbit.times import ticks

    records = [satrec(one) for one in read(job.folder)]
    start, stop = ticks(START), ticks(START + timedelta(hours=job.hours))

    def call() -> Callable[[], tuple[Rows, Extra]]:
        found, failed = peer.screen(records, start, stop, job.threshold_km)
        return lambda: (found, {"failed": [[index, code, at] for index, (code, at) in sorted(failed.items())]})

    return call


def astroz(job: Job) -> Call:
    os.environ["ASTROZ_THREADS"] = str(THREADS)
    from astroz import Constellation

    from benchmarks.screening import astroz_peer as peer

    text = (job.folder / "elements.json").read_text("utf-8")
    constellation = Constellation(text)  # type: ignore[no-untyped-call]
    refused = text.count('"NORAD_CAT_ID"') - constellation.num_satellites

    def call() -> Callable[[], tuple[Rows, Extra]]:
        found, given = peer.screen(constellation, START, job.hours * 60.0, job.threshold_km)
        return lambda: (found, {"rows_given": given, "objects_refused": refused})

    return call


CONTESTANTS: dict[str, Callable[[Job], Call]] = {"engine": engine, "ckdtree": ckdtree, "astroz": astroz}


def processor_s() -> float:
    """Seconds of processor this process and its ended children have used."""
    own, ended = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


def peak_memory_mb(process: int | str = "self") -> float:
    """The most memory a process ever held, from the kernel's own count; 0 when it is gone."""
    try:
        text = Path(f"/proc/{process}/status").read_text("ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1024.0 for line in text.splitlines() if line.startswith("VmHWM:")), 0.0)


def main(words: list[str]) -> None:
    name, folder, hours, threshold_km = words
    job = Job(Path(folder), float(hours), float(threshold_km))
    began = perf_counter()
    call = CONTESTANTS[name](job)
    setup_s = perf_counter() - began
    began, used = perf_counter(), processor_s()
    ended = call()
    wall_s, used = perf_counter() - began, processor_s() - used
    peak_mb = peak_memory_mb()
    import numpy as np

    found, extra = ended()
    np.save(job.folder / f"{name}.npy", found)
    taken = {"setup_s": setup_s, "wall_s": wall_s, "processor_s": used, "peak_memory_mb": peak_mb, **extra}
    (job.folder / f"{name}.json").write_text(json.dumps(taken), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
