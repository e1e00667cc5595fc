"""How relevant an offering is for a judged query, 0 to 3, from declared conditions on the offering alone. Pure.

A query lists grades from high to low, each with conditions that must all hold;
the first that holds is the offering's. It reads offerings as the API gives them,
in canonical units, and knows nothing of how they are searched.
"""

from collections.abc import Callable, Mapping
from typing import Any

Offering = Mapping[str, Any]


def grade(query: Mapping[str, Any], offering: Offering) -> int:
    """The highest grade whose conditions all hold; 0 for none."""
    found = [each["grade"] for each in query["grades"] if all(holds(one, offering) for one in each["all"])]
    return max(found, default=0)


def holds(condition: Mapping[str, Any], offering: Offering) -> bool:
    """Whether one condition holds; one of an unknown kind is a mistake in the data."""
    kinds = [kind for kind in _KINDS if kind in condition]
    if len(kinds) != 1:
        raise ValueError(f"expected one of {', '.join(_KINDS)}: {condition}")
    return _KINDS[kinds[0]](condition, offering)


def _attribute(condition: Mapping[str, Any], offering: Offering) -> bool:
    """Some of the offered range meets a bound; one of the codes is offered; the flag is as asked."""
    value = next((each for each in offering["attributes"] if each["attribute"] == condition["attribute"]), None)
    if value is None:
        return False
    if "at_most" in condition:
        return value["low"] is not None and value["low"] <= condition["at_most"]
    if "at_least" in condition:
        return value["high"] is not None and value["high"] >= condition["at_least"]
    if "any_of" in condition:
        return bool(set(condition["any_of"]) & set(value["codes"]))
    return bool(value["flag"] is condition["is"])


def _phase(condition: Mapping[str, Any], offering: Offering) -> bool:
    return any(each["phase"] == condition["phase"] and each["quantity"] > 0 for each in offering["capacity"] or [])


_KINDS: dict[str, Callable[[Mapping[str, Any], Offering], bool]] = {
    "attribute": _attribute,
    "capability": lambda condition, offering: offering["capability"] in condition["capability"],
    "mission_area": lambda condition, offering: offering["mission_area"] in condition["mission_area"],
    "phase": _phase,
}
