"""A conjunction data message of what one run saw of an encounter.

It is made of rows that are never changed: the look, the run and the two element sets. So the same look gives
the same message, byte for byte. The covariance of each side is the one that the look's probability rests on:
the table of its regime at the age of its set.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from sqlmodel import Session

from space_hub.awareness import catalogue
from space_hub.awareness.following import conjunctions
from space_hub.awareness.tables import Assessment, ElementSetRow, Run
from space_hub.errors import NotFound
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.ndm.drafting import Party, conjunction_message
from space_hub.orbit.ndm.message import Message
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.times import ticks
from space_hub.orbit.uncertainty import table
from space_hub.orbit.uncertainty.growth import covariance
from space_hub.trust.principal import Principal

ORIGINATOR = "SPACE HUB"

_SQUARE_METRES = 1e6
_CUT = "The window of the screening cuts this encounter: its closest approach may lie outside"
_TOGETHER = "The objects fly together: the closest approach is that of the window"
_SYNTHETIC = "SYNTHETIC: these objects are invented"


@dataclass(frozen=True, slots=True)
class Seen:
    """One look, the run that it is of, and the element sets of both objects."""

    look: Assessment
    run: Run
    sets: tuple[ElementSet, ElementSet]

    @property
    def message_id(self) -> str:
        """The same for the same look, another for each: a conjunction is looked at once in a run."""
        return f"{self.look.conjunction_id}/{self.run.id}"

    def message(self) -> Message:
        """As a CDM 1.0 in EME2000; object 1 has the lower catalogue number."""
        look = self.look
        known = look.pc is not None and look.method is not None
        return conjunction_message(
            self.message_id,
            self.run.published_at,
            ORIGINATOR,
            look.tca,
            self._parties(),
            probability=(look.pc, look.method) if look.pc is not None and look.method is not None else None,
            radius_m=look.hard_body_radius_m,
            notes=tuple(self._notes(known)),
        )

    def _parties(self) -> tuple[Party, Party]:
        one, other = (self._party(index) for index in range(2))
        return one, other

    def _party(self, index: int) -> Party:
        elements, at = self.sets[index], self.look.tca
        position, velocity = Fleet([elements]).state(0, ticks(at))
        age = (at - elements.epoch) / timedelta(days=1)
        rate = float(np.linalg.norm(velocity) / np.linalg.norm(position))
        estimate = covariance(table.of_regime(elements.regime), age, rate)
        how = (
            f"source = {estimate.source.value} ({estimate.citation}), samples = {estimate.samples}, "
            f"element set of {elements.epoch:%Y-%m-%dT%H:%M:%S.%f}, {age:.3f} d old at TCA"
        )
        return Party(
            elements.catalog_number,
            elements.name,
            elements.international_designator,
            position,
            velocity,
            _SQUARE_METRES * estimate.matrix,
            how,
        )

    def _notes(self, known: bool) -> Iterator[str]:
        look = self.look
        if self.run.synthetic:
            yield _SYNTHETIC
        if look.radius_a_source and look.radius_b_source:
            yield f"HBR_SOURCE = {look.radius_a_source}, {look.radius_b_source}"
        if known and look.pc_max is not None:
            yield f"MAX_COLLISION_PROBABILITY = {look.pc_max:.6E}"
            yield f"DILUTED = {'YES' if look.diluted else 'NO'}"
        if look.open_start or look.open_end:
            yield _CUT
        if look.co_located:
            yield _TOGETHER


def seen(session: Session, principal: Principal, conjunction_id: str, run_id: str | None = None) -> Seen:
    """What a run saw of a conjunction; the newest that saw it, if none is named.

    Raises NotFound: `conjunction.unknown`, also for one that the asker may not see; `conjunction.not_assessed`
    where no run, or not this one, has seen it.
    """
    found, looks = conjunctions.get_conjunction(session, conjunction_id, principal)
    wanted = run_id or found.latest_run_id
    look = next((each for each in looks if each.run_id == wanted), None)
    if look is None:
        raise NotFound("conjunction.not_assessed", conjunction=conjunction_id, run=wanted or "-")
    one, other = (
        catalogue.elements_of(session.get_one(ElementSetRow, set_id)) for set_id in (look.set_a_id, look.set_b_id)
    )
    return Seen(look, session.get_one(Run, look.run_id), (one, other))
