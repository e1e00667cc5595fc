"""What a provider has to show, by standing, tier and mission area, and whether it has. Pure.

The rules are rows, not code: a rule set is a list of mappings, the first of which
ships in `vetting_rules.json`. Nobody waives a requirement. Who decides when all
are met (the rule itself, one person, two persons) is part of the rule.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from providers.standing import ALLIES
from space_hub.errors import Invalid
from space_hub.text import Word
from space_hub.vocabulary.codes import MissionArea, Standing


class Tier(Word, of="tier"):
    """In rising order of what has to be shown; `partner` is open to partner nations only."""

    LISTED = "listed"
    PARTNER = "partner"
    VERIFIED = "verified"
    ASSURED = "assured"


RANK: dict[Tier, int] = {tier: rank for rank, tier in enumerate(Tier)}


class Decides(Word, of="decides"):
    """Who says yes when nothing is missing, in rising order of care."""

    RULE = "rule"
    PERSON = "person"
    TWO_PERSONS = "two_persons"


class Recognised(StrEnum):
    ALLY = "ally"
    OWN = "own"


class EvidenceKind(Word, of="evidence_kind"):
    COMPANY_REGISTER = "company_register"
    OWNERSHIP = "ownership"
    CYBER_SECURITY = "cyber_security"
    QUALITY = "quality"
    INSURANCE = "insurance"
    EXPORT_LICENCE = "export_licence"
    OPERATING_LICENCE = "operating_licence"
    FINANCIAL = "financial"
    TRIAL = "trial"
    NATIONAL_ELIGIBILITY = "national_eligibility"
    CYBER_SELF_ASSESSMENT = "cyber_self_assessment"
    CYBER_AUDIT = "cyber_audit"
    SUPPLY_CHAIN = "supply_chain"
    ESG = "esg"
    TEST_RESULT = "test_result"
    ACCREDITATION = "accreditation"
    REFERENCE = "reference"
    AWARD = "award"
    """Of a contract, by a body that chose by competition."""


FACTS = ("email_verified", "owner_stated", "dependencies_stated")
"""Requirements that the profile itself answers; every other one is a kind of evidence."""

SOON = timedelta(days=30)
_EVERY_AREA = "*"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing to be shown: a fact of the profile, or a document of a kind that is in force."""

    kind: str
    level: str = ""
    max_age: timedelta | None = None
    recognised_by: Recognised | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    standing: Standing
    tier: Tier
    areas: frozenset[str]
    needs: tuple[Requirement, ...]
    decides: Decides


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules ask of the profile."""

    standing: Standing
    nation: str
    email_verified: bool
    owner_stated: bool
    dependencies_stated: bool


@dataclass(frozen=True, slots=True)
class Document:
    """One piece of evidence that counts: neither doubted nor withdrawn. `mission_areas` None: all."""

    id: str
    kind: str
    level: str
    recognised_by: frozenset[str]
    mission_areas: frozenset[str] | None
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class Judgement:
    missing: tuple[str, ...]
    """Codes of what is not shown, in the order of the rules."""
    expiring: tuple[str, ...]
    """Ids of documents that it rests on and that end within a month."""
    rests_on: tuple[str, ...]
    decides: Decides
    valid_to: datetime | None
    """When the first of the documents ends that it rests on."""

    @property
    def passes(self) -> bool:
        return not self.missing


def read_rules(given: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules of a set as it is stored; refused with the number of the first rule that cannot be read."""
    rules = []
    for number, one in enumerate(given, start=1):
        try:
            areas = frozenset(map(str, one["areas"]))
            needs = tuple(_requirement(each) for each in one["needs"])
            rule = Rule(Standing(one["standing"]), Tier(one["tier"]), areas, needs, Decides(one["decides"]))
            if not areas or not areas <= {_EVERY_AREA, *MissionArea}:
                raise ValueError(", ".join(sorted(areas)))
        except (KeyError, TypeError, ValueError) as error:
            raise Invalid("vetting.rule_unreadable", number=number, reason=str(error)) from error
        rules.append(rule)
    return tuple(rules)


def _requirement(given: Mapping[str, Any]) -> Requirement:
    kind = str(given["kind"])
    if kind not in FACTS:
        EvidenceKind(kind)
    days, recognised = given.get("max_age_days"), given.get("recognised_by")
    return Requirement(
        kind,
        str(given.get("level", "")),
        None if days is None else timedelta(days=int(days)),
        None if recognised is None else Recognised(recognised),
    )


def applying(rules: Sequence[Rule], standing: Standing, tier: Tier, areas: Collection[str]) -> list[Rule]:
    """The rules for these areas; Invalid when the tier is not open to this standing."""
    found = [rule for rule in rules if rule.standing is standing and rule.tier is tier]
    if not any(_EVERY_AREA in rule.areas for rule in found):
        raise Invalid("vetting.tier_not_open", standing=standing, tier=tier)
    return [rule for rule in found if rule.areas & {_EVERY_AREA, *areas}]


def required(rules: Sequence[Rule], standing: Standing, tier: Tier, areas: Collection[str]) -> tuple[Requirement, ...]:
    """All that has to be shown, each once, in the order of the rules."""
    needs = [need for rule in applying(rules, standing, tier, areas) for need in rule.needs]
    return tuple(dict.fromkeys(needs))


def decides(rules: Sequence[Rule], standing: Standing, tier: Tier, areas: Collection[str]) -> Decides:
    """Who decides: the most careful of the rules that apply."""
    order = list(Decides)
    return max((rule.decides for rule in applying(rules, standing, tier, areas)), key=order.index)


def judge(
    rules: Sequence[Rule],
    facts: Facts,
    evidence: Sequence[Document],
    tier: Tier,
    areas: Collection[str],
    now: datetime,
) -> Judgement:
    """What is missing for `tier` in all of `areas`, and for how long it holds.

    Of several documents of a kind the one that holds longest counts.
    """
    missing: list[str] = []
    used: dict[str, datetime | None] = {}
    for need in required(rules, facts.standing, tier, areas):
        if need.kind in FACTS:
            if not getattr(facts, need.kind):
                missing.append(need.kind)
            continue
        concerned = _areas_of(rules, facts.standing, tier, areas, need)
        fitting = [each for each in evidence if _fits(each, need, facts, now)]
        for area in sorted(concerned):
            held = [each for each in fitting if each.mission_areas is None or area in each.mission_areas]
            if not held:
                missing.append(need.kind)
                break
            best = max(held, key=lambda each: (ends(each, need) is None, ends(each, need) or each.valid_from))
            used[best.id] = _earlier(used.get(best.id), ends(best, need))
    finite = [end for end in used.values() if end is not None]
    return Judgement(
        missing=tuple(dict.fromkeys(missing)),
        expiring=tuple(sorted(name for name, end in used.items() if end is not None and end - now <= SOON)),
        rests_on=tuple(sorted(used)),
        decides=decides(rules, facts.standing, tier, areas),
        valid_to=min(finite, default=None),
    )


def ends(document: Document, need: Requirement) -> datetime | None:
    """When the document no longer meets the need: its own end, or when it grows too old; None: never."""
    aged = None if need.max_age is None else document.valid_from + need.max_age
    return _earlier(document.valid_to, aged)


def oldest(rules: Sequence[Rule], standing: Standing, kind: str) -> timedelta | None:
    """The shortest age that any tier of this standing sets for a kind of document; None: none does."""
    ages = [
        need.max_age
        for rule in rules
        if rule.standing is standing
        for need in rule.needs
        if need.kind == kind and need.max_age is not None
    ]
    return min(ages, default=None)


def _areas_of(
    rules: Sequence[Rule], standing: Standing, tier: Tier, areas: Collection[str], need: Requirement
) -> set[str]:
    """Those of the areas that a rule with this need names."""
    asked: set[str] = set()
    for rule in applying(rules, standing, tier, areas):
        if need in rule.needs:
            asked |= set(areas) if _EVERY_AREA in rule.areas else set(areas) & rule.areas
    return asked


def _fits(document: Document, need: Requirement, facts: Facts, now: datetime) -> bool:
    if document.kind != need.kind or (need.level and document.level != need.level):
        return False
    end = ends(document, need)
    if not document.valid_from <= now or (end is not None and end <= now):
        return False
    if need.recognised_by is Recognised.ALLY:
        return bool(document.recognised_by & ALLIES)
    return need.recognised_by is None or facts.nation in document.recognised_by


def _earlier(a: datetime | None, b: datetime | None) -> datetime | None:
    return min((each for each in (a, b) if each is not None), default=None)
