"""The three phases over which supply is promised and demand is stated. Pure."""

from space_hub.text import Word


class Phase(Word, of="phase"):
    PEACE = "peace"
    CRISIS = "crisis"
    CONFLICT = "conflict"
