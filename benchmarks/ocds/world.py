"""One hub in which lives follow each other, each drawn from its own number."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from sqlmodel import Session

from catalog.ocds import releases
from jobs.proofs.supply import Supplier
from space_hub.clock import ManualClock
from space_hub.rng import SeededRng
from space_hub.settings import Settings
from space_hub.trust.principal import Principal

START = datetime(2024, 11, 4, tzinfo=UTC)
PREFIX = Settings().ocds_prefix
CAPABILITY = "imagery.optical"


@dataclass
class World:
    """One hub with its suppliers, in which lives follow each other."""

    session: Session
    clock: ManualClock
    rng: SeededRng
    draw: Random
    lead: Principal
    member: Principal
    suppliers: Sequence[Supplier]
    processes: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    agreed: set[str] = field(default_factory=set)

    def perhaps(self, share: float) -> bool:
        return self.draw.random() < share

    def pause(self) -> None:
        """Time passes, and now and then what happened so far is told."""
        self.clock.advance(timedelta(minutes=self.draw.randint(1, 90)))
        if self.perhaps(0.3):
            for process in sorted(self.processes):
                releases.write(self.session, PREFIX, process)
