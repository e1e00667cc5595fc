"""What the hub's own jobs do of OCDS, one step at a time: reactions queue the work, the work writes releases."""

from typing import Any

from catalog.ocds.releases import KIND
from jobs import ocds, react
from jobs.task import Task
from space_hub.delivery import log
from space_hub.trust.principal import HUB
from space_hub.work import ledger
from tests.support.hub import Hub


def tell(hub: Hub) -> list[dict[str, Any]]:
    """React to all that happened and do the work that follows; what each piece of work gave."""
    with hub.database.write() as session:
        while log.sequence(session):
            pass
    while react.turn(hub.database, hub.clock, hub.rng):
        pass
    done: list[dict[str, Any]] = []
    while True:
        with hub.database.write() as session:
            work = ledger.claim(session, hub.clock, hub.rng, holder="test", kinds=[KIND])
        if work is None:
            return done
        result = ocds.write(Task(hub.database, hub.clock, hub.rng, hub.settings, work, HUB))
        with hub.database.write() as session:
            ledger.finish(session, hub.clock, work, result)
        done.append(result)
