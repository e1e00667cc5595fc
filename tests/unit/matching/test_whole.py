"""One supplier alone, firmness of the order, wishes for the set, and the same record whatever the order."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from benchmarks.explanations import markets
from catalog.matching.recommend import recommend
from catalog.matching.record import Record, freeze
from catalog.matching.relax import scale
from catalog.matching.values import Candidate, Clause, Dependency, LossKind, Need, Operator, Wishes
from catalog.wording import barrier, impasse
from tests.unit.matching.cases import PEACE, SHARP, need, offer


def record(wanted: Need, offers: list[Candidate]) -> Record:
    return freeze(wanted, offers, recommend(wanted, offers))


def test_a_requirement_for_one_supplier_alone_is_flagged_with_the_terms_that_do_it() -> None:
    """Sabotage seen: counting the offering that misses most of a supplier instead of its nearest."""
    wanted = need(clauses=(SHARP, Clause("swath", Operator.AT_LEAST, threshold=30)), nations=frozenset({"FR", "DE"}))
    offers = [
        _offer("A", gsd=0.4, swath=40.0),
        _offer("B", gsd=0.7, swath=40.0),
        replace(_offer("B2", "B", gsd=0.9, swath=20.0), nation="US"),
        _offer("C", gsd=0.8, swath=20.0),
        offer("D", gsd=0.3),
    ]
    found = recommend(wanted, offers).sole
    assert found is not None
    assert (found.provider_id, found.might_join) == ("prv_A", 1)
    said = [(each.term.params.get("attribute"), each.suppliers, each.alone) for each in found.barriers]
    assert said == [("gsd", 2, 1), ("swath", 1, 0)]
    words = barrier(record(wanted, offers).result["sole"]["barriers"][0], "en")
    assert words == "ground sample distance ≤ 0.5 m: keeps 2 other suppliers out, 1 by itself alone"
    assert recommend(wanted, [*offers, _offer("E", gsd=0.2, swath=50.0)]).sole is None


def _offer(name: str, provider: str | None = None, **values: float) -> Candidate:
    from space_hub.vocabulary.attributes import Measured

    return offer(name, provider, attributes={each: Measured(each, value, value) for each, value in values.items()})


def test_the_least_easing_is_said_in_the_requirements_own_words_with_the_conflict() -> None:
    wanted = need(clauses=(SHARP, Clause("swath", Operator.AT_LEAST, threshold=30)))
    offers = [_offer("A", gsd=0.4, swath=12.0), _offer("B", gsd=0.55, swath=40.0), offer("C", gsd=0.9)]
    kept = record(wanted, offers).result["impasse"]
    assert kept["relaxation"]["norm"] == pytest.approx(0.25)  # (0.55 - 0.5) / (0.5 - 0.3), against 18 / 30.
    assert impasse(kept, "en") == (
        "Cannot be met together by what is on the shelf: ground sample distance ≤ 0.5 m and swath ≥ 30 km. "
        "The least change that would do: ground sample distance ≤ 0.55 m instead of ≤ 0.5 m."
    )
    assert "au lieu de" in impasse(kept, "fr")
    # A fourth supplier that says nothing of its swath may do: nothing is claimed to conflict.
    open_too = record(wanted, [*offers, offer("D", gsd=0.4)]).result["impasse"]
    assert (open_too["conflict"], open_too["questions"]) == (None, 1)


def test_a_shelf_that_holds_too_little_has_no_conflict_of_terms() -> None:
    kept = record(need((PEACE, 500.0)), [offer("A"), offer("B", gsd=0.6)]).result["impasse"]
    assert (kept["conflict"], kept["relaxation"]) == ([], None)
    assert impasse(kept, "en").startswith("The shelf holds too little")


@pytest.mark.parametrize(
    ("wishes", "offers", "met"),
    [
        (Wishes(least_suppliers=2), [offer("A"), offer("A2", "A")], False),
        (Wishes(least_suppliers=2), [offer("A"), offer("B")], True),
        (Wishes(least_jurisdictions=2), [offer("A"), offer("B")], False),
        (Wishes(least_jurisdictions=2), [offer("A"), offer("B", nation="DE")], True),
        (Wishes(survive=(LossKind.SUPPLIER,)), [offer("A"), offer("B", capacity=60.0)], False),
        (Wishes(survive=(LossKind.SUPPLIER,), service_kept=0.6), [offer("A"), offer("B", capacity=60.0)], True),
        (Wishes(survive=(LossKind.COMMON_MODE,)), [offer("A"), offer("B")], True),
    ],
)
def test_wishes_for_the_set_count_when_it_is_asked_whether_the_shelf_is_enough(
    wishes: Wishes, offers: list[Candidate], met: bool
) -> None:
    """Sabotage seen: survival left out of `Pool.enough`."""
    assert (recommend(need(wishes=wishes), offers).impasse is None) is met


def test_what_two_suppliers_rest_on_together_is_lost_together() -> None:
    launcher = (Dependency("launcher", "polar", "Polar", "NO", True),)
    both = [offer("A", dependencies=launcher), offer("B", dependencies=launcher)]
    wishes = Wishes(survive=(LossKind.COMMON_MODE,))
    assert recommend(need(wishes=wishes), both).impasse is not None
    assert recommend(need(wishes=wishes), [*both, offer("C")]).impasse is None


def test_a_clear_order_is_firm_and_a_close_one_is_not() -> None:
    """Two clauses of equal weight and one offering best in each: a fifth more weight turns the two round."""
    fast = Clause("revisit", Operator.AT_MOST, threshold=24, objective=4)
    wanted = need((PEACE, 50.0), clauses=(SHARP, fast))
    offers = [
        _offer("A", gsd=0.32, revisit=20.0),
        _offer("B", gsd=0.46, revisit=5.0),
        _offer("C", gsd=0.49, revisit=23.0),
    ]
    firm = {each.candidate.title: each.stability for each in recommend(wanted, offers).judged}
    a, b, c = (firm[name] for name in "ABC")
    assert a and b and c
    assert (c.keeps_place, c.among_first, c.first) == (1.0, 0.0, 1)
    assert 0.05 < a.among_first < 0.95
    assert a.among_first + b.among_first == pytest.approx(1)


def test_no_objective_means_a_scale_that_is_the_thresholds_own_size() -> None:
    plain = Clause("gsd", Operator.AT_MOST, threshold=0.5)
    assert [scale(each) for each in (plain, SHARP, replace(plain, threshold=0.0))] == pytest.approx([0.5, 0.2, 1.0])


def shuffled(draw: markets.Draw, offers: list[Candidate]) -> list[Candidate]:
    """In another order, with the maps, documents and dependencies of each in another order too."""
    left, found = list(offers), []
    while left:
        each = left.pop(draw.whole(0, len(left) - 1))
        found.append(
            replace(
                each,
                attributes=dict(list(each.attributes.items())[::-1]),
                capacity=dict(list(each.capacity.items())[::-1]),
                prices=dict(list(each.prices.items())[::-1]),
                papers=each.papers[::-1],
                dependencies=each.dependencies[::-1],
            )
        )
    return found


def records() -> list[str]:
    draw = markets.Draw(3, "records")
    return [record(*markets.shelf(draw)).record_sha256 for _ in range(10)] + [
        record(*markets.tight(draw)).record_sha256 for _ in range(10)
    ]


def test_the_record_is_the_same_whatever_the_order() -> None:
    """Sabotage seen: the documents of a candidate kept in the order given."""
    draw = markets.Draw(5, "order")
    for make in (markets.shelf, markets.tight) * 15:
        wanted, offers = make(draw)
        assert record(wanted, shuffled(draw, offers)) == record(wanted, offers)


def test_the_record_is_the_same_in_another_process_that_hashes_otherwise() -> None:
    program = "import json; from tests.unit.matching.test_whole import records; print(json.dumps(records()))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert json.loads(done.stdout) == records()
