"""Reasons of a hit and what was understood of a question, as sentences in English or French."""

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.code_labels import label
from catalog.search.answer import Reason
from catalog.search.query import Condition, Wish
from space_hub.text import say
from space_hub.vocabulary.attributes import ATTRIBUTES

_FIELDS = {"t": "title", "c": "capability", "p": "provider", "s": "standards", "b": "body"}
_SIGNS = {"<=": "≤", ">=": "≥", "=": "="}


def why(reason: Reason, language: str) -> str:
    """The sentence of one reason."""
    params = reason.params
    if "field" in params:
        return say(
            reason.code,
            language,
            words=", ".join(params["words"]),
            field=say(f"search.field.{_FIELDS[params['field']]}", language),
        )
    if "phase" in params:
        return say(reason.code, language, phase=say(f"vocabulary.phase.{params['phase']}", language))
    if "attribute" in params:
        asked = Condition(params["attribute"], params["operator"], params["number"], params["code"])
        return say(
            reason.code,
            language,
            condition=condition(asked, language),
            offered=_offered(params["attribute"], params["offered"], language),
            provenance=label("provenance", params["provenance"], language),
        )
    return say(reason.code, language)


def understood(wish: Wish, language: str) -> str:
    """How a part of the text was read: "50 cm: ground sample distance ≤ 0.5 m"."""
    read = [condition(each, language) for each in wish.conditions]
    read += [say(f"vocabulary.phase.{phase.value}", language) for phase in wish.phases]
    read += [say(f"vocabulary.capability.{code}", language) for code in wish.capabilities]
    return say("search.understood", language, said=wish.said, read=f" {say('search.or', language)} ".join(read))


def condition(asked: Condition, language: str) -> str:
    about = ATTRIBUTES[asked.attribute]
    name = say(f"vocabulary.attribute.{about.code}", language)
    if asked.number is not None:
        return f"{name} {_SIGNS[asked.operator]} {_number(asked.number, language)} {about.unit}"
    return f"{name} = {_offered(asked.attribute, [asked.code], language)}"


def _offered(attribute: str, offered: Sequence[Any], language: str) -> str:
    about = ATTRIBUTES[attribute]
    if about.unit is not None:
        low, high = (_number(part, language) for part in offered)
        return f"{low} {about.unit}" if low == high else f"{low}–{high} {about.unit}"
    if about.list_name:
        return ", ".join(label(about.list_name, code, language) for code in offered)
    return say("match.yes" if offered[0] in (True, "true") else "match.no", language)


def _number(value: float, language: str) -> str:
    text = f"{value:.6g}"
    return text.replace(".", ",") if language == "fr" else text


def facet_label(facet: str, value: str, language: str, labels: Mapping[str, str]) -> str:
    """What people call a value of a facet; `labels` maps a facet to its list of codes."""
    if value in {"true", "false"}:
        return say("match.yes" if value == "true" else "match.no", language)
    return label(labels[facet], value, language) if facet in labels else value
