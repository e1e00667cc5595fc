"""The three phases over which supply is promised and demand is stated. Pure."""

from enum import StrEnum


class Phase(StrEnum):
    PEACE = "peace"
    CRISIS = "crisis"
    CONFLICT = "conflict"
