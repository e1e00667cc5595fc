"""Records of the first method, in the shape of those that came after. Pure.

A record is never changed: what is kept is read as it is, and shown in the shape of today.
"""

from collections.abc import Mapping
from typing import Any


def offerings(inputs: Mapping[str, Any], result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a record says of each offering, whichever method it was made by."""
    kept: list[dict[str, Any]] = result["offerings"]
    return [_of_first_method(each) for each in kept] if inputs["method"] == "match/1" else kept


def _of_first_method(kept: dict[str, Any]) -> dict[str, Any]:
    """It said one change, and nothing of evidence and firmness."""
    counted = kept["counterfactual"]
    if counted is not None:
        name, _, answered = counted["code"].removeprefix("match.enter.").partition(".")
        change = {"code": f"match.change.{name}", "params": counted["params"]}
        counted = {"changes": [change], "if_answered": bool(answered)}
    gates = [{**gate, "evidence": None} for gate in kept["gates"]]
    return {**kept, "counterfactual": counted, "stability": None, "gates": gates}
