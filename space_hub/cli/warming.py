"""Compiling the screening engine in processes of its own, beside everything else.

`python -m space_hub.cli.warming PART [FD]` compiles one part and writes a line of JSON. FD is
the reading end of a pipe, as for the children of `up`: whoever began it is not outlived.
Parts compile different kernels, each into the cache on disk that all processes share.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from space_hub.clock import Clock, SystemClock

PARTS = ("whole", "ahead")

_NICE = 5
"""So that what a person waits for comes first."""


@dataclass
class Warming:
    """The parts under way; `stop` ends what has not ended by itself."""

    clock: Clock = field(default_factory=SystemClock)
    _begun: float = field(default=0.0, init=False)
    running: "list[subprocess.Popen[bytes]]" = field(default_factory=list, init=False)
    _pipe: tuple[int, int] = field(default_factory=os.pipe, init=False)

    def begin(self) -> None:
        """Start all parts; a machine with one core does without the second."""
        self._begun = self.clock.monotonic()
        count = min(len(PARTS), len(os.sched_getaffinity(0)))
        for part in PARTS[:count]:
            command = [sys.executable, "-m", __name__, part, str(self._pipe[0])]
            self.running.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    pass_fds=[self._pipe[0]],
                    start_new_session=True,
                )
            )

    @property
    def over(self) -> bool:
        return all(each.poll() is not None for each in self.running)

    def outcome(self) -> dict[str, Any]:
        """Wait for all parts: kernels there are and compiled now, seconds, and what went wrong if anything did."""
        kernels = compiled = 0
        fault = ""
        for each in self.running:
            out, error = each.communicate()
            if each.returncode == 0:
                told = json.loads(out)
                kernels, compiled = max(kernels, told["kernels"]), compiled + told["compiled"]
            else:
                last = error.decode(errors="replace").strip().splitlines()[-1:]
                fault = last[0] if last else f"exit status {each.returncode}"
        elapsed_s = round(self.clock.monotonic() - self._begun, 1)
        return {"kernels": kernels, "compiled": min(compiled, kernels), "elapsed_s": elapsed_s, "fault": fault}

    def stop(self) -> None:
        for each in self.running:
            if each.poll() is None:
                each.kill()
            each.communicate()
        self.running.clear()
        for end in self._pipe:
            os.close(end)


@contextlib.contextmanager
def beside(clock: Clock) -> Iterator[Warming]:
    """A warming that is gone when the block ends."""
    made = Warming(clock)
    try:
        yield made
    finally:
        made.stop()


def main(part: str) -> dict[str, int]:
    """Do one part in this process: how many kernels there are now, and how many of them were compiled."""
    from numba.core import event
    from numba.core.dispatcher import Dispatcher

    from space_hub.orbit import warmup

    with event.install_recorder("numba:compile") as recorder:
        warmup.spared({"whole": warmup.whole, "ahead": warmup.ahead}[part])
    begun = [one.data["dispatcher"].py_func.__module__ for _at, one in recorder.buffer if one.is_start]
    ours = [module for name, module in sys.modules.items() if name.startswith("space_hub.")]
    kernels = {id(one) for module in ours for one in vars(module).values() if isinstance(one, Dispatcher)}
    return {"kernels": len(kernels), "compiled": sum(name.startswith("space_hub.") for name in begun)}


if __name__ == "__main__":
    from space_hub.cli.running import hold

    os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if len(sys.argv) > 2:
        hold(int(sys.argv[2]))
    print(json.dumps(main(sys.argv[1])))
