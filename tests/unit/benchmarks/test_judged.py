"""The judged queries and their judge: well-formed, in both languages, and independent of any ranker."""

import json
from collections import Counter
from typing import Any

import pytest

from benchmarks.judged import QUERIES, ndcg
from benchmarks.judged.judge import grade, holds
from space_hub.vocabulary.attributes import ATTRIBUTES, Form
from space_hub.vocabulary.capabilities import CAPABILITIES
from space_hub.vocabulary.codes import MissionArea

JUDGED: list[dict[str, Any]] = json.loads(QUERIES.read_text("utf-8"))

SHARP: dict[str, Any] = {
    "mission_area": "imagery",
    "capability": "imagery.optical",
    "attributes": [
        {"attribute": "gsd", "low": 0.3, "high": 0.9, "codes": [], "flag": None},
        {"attribute": "stereo", "low": None, "high": None, "codes": [], "flag": True},
    ],
    "capacity": [{"phase": "peace", "quantity": 10}],
}


def test_there_are_thirty_queries_in_each_language_and_no_two_are_the_same() -> None:
    assert Counter(each["language"] for each in JUDGED) == {"en": 30, "fr": 30}
    assert len({each["text"] for each in JUDGED}) == len({each["id"] for each in JUDGED}) == 60


def test_every_mission_area_is_asked_for_in_both_languages() -> None:
    for language in ("en", "fr"):
        body = json.dumps([each["grades"] for each in JUDGED if each["language"] == language])
        missing = {
            area.value for area in MissionArea if f'"{area.value}"' not in body and f'"{area.value}.' not in body
        }
        assert missing == set()


def test_every_condition_names_what_the_vocabulary_knows_in_its_canonical_unit() -> None:
    """Sabotage seen: `gsd` in centimetres; a capability misspelt."""
    for query in JUDGED:
        assert [each["grade"] for each in query["grades"]] == sorted({each["grade"] for each in query["grades"]})[::-1]
        for condition in (one for each in query["grades"] for one in each["all"]):
            assert set(condition.get("capability", [])) <= set(CAPABILITIES)
            assert set(condition.get("mission_area", [])) <= {area.value for area in MissionArea}
            if "attribute" in condition:
                about = ATTRIBUTES[condition["attribute"]]
                assert condition.get("unit") == (about.unit if about.form is Form.NUMBER else None)
                assert set(condition.get("any_of", [])) <= set(about.codes)


def test_the_highest_grade_that_holds_is_given() -> None:
    query = next(each for each in JUDGED if each["id"] == "en01")
    assert grade(query, SHARP) == 3
    assert grade(query, SHARP | {"attributes": []}) == 2
    assert grade(query, SHARP | {"capability": "imagery.infrared"}) == 1
    assert grade(query, SHARP | {"capability": "radar.sar", "mission_area": "radar"}) == 0
    with pytest.raises(ValueError, match="expected one of"):
        holds({"colour": "blue"}, SHARP)


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"attribute": "gsd", "at_most": 0.3}, True),
        ({"attribute": "gsd", "at_most": 0.29}, False),
        ({"attribute": "gsd", "at_least": 0.9}, True),
        ({"attribute": "stereo", "is": True}, True),
        ({"attribute": "swath", "at_least": 1}, False),
        ({"phase": "peace"}, True),
        ({"phase": "crisis"}, False),
    ],
)
def test_a_condition_holds_where_some_of_the_offered_range_meets_it(condition: dict[str, Any], met: bool) -> None:
    assert holds(condition, SHARP) is met


def test_the_best_order_scores_one_and_a_worse_one_less() -> None:
    """By hand: gains 7, 3, 1 at discounts 1, log2(3), 2. Sabotage seen: the ideal taken from what was ranked."""
    assert ndcg([3, 2, 1], [1, 3, 2]) == 1
    assert ndcg([1, 2, 3], [1, 2, 3]) == pytest.approx((1 + 3 / 1.5849625 + 7 / 2) / (7 + 3 / 1.5849625 + 1 / 2))
    assert ndcg([2], [3, 2]) < 0.4
    assert ndcg([], [3]) == 0
    assert ndcg([0], [0]) == 0
