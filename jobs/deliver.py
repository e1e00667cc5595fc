"""The delivery process: gives the log its order, makes messages of it, and sends them.

Ordering and fan-out are done by one process at a time, under a lease; sending
by any number of them. Every endpoint has its own connection, at most one
message under way, and at most half of the senders serve endpoints that answer
slowly: one receiver's pain stays its own.
"""

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor, wait

import structlog

from jobs.loops import Holding, held, repeat
from jobs.opening import open_hub, stop_on_signals
from jobs.runner import holder_name
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.delivery import egress, log, mail, outbox, retry
from space_hub.delivery.outbox import Claim
from space_hub.delivery.retry import Policy
from space_hub.delivery.send import send_claim
from space_hub.delivery.wire import Wire
from space_hub.errors import Unavailable
from space_hub.rng import Rng
from space_hub.settings import Settings

SENDERS = 16
BATCH = 50
"""Messages of one endpoint that are claimed together; they go one after the other."""

_IDLE_S = 0.3
_LETTERS_S = 2.0
_MOST_WIRES = 500

logger = structlog.get_logger()


def run_forever(
    database: Database,
    clock: Clock,
    rng: Rng,
    settings: Settings,
    stop: threading.Event,
    *,
    policy: Policy = retry.DEFAULT,
    resolver: egress.Resolver = egress.system_resolver,
) -> None:
    """Deliver until `stop`; returns within about a second of it. What is under way then goes again later."""
    holding = Holding(database, clock, "deliver", holder_name(rng))
    senders = Senders(database, clock, rng, settings, stop, policy, resolver)
    posting = Holding(database, clock, "mail", holder_name(rng))

    def post_letters() -> bool:
        return mail.send_due(database, clock, rng, settings) > 0

    # A thread of its own: a mail server that answers slowly must not keep messages waiting.
    letters = threading.Thread(
        target=repeat, args=("mail", held(posting, post_letters), _LETTERS_S, stop), name="mail", daemon=True
    )
    letters.start()
    failures = 0
    while not stop.is_set():
        moved = 0
        try:
            if holding.mine():
                moved = order(database, clock, rng)
            moved += senders.start_due()
            failures = 0
        except Unavailable:
            moved = 0
        except Exception as error:
            failures, moved = failures + 1, 0
            logger.error("delivery loop failed", failures=failures, exc_info=error)
            stop.wait(min(2.0**failures * 0.1, 30.0))
        if not moved:
            senders.rested.wait(_IDLE_S)
            senders.rested.clear()
    senders.close()
    letters.join(timeout=0.5)
    for each in (holding, posting):
        each.release()


def order(database: Database, clock: Clock, rng: Rng) -> int:
    """Sequence what is committed and fan it out; how many entries were moved."""
    moved = 0
    with database.read() as session:
        unsequenced = log.anything_unsequenced(session)
    if unsequenced:
        with database.write() as session:
            moved += log.sequence(session)
    with database.read() as session:
        waiting = outbox.anything_to_fan_out(session)
    if waiting:
        with database.write() as session:
            moved += outbox.fan_out(session, clock, rng)
    return moved


class Senders:
    """A bounded pool of senders, one client for each endpoint."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        rng: Rng,
        settings: Settings,
        stop: threading.Event,
        policy: Policy,
        resolver: egress.Resolver,
    ) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._allow = settings.egress_allow
        self._stop = stop
        self._policy = policy
        self._resolver = resolver
        self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="sender")
        self._busy: dict[str, tuple[Future[None], bool]] = {}
        self._wires: OrderedDict[str, Wire] = OrderedDict()
        self.rested = threading.Event()
        """Set when a sender has become free."""

    def start_due(self) -> int:
        """Claim for every free sender and let it begin; how many endpoints were begun."""
        self._busy = {name: entry for name, entry in self._busy.items() if not entry[0].done()}
        free = SENDERS - len(self._busy)
        free_slow = min(free, SENDERS // 2 - sum(slow for _, slow in self._busy.values()))
        with self._database.read() as session:
            if free < 1 or not outbox.anything_due(session, self._clock.wall()):
                return 0
        begun: list[tuple[Claim, bool]] = []
        with self._database.write() as session:
            for slow in (True, False):
                most = free_slow if slow else free - len(begun)
                begun += [
                    (claim, slow)
                    for claim in outbox.claim_due(
                        session, self._clock, endpoints_at_once=most, batch=BATCH, slow=slow, busy=self._busy
                    )
                ]
        for claim, slow in begun:
            self._busy[claim.endpoint_id] = (self._pool.submit(self._send, claim, self._wire(claim.endpoint_id)), slow)
        return len(begun)

    def close(self) -> None:
        """Let the senders notice the stop, for at most a second."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        wait([future for future, _ in self._busy.values()], timeout=0.8)
        for name, wire in self._wires.items():
            if name not in self._busy or self._busy[name][0].done():
                wire.close()

    def _send(self, claim: Claim, wire: Wire) -> None:
        try:
            send_claim(self._database, self._clock, self._rng, claim, wire, policy=self._policy, stop=self._stop)
        except Unavailable:
            logger.warning("attempt not recorded, will be repeated", endpoint=claim.endpoint_id)
        except Exception as error:
            logger.error("sender failed", endpoint=claim.endpoint_id, exc_info=error)
        finally:
            self.rested.set()

    def _wire(self, endpoint_id: str) -> Wire:
        """The endpoint's own client; the one unused for longest is closed when there are too many."""
        if endpoint_id not in self._wires:
            self._wires[endpoint_id] = Wire(self._clock, allow=self._allow, resolver=self._resolver, stop=self._stop)
        self._wires.move_to_end(endpoint_id)
        for name in list(self._wires)[: max(0, len(self._wires) - _MOST_WIRES)]:
            if name not in self._busy:
                self._wires.pop(name).close()
        return self._wires[endpoint_id]


def main(settings: Settings) -> None:
    """Run the delivery process until SIGTERM or SIGINT."""
    database, clock, rng = open_hub(settings)
    stop = stop_on_signals()
    run_forever(database, clock, rng, settings, stop)
