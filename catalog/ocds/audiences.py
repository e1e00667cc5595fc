"""Who reads the releases of a process, in rising order. Pure."""

from space_hub.text import Word


class Audience(Word, of="release_audience"):
    BUYER = "buyer"
    """The lead of the pool and the nation that called off."""
    POOL = "pool"
    """Its members."""
    PUBLIC = "public"
    """Everybody, without a key."""
