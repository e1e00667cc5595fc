"""The shipped vetting rules, and how a file is judged by them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.rulebook import SHIPPED, shipped
from providers.vetting import (
    FACTS,
    Decides,
    Document,
    EvidenceKind,
    Facts,
    Judgement,
    Tier,
    judge,
    read_rules,
    required,
)
from space_hub.errors import Invalid
from space_hub.vocabulary.codes import MissionArea, Standing

NOW = datetime(2024, 11, 2, tzinfo=UTC)
RULES = read_rules(shipped())
ALLY = Facts(Standing.ALLY, "FR", email_verified=True, owner_stated=True, dependencies_stated=True)


def document(kind: str, *, age: int = 30, lasts: int | None = None, **more: Any) -> Document:
    start = NOW - timedelta(days=age)
    end = None if lasts is None else NOW + timedelta(days=lasts)
    given = {"level": "", "recognised_by": frozenset[str](), "mission_areas": None}
    return Document(f"evd_{kind}", kind, valid_from=start, valid_to=end, **(given | more))


def judged(
    kinds: list[Document], tier: Tier = Tier.LISTED, facts: Facts = ALLY, areas: tuple[str, ...] = ("imagery",)
) -> Judgement:
    return judge(RULES, facts, kinds, tier, areas, NOW)


FULL = [document(kind.value, recognised_by=frozenset({"DE", "UA"})) for kind in EvidenceKind]


def test_the_shipped_rules_say_what_the_front_door_promises() -> None:
    """By standing and tier: who decides, and how much has to be shown for imagery."""
    table = {
        (rule.standing.value, rule.tier.value): (
            judged([], rule.tier, replace(ALLY, standing=rule.standing)).decides.value,
            len(required(RULES, rule.standing, rule.tier, ["imagery"])),
        )
        for rule in RULES
    }
    assert table == {
        ("ally", "listed"): ("rule", 2),
        ("ally", "verified"): ("person", 7),
        ("ally", "assured"): ("two_persons", 11),
        ("partner", "listed"): ("person", 2),
        ("partner", "partner"): ("person", 7),
        ("other", "listed"): ("person", 2),
    }
    assert json.loads(SHIPPED.read_text("utf-8"))["version"] == 1


def test_a_listed_ally_needs_a_register_extract_and_a_verified_address_and_nobody_decides() -> None:
    """Sabotage seen: `passes` true with something missing approved a file without its extract."""
    complete = judged([document("company_register")])
    assert complete.passes and complete.decides is Decides.RULE
    assert complete.valid_to == NOW - timedelta(days=30) + timedelta(days=365)
    assert not judged([]).passes
    assert judged([]).missing == ("company_register",)
    unverified = judged([document("company_register")], facts=replace(ALLY, email_verified=False))
    assert unverified.missing == ("email_verified",)


@pytest.mark.parametrize(
    ("shown", "counts"),
    [
        (document("company_register", age=364), True),
        (document("company_register", age=365), False),
        (document("company_register", lasts=0), False),
        (document("company_register", age=-1), False),
        (document("company_register", mission_areas=frozenset({"satcom"})), False),
        (document("company_register", mission_areas=frozenset({"satcom", "imagery"})), True),
        (document("insurance"), False),
    ],
)
def test_a_document_counts_from_its_day_until_its_end_or_its_age_and_for_its_areas(
    shown: Document, counts: bool
) -> None:
    """Sabotage seen: without the check of areas a satcom paper cleared imagery."""
    assert judged([shown]).passes is counts


def test_the_document_that_holds_longest_is_the_one_that_counts() -> None:
    short, long = document("company_register", age=300), replace(document("company_register", age=10), id="evd_long")
    found = judged([short, long])
    assert found.rests_on == ("evd_long",)
    assert judged([short, document("insurance")]).expiring == ()
    assert judged([document("company_register", lasts=20)]).expiring == ("evd_company_register",)


def test_five_areas_need_an_operating_licence_and_the_others_do_not() -> None:
    without = [each for each in FULL if each.kind != "operating_licence"]
    for area in MissionArea:
        missing = judged(without, Tier.VERIFIED, areas=(area.value,)).missing
        expected = ("operating_licence",) if area in {"imagery", "radar", "rf_sensing", "launch", "satcom"} else ()
        assert missing == expected, area


def test_eligibility_is_recognised_by_an_ally_or_for_a_partner_by_its_own_nation() -> None:
    """Sabotage seen: taking any recognition let a firm be vouched for by a nation outside the alliance."""
    outside = [replace(each, recognised_by=frozenset({"BR"})) for each in FULL]
    assert judged(outside, Tier.ASSURED).missing == ("national_eligibility",)
    assert judged(FULL, Tier.ASSURED).passes
    partner = replace(ALLY, standing=Standing.PARTNER, nation="UA")
    assert judged(FULL, Tier.PARTNER, partner).passes
    assert judged(FULL, Tier.PARTNER, replace(partner, nation="JP")).missing == ("national_eligibility",)
    assert judged(FULL, Tier.PARTNER, partner, ("imagery", "sda")).decides is Decides.TWO_PERSONS


@pytest.mark.parametrize(
    ("standing", "tier"),
    [(Standing.PARTNER, Tier.ASSURED), (Standing.OTHER, Tier.VERIFIED), (Standing.ALLY, Tier.PARTNER)],
)
def test_a_tier_that_is_not_open_is_refused_and_not_judged(standing: Standing, tier: Tier) -> None:
    with pytest.raises(Invalid, match="tier_not_open"):
        judged(FULL, tier, replace(ALLY, standing=standing))


@pytest.mark.parametrize(
    "rule",
    [
        {"standing": "friend", "tier": "listed", "areas": ["*"], "decides": "rule", "needs": []},
        {"standing": "ally", "tier": "listed", "areas": ["moon"], "decides": "rule", "needs": []},
        {"standing": "ally", "tier": "listed", "areas": [], "decides": "rule", "needs": []},
        {"standing": "ally", "tier": "listed", "areas": ["*"], "decides": "rule", "needs": [{"kind": "smile"}]},
        {"standing": "ally"},
    ],
)
def test_a_rule_set_that_cannot_be_read_is_refused_with_its_number(rule: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="rule_unreadable") as caught:
        read_rules([*shipped(), rule])
    assert caught.value.params["number"] == len(shipped()) + 1


@given(st.sets(st.sampled_from([each.kind for each in FULL])), st.sets(st.sampled_from(FACTS)))
def test_showing_more_never_makes_anything_missing(kinds: set[str], stated: set[str]) -> None:
    facts = replace(
        ALLY,
        email_verified="email_verified" in stated,
        owner_stated="owner_stated" in stated,
        dependencies_stated="dependencies_stated" in stated,
    )
    some = [each for each in FULL if each.kind in kinds]
    few, all_of_them = judged(some, Tier.ASSURED, facts), judged(FULL, Tier.ASSURED)
    assert set(all_of_them.missing) <= set(few.missing)
    assert few.passes == (not few.missing)
