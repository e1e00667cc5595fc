"""What an agreement opens now for one nation, as whoever calls off, shows or plans capacity reads it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from catalog.activation.rules import Activation, usable
from catalog.activation.service.standing import at_work
from catalog.promise.access import PhaseTerms
from catalog.promise.clauses import ActivationNeed
from catalog.promise.in_force import Declared, callable_parts, in_force, open_parts
from catalog.promise.phases import declared
from catalog.promise.tables import Agreement
from space_hub.trust.labels import REAL
from space_hub.vocabulary.phases import Phase


@dataclass(frozen=True, slots=True)
class Opened:
    """Terms by phase with all that decides which of them are open; for one nation and place, from `at` on."""

    terms: Mapping[Phase, PhaseTerms]
    declared: Sequence[Declared]
    activations: Sequence[tuple[Phase, Activation]]
    nation: str
    area: Mapping[str, Any] | None
    at: datetime

    @property
    def declared_phase(self) -> Phase:
        return in_force(self.declared, self.at, self.nation, self.area)

    @property
    def phase(self) -> Phase | None:
        """The phase whose price, notice and priority a call-off has that is decided now; None when nothing is open."""
        return next(reversed(open_parts(self.terms, self.declared_phase, self._activated(self.at))), None)

    def parts_at(self, instant: datetime, paid: Phase) -> int:
        """The most that may be committed in a slot that begins at `instant`, at the price of the phase `paid`.

        A slot that has begun counts from now. A phase that is graver than the one paid for opens nothing.
        """
        order = list(Phase)
        terms = {each: term for each, term in self.terms.items() if order.index(each) <= order.index(paid)}
        then = max(instant, self.at)
        return callable_parts(terms, in_force(self.declared, then, self.nation, self.area), self._activated(then))

    def _activated(self, at: datetime) -> dict[Phase, int]:
        found: dict[Phase, int] = defaultdict(int)
        for phase, activation in self.activations:
            found[phase] += usable(activation, self.at, at)
        return found


def opened(
    session: Session,
    agreement: Agreement,
    terms: Mapping[Phase, PhaseTerms],
    nation: str,
    area: Mapping[str, Any] | None,
    at: datetime,
    *,
    declarations: Sequence[Declared] | None = None,
    mode: str = REAL,
) -> Opened:
    """`declarations` where they are known already: several agreements of one pool are asked at once."""
    needed = any(term.activation is ActivationNeed.REQUIRED for term in terms.values())
    return Opened(
        terms=terms,
        declared=declared(session, agreement.pool_id, mode) if declarations is None else declarations,
        activations=at_work(session, agreement.id) if needed else (),
        nation=nation,
        area=area,
        at=at,
    )
