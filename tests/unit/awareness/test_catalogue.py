"""Sets by content, and as OMM."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from space_hub.awareness.catalogue import content_hash, omm
from space_hub.orbit.gp import read_text
from tests.support.sky import element_set

EPOCH = datetime(2024, 11, 1, 3, 4, 5, 678_901, tzinfo=UTC)
BASE = element_set(9, EPOCH)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("catalog_number", 10),
        ("epoch", EPOCH + timedelta(microseconds=1)),
        ("mean_motion_rev_day", 14.51),
        ("eccentricity", 0.0012),
        ("inclination_deg", 98.21),
        ("raan_deg", 1.25),
        ("arg_perigee_deg", 12.6),
        ("mean_anomaly_deg", 2.5),
        ("bstar", 1.3e-4),
        ("mean_motion_dot", 1e-6),
        ("mean_motion_ddot", 1e-9),
    ],
)
def test_every_element_counts_when_sets_are_compared(field: str, value: object) -> None:
    """Sabotage seen: dropping `bstar` from `content_hash` turned its case red."""
    changed = replace(BASE, **{field: value})  # type: ignore[arg-type]
    assert content_hash(changed) != content_hash(BASE)


def test_names_and_the_sign_of_zero_do_not_count() -> None:
    assert content_hash(replace(BASE, name="OTHER", international_designator="")) == content_hash(BASE)
    assert content_hash(replace(BASE, mean_motion_dot=-0.0)) == content_hash(replace(BASE, mean_motion_dot=0.0))


def test_the_omm_of_a_set_reads_back_as_the_same_set() -> None:
    read = read_text(json.dumps([omm(BASE)]), now=EPOCH)
    assert [line.elements for line in read.accepted] == [BASE]
