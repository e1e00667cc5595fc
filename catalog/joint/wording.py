"""Of a joint match in English or French: what is saved or paid more together, and by which rule it is divided. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from catalog.together.economy import ShareMethod
from space_hub.text import say


def shared(kept: Mapping[str, Any], currency: str, language: str) -> str:
    """What all save together of a joint match, or pay more; no saving is said of where less or more is served."""
    saved = Decimal(kept["saved"])
    said = say(
        f"joint_match.{_sign(saved) if kept['comparable'] else 'not_alike'}",
        language,
        cost=Decimal(kept["cost_per_day"]),
        alone=Decimal(kept["alone"]),
        saved=abs(saved),
        currency=currency,
    )
    return said if kept["covered"] else f"{said} {say('joint_match.short', language)}"


def spared(kept: Mapping[str, Any], currency: str, language: str) -> str:
    """What one need saves or pays more; or that it gets less or more than alone, so that this is no saving."""
    saved = Decimal(kept["saved"])
    if kept["comparable"]:
        return say(f"joint_match.need.{_sign(saved)}", language, saved=abs(saved), currency=currency)
    more = sum(Decimal(each["shortfall"]) - Decimal(each["shortfall_alone"]) for each in kept["phases"])
    code = "joint_match.need.gets_less" if more > 0 else "joint_match.need.gets_more"
    return say(code, language, bill=Decimal(kept["bill"]), alone=Decimal(kept["alone"]), currency=currency)


def shared_by(method: ShareMethod, language: str) -> str:
    """The rule by which the cost of a joint match is divided."""
    return say(f"joint_match.rule.{method.value}", language)


def _sign(saved: Decimal) -> str:
    return "saves" if saved > 0 else "pays_more" if saved < 0 else "even"
