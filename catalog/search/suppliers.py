"""What the index knows of suppliers: who is on the shelf at all, for which mission areas, until when. Pure.

Nation, owner and standing are read here and not from the offerings, so that a
change of the profile is one row and not all of a supplier's offerings.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from catalog.search.columns import AREAS, NEVER, Bools, Columns, Times, instant

_PLACES = {area: place for place, area in enumerate(AREAS)}


@dataclass(frozen=True, slots=True)
class Supplier:
    provider_id: str
    on_shelf: bool
    """Verified: a supplier that is not shows nothing to anyone but itself."""
    nation: str
    owner_nation: str | None
    standing: str


@dataclass(frozen=True, slots=True)
class Clearance:
    provider_id: str
    mission_area: str
    active: bool
    valid_to: datetime | None


class Suppliers:
    """Suppliers by the code of their id in the columns; never altered once made."""

    def __init__(
        self, columns: Columns, suppliers: Mapping[str, Supplier], clearances: Mapping[tuple[str, str], Clearance]
    ) -> None:
        codes = columns.dictionaries["provider"]
        self.size = len(codes.values)
        self._by_code = [None if each is None else suppliers.get(each) for each in codes.values[: self.size]]
        self.cleared_until: Times = np.full((self.size, len(AREAS)), -NEVER, dtype=np.int64)
        """By code and mission area; never, where the supplier is not verified or not cleared."""
        for each in clearances.values():
            code = codes.known(each.provider_id)
            supplier = suppliers.get(each.provider_id)
            if code is None or code >= self.size or supplier is None or not supplier.on_shelf or not each.active:
                continue
            until = NEVER if each.valid_to is None else instant(each.valid_to)
            self.cleared_until[code, _PLACES[each.mission_area]] = until

    def shown(self, columns: Columns, now: datetime) -> Bools:
        """Where the supplier is on the shelf, cleared for the mission area, at this moment."""
        # The areas were the first values of their dictionary; 0 is no value.
        found: Bools = self.cleared_until[columns.coded["provider"], columns.coded["mission_area"] - 1] > instant(now)
        return found

    def values(self, facet: str) -> list[str | None]:
        return [None if each is None else getattr(each, facet) for each in self._by_code]

    def table(self, facet: str, wanted: Iterable[str]) -> Bools:
        kept = set(wanted)
        return np.array([value in kept for value in self.values(facet)], dtype=np.bool_)
