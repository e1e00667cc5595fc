"""A notice is what its hash says, or is refused; a quote answers it line by line, or is told why not."""

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from nacl import bindings as na

from catalog.competition import notice, quotes
from catalog.competition.canonical import canonical
from space_hub.errors import Forbidden, HubError, Invalid
from tests.unit.competition import notices
from tests.unit.competition.notices import CRITERIA, DEADLINE

KEYS = {name: na.crypto_box_keypair() for name in notices.PEOPLE}


def test_a_notice_says_again_what_was_frozen() -> None:
    given = json.loads(json.dumps(notices.handed_out(KEYS)))
    read = notice.read(given)
    assert (read.sha256, read.quotes_until, read.criteria) == (given["notice_sha256"], DEADLINE, CRITERIA)
    assert [each.public_key for each in read.openers] == [pair[0] for pair in KEYS.values()]
    assert read.holder(KEYS["opn_lyon"][0]).person == "Paul Morel"
    with pytest.raises(Forbidden) as refused:
        read.holder(na.crypto_box_keypair()[0])
    assert refused.value.code == "opener.not_named"


def test_a_fingerprint_is_read_out_in_eight_groups() -> None:
    """SHA-256 of 32 zero bytes begins 66687aad f862bd77 6c8fc18b 8e9f8e20 (a known value)."""
    assert notice.fingerprint(bytes(32)) == "6668 7aad f862 bd77 6c8f c18b 8e9f 8e20"


CHANGES: list[Callable[[dict[str, Any]], object]] = [
    lambda each: each.update(quotes_until="2027-03-04T14:59:59Z"),
    lambda each: each["criteria"][0].update(weight="0.4"),
    lambda each: each["openers"][0].update(public_key="09" + "0" * 62),
    lambda each: each["openers"].reverse(),
    lambda each: each["title"].update(en="Harbor images"),
    lambda each: each.update(more=None),
]


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_changed_in_a_notice_its_hash_does_not_hold(change: Callable[[dict[str, Any]], object]) -> None:
    """Sabotage seen: the hash that came along believed."""
    given = notices.handed_out(KEYS)
    change(given["notice"])
    with pytest.raises(Invalid) as refused:
        notice.read(given)
    assert refused.value.code == "competition.notice_changed"


WRONG: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("v", lambda each: each.update(v=2)),
    ("competition", lambda each: each.pop("competition")),
    ("competition", lambda each: each.update(competition=7)),
    ("quotes_until", lambda each: each.update(quotes_until="2027-03-04T15:00:00")),
    ("quotes_until", lambda each: each.update(quotes_until=None)),
    ("criteria", lambda each: each.update(criteria=None)),
    ("criteria", lambda each: each["criteria"][0].update(kind="beauty")),
    ("criteria", lambda each: each["criteria"][0].update(weight="0.50")),
    ("criteria", lambda each: each["criteria"][0].update(threshold="8E+999999999")),
    ("criteria", lambda each: each["criteria"][0].update(hard=1)),
    ("openers", lambda each: each.update(openers={})),
    ("openers", lambda each: each["openers"][0].update(public_key="00")),
    ("openers", lambda each: each["openers"][0].update(each["openers"][1])),
]


@pytest.mark.parametrize(("member", "change"), WRONG)
def test_a_notice_that_does_not_read_is_refused_by_its_member_though_its_hash_holds(
    member: str, change: Callable[[dict[str, Any]], object]
) -> None:
    content = copy.deepcopy(notices.handed_out(KEYS)["notice"])
    change(content)
    with pytest.raises(Invalid) as refused:
        notice.read({"notice": content, "notice_sha256": notice.sha256_of(content)})
    assert (refused.value.code, refused.value.params["member"]) == ("competition.notice_wrong", member)


@pytest.mark.parametrize("given", [None, [], {"notice": {}}, {"notice": {"a": float("nan")}, "notice_sha256": ""}])
def test_what_is_no_notice_is_refused(given: Any) -> None:
    with pytest.raises(Invalid) as refused:
        notice.read(given)
    assert refused.value.code == "competition.notice_wrong"


def codes(given: Any) -> list[str]:
    with pytest.raises(Invalid) as refused:
        quotes.read(given, CRITERIA)
    return [each.code for each in refused.value.causes] or [refused.value.code]


def test_a_quote_is_read_in_the_units_of_the_criteria_and_sealed_in_its_own() -> None:
    """36 h are 2,160 min. Sabotage seen: the value taken without its unit."""
    read = quotes.read(notices.quote(), CRITERIA)
    assert read.values == {"total": Decimal("48117.25"), "start": Decimal(36), "swath": Decimal(29)}
    assert json.loads(read.plain)["lines"][1] == {"criterion": "start", "value": "2160", "unit": "min"}
    quotes.check(read, CRITERIA)
    assert quotes.read(json.loads(read.plain), CRITERIA) == read


def test_the_example_answers_every_criterion_that_asks() -> None:
    made = quotes.example(CRITERIA, DEADLINE)
    quotes.check(quotes.read(made, CRITERIA), CRITERIA)


LINES: list[tuple[str, Callable[[list[Any]], object]]] = [
    ("quote.criterion_missing", lambda lines: lines.pop(1)),
    ("quote.criterion_twice", lambda lines: lines.append(lines[0])),
    ("quote.criterion_unknown", lambda lines: lines.append({"criterion": "colour", "value": 1})),
    ("quote.criterion_not_asked", lambda lines: lines.append({"criterion": "record", "value": 1})),
    ("quote.unit_wrong", lambda lines: lines[0].update(unit="USD")),
    ("quote.unit_wrong", lambda lines: lines[1].update(unit="48117 EUR")),
    ("quote.unit_wrong", lambda lines: lines[2].pop("unit")),
    ("quote.line_wrong", lambda lines: lines.append(None)),
    ("quote.line_wrong", lambda lines: lines[0].update(more=1)),
    ("quote.line_wrong", lambda lines: lines[0].update(unit=7)),
    *(
        ("quote.value_wrong", lambda lines, value=value: lines[0].update(value=value))
        for value in ("1_000", "48 117", "NaN", "1e3", "", None, True, 1.5, 10**15, Decimal("1e999999999"), "٣")
    ),
]


@pytest.mark.parametrize(("code", "change"), LINES)
def test_a_line_that_does_not_answer_its_criterion_is_told_without_its_value(
    code: str, change: Callable[[list[Any]], object]
) -> None:
    given = notices.quote()
    change(given["lines"])
    assert codes(given) == [code]
    with pytest.raises(HubError) as refused:
        quotes.read(given, CRITERIA)
    assert "48117" not in str([each.params for each in (refused.value, *refused.value.causes)])


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("v", 2),
        ("capacity", {}),
        ("capacity", [{"phase": "picnic", "quantity": 1}]),
        ("capacity", [{"phase": "crisis", "quantity": 0}]),
        ("valid_until", "soon"),
        ("valid_until", "2027-06-01T00:00:00"),
        ("note", 7),
        ("note", "\ud800"),
    ],
)
def test_what_stands_beside_the_lines_has_its_form_too(member: str, value: Any) -> None:
    given = {**notices.quote(), member: value}
    assert codes(given) == ["quote.member_wrong"]


@pytest.mark.parametrize("given", [None, [], {"v": 1}, {**notices.quote(), "price": 1}])
def test_what_is_no_quote_is_refused_with_the_members_expected(given: Any) -> None:
    assert codes(given) == ["quote.members_wrong"]


def test_every_fault_is_told_at_once() -> None:
    given = {**notices.quote(), "lines": [], "note": 7}
    assert codes(given) == [*["quote.criterion_missing"] * 3, "quote.member_wrong"]


def test_a_quote_that_would_be_excluded_for_certain_is_told_before_it_is_sealed() -> None:
    """Sabotage seen: readiness, which no quote holds, among the criteria that it failed."""
    given = notices.quote()
    given["lines"][1].update(value="72.5", unit="h")
    read = quotes.read(given, CRITERIA)
    with pytest.raises(Invalid) as refused:
        quotes.check(read, CRITERIA)
    assert [each.params["name"] for each in refused.value.causes] == ["start"]
    assert "72.5" not in str(refused.value.causes[0].params)
    assert canonical(read.content) == read.plain
