"""The two message catalogues, and the codes that the source uses."""

import ast
import re
from collections.abc import Iterator
from string import Formatter

import pytest

from space_hub import errors
from space_hub.text import LANGUAGES, catalogue
from tests.support.source import PACKAGES, modules

ERRORS = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, errors.HubError)}


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_both_languages_hold_the_same_codes_with_the_same_parameters() -> None:
    """Sabotage seen: a code removed from one file; `{count}` misspelt in the other."""
    english, *others = (catalogue(language) for language in LANGUAGES)
    for other in others:
        assert sorted(english) == sorted(other)
        assert [code for code in english if placeholders(english[code]) != placeholders(other[code])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_says_something_and_names_its_parameters(language: str) -> None:
    for code, sentence in catalogue(language).items():
        assert sentence.strip() == sentence and sentence, code
        assert all(name.isidentifier() for name in placeholders(sentence)), code


def raised() -> Iterator[tuple[str, str, set[str] | None]]:
    """Place, code and parameter names (None when they cannot be read off) of errors and sentences in the source."""
    for path, tree in modules(*PACKAGES):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            code = node.args[0].value
            if not isinstance(code, str) or (function not in ERRORS and function != "say"):
                continue
            given = {each.arg for each in node.keywords if each.arg is not None}
            spread = any(each.arg is None for each in node.keywords)
            if function == "Unavailable":
                given.add("retry_after_s")
            yield f"{path}:{node.lineno}", code, None if spread else given


def test_every_code_in_the_source_has_a_sentence_and_gives_it_its_parameters() -> None:
    """Sabotage seen: `Invalid("trust.no_such_code")` raised; `days=` left out of `trust.key_days`."""
    english = catalogue("en")
    found = list(raised())
    assert len(found) > 50
    missing = [f"{place}: {code} has no sentence" for place, code, _ in found if code not in english]
    starved = [
        f"{place}: {code} lacks {sorted(placeholders(english[code]) - given)}"
        for place, code, given in found
        if code in english and given is not None and placeholders(english[code]) - given
    ]
    assert missing + starved == []


CODED = {
    "event",
    "kind",
    "level",
    "mission_area",
    "outcome",
    "phase",
    "side",
    "standing",
    "state",
    "status",
    "step",
    "tier",
}
"""Columns and fields whose text is a code."""

TYPED = {"accepted", "field", "given", "key", "known", "operator"}
"""Parameters that say what to write or where: there a code stands as it is typed."""


NOT_RAW = {"each.phase", "fetched.status", "marking.level", "principal.kind"}
"""A `Word` by its type, a number of HTTP, and the level of a marking, which may be one that nobody knows."""


def raw_codes() -> Iterator[str]:
    """Places where a code goes into a sentence as it is kept, and not as a `Word`, which is said by its label."""
    for path, tree in modules(*PACKAGES):
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if function not in ERRORS:
                continue
            for given in call.keywords:
                if given.arg in TYPED:
                    continue
                bare = given.value
                if isinstance(bare, ast.Call) and getattr(bare.func, "id", "") == "str":
                    bare = bare.args[0]
                raw = isinstance(bare, ast.Attribute) and bare.attr in CODED and ast.unparse(bare) not in NOT_RAW
                if raw or any(isinstance(part, ast.Attribute) and part.attr == "value" for part in ast.walk(bare)):
                    yield f"{path}:{call.lineno}: {given.arg}={ast.unparse(given.value)}"


def test_no_code_stands_raw_in_a_sentence() -> None:
    """Sabotage seen: `status=provider.status` in `providers.profile_locked`: "draft" amid French words."""
    assert list(raw_codes()) == []


def test_no_sentence_is_dead() -> None:
    """Alive is a code that stands in the source, or fits an f-string there. Sabotage seen: `trust.nobody_says_this`."""
    written: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for _, tree in modules(*PACKAGES):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                written.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[a-z0-9_.:]+"
                    for part in node.values
                ]
                # A pattern must begin with the name of a room, or it would keep everything alive.
                if re.match(r"[a-z_]+\\\.", parts[0]):
                    patterns.append(re.compile("".join(parts)))
    dead = [
        code for code in catalogue("en") if code not in written and not any(each.fullmatch(code) for each in patterns)
    ]
    assert dead == []
