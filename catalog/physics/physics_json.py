"""What was computed as JSON for the decision record, and its inputs back, so that it can be computed again.

Element sets stand once, by number, epoch and hash; their rows are never removed. Computed numbers are kept to four
figures, so that the last bit of a processor changes no hash.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from catalog.feasibility.values import Finding, Judgement, Station
from catalog.matching.need_json import moment, time
from catalog.matching.record import NO_PHYSICS, Physics, Record
from catalog.physics.ground import Ground, Grounds
from catalog.physics.held import BUDGET, Held, in_reading_order
from space_hub.awareness import catalogue
from space_hub.errors import NotFound
from space_hub.orbit.coverage.sensor import Sensor
from space_hub.vocabulary.attributes import Measured

METHOD = "orbits/1"
"""Raised whenever the same inputs could give other numbers."""


def frozen(held: Held, answers: Sequence[Mapping[str, Any]] | None = None) -> Physics:
    """Inputs and rows for the record; `answers`: what suppliers said, None where the asker let nobody be asked."""
    if not held.looks and answers is None:
        return NO_PHYSICS
    rows = [_row(offering_id, each) for offering_id, each in in_reading_order(held.found)]
    return Physics(_inputs(held, answers), rows)


def physics_of(record: Record) -> Physics:
    """What was frozen into a record."""
    return Physics(record.inputs["physics"], record.result["physics"])


def _inputs(held: Held, answers: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    return {
        "method": METHOD,
        "budget": BUDGET,
        "at": time(held.at),
        "area": held.area,
        "start": held.start.isoformat(),
        "sets": {digest: [each.catalog_number, each.epoch.isoformat()] for digest, each in sorted(held.sets.items())},
        "offerings": {
            offering_id: {
                "satellites": list(look.ground.satellites),
                "missing": look.ground.missing,
                # Left out where nothing came down, so that older records are still made again to the byte.
                **({"gone": list(look.ground.gone)} if look.ground.gone else {}),
                "stations": [
                    [each.longitude, each.latitude, each.height_km, each.mask_deg] for each in look.ground.stations
                ],
                "sensor": sensor_to_json(look.sensor),
                "days": look.days,
            }
            for offering_id, look in held.looks.items()
        },
        "answers": None if answers is None else [dict(each) for each in answers],
    }


def grounds_again(session: Session, inputs: Mapping[str, Any]) -> Grounds:
    """What a record was computed from, with the element sets of then; NotFound where one was never here."""
    digests = list(inputs["sets"])
    sets = catalogue.sets_by_hash(session, digests)
    for digest in digests:
        if digest not in sets:
            raise NotFound("awareness.object_unknown", object=inputs["sets"][digest][0])
    grounds = {
        offering_id: Ground(
            tuple(kept["satellites"]),
            kept["missing"],
            tuple(Station(*each) for each in kept["stations"]),
            tuple(kept.get("gone", ())),
        )
        for offering_id, kept in inputs["offerings"].items()
    }
    return Grounds(moment(inputs["at"]), grounds, sets)


def sensor_to_json(sensor: Sensor) -> dict[str, Any]:
    return {
        "off_nadir": _span(sensor.off_nadir),
        "incidence": _span(sensor.incidence),
        "elevation": sensor.elevation,
        "swath_km": sensor.swath_km,
        "look_side": sensor.look_side.value,
        "sun_elevation": _span(sensor.sun_elevation),
    }


def _span(span: tuple[float, float] | None) -> list[float] | None:
    return None if span is None else [short(span[0]), short(span[1])]


def _row(offering_id: str, found: Finding) -> dict[str, Any]:
    spoken = found.of_answer if _worse(found) else found.of_claim
    return {
        "offering_id": offering_id,
        "attribute": found.attribute,
        "claimed": _said(found.claimed),
        "answered": _said(found.answered),
        "computed": None if found.computed.value is None else short(found.computed.value),
        "limit": None if found.limit is None else short(found.limit),
        "verdict_of_claim": found.of_claim.verdict.value,
        "verdict_of_answer": None if found.of_answer is None else found.of_answer.verdict.value,
        "reason": _reason(spoken or found.of_claim),
        "for_reply": found.for_reply,
    }


def _worse(found: Finding) -> bool:
    """Whether the answer is what there is to speak of: it disagrees where the claim does not, or it stands alone."""
    answer = found.of_answer
    if answer is None:
        return False
    return found.claimed is None or (answer.verdict.value == "disagree" and found.of_claim.verdict.value != "disagree")


def _said(value: Measured | None) -> list[float] | None:
    return None if value is None or value.low is None or value.high is None else [value.low, value.high]


def _reason(judged: Judgement) -> dict[str, Any]:
    return {"code": judged.reason.code, "params": dict(judged.reason.params)}


def short(value: float) -> float:
    return float(f"{value:.4g}")
