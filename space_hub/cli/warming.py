"""Compiling the screening engine in processes of its own, beside everything else.

`python -m space_hub.cli.warming STAGES [FD]` does some stages of `orbit.warmup` (names with commas
between) and writes a line of JSON after each. FD is the reading end of a pipe, as for the children
of `up`: whoever began it is not outlived. Two processes share the work: the first stage of each is
for a plain screening, which need not wait for the second.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import IO, Any

from space_hub.cli import warmed
from space_hub.clock import Clock, SystemClock

PARTS = (("search", "volumes"), ("follow", "risk", "few"))

_NICE = 5
"""So that what a person waits for comes first."""


@dataclass
class Warming:
    """The parts under way; `stop` ends what has not ended by itself."""

    clock: Clock = field(default_factory=SystemClock)
    _begun: float = field(default=0.0, init=False)
    running: "list[subprocess.Popen[bytes]]" = field(default_factory=list, init=False)
    _pipe: tuple[int, int] = field(default_factory=os.pipe, init=False)
    _said: list[bytes] = field(default_factory=list, init=False)
    _plain: list[int] = field(default_factory=list, init=False)

    def begin(self, *, missing: bool = False) -> None:
        """Start all parts, or those that are not known to be on disk.

        On a machine with one core, one process does them one after the other.
        """
        self._begun = self.clock.monotonic()
        in_turn = tuple(filter(None, chain.from_iterable(zip_longest(*PARTS))))
        parts = PARTS if len(os.sched_getaffinity(0)) > 1 else (in_turn,)
        for part in parts:
            if missing and warmed.holds(part):
                continue
            one = subprocess.Popen(
                [sys.executable, "-m", __name__, ",".join(part), str(self._pipe[0])],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[self._pipe[0]],
                start_new_session=True,
            )
            os.set_blocking(_out(one).fileno(), False)
            self.running.append(one)
            self._said.append(b"")
            self._plain.append(sum(stage in {first for first, *_ in PARTS} for stage in part))

    @property
    def over(self) -> bool:
        return all(each.poll() is not None for each in self.running)

    @property
    def ready(self) -> bool:
        """Whether a plain screening finds all that it needs, or will not by waiting."""
        self._listen()
        return all(
            said.count(b"\n") >= plain or each.poll() is not None
            for each, said, plain in zip(self.running, self._said, self._plain, strict=True)
        )

    def outcome(self) -> dict[str, Any]:
        """Wait for all parts: kernels there are and compiled now, seconds, and what went wrong if anything did."""
        kernels = compiled = 0
        fault = ""
        for place, each in enumerate(self.running):
            os.set_blocking(_out(each).fileno(), True)
            out, error = each.communicate()
            if each.returncode == 0:
                told = json.loads((self._said[place] + out).splitlines()[-1])
                kernels, compiled = max(kernels, told["kernels"]), compiled + told["compiled"]
            else:
                last = error.decode(errors="replace").strip().splitlines()[-1:]
                fault = last[0] if last else f"exit status {each.returncode}"
        elapsed_s = round(self.clock.monotonic() - self._begun, 1)
        return {"kernels": kernels, "compiled": min(compiled, kernels), "elapsed_s": elapsed_s, "fault": fault}

    def _listen(self) -> None:
        for place, each in enumerate(self.running):
            self._said[place] += _out(each).read() or b""

    def stop(self) -> None:
        for each in self.running:
            if each.poll() is None:
                each.kill()
            each.wait()
            for stream in (each.stdout, each.stderr):
                if stream is not None:
                    stream.close()
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


def _out(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    if process.stdout is None:
        raise RuntimeError("a part was started without a pipe")
    return process.stdout


def main(stages: Sequence[str]) -> Iterator[dict[str, int]]:
    """Do some stages in this process; after each: how many kernels there are, how many of them were compiled here.

    When all are done it is noted that they are.
    """
    from numba.core import event
    from numba.core.dispatcher import Dispatcher

    from space_hub.orbit import warmup

    with event.install_recorder("numba:compile") as recorder:
        for stage in stages:
            warmup.spared(warmup.STAGES[stage])
            begun = [one.data["dispatcher"].py_func.__module__ for _at, one in recorder.buffer if one.is_start]
            ours = [module for name, module in sys.modules.items() if name.startswith("space_hub.")]
            kernels = {id(one): one for module in ours for one in vars(module).values() if isinstance(one, Dispatcher)}
            yield {"kernels": len(kernels), "compiled": sum(name.startswith("space_hub.") for name in begun)}
    warmed.note(stages, kernels.values())


if __name__ == "__main__":
    from space_hub.cli.running import hold

    os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if len(sys.argv) > 2:
        hold(int(sys.argv[2]))
    for done in main(sys.argv[1].split(",")):
        print(json.dumps(done), flush=True)
