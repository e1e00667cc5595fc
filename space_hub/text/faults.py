"""What a field is refused for, as a sentence of ours: Pydantic names the rule, its own English words are not passed on.

The sentence is `request.field.RULE`, where RULE is Pydantic's name of the rule.
"""

from collections.abc import Mapping
from typing import Any

from space_hub.text import catalogue, say


def code_of(fault: Mapping[str, Any]) -> str:
    """The code of the sentence for one entry of `ValidationError.errors()`."""
    rule = str(fault["type"])
    # `int_parsing` and `int_type` ask for the same thing, so the first word may speak for the whole family.
    known = (
        each for each in (f"request.field.{rule}", f"request.field.{rule.split('_')[0]}") if each in catalogue("en")
    )
    return next(known, "request.field.other")


def sentence_of(fault: Mapping[str, Any], language: str) -> str:
    about = {**fault.get("ctx", {}), "rule": str(fault["type"])}
    if "expected" in about:
        about["expected"] = str(about["expected"]).replace(" or ", ", ")
    return say(code_of(fault), language, **about)
