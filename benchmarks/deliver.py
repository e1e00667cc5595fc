"""How fast messages leave: 100 events to 10 receivers on loopback, one of which takes a second for each answer.

The delivery process runs whole, on a fresh SQLite file with full durability. Every
message to the nine quick receivers must arrive, once; the slow one is given up to ten
seconds more and shows that it delays nobody.
"""

import tempfile
import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter, sleep

from jobs import deliver
from jobs.migrations import load_tables
from space_hub import db
from space_hub.clock import SystemClock
from space_hub.rng import SystemRng
from space_hub.settings import Settings
from tests.support.deliveries import World
from tests.support.receiver import Receiver, listening

EVENTS, QUICK, SLOW_ANSWER_S, PATIENCE_S = 100, 9, 1.0, 120.0


def run() -> dict[str, object]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        database = db.connect(f"sqlite:///{Path(folder) / 'hub.sqlite'}")
        stack.callback(database.engine.dispose)
        load_tables()
        db.metadata.create_all(database.engine)
        world = World(database, SystemClock(), SystemRng())
        slow = stack.enter_context(listening(Receiver(delay_s=SLOW_ANSWER_S)))
        quick = [stack.enter_context(listening(Receiver())) for _ in range(QUICK)]
        owner = world.nation("FR")
        for receiver in (slow, *quick):
            world.endpoint(owner, receiver.url, allow=receiver.allow)
        for number in range(EVENTS):
            world.happen(number=number)
        settings = Settings(egress_allow=[receiver.allow for receiver in (slow, *quick)])
        stop = threading.Event()
        given = (database, world.clock, world.rng, settings, stop)
        process = threading.Thread(target=deliver.run_forever, args=given)
        began = perf_counter()
        process.start()
        while any(len(receiver.received) < EVENTS for receiver in quick) and perf_counter() - began < PATIENCE_S:
            sleep(0.01)
        took = perf_counter() - began
        at_slow = len(slow.received)
        while len(slow.received) <= at_slow and perf_counter() - began < took + 10:
            sleep(0.01)
        stop.set()
        process.join()
    arrived = sum(len(set(receiver.ids)) for receiver in quick)
    counts = Counter(one for receiver in quick for one in receiver.ids)
    return {
        "events": EVENTS,
        "quick_receivers": QUICK,
        "arrived_at_quick": arrived,
        "arrived_twice": sum(count - 1 for count in counts.values()),
        "seconds": round(took, 2),
        "messages_per_s": round(arrived / took),
        "slow_receiver_answer_s": SLOW_ANSWER_S,
        "arrived_at_slow_meanwhile": at_slow,
        "holds": arrived == QUICK * EVENTS,
    }
