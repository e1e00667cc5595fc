"""A Dask scheduler and its workers as processes of their own on loopback, ended by their ids."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

START_S = 60.0

_QUIET = {"OMP_NUM_THREADS": "1", "DASK_LOGGING__DISTRIBUTED": "error"}


class Machines:
    """A scheduler, and workers that come and go; what each says is in a file of `folder`."""

    def __init__(self, folder: Path, workers: int = 0) -> None:
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self.address = ""
        self._first = workers
        self._scheduler: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        file = self.folder / "scheduler.json"
        words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        self._scheduler = self._start("scheduler", *words)
        deadline = time.monotonic() + START_S
        while not file.exists() or not file.read_text():
            assert self._scheduler.poll() is None, self.said("scheduler")
            assert time.monotonic() < deadline, self.said("scheduler")
            time.sleep(0.02)
        self.address = json.loads(file.read_text())["address"]
        for _ in range(self._first):
            self.add_worker()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (*self.workers, self._scheduler):
            if each is not None:
                kill(each)

    def add_worker(self) -> "subprocess.Popen[bytes]":
        """Start a worker of one thread; it joins when it is ready."""
        worker = self._start(
            "worker",
            self.address,
            *("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0"),
            *("--local-directory", str(self.folder / f"worker-{len(self.workers)}")),
        )
        self.workers.append(worker)
        return worker

    def end_scheduler(self) -> None:
        assert self._scheduler is not None
        kill(self._scheduler)

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()[-3000:]

    def _start(self, name: str, *words: str) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{name}", *words],
                cwd=self.folder,
                env=os.environ | _QUIET,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


def kill(process: "subprocess.Popen[bytes]") -> None:
    """As `kill -9`: the process has no say in it."""
    if process.poll() is None:
        process.kill()
    process.wait(timeout=START_S)


def slow_square(plan: Any, task: int) -> tuple[int, int]:
    """Work for workers that takes a moment; `plan` is the factor."""
    time.sleep(0.2)
    return task, plan * task * task


def refuse(plan: Any, task: int) -> int:
    """Work that fails by a fault of its own."""
    raise ZeroDivisionError(f"{plan} {task}")
