"""Figures that the documentation quotes; `__main__` says how to run them."""


class Misused(ValueError):
    """A benchmark was asked for something that it does not know; the words are for the person who asked."""
