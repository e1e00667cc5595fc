"""`python -m benchmarks.screening.first FOLDER [cold]`: from nothing to a first result; prints the instant of it.

The harness knows when the process was asked for; the clock is `time.monotonic`, the same in all processes. `cold`: the
warm-up is begun first, and as in `up` the run waits until what it needs is compiled, while the rest goes on beside it.
"""

import sys
from pathlib import Path
from time import monotonic, sleep

from benchmarks.screening.catalogue import read
from benchmarks.screening.own import search
from benchmarks.screening.window import SMALL_H
from space_hub.cli import warming
from space_hub.clock import SystemClock

_LOOK_S = 0.05


def main(words: list[str]) -> None:
    with warming.beside(SystemClock()) as beside:
        if "cold" in words[1:]:
            beside.begin()
        elements = read(Path(words[0]))
        while beside.running and not beside.ready:
            sleep(_LOOK_S)
        result = search(elements, SMALL_H)
        print(monotonic() if result.screened else "nothing was screened")


if __name__ == "__main__":
    main(sys.argv[1:])
