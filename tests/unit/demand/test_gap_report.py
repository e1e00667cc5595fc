"""The gap report: which published needs an offering meets, what it misses, and the least that would get it in."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.demand.coarsen import clauses as coarse
from catalog.demand.gap_report import CoarseNeed, applied, in_words, judge, need_from_json, report
from catalog.matching.values import Candidate, Clause, Operator, Outcome
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.phases import Phase
from tests.unit.matching.cases import PEACE, SHARP, need, offer


def published(*clauses: Clause, name: str = "pbn_1", **more: Any) -> CoarseNeed:
    return CoarseNeed(
        name,
        "Optical imagery",
        "imagery.optical",
        clauses or (SHARP,),
        **{"phases": (PEACE,), "regions": (), "quarter_from": "2026-Q1", "quarter_to": "2026-Q4", **more},
    )


def test_a_met_need_comes_before_a_missed_one_and_questions_come_last() -> None:
    """Sabotage seen: ordered by need alone."""
    several = (SHARP, Clause("revisit", Operator.AT_MOST, threshold=1), Clause("stereo", Operator.IS, flag=True))
    needs = [
        published(*several, name="pbn_a"),
        published(Clause("swath", Operator.AT_LEAST, threshold=10), name="pbn_b"),
        published(name="pbn_c"),
        published(Clause("gsd", Operator.AT_MOST, threshold=0.9), name="pbn_d"),
        replace(published(name="pbn_e"), capability="radar.sar"),
    ]
    values = {"gsd": Measured("gsd", 0.7, 0.7), "revisit": Measured("revisit", 5, 5)}
    values["stereo"] = Measured("stereo", flag=False)
    found = report(offer("x", attributes=values), needs)
    assert [(each.need.id, each.outcome) for each in found] == [
        *(("pbn_d", "meets"), ("pbn_c", "misses"), ("pbn_a", "misses"), ("pbn_b", "unknown"))
    ]


def test_a_miss_is_said_with_what_is_asked_what_is_offered_and_the_one_change() -> None:
    said = in_words(judge(offer("x", gsd=0.7), published()), "en")
    assert said["misses"] == [
        {
            "clause": "ground sample distance ≤ 0.5 m",
            "yours": "0.7 m",
            "text": "ground sample distance: 0.7 m offered, ≤ 0.5 m asked: not met",
        }
    ]
    assert said["one_change"]["text"] == "It would be met with ground sample distance ≤ 0.5 m (now 0.7 m)."
    french = in_words(judge(offer("x", gsd=0.7), published()), "fr")
    assert french["one_change"]["text"] == (
        "Il serait satisfait avec distance d'échantillonnage au sol ≤ 0,5 m (actuellement 0,7 m)."
    )
    assert (said["outcome"], said["met"], said["smallest_set"]) == ("misses", 2, None)


def test_two_clauses_on_one_attribute_are_one_change_named_by_the_tighter() -> None:
    """Sabotage seen: one change a clause."""
    asked = published(SHARP, Clause("gsd", Operator.AT_MOST, threshold=0.3))
    found = judge(offer("x", gsd=0.7), asked)
    assert (len(found.misses), len(found.changes)) == (2, 1)
    assert "≤ 0.3 m" in in_words(found, "en")["one_change"]["text"]


def test_the_smallest_set_names_the_nearest_first_and_ends_where_the_offering_is_another_one() -> None:
    asked = [
        Clause("gsd", Operator.AT_MOST, threshold=0.1),
        Clause("revisit", Operator.AT_MOST, threshold=10),
        Clause("swath", Operator.AT_LEAST, threshold=20),
        Clause("bands", Operator.AT_LEAST, threshold=9),
    ]
    values = {name: Measured(name, value, value) for name, value in (("gsd", 1.0), ("revisit", 11.0), ("swath", 10.0))}
    three = in_words(judge(offer("x", attributes=values), published(*asked[:3])), "en")
    assert [each["subject"] for each in three["smallest_set"]] == ["revisit", "swath", "gsd"]
    assert three["one_change"] is None
    values["bands"] = Measured("bands", 4, 4)
    assert in_words(judge(offer("x", attributes=values), published(*asked)), "en")["smallest_set"] is None


def test_what_coarsening_has_blurred_is_missed_only_when_it_is_missed_everywhere() -> None:
    """Sabotage seen: an offering over half a region was refused for a need that may lie in that half."""
    box = {"type": "Polygon", "coordinates": [[[4, 54], [18, 54], [18, 66], [4, 66], [4, 54]]]}
    here = published(regions=("nordic_baltic",))
    outcomes = {
        "global": Outcome.PASS,
        "half": Outcome.UNKNOWN,
        "none": Outcome.UNKNOWN,
        "far": Outcome.FAIL,
    }
    far = {"type": "Point", "coordinates": [120, -20]}
    coverage = {"global": "global", "half": box, "none": None, "far": far}
    for name, outcome in outcomes.items():
        gates = judge(offer("x", coverage=coverage[name]), here).gates
        assert next(gate.outcome for gate in gates if gate.name == "region") is outcome, name
    several = judge(offer("x", coverage=box), published(regions=("several",)))
    assert several.outcome == "unknown"


@pytest.mark.parametrize(
    ("starts", "ends", "outcome"),
    [
        ((2025, 12, 1), None, Outcome.PASS),
        ((2026, 2, 1), None, Outcome.UNKNOWN),
        ((2026, 4, 1), None, Outcome.FAIL),
        (None, (2026, 10, 1), Outcome.FAIL),
        (None, (2026, 11, 1), Outcome.UNKNOWN),
        (None, (2027, 1, 1), Outcome.PASS),
    ],
)
def test_a_window_of_quarters_is_missed_only_for_certain(
    starts: tuple[int, int, int] | None, ends: tuple[int, int, int] | None, outcome: Outcome
) -> None:
    given_ = offer(
        "x",
        valid_from=None if starts is None else datetime(*starts, tzinfo=UTC),
        valid_to=None if ends is None else datetime(*ends, tzinfo=UTC),
    )
    gate = next(gate for gate in judge(given_, published()).gates if gate.name == "window")
    assert gate.outcome is outcome


def test_a_need_reads_back_from_what_was_coarsened() -> None:
    asked = need(clauses=(SHARP, Clause("stereo", Operator.IS, flag=True)), standards=("STANAG 4545",))
    back = need_from_json(
        id="pbn_1",
        title="x",
        capability=asked.capability,
        clauses=coarse(asked),
        phases=(Phase.PEACE,),
        regions=(),
        quarter_from="2024-Q4",
        quarter_to="2025-Q4",
    )
    assert [clause.attribute for clause in back.clauses] == ["gsd", "stereo"]
    assert back.standards == ("STANAG 4545",)
    found = judge(offer("x", gsd=0.4), back)
    assert [gate.name for gate in found.misses] == ["standards"]
    assert found.changes[0].subject == "standards"


NUMBERS = {"gsd": (0.1, 5.0), "revisit": (1.0, 48.0), "swath": (5.0, 200.0)}


@st.composite
def asked_clauses(draw: st.DrawFn) -> list[Clause]:
    """Bounds and ranges that do not contradict each other."""
    found = []
    for name, (low, high) in NUMBERS.items():
        cuts = sorted(draw(st.lists(st.floats(low, high), min_size=4, max_size=4)))
        for kind in draw(st.sets(st.sampled_from(["most", "least", "covers", "tighter"]))):
            if kind == "most":
                found.append(Clause(name, Operator.AT_MOST, threshold=cuts[3]))
            elif kind == "least":
                found.append(Clause(name, Operator.AT_LEAST, threshold=cuts[0]))
            elif kind == "covers":
                found.append(Clause(name, Operator.COVERS, threshold=cuts[1], upper=cuts[2]))
            else:
                found.append(Clause(name, Operator.AT_MOST, threshold=cuts[2]))
    if draw(st.booleans()):
        found.append(Clause("stereo", Operator.IS, flag=draw(st.booleans())))
    return draw(st.permutations(found))


@st.composite
def offerings(draw: st.DrawFn) -> Candidate:
    values = {}
    for name, (low, high) in NUMBERS.items():
        ends = sorted(draw(st.lists(st.floats(low, high), min_size=2, max_size=2)))
        values[name] = Measured(name, ends[0], ends[1])
    values["stereo"] = Measured("stereo", flag=draw(st.booleans()))
    return offer(
        "x",
        attributes=values,
        capacity={PEACE: draw(st.sampled_from([0.0, 10.0]))},
        modality=draw(st.sampled_from(["service", "lease"])),
        coverage=draw(st.sampled_from(["global", {"type": "Point", "coordinates": [120, -20]}])),
        valid_to=draw(st.sampled_from([None, datetime(2026, 3, 1, tzinfo=UTC)])),
    )


@settings(max_examples=300, deadline=None)
@given(offerings(), asked_clauses(), st.booleans())
def test_the_changes_that_are_proposed_make_the_outcome_pass_and_no_smaller_set_does(
    candidate: Candidate, asked: list[Clause], bounded: bool
) -> None:
    """Sabotage seen: a value was moved to the first bound only; one change was left out of the set."""
    wanted = published(
        *(asked or [SHARP]),
        regions=("nordic_baltic",) if bounded else (),
        modalities=("service",) if bounded else (),
        standards=("STANAG 4545",) if bounded else (),
    )
    found = judge(candidate, wanted)
    after = judge(applied(candidate, found.changes, wanted), wanted)
    assert after.misses == ()
    subjects = {gate.name if gate.clause is None else wanted.clauses[gate.clause].attribute for gate in found.open}
    if not subjects - {change.subject for change in found.changes}:
        assert after.outcome == "meets"
    for fewer in combinations(found.changes, max(0, len(found.changes) - 1)):
        if len(fewer) < len(found.changes):
            assert judge(applied(candidate, fewer, wanted), wanted).misses
    assert (len(found.changes) == 0) is (found.misses == ())
    for language in ("en", "fr"):
        said = in_words(found, language)
        assert len(said["misses"]) == len(found.misses)
        assert (said["one_change"] is not None) is (len(found.changes) == 1)
