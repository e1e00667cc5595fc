"""Sanctions, releases, maturity and documents: what passes, fails or is asked, and on which document it rests."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalog.matching.eligibility import gates
from catalog.matching.recommend import recommend
from catalog.matching.values import Dependency, Gate, Outcome, Paper, PaperAsked, Verdict
from tests.unit.matching.cases import WINDOW, need, offer

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
LATER = datetime(2027, 1, 1, tzinfo=UTC)
AUDIT = PaperAsked("cyber_audit", ("2", "3"), frozenset({"FR", "DE"}))


def rests(name: str, nation: str = "", *, known: bool = True) -> tuple[Dependency, ...]:
    return (Dependency("launcher", name, name.title(), nation, known),)


def paper(name: str = "evd_1", **more: Any) -> Paper:
    given = {
        "kind": "cyber_audit",
        "level": "2",
        "recognised_by": ("DE", "FR", "US"),
        "valid_from": datetime(2024, 1, 1, tzinfo=UTC),
        "valid_to": LATER,
        **more,
    }
    return Paper(name, **given)


def gate(asked: dict[str, Any], offered: dict[str, Any], name: str) -> Gate:
    return next(each for each in gates(need(**asked), offer("A", **offered)) if each.name == name)


@pytest.mark.parametrize(
    ("asked", "offered", "name", "outcome"),
    [
        ({"sanctioned_nations": {"RU"}}, {}, "sanctions", P),
        ({"sanctioned_nations": {"RU"}}, {"nation": "RU"}, "sanctions", F),
        ({"sanctioned_nations": {"RU"}}, {"owner_nation": "RU"}, "sanctions", F),
        ({"sanctioned_nations": {"RU"}}, {"owner_nation": None}, "sanctions", U),
        ({"sanctioned_nations": {"RU"}}, {"dependencies": rests("polar", "RU")}, "sanctions", F),
        ({"sanctioned_nations": {"RU"}}, {"dependencies": rests("polar", "NO")}, "sanctions", P),
        ({"sanctioned_nations": {"RU"}}, {"dependencies": rests("polar")}, "sanctions", U),
        ({"sanctioned_names": {"polar"}}, {"dependencies": rests("polar")}, "sanctions", F),
        ({"sanctioned_names": {"polar"}}, {"dependencies": rests("blue")}, "sanctions", P),
        ({"sanctioned_names": {"polar"}}, {"dependencies": rests("-", known=False)}, "sanctions", U),
        ({"sanctioned_names": {"polar"}}, {"name_keys": frozenset({"polar"})}, "sanctions", F),
        ({"users": {"DE"}}, {}, "release", P),
        ({"users": {"DE"}}, {"release_to": frozenset({"DE", "FR"})}, "release", P),
        ({"users": {"DE", "ES"}}, {"release_to": frozenset({"DE", "FR"})}, "release", F),
        ({"least_maturity": "demonstrated"}, {"maturity": "operational"}, "maturity", P),
        ({"least_maturity": "demonstrated"}, {"maturity": "prototype"}, "maturity", F),
        ({"least_maturity": "demonstrated"}, {}, "maturity", U),
        ({"papers": (AUDIT,)}, {"papers": (paper(),)}, "paper", P),
        ({"papers": (AUDIT,)}, {"papers": (paper(valid_to=None),)}, "paper", P),
        ({"papers": (AUDIT,)}, {}, "paper", U),
        ({"papers": (AUDIT,)}, {"papers": (paper(level="1"),)}, "paper", U),
        ({"papers": (AUDIT,)}, {"papers": (paper(recognised_by=("FR",)),)}, "paper", U),
        ({"papers": (AUDIT,)}, {"papers": (paper(kind="quality"),)}, "paper", U),
        ({"papers": (AUDIT,)}, {"papers": (paper(valid_to=datetime(2025, 6, 1, tzinfo=UTC)),)}, "paper", U),
        ({"papers": (AUDIT,)}, {"papers": (paper(valid_from=WINDOW.start + timedelta(days=1)),)}, "paper", U),
    ],
)
def test_each_gate_has_its_answer(asked: dict[str, Any], offered: dict[str, Any], name: str, outcome: Outcome) -> None:
    """Sabotage seen: a document that ends within the window passed; a dependency without a nation passed."""
    wanted = {key: frozenset(value) if isinstance(value, set) else value for key, value in asked.items()}
    assert gate(wanted, offered, name).outcome is outcome


def test_the_answer_names_the_document_that_holds_and_not_the_one_that_ends() -> None:
    held = (paper("evd_old", valid_to=datetime(2025, 2, 1, tzinfo=UTC)), paper("evd_new"))
    found = gate({"papers": (AUDIT,)}, {"papers": held}, "paper")
    assert (found.outcome, found.evidence, found.params["until"]) == (P, "evd_new", "2027-01-01")
    # One that begins later holds longest and yet not through the window.
    late = paper("evd_late", valid_from=WINDOW.start + timedelta(days=9), valid_to=LATER + timedelta(days=900))
    assert gate({"papers": (AUDIT,)}, {"papers": (*held, late)}, "paper").evidence == "evd_new"


def test_what_is_not_shown_is_asked_and_never_refused() -> None:
    asked = need(papers=(AUDIT,), least_maturity="operational", sanctioned_nations=frozenset({"RU"}))
    judged = recommend(asked, [offer("A", owner_nation=None)]).judged[0]
    assert judged.verdict is Verdict.QUESTION
    assert {reason.code for reason in judged.reasons} == {
        "match.paper.unknown",
        "match.maturity.unknown",
        "match.sanctions.unknown",
    }
