"""A sender that is killed between the receiver's answer and its own mark. Run by a test as a process of its own."""

import os
import signal
import sys
from datetime import datetime

from space_hub import db
from space_hub.clock import ManualClock
from space_hub.delivery import outbox
from space_hub.delivery.send import send_claim
from space_hub.delivery.wire import Reply, Wire
from space_hub.rng import SystemRng


def main(url: str, at: str, allow: str) -> None:
    database, clock, rng = db.connect(url), ManualClock(datetime.fromisoformat(at)), SystemRng()
    with database.write() as session:
        claims = outbox.claim_due(session, clock, endpoints_at_once=10, batch=10, slow=False)

    def die(_message_id: str, _reply: Reply) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    for claim in claims:
        send_claim(database, clock, rng, claim, Wire(clock, allow=[allow]), after_post=die)


if __name__ == "__main__":
    main(*sys.argv[1:])
