"""How a match reads at the terminal: each offering with its reasons, what is covered, what a loss would leave open."""

from decimal import Decimal
from typing import Any

from space_hub.cli import match_resilience
from space_hub.cli.speak import Voice, language, sentence


def tell(voice: Voice, shown: dict[str, Any], names: dict[str, str]) -> None:
    """A match as the API answers it; `names` of providers by their ids."""
    from catalog.matching.values import Verdict

    voice.table(
        "cli.title.match",
        ("cli.column.title", "cli.column.supplier", "cli.column.verdict", "cli.column.score", "cli.column.reason"),
        [
            [
                each["title"],
                names[each["provider_id"]],
                Verdict(each["verdict"]).label(language()),
                "" if each["score"] is None else f"{each['score']:.2f}",
                "\n".join(_said_of(each)),
            ]
            for each in shown["offerings"]
        ],
    )
    if shown["physics"]:
        _tell_physics(voice, shown)
    if shown["answers"]:
        _tell_answers(voice, shown)
    _tell_cover(voice, shown, names)
    match_resilience.tell(voice, shown, names)
    for found in filter(None, (shown["sole"], shown["impasse"])):
        voice.tell("cli.note", style="yellow", text=found["text"])
    for each in shown["sole"]["barriers"] if shown["sole"] else ():
        voice.tell("cli.note", text=each["text"])
    voice.tell("cli.recommends", match=shown["id"], requirement=shown["requirement_id"], style="dim")


def _tell_physics(voice: Voice, match: dict[str, Any]) -> None:
    """Claimed, answered and computed side by side, with what is to be said of it."""
    from catalog.feasibility.values import FeasibilityVerdict

    titles = {each["offering_id"]: each["title"] for each in match["offerings"]}
    columns = ("title", "subject", "claimed", "answered", "computed", "orbits", "reason")
    voice.table(
        "cli.title.physics",
        tuple(f"cli.column.{name}" for name in columns),
        [
            [
                titles[each["offering_id"]],
                f"{each['attribute_label']} ({each['unit']})",
                _span(each["claimed"]),
                _span(each["answered"]),
                _span(each["computed"]),
                FeasibilityVerdict(each["verdict_of_claim"]).label(language()),
                each["text"],
            ]
            for each in match["physics"]
        ],
    )
    beyond = sum(each["for_reply"] for each in match["physics"])
    if beyond and match["answers"] is None:
        voice.tell("cli.physics_not_told", style="yellow", count=beyond)


def _tell_answers(voice: Voice, match: dict[str, Any]) -> None:
    titles = {each["offering_id"]: each["title"] for each in match["offerings"]}
    rows = [[titles[each["offering_id"]], each["text"], each["reason"]] for each in match["answers"]]
    voice.table("cli.title.answers", ("cli.column.title", "cli.column.answered", "cli.column.reason"), rows)


def _span(given: list[float] | float | None) -> str:
    """A value or a range, with the decimal sign of the language."""
    if given is None:
        return ""
    ends = given if isinstance(given, list) else [given]
    text = "–".join(f"{each:.4g}" for each in dict.fromkeys(ends))
    return text.replace(".", ",") if language() == "fr" else text


def _said_of(judged: dict[str, Any]) -> list[str]:
    """The reasons of one offering, and what would let it in."""
    enter = judged["counterfactual"]
    return [*(reason["text"] for reason in judged["reasons"]), *([enter["text"]] if enter else [])]


def _tell_cover(voice: Voice, match: dict[str, Any], names: dict[str, str]) -> None:
    """What is covered at what cost, and what the loss of one supplier would leave open."""
    unit, currency = match["capacity_unit"], match["currency"]
    voice.tell("cli.covered" if match["covered"] else "cli.not_covered", style="green" if match["covered"] else "red")
    for each in match["phases"]:
        voice.tell(
            "cli.cover_of_phase",
            phase=_phase(each["phase"]),
            covered=_plain(each["covered"]),
            needed=_plain(each["needed"]),
            unit=unit,
            cost=Decimal(each["cost_per_day"]),
            currency=currency,
        )
        if each["over_budget"]:
            voice.tell(
                "cli.over_budget",
                style="yellow",
                phase=_phase(each["phase"]),
                budget=Decimal(each["budget_per_day"]),
                currency=currency,
            )
    for loss in match["losses"]:
        for phase, missing in loss["shortfall_taken"].items():
            if Decimal(missing):
                voice.tell(
                    "cli.loss",
                    supplier=names[loss["provider_id"]],
                    phase=_phase(phase),
                    missing=_plain(missing),
                    unit=unit,
                    still=_plain(loss["shortfall_pool"].get(phase, missing)),
                )


def _phase(phase: str) -> str:
    return sentence(f"vocabulary.phase.{phase}")


def _plain(number: str) -> str:
    """Without the zeros that a decimal carries along, with the decimal sign of the language."""
    plain = f"{Decimal(number).normalize():f}"
    return plain.replace(".", ",") if language() == "fr" else plain
