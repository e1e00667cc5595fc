"""How much an encounter concerns somebody, as a word, and what that word rests on. Pure.

The level rests on the probability of collision where one is known, else on the distance: 1 km is what the
18th Space Defense Squadron reports on. The largest probability that any covariance gives never makes a
level; that the covariance is diluted only keeps a small probability from counting as small. The usual
limits are NASA CARA's line for mitigation (1e-4), a tenth of it, and CARA's floor of interest (1e-7).
"""

from dataclasses import dataclass

from space_hub.errors import Invalid
from space_hub.text import Word

RED, AMBER, FLOOR = 1e-4, 1e-5, 1e-7
NEAR_M = 1_000.0


class Level(Word, of="conjunction_level"):
    """In rising order."""

    BELOW = "below"
    LOW = "low"
    AMBER = "amber"
    RED = "red"

    @property
    def rank(self) -> int:
        return list(Level).index(self)


class Basis(Word, of="level_basis"):
    """What decided the level: the probability, the distance, or that a small probability is diluted."""

    PROBABILITY = "probability"
    DILUTION = "dilution"
    DISTANCE = "distance"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits of the levels: probabilities, and metres where there is none."""

    red: float = RED
    amber: float = AMBER
    floor: float = FLOOR
    near_m: float = NEAR_M

    def check(self) -> None:
        """Raises Invalid `watch.thresholds_wrong`."""
        if not 0.0 < self.floor <= self.amber <= self.red <= 1.0:
            raise Invalid("watch.thresholds_wrong", red=self.red, amber=self.amber, floor=self.floor)

    def level(self, miss_distance_m: float, pc: float | None, diluted: bool) -> Level:
        """A small value of a diluted probability means "not known", so it does not go below the floor."""
        if pc is None:
            return Level.AMBER if miss_distance_m <= self.near_m else Level.LOW
        if pc >= self.red:
            return Level.RED
        if pc >= self.amber:
            return Level.AMBER
        return Level.BELOW if pc < self.floor and not diluted else Level.LOW

    def basis(self, pc: float | None, diluted: bool) -> Basis:
        if pc is None:
            return Basis.DISTANCE
        return Basis.DILUTION if diluted and pc < self.floor else Basis.PROBABILITY

    def line(self, level: Level) -> float:
        """The probability from which on `level` begins."""
        return {Level.RED: self.red, Level.AMBER: self.amber, Level.LOW: self.floor, Level.BELOW: 0.0}[level]


USUAL = Thresholds()
