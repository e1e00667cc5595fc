"""The price of not depending on anyone at the terminal: two sets side by side, and what each loss leaves of them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from space_hub.cli.speak import Voice, language, sentence

_BAR = 20
_MOST = 12
"""Losses that are shown, the worst first; the API tells all."""


def tell(voice: Voice, match: dict[str, Any], names: Mapping[str, str]) -> None:
    found = match["resilience"]
    if found is None:
        return
    cheapest, secured = found["cheapest"], found["secured"]
    voice.table(
        "cli.title.resilience",
        ("cli.column.compared", "cli.column.cheapest", "cli.column.secured"),
        [
            [sentence("cli.compared.cost", currency=match["currency"]), *(_money(one) for one in (cheapest, secured))],
            [sentence("cli.compared.suppliers"), str(cheapest["suppliers"]), str(secured["suppliers"])],
            [
                sentence("cli.compared.effective"),
                *(_number(one["effective_suppliers"], 2) for one in (cheapest, secured)),
            ],
            [sentence("cli.compared.hhi"), *(_number(one["hhi"], 0) for one in (cheapest, secured))],
            [sentence("cli.compared.largest"), *(_percent(one["largest_share"]) for one in (cheapest, secured))],
        ],
    )
    voice.tell("cli.note", style="bold", text=found["premium"]["text"])
    for each in found["by_group"]:
        if Decimal(each["high"]):
            voice.tell("cli.note", text=each["text"])
    _tell_service(voice, cheapest, secured, names)
    for each in match["plan"]["exposed"] if match["plan"] else ():
        voice.tell(
            "cli.exposed",
            style="yellow",
            name=_failed(each["failure"], "", names),
            phase=sentence(f"vocabulary.phase.{each['phase']}"),
            stays=Decimal(each["stays"]),
            asked=Decimal(each["asked"]),
            best=Decimal(each["best"]),
            unit=match["capacity_unit"],
        )


def _tell_service(voice: Voice, cheapest: dict[str, Any], secured: dict[str, Any], names: Mapping[str, str]) -> None:
    """The share of what is asked that each loss leaves, in bars; losses that neither set feels are left out."""
    other = {_key(each): each["share"] for each in secured["service"]}
    rows = [
        [
            _failed(each["failure"], each["name"], names),
            sentence(f"vocabulary.phase.{each['phase']}"),
            _bar(each["share"]),
            _bar(other[_key(each)]),
        ]
        for each in cheapest["service"]
        if min(each["share"], other[_key(each)]) < 1
    ]
    if rows:
        heads = ("cli.column.failure", "cli.column.phase", "cli.column.cheapest", "cli.column.secured")
        voice.table("cli.title.service_left", heads, rows[:_MOST])


def _key(left: dict[str, Any]) -> tuple[str, ...]:
    return (*left["failure"]["suppliers"], *left["failure"]["groups"], left["phase"])


def _failed(failure: dict[str, Any], name: str, names: Mapping[str, str]) -> str:
    """The legal name of a supplier, the name of what a group rests on."""
    suppliers = [names.get(each, each) for each in failure["suppliers"]]
    return ", ".join([*suppliers, *([name or group for group in failure["groups"]])])


def _bar(share: float) -> str:
    full = round(_BAR * share)
    return f"{'█' * full}{'░' * (_BAR - full)} {_percent(share)}"


def _money(side: dict[str, Any]) -> str:
    return _number(float(Decimal(side["cost_per_day"])), 2)


def _percent(share: float) -> str:
    return sentence("match.percent", number=_number(100 * share, 0))


def _number(value: float, places: int) -> str:
    text = f"{value:.{places}f}"
    return text.replace(".", ",") if language() == "fr" else text
