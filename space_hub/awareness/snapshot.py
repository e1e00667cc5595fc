"""What a screening is given: the current sets at one moment, and which of them are left out."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from space_hub.awareness import catalogue, freshness
from space_hub.awareness.catalogue import CurrentSet
from space_hub.awareness.freshness import Published
from space_hub.errors import Conflict


@dataclass(frozen=True, slots=True)
class Taken:
    """The sets of a snapshot: those to be screened, and those left out with their reason."""

    offered: list[CurrentSet]
    kept: list[CurrentSet]
    excluded: list[tuple[CurrentSet, str]]
    published: Published | None
    """When the newest file among theirs was published by its source."""

    @property
    def sha256(self) -> str:
        return hashlib.sha256("\n".join(sorted(one.content_hash for one in self.offered)).encode()).hexdigest()

    @property
    def synthetic(self) -> bool:
        return any(one.synthetic for one in self.offered)

    @property
    def numbers(self) -> list[int]:
        """Catalogue numbers of the sets to be screened."""
        return [one.elements.catalog_number for one in self.kept]


def take(session: Session, start: datetime, max_age_days: float | None) -> Taken:
    """All current sets; those older than `max_age_days` at `start` are left out.

    Raises Conflict `run.catalogue_empty` when nothing is left to screen.
    """
    offered = catalogue.current_sets(session)
    kept: list[CurrentSet] = []
    excluded: list[tuple[CurrentSet, str]] = []
    oldest = None if max_age_days is None else start - timedelta(days=max_age_days)
    for one in offered:
        if oldest is not None and one.elements.epoch < oldest:
            excluded.append((one, "age"))
        else:
            kept.append(one)
    if not kept:
        raise Conflict("run.catalogue_empty", offered=len(offered))
    return Taken(offered, kept, excluded, freshness.of_current_sets(session))
