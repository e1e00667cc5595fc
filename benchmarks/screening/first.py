"""`python -m benchmarks.screening.first FOLDER`: from nothing to a first result; prints the instant of it.

The harness knows when the process was asked for; the clock is `time.monotonic`, the same in all processes.
"""

import sys
from pathlib import Path
from time import monotonic

from benchmarks.screening.catalogue import read
from benchmarks.screening.own import search
from benchmarks.screening.window import SMALL_H


def main(words: list[str]) -> None:
    result = search(read(Path(words[0])), SMALL_H)
    print(monotonic() if result.screened else "nothing was screened")


if __name__ == "__main__":
    main(sys.argv[1:])
