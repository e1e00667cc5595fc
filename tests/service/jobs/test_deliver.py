"""The delivery process, whole: many endpoints, one of them slow, and a quick stop."""

import threading
import time
from collections import Counter
from contextlib import ExitStack

from jobs import deliver
from space_hub.clock import SystemClock
from space_hub.db import Database
from space_hub.rng import SystemRng
from space_hub.settings import Settings
from tests.support.deliveries import World
from tests.support.receiver import Receiver, listening


def test_everyone_gets_everything_and_the_slow_one_delays_nobody(database: Database) -> None:
    """Sabotage seen: a pool of one sender kept the others waiting behind the slow one."""
    world = World(database, SystemClock(), SystemRng())
    with ExitStack() as stack:
        quick = [stack.enter_context(listening(Receiver())) for _ in range(3)]
        slow = stack.enter_context(listening(Receiver(delay_s=5.0)))
        settings = Settings(egress_allow=[one.allow for one in (*quick, slow)])
        owner = world.nation("FR")
        for one in (slow, *quick):
            world.endpoint(owner, one.url, allow=one.allow)
        stop = threading.Event()
        given = (database, world.clock, world.rng, settings, stop)
        thread = threading.Thread(target=deliver.run_forever, args=given)
        thread.start()
        try:
            for number in range(20):
                world.happen(number=number)
            began = time.perf_counter()
            while any(len(one.received) < 20 for one in quick):
                assert time.perf_counter() - began < 4.5
                time.sleep(0.02)
            assert len(slow.received) < 10
        finally:
            began = time.perf_counter()
            stop.set()
            thread.join(10)
        took = time.perf_counter() - began
        assert not thread.is_alive()
        assert took < 1.5
        for one in quick:
            assert Counter(one.ids).most_common(1)[0][1] == 1
            assert [b'"number":%d' % number in got.body for number, got in enumerate(one.received)] == [True] * 20
