"""What the subscriber of an alert receives: distances with the probability, its method and what that rests on. Pure.

Metres, metres a second, hours, seconds; probabilities are plain numbers. What is null is not known.
"""

from typing import Any

from space_hub.awareness.catalogue import Face
from space_hub.awareness.following.levels import Thresholds
from space_hub.awareness.tables import Alert, Assessment, Conjunction, Run, Watch
from space_hub.delivery import log
from space_hub.text import say


def payload(
    alert: Alert,
    before: Alert | None,
    watch: Watch,
    run: Run,
    conjunction: Conjunction,
    look: Assessment | None,
    faces: dict[str, Face],
) -> dict[str, Any]:
    """Of one revision; `before` is the revision before it, `look` what the run saw, `faces` those of both objects."""
    a, b = faces[conjunction.object_a_id], faces[conjunction.object_b_id]
    return {
        "alert_id": alert.id,
        "watch_id": watch.id,
        "watch_name": watch.name,
        "revision": alert.revision,
        "state": alert.state,
        "reason": alert.reason,
        "reason_text": say(alert.reason),
        "conjunction_id": conjunction.id,
        "run_id": run.id,
        "objects": [
            _object(a, None if look is None else look.age_a_h),
            _object(b, None if look is None else look.age_b_h),
        ],
        "tca": log.rfc3339(alert.tca),
        "miss_distance_m": alert.miss_distance_m,
        "previous_miss_distance_m": alert.previous_miss_distance_m,
        "relative_speed_m_s": None if look is None else look.relative_speed_m_s,
        "relative_position_rtn_m": None if look is None else [look.radial_m, look.in_track_m, look.cross_track_m],
        "open_start": None if look is None else look.open_start,
        "open_end": None if look is None else look.open_end,
        "threshold_m": watch.miss_distance_m,
        "synthetic": run.synthetic,
        **_level(alert, before, watch, look),
        "risk": None if look is None else _risk(look),
        **_freshness(alert, run),
        "notice": say("awareness.triage_notice"),
    }


def _level(alert: Alert, before: Alert | None, watch: Watch, look: Assessment | None) -> dict[str, Any]:
    limits = Thresholds(watch.pc_red, watch.pc_amber, watch.pc_floor)
    basis = None if look is None else limits.basis(look.pc, bool(look.diluted))
    return {
        "level": alert.level,
        "previous_level": None if before is None else before.level,
        "level_basis": None if basis is None else basis.value,
        "level_text": None if basis is None else say(f"alert.level_by.{basis.value}"),
        "thresholds": {"red": limits.red, "amber": limits.amber, "floor": limits.floor},
        "pc": alert.pc,
        "previous_pc": None if before is None else before.pc,
    }


def _risk(look: Assessment) -> dict[str, Any]:
    """How the probability came about. `pc_max` and `diluted` stand beside it and decide no level by themselves."""
    sides = {
        side: {"sigma_source": sigma, "sigma_samples": samples, "radius_source": radius}
        for side, sigma, samples, radius in (
            ("a", look.sigma_a_source, look.sigma_a_samples, look.radius_a_source),
            ("b", look.sigma_b_source, look.sigma_b_samples, look.radius_b_source),
        )
    }
    known = look.pc is not None
    return {
        "pc": look.pc,
        "method": look.method,
        "flags": look.flags,
        "pc_max": look.pc_max,
        "diluted": look.diluted,
        "hard_body_radius_m": look.hard_body_radius_m,
        "sigma_rtn_m": [look.sigma_radial_m, look.sigma_in_track_m, look.sigma_cross_track_m] if known else None,
        **sides,
    }


def _freshness(alert: Alert, run: Run) -> dict[str, Any]:
    since = None if run.source_at is None else round((alert.raised_at - run.source_at).total_seconds(), 3)
    return {
        "source_at": None if run.source_at is None else log.rfc3339(run.source_at),
        "source_basis": run.source_basis,
        "since_source_s": since,
    }


def _object(face: Face, age_h: float | None) -> dict[str, Any]:
    return {
        "object_id": face.object_id,
        "name": face.name,
        "catalog_number": face.catalog_number,
        "international_designator": face.international_designator,
        "element_age_h": None if age_h is None else round(age_h, 3),
    }
