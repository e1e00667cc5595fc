"""Pieces of a screening done on other machines, through a Dask scheduler.

`Cluster` is a crew (`space_hub.orbit.screening.engine.Crew`): it hands each chunk of time to
a worker and gives back what comes, in the order in which it comes. The plan of a run goes
out once to all workers. A worker that dies loses nothing but time: what it had is done
again elsewhere, and when the plan died with the last that held it, it is sent again.

Refused: workers whose sources of `space_hub.orbit` differ from those here, because the same
bytes come only from the same code; a scheduler that does not answer, or has no worker for
longer than it may.

Dask sends code as pickles in both directions: the scheduler, its workers and the network
between them must be your own. TLS and its certificates are Dask's settings
(`distributed.comm.tls`), with `tls://` addresses.
"""

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from space_hub import orbit
from space_hub.clock import Clock, SystemClock
from space_hub.errors import Conflict, Invalid, Unavailable

if TYPE_CHECKING:
    from distributed import Client, Future

    from space_hub.orbit.screening.engine import Plan

_Task = TypeVar("_Task")
_Done = TypeVar("_Done")

ANSWER_S = 10.0
"""How long a scheduler may take to answer."""

PATIENCE_S = 60.0
"""How long a run waits for a worker to come when there is none."""

LOOK_S = 1.0
"""How often it is looked whether anybody is still at work."""

FRUITLESS = 3
"""How often in a row the work may be handed out anew without one piece being done."""


@dataclass
class Cluster:
    """A crew of all workers of the scheduler at `address`; to be used as a context.

    Raises Invalid `cluster.address_wrong`, Unavailable `cluster.not_installed` and
    `cluster.unreachable` on entering; `run` raises Unavailable `cluster.no_workers`,
    `cluster.lost` and `cluster.piece_failed`, Conflict `cluster.other_sources`, and what
    the work itself raises.
    """

    address: str
    answer_s: float = ANSWER_S
    patience_s: float = PATIENCE_S
    clock: Clock = field(default_factory=SystemClock)
    _client: "Client | None" = field(default=None, init=False, repr=False)

    def __enter__(self) -> Self:
        try:
            from distributed import Client
            from distributed.comm.addressing import get_address_host_port
        except ImportError as error:
            raise Unavailable("cluster.not_installed", missing=error.name or str(error)) from error
        try:
            # Before the client, which starts a thread of its own to find out.
            get_address_host_port(self.address)
        except ValueError as error:
            raise Invalid("cluster.address_wrong", address=self.address, reason=str(error)) from error
        try:
            self._client = Client(self.address, timeout=self.answer_s, set_as_default=False, direct_to_workers=False)
        except OSError as error:
            raise Unavailable("cluster.unreachable", address=self.address, seconds=self.answer_s) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            # The scheduler forgets what a client wanted when that client goes.
            self._client.close(timeout=self.answer_s)
            self._client = None

    def run(self, work: Callable[["Plan", _Task], _Done], plan: "Plan", tasks: Sequence[_Task]) -> Iterator[_Done]:
        """The result of `work(plan, task)` for each task, each once, as they come."""
        client = self._client
        if client is None:
            raise RuntimeError("a Cluster is used as a context")
        # Arrays travel inside bytes of our own: they arrive aligned and writable, so that no kernel is compiled twice.
        plan_bytes, sources = pickle.dumps(plan, pickle.HIGHEST_PROTOCOL), _sources()
        left = {number: pickle.dumps(task, pickle.HIGHEST_PROTOCOL) for number, task in enumerate(tasks)}
        fruitless = 0
        while left:
            before = len(left)
            for number, result in self._handed_out(client, work, plan_bytes, left, sources):
                del left[number]
                yield pickle.loads(result)  # noqa: S301 (from workers of our own, as all that Dask brings)
            fruitless = fruitless + 1 if len(left) == before else 0
            if fruitless >= FRUITLESS:
                raise Unavailable("cluster.lost", address=self.address, left=len(left))

    def _handed_out(
        self, client: "Client", work: Callable[..., Any], plan: bytes, left: dict[int, bytes], sources: str
    ) -> Iterator[tuple[int, bytes]]:
        """Results of what is left, until all are there or the cluster has lost what it was given."""
        from concurrent.futures import CancelledError

        from distributed import wait

        self._need_worker(client)
        try:
            held = client.scatter(plan, broadcast=True, hash=False)
        except (OSError, CancelledError):
            return  # Whoever was to hold it has just gone.
        numbers = list(left)
        futures = client.map(
            piece, [left[one] for one in numbers], plan=held, work=work, sources=sources, pure=False, key=work.__name__
        )
        waited_for = dict(zip(futures, numbers, strict=True))
        del futures
        try:
            while waited_for:
                try:
                    with client.as_current():
                        done = wait(list(waited_for), timeout=LOOK_S, return_when="FIRST_COMPLETED").done
                except TimeoutError:
                    self._need_worker(client)
                    continue
                for one in done:
                    yield waited_for.pop(one), self._result(one)
        except CancelledError:
            return  # The plan died with its last holder, and what needed it with the plan.
        finally:
            client.cancel(list(waited_for))

    def _result(self, one: "Future[bytes]") -> bytes:
        from distributed import KilledWorker

        try:
            result: bytes = one.result()
        except KilledWorker as error:
            raise Unavailable("cluster.piece_failed", address=self.address, reason=str(error)) from error
        except (ImportError, AttributeError) as error:
            # The worker cannot even read what it is to do: it has no space_hub, or another one.
            raise Unavailable("cluster.piece_failed", address=self.address, reason=str(error)) from error
        return result

    def _need_worker(self, client: "Client") -> None:
        """Wait for a worker if there is none; Unavailable when none comes, or the scheduler has gone."""
        deadline = self.clock.monotonic() + self.patience_s
        while True:
            if client.status not in ("running", "connecting"):
                raise Unavailable("cluster.unreachable", address=self.address, seconds=self.answer_s)
            if client.status == "running" and client.nthreads():
                return
            if self.clock.monotonic() > deadline:
                raise Unavailable("cluster.no_workers", address=self.address, seconds=self.patience_s)
            self.clock.sleep(0.2)


# --- on a worker ----------------------------------------------------------------------------


def piece(task: bytes, *, plan: bytes, work: Callable[[Any, Any], Any], sources: str) -> bytes:
    """Do one piece of work; Conflict when this worker has other sources than the caller."""
    if sources != _sources():
        raise Conflict("cluster.other_sources", sources=_sources()[:12], wanted=sources[:12])
    return pickle.dumps(work(_plan(plan), pickle.loads(task)), pickle.HIGHEST_PROTOCOL)  # noqa: S301


@lru_cache(maxsize=1)
def _plan(plan: bytes) -> "Plan":
    """The plan of the run at hand, read once and shared by the threads of this worker."""
    found: Plan = pickle.loads(plan)  # noqa: S301
    return found


@cache
def _sources() -> str:
    """What the engine's sources are, here."""
    folder = Path(orbit.__file__).parent
    found = sha256()
    for file in sorted(folder.rglob("*.py")):
        found.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return found.hexdigest()
