"""Where a nation stands to the alliance: an Ally, a partner nation, or neither. Pure.

The lists are dated, because they change by treaty and decision. What was true of
a provider when it registered is copied to its row and never recomputed silently.
"""

from space_hub.vocabulary.codes import Standing

ALLIES = frozenset(
    (
        *("AL", "BE", "BG", "CA", "CZ", "DE", "DK", "EE", "ES", "FI", "FR"),
        *("GB", "GR", "HR", "HU", "IS", "IT", "LT", "LU", "LV", "ME", "MK"),
        *("NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "TR", "US"),
    )
)
"""As of 7 March 2024, the day Sweden acceded."""

PARTNERS = frozenset({"AU", "JP", "KR", "NZ", "UA"})
"""Of the Pacific and Ukraine, as of the same day."""


def standing_of(nation: str) -> Standing:
    """The standing of a nation, given as its ISO 3166 alpha-2 code."""
    if nation in ALLIES:
        return Standing.ALLY
    return Standing.PARTNER if nation in PARTNERS else Standing.OTHER
