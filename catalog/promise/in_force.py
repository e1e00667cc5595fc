"""Which phase is in force for whom and where, and what an agreement opens in it. Pure.

A declaration may hold for some nations, in an area, until a moment. Of those that apply the
last begun decides, of two begun at once the graver; peace before any. Terms of a phase that is
no graver than the one in force stay open, and terms that need an activation open as
it ramps up, counted from its notice. What a supplier promised may be called off in its time;
whether it is there in time is what the activation's clocks are for.
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


@dataclass(frozen=True, slots=True)
class Activated:
    """An activation at work: so many parts of the phase were accepted, after a notice at that moment."""

    phase: Phase
    parts: int
    notified_at: datetime


def in_force(
    declared: Sequence[Declared], at: datetime, nation: str | None = None, area: Mapping[str, Any] | None = None
) -> Phase:
    """The phase for whoever asks; peace before any declaration."""
    found = [each for each in declared if each.applies(at, nation, area)]
    return max(found, key=lambda each: (each.since, _GRAVENESS.index(each.phase))).phase if found else Phase.PEACE


def open_parts(
    terms: Mapping[Phase, PhaseTerms], phase: Phase, activated: Sequence[Activated], at: datetime
) -> dict[Phase, int]:
    """What each phase of `terms` opens at `at` while `phase` is in force, mildest first; phases that open nothing not.

    The last of them is the phase whose price, notice and priority a call-off has.
    """
    found = {
        each: _parts(terms[each], [one for one in activated if one.phase is each], at)
        for each in _GRAVENESS[: _GRAVENESS.index(phase) + 1]
        if each in terms
    }
    return {each: parts for each, parts in found.items() if parts}


def callable_parts(
    terms: Mapping[Phase, PhaseTerms], phase: Phase, activated: Sequence[Activated], at: datetime
) -> int:
    """The most that may be called off in a slot that begins at `at`: what the phases open, which hold each other."""
    return max(open_parts(terms, phase, activated, at).values(), default=0)


def _parts(term: PhaseTerms, activated: Sequence[Activated], at: datetime) -> int:
    if term.activation is ActivationNeed.NONE:
        return term.parts
    return min(term.parts, sum(_ramped(term, each, at) for each in activated))


def _ramped(term: PhaseTerms, activated: Activated, at: datetime) -> int:
    since = at - activated.notified_at
    if not term.ramp:
        return activated.parts if since >= term.notice else 0
    reached = [each.share for each in term.ramp if each.after <= since]
    return int(activated.parts * reached[-1]) if reached else 0
