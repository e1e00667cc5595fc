"""Nations as ISO 3166 alpha-2 codes. Pure."""

from collections.abc import Iterable

from iso3166 import countries_by_alpha2

from space_hub.errors import Invalid

ALL_NATIONS: tuple[str, ...] = tuple(sorted(countries_by_alpha2))


def nation(code: str) -> str:
    """`code` itself when it is an ISO 3166 alpha-2 code in capitals; anything else is refused."""
    if code not in countries_by_alpha2:
        raise Invalid("vocabulary.nation_unknown", nation=code)
    return code


def nations(codes: Iterable[str]) -> frozenset[str]:
    return frozenset(nation(code) for code in codes)
