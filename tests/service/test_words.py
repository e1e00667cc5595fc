"""Everything that people read exists in English and in French: codes, letters, sentences, and nothing besides them."""

import ast
import inspect
import re
from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, get_args

import pytest

from api import routes
from api.models import In, Out
from space_hub.text import LANGUAGES, catalogue
from tests.support.source import PACKAGES, modules

PREFIXES = {
    "catalog.adoption:Step": "adoption.step",
    "catalog.demand:Confidence": "demand.confidence",
    "catalog.demand:Kind": "demand.kind",
    "catalog.demand:Level": "demand.level",
    "catalog.lifecycle:ClaimEvent": "claim.event",
    "catalog.lifecycle:ClaimState": "claim.state",
    "catalog.opportunities:Asking": "opportunity.asking",
    "catalog.opportunities:Kind": "opportunity.kind",
    "catalog.opportunities:State": "opportunity.state",
    "catalog.standings:Event": "need.event",
    "catalog.standings:State": "need.state",
    "catalog.search.query:Facet": "search.facet",
    "space_hub.vocabulary.codes:AssetKind": "vocabulary.asset_kind",
    "space_hub.vocabulary.codes:MissionArea": "vocabulary.mission_area",
    "space_hub.vocabulary.codes:Modality": "vocabulary.modality",
    "space_hub.vocabulary.codes:Provenance": "vocabulary.provenance",
    "space_hub.vocabulary.phases:Phase": "vocabulary.phase",
}
"""Where the labels of a list of codes stand."""

NOT_WORDS = {
    "api.routes.conjunctions:Sort": "names a column to sort by",
    "api.routes.element_sets:Form": "names a file format",
    "catalog.matching.values:Operator": "signs, and words in `match.operator`, which sentences use",
    "space_hub.vocabulary.attributes:Better": "tells a program which way is better",
    "space_hub.vocabulary.attributes:Form": "tells a program what kind of value to send",
}
"""Codes that no person reads as a word, each with the reason."""

OWED = {
    "catalog.access:Exclusivity",
    "catalog.lifecycle:AgreementEvent",
    "catalog.lifecycle:AgreementStatus",
    "catalog.lifecycle:CallOffStatus",
    "catalog.lifecycle:MemberEvent",
    "catalog.lifecycle:MemberStatus",
    "catalog.lifecycle:Side",
    "catalog.matching.values:Outcome",
    "catalog.matching.values:Verdict",
    "catalog.outages:Severity",
    "providers.adapters.base:OrderStatus",
    "providers.clearances:State",
    "providers.consents:Audience",
    "providers.consents:Purpose",
    "providers.lifecycle:Event",
    "providers.lifecycle:State",
    "providers.lifecycle:Status",
    "providers.lifecycle:Step",
    "providers.offices:Matter",
    "providers.offices:OfficeKind",
    "providers.onboarding:DependencyKind",
    "providers.onboarding:SizeClass",
    "providers.standing:Standing",
    "providers.submissions:State",
    "providers.vetting:Decides",
    "providers.vetting:EvidenceKind",
    "providers.vetting:Tier",
    "space_hub.awareness.rules:AlertState",
    "space_hub.awareness.selection:Standing",
    "space_hub.delivery.endpoints:EndpointState",
    "space_hub.delivery.outbox:MessageState",
    "space_hub.trust.scopes:OrganisationKind",
    "space_hub.work.tables:WorkState",
}
"""Lists that have no labels yet; the list only gets shorter."""

SAME = {
    *("cli.column.nation", "cli.column.verdict", "cli.title.organisations", "doctor.database", "doctor.note"),
    *("gap.asked.clause", "gap.yours.clause"),
    *("vocabulary.asset_kind.satellite", "vocabulary.asset_kind.terminal", "vocabulary.attribute.gain_to_noise"),
    *("vocabulary.attribute.licence_tier", "vocabulary.attribute.sar:polarizations", "vocabulary.attribute.sites"),
    *("search.field.body", "vocabulary.attribute.polarisation", "vocabulary.crypto.commercial"),
    *("vocabulary.maturity.concept", "vocabulary.maturity.prototype", "vocabulary.modality.service"),
    *(f"vocabulary.nation.{code}" for code in ("ca", "fr", "lu", "pt", "ua")),
    *("vocabulary.security_level.secret", "vocabulary.sensor_kind.laser", "vocabulary.sensor_kind.radar"),
    *("vocabulary.terminal_type.maritime", "vocabulary.terminal_type.transportable"),
}
"""Codes whose French is spelt as their English."""

_OWN_WORDS = {"title", "text", "reason", "reasons", "detail", "what", "description"}


def models() -> Iterator[type[Any]]:
    """Every shape that comes in or goes out over HTTP."""
    for found in iter_modules(routes.__path__):
        module = import_module(f"api.routes.{found.name}")
        for _, each in inspect.getmembers(module, inspect.isclass):
            if issubclass(each, In | Out) and each.__module__ == module.__name__:
                yield each


def code_lists() -> set[type[StrEnum]]:
    found: set[type[StrEnum]] = set()

    def gather(annotation: Any) -> None:
        if inspect.isclass(annotation) and issubclass(annotation, StrEnum):
            found.add(annotation)
        for part in get_args(annotation):
            gather(part)

    for model in models():
        for field in model.model_fields.values():
            gather(field.annotation)
    return found


def name(codes: type[StrEnum]) -> str:
    return f"{codes.__module__}:{codes.__name__}"


def test_every_list_of_codes_has_labels_or_a_reason_to_have_none() -> None:
    """Sabotage seen: a step added to `adoption.Step` without its label; a list taken from `PREFIXES`."""
    found = code_lists()
    assert len(found) > 20
    unknown = {name(each) for each in found} - {*PREFIXES, *NOT_WORDS, *OWED}
    assert unknown == set()
    missing = [
        f"{PREFIXES[name(each)]}.{code.value} ({language})"
        for each in found
        if name(each) in PREFIXES
        for code in each
        for language in LANGUAGES
        if f"{PREFIXES[name(each)]}.{code.value}" not in catalogue(language)
    ]
    assert missing == []


def test_every_letter_has_a_subject_and_a_body_in_both_languages() -> None:
    """A letter without a subject or without a body is found by the code of its other half."""
    for language in LANGUAGES:
        parts: dict[str, set[str]] = {}
        for code in catalogue(language):
            if found := re.fullmatch(r"mail\.([a-z_.]+)\.(subject|body)", code):
                parts.setdefault(found[1], set()).add(found[2])
        assert {letter for letter, has in parts.items() if has != {"subject", "body"}} == set()


def test_french_is_not_english() -> None:
    """Sabotage seen: an English sentence copied into the French file."""
    english, french = (catalogue(language) for language in ("en", "fr"))
    same = {code for code in english if english[code] == french[code] and re.search("[a-z]{3}", english[code])}
    assert same - SAME == set()
    assert {code for code in SAME if code in english and english[code] != french[code]} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_is_in_its_language(language: str) -> None:
    """A word that only the other language has gives a sentence away. Sabotage seen: "Your" in a French sentence."""
    foreign = {"en": {"les", "une", "des", "cette", "vous", "est"}, "fr": {"the", "this", "which", "your", "there"}}
    quoted = re.compile(r"«[^»]*»|\"[^\"]*\"|\{[^}]*\}")
    wrong = [
        code
        for code, sentence in catalogue(language).items()
        if set(re.findall(r"[a-zà-ÿ]+", quoted.sub(" ", sentence.lower()))) & foreign[language]
    ]
    assert wrong == []


def literals() -> Iterator[tuple[str, str]]:
    """Place and text of each sentence written into the source where an answer is made of it."""
    for path, tree in modules(*PACKAGES):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if not called.endswith("Out"):
                continue
            for each in node.keywords:
                value = each.value
                if each.arg in _OWN_WORDS and isinstance(value, ast.Constant | ast.JoinedStr):
                    text = value.value if isinstance(value, ast.Constant) else ast.unparse(value)
                    if isinstance(text, str) and re.search("[A-Za-z]{3}", text):
                        yield f"{path}:{node.lineno}", text


def test_no_answer_is_made_of_words_in_the_source() -> None:
    """Sabotage seen: `text="The offering is met"` given to a model in a route."""
    assert list(literals()) == []
