"""Which phase is in force for whom and where, and what an agreement opens in it. Pure.

A declaration may hold for some nations, in an area, until a moment. Of those that apply the
last begun decides, of two begun at once the graver; peace before any. Terms of a phase that is
no graver than the one in force stay open; terms that need an activation open what
activations at work have brought or will bring (`catalog.activation.rules.usable`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.promise.access import PhaseTerms
from catalog.promise.clauses import ActivationNeed
from space_hub.vocabulary.geometry import covers
from space_hub.vocabulary.phases import Phase

_GRAVENESS = list(Phase)


@dataclass(frozen=True, slots=True)
class Declared:
    """One declaration of a pool's phase; None is no limit."""

    phase: Phase
    since: datetime
    until: datetime | None = None
    nations: frozenset[str] | None = None
    area: Mapping[str, Any] | None = None

    def applies(self, at: datetime, nation: str | None, area: Mapping[str, Any] | None) -> bool:
        """Whether it holds then, for that nation, there; without a place only what holds everywhere does.

        An area that may meet the declared one is taken to meet it: boxes cannot always tell.
        """
        in_time = self.since <= at and (self.until is None or at < self.until)
        for_it = self.nations is None or nation in self.nations
        there = self.area is None or (area is not None and covers(self.area, area) is not False)
        return in_time and for_it and there


def in_force(
    declared: Sequence[Declared], at: datetime, nation: str | None = None, area: Mapping[str, Any] | None = None
) -> Phase:
    """The phase for whoever asks; peace before any declaration."""
    found = [each for each in declared if each.applies(at, nation, area)]
    return max(found, key=lambda each: (each.since, _GRAVENESS.index(each.phase))).phase if found else Phase.PEACE


def open_parts(terms: Mapping[Phase, PhaseTerms], phase: Phase, activated: Mapping[Phase, int]) -> dict[Phase, int]:
    """What each phase of `terms` opens while `phase` is in force, mildest first; phases that open nothing not.

    `activated` is what activations bring at that moment. The last phase found is the one whose
    price, notice and priority a call-off has.
    """
    found = {
        each: term.parts
        if (term := terms[each]).activation is ActivationNeed.NONE
        else min(term.parts, activated.get(each, 0))
        for each in _GRAVENESS[: _GRAVENESS.index(phase) + 1]
        if each in terms
    }
    return {each: parts for each, parts in found.items() if parts}


def callable_parts(terms: Mapping[Phase, PhaseTerms], phase: Phase, activated: Mapping[Phase, int]) -> int:
    """The most that may be called off of a slot: what a graver phase opens holds the milder ones' parts."""
    return max(open_parts(terms, phase, activated).values(), default=0)
