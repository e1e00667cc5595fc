"""Reasons of a match as sentences, in English or French."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from catalog.code_labels import label
from catalog.matching.eligibility import THE_OWNER
from space_hub.text import say
from space_hub.vocabulary.attributes import ATTRIBUTES
from space_hub.vocabulary.capabilities import CAPABILITIES

_SIGNS = {"<=": "≤", ">=": "≥"}


def sentence(code: str, params: Mapping[str, Any], language: str, *, capacity_unit: str = "") -> str:
    """The sentence of a reason or a counterfactual of a match record."""
    if "counted_of" in params:
        return _counted(code, params, language)
    said = {name: "-" if value is None else value for name, value in params.items()}
    if "attribute" in params:
        about = ATTRIBUTES[params["attribute"]]
        said["attribute"] = say(f"vocabulary.attribute.{about.code}", language)
        said["asked"] = _asked(params, about.unit, language)
        said["offered"] = _offered(about.code, params["offered"], about.unit, language)
        if "was" in params:
            said["was"] = _asked({**params, "threshold": params["was"]}, about.unit, language)
    elif "capability" in code.split("."):
        for name in ("asked", "offered"):
            known = params[name] in CAPABILITIES
            said[name] = say(f"vocabulary.capability.{params[name]}", language) if known else params[name]
    elif "modality" in code.split(".") or "maturity" in code.split("."):
        listed = "modality" if "modality" in code else "maturity"
        for name in {"asked", "offered"} & {name for name, value in params.items() if value is not None}:
            codes = str(params[name]).split(", ")
            said[name] = ", ".join(label(listed, each, language) for each in codes)
    elif "paper" in code.split("."):
        said["asked"] = _paper(params, language)
    elif "open" in params:
        names = str(params["open"]).split(", ")
        said["open"] = ", ".join(say("match.owner", language) if name == THE_OWNER else name for name in names)
    if "phase" in params:
        said["phase"] = say(f"vocabulary.phase.{params['phase']}", language)
    if "quantity" in params:
        said["quantity"] = _plain(params["quantity"], language)
    if code.startswith("gap.") and "first" in params:
        said["period"] = period(params["first"], params["last"], language)
    if "part" in params:
        said["part"] = _percent(float(params["part"]), language)
        said["prices"] = ", ".join(
            say(
                "match.price_in_phase",
                language,
                phase=say(f"vocabulary.phase.{phase}", language),
                price=_plain(price, language),
            )
            for phase, price in params["prices"].items()
        )
    if "phases" in params:
        phases = [part for part in str(params["phases"]).split(", ") if part]
        said["phases"] = ", ".join(say(f"vocabulary.phase.{phase}", language) for phase in phases)
    return say(code, language, **{"unit": capacity_unit, **said})


def counterfactual(kept: Mapping[str, Any], language: str, *, capacity_unit: str = "") -> str:
    """What would let an offering in, as one sentence."""
    changes = [
        sentence(each["code"], each["params"], language, capacity_unit=capacity_unit) for each in kept["changes"]
    ]
    codes = {each["code"] for each in kept["changes"]}
    if "match.change.not_needed" in codes:
        return changes[0]
    code = "match.enter_if_answered" if kept["if_answered"] else "match.enter"
    if "match.change.price" in codes:
        code = "match.taken_if"
    return say(code, language, changes=_and(changes, language))


def sole(kept: Mapping[str, Any], language: str) -> str:
    """That one supplier alone fits, and how many others might."""
    said = [say("match.sole", language)]
    if kept["might_join"]:
        said.append(say("match.might_join", language, count=kept["might_join"]))
    return " ".join(said)


def premium(kept: Mapping[str, Any], currency: str, language: str, *, survived: bool = True) -> str:
    """What survival costs: of one group where it names one, else of any single loss; a number, or between two.

    Not `survived`: nothing that could be bought survives this group, or the loss of any one supplier.
    """
    values = {"currency": currency, "name": kept.get("name", "")}
    plain = "group" if kept.get("group") else "any"
    about = plain if survived else f"{plain}_lost"
    if Decimal(kept["high"]) == 0:
        return say(f"match.premium.{about}.free", language, **values)
    for name in ("low", "high"):
        values[name] = Decimal(kept[name])
    if kept["stated"]:
        values["amount"] = (Decimal(kept["low"]) + Decimal(kept["high"])) / 2
        if Decimal(kept["base"]) == 0:
            said = say(f"match.premium.{plain}.stated_from_nothing", language, **values)
            return said if survived else f"{say(f'match.premium.{about}.free', language, **values)} {said}"
        return say(f"match.premium.{about}.stated", language, part=_percent(kept["share"], language), **values)
    return say(f"match.premium.{about}.between", language, **values)


def impasse(kept: Mapping[str, Any], language: str) -> str:
    """Why a requirement cannot be met and what would do, in its own words."""
    said = []
    if kept["conflict"]:
        terms = [sentence(each["code"], each["params"], language) for each in kept["conflict"]]
        said.append(say("match.conflict", language, terms=_and(terms, language)))
    elif kept["conflict"] is not None:
        said.append(say("match.too_little", language))
    if kept["questions"]:
        said.append(say("match.questions_first", language, count=kept["questions"]))
    relaxation = kept["relaxation"]
    if relaxation is not None:
        eased = [sentence(each["reason"]["code"], each["reason"]["params"], language) for each in relaxation["eased"]]
        code = "match.relaxation" if relaxation["proven"] else "match.relaxation_unproven"
        said.append(say(code, language, eased=_and(eased, language)))
    return " ".join(said)


def barrier(kept: Mapping[str, Any], language: str) -> str:
    """One term that keeps other suppliers out."""
    term = sentence(kept["term"]["code"], kept["term"]["params"], language)
    return say("match.barrier", language, term=term, suppliers=kept["suppliers"], alone=kept["alone"])


def period(first: str, last: str, language: str) -> str:
    """From one quarter to another, as `2026-Q4` names them, or in one quarter."""
    year, number = first.split("-Q")
    last_year, last_number = last.split("-Q")
    if first == last:
        return say("demand.period.one", language, year=year, number=number)
    return say(
        "demand.period.several", language, year=year, number=number, last_year=last_year, last_number=last_number
    )


def _and(parts: Sequence[str], language: str) -> str:
    *others, last = parts
    return say("match.and", language, first=", ".join(others), last=last) if others else last


def _paper(params: Mapping[str, Any], language: str) -> str:
    """A document as it is asked for: its kind, its levels, who must recognise it."""
    said = [say(f"vocabulary.evidence_kind.{params['kind']}", language)]
    if params["levels"]:
        said.append(say("match.level", language, levels=params["levels"]))
    if params.get("recognised_by"):
        said.append(say("match.recognised", language, names=params["recognised_by"]))
    return ", ".join(said)


def _asked(params: Mapping[str, Any], unit: str | None, language: str) -> str:
    operator = params["operator"]
    if params["flag"] is not None:
        return _yes(params["flag"], language)
    if params["codes"]:
        return f"{say(f'match.operator.{operator}', language)} {_codes(params['attribute'], params['codes'], language)}"
    if params["upper"] is not None:
        return f"{_number(params['threshold'], language)}–{_number(params['upper'], language)} {unit}"
    return f"{_SIGNS[operator]} {_number(params['threshold'], language)} {unit}"


def _offered(attribute: str, offered: Any, unit: str | None, language: str) -> str:
    if offered is None:
        return "-"
    if isinstance(offered, bool):
        return _yes(offered, language)
    if all(isinstance(part, str) for part in offered):
        return _codes(attribute, offered, language)
    low, high = (_number(part, language) for part in offered)
    return f"{low} {unit}" if low == high else f"{low}–{high} {unit}"


def _codes(attribute: str, codes: Sequence[str], language: str) -> str:
    return ", ".join(label(ATTRIBUTES[attribute].list_name, code, language) for code in codes)


def _number(value: float, language: str) -> str:
    text = f"{value:.6g}"
    return text.replace(".", ",") if language == "fr" else text


def _plain(number: str, language: str) -> str:
    """A decimal without the zeros that it carries along."""
    text = f"{Decimal(number).normalize():f}"
    return text.replace(".", ",") if language == "fr" else text


def _percent(share: float, language: str) -> str:
    return say("match.percent", language, number=_number(round(100 * share, 1), language))


def _yes(flag: bool, language: str) -> str:
    return say("match.yes" if flag else "match.no", language)


def physics_reason(kept: Mapping[str, Any], language: str) -> str:
    """Why a claim agrees with what orbits allow or does not; its numbers with the decimal sign of the language."""
    params = {name: _localised(value, language) for name, value in kept["params"].items()}
    return say(kept["code"], language, **params)


def answer_text(kept: Mapping[str, Any], capacity_unit: str, language: str) -> str:
    """What a supplier said to the question whether it can, or why nothing is known of it."""
    numbers = {name: _number(kept[name] or 0.0, language) for name in ("asked", "quantity")}
    phase = say(f"vocabulary.phase.{kept['phase']}", language)
    return say(f"match.answer.{kept['answer']}", language, unit=capacity_unit, phase=phase, **numbers)


def _counted(code: str, params: Mapping[str, Any], language: str) -> str:
    """That something else than the claim counts for the score."""
    about = ATTRIBUTES[params["counted_of"]]
    values = {name: _offered(about.code, params[name], about.unit, language) for name in ("claimed", "counted")}
    return say(code, language, attribute=say(f"vocabulary.attribute.{about.code}", language), **values)


def _localised(value: Any, language: str) -> Any:
    return value.replace(".", ",") if language == "fr" and isinstance(value, str) else value
