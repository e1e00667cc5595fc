"""Markings as values: who may read a thing, and what a thing made of others may be read by. Pure.

Default deny: a marking grants only what it names. Derived data carry the join
of their inputs: the higher level and the intersection of the audiences; an
empty intersection leaves the owner alone, never everyone.

A marking is real or belongs to one exercise, whose id is then its mode. Nothing
is derived from two modes.
"""

import hashlib
import json
from dataclasses import dataclass, replace

from space_hub.errors import Conflict
from space_hub.text import Word
from space_hub.vocabulary.codes import SECURITY_LEVELS

LEVELS = SECURITY_LEVELS

REAL = "real"
"""The mode of what is no exercise."""


class Mode(Word, of="mode"):
    """Whether something is real, for those who need not know which exercise it belongs to."""

    REAL = REAL
    EXERCISE = "exercise"


def kind(mode: str) -> Mode:
    return Mode.REAL if mode == REAL else Mode.EXERCISE


@dataclass(frozen=True, slots=True)
class Marking:
    """Releasability of one thing.

    `nations` is None for "everyone" or a set of ISO 3166 alpha-2 codes;
    `organisations` names single readers beside them.
    """

    level: str = "unclassified"
    owner: str = ""
    nations: frozenset[str] | None = frozenset()
    organisations: frozenset[str] = frozenset()
    mode: str = REAL

    @property
    def id(self) -> str:
        names = [
            self.level,
            self.owner,
            None if self.nations is None else sorted(self.nations),
            sorted(self.organisations),
        ]
        # What is real keeps the id that it had before there were exercises.
        body = json.dumps(names if self.mode == REAL else [*names, self.mode])
        return f"mrk_{hashlib.sha256(body.encode()).hexdigest()[:32]}"


PUBLIC = Marking(nations=None)


def may_read(marking: Marking, organisation_id: str, nation: str) -> bool:
    if not organisation_id:
        return False
    if organisation_id == marking.owner or organisation_id in marking.organisations:
        return True
    return marking.nations is None or (nation != "" and nation in marking.nations)


def above(level: str, ceiling: str) -> bool:
    """Whether `level` lies above `ceiling`; an unknown level lies above everything."""
    return level not in LEVELS or LEVELS.index(level) > LEVELS.index(ceiling)


def join(first: Marking, second: Marking, owner: str) -> Marking:
    """The marking of something that `owner` derived from both: readable by those who may read each input."""
    if first.mode != second.mode:
        raise Conflict("mode.mixed", first=first.mode, second=second.mode)
    if first.nations is None:
        nations = second.nations
    elif second.nations is None:
        nations = first.nations
    else:
        nations = first.nations & second.nations
    named = _named(first, second) | _named(second, first)
    level = max(first.level, second.level, key=LEVELS.index)
    return Marking(level, owner, nations, named, first.mode)


def rehearse(marking: Marking, mode: str) -> Marking:
    """The one way into an exercise: the same readers, in `mode`; what is of that mode already stays as it is.

    Nothing comes out of an exercise or goes from one to another: what is said of it afterwards is a real act.
    """
    if marking.mode not in (REAL, mode):
        raise Conflict("mode.mixed", first=marking.mode, second=mode)
    return replace(marking, mode=mode)


def _named(marking: Marking, other: Marking) -> frozenset[str]:
    """Organisations that `marking` names one by one and that `other` lets read too.

    A nation named by `other` is not enough here: which nation an organisation
    belongs to is not known to this value.
    """
    names = marking.organisations | ({marking.owner} if marking.owner else frozenset())
    if other.nations is None:
        return frozenset(names)
    return frozenset(names & (other.organisations | {other.owner}))
