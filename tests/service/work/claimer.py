"""Claims work of one kind until there is none, and prints what it got. Run by a test as a process of its own."""

import sys

from space_hub import db
from space_hub.clock import SystemClock
from space_hub.rng import SystemRng
from space_hub.trust.principal import HUB
from space_hub.work import ledger


def main(url: str, holder: str) -> None:
    database, clock, rng = db.connect(url), SystemClock(), SystemRng()
    for number in range(20):
        with database.write() as session:
            ledger.start(session, clock, rng, kind="count", params={}, principal=HUB, slot=f"at:{number:03}")
    while True:
        with database.write() as session:
            work = ledger.claim(session, clock, rng, holder=holder, kinds=["count"])
        if work is None:
            return
        with database.write() as session:
            ledger.finish(session, clock, work, {"by": holder})
        print(work.slot, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
