"""Conjunction data messages in: read, kept as they came, and put beside what is known.

Objects are found by catalogue number, else by international designator. A message about an
object that the hub does not know is kept and stands alone, with its reason: given again once
the object is known, it joins. Figures are turned to the conjunction's own order of objects; what
the message does not say, or what its own states contradict, stays empty.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlmodel import Session, select

from space_hub.awareness import catalogue
from space_hub.awareness.following import told
from space_hub.awareness.following.tables import ReceivedMessage, SourceAssessment
from space_hub.awareness.following.tolerance import EARTH_RAD_S, Source, period
from space_hub.awareness.tables import SpaceObject
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Invalid
from space_hub.orbit.frames import rtn
from space_hub.orbit.ndm import cdm
from space_hub.orbit.ndm.fields import moment
from space_hub.orbit.ndm.reading import read
from space_hub.orbit.times import Floats
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal

OCTETS = 2**20
"""The longest message taken; the longest real one seen has 20 kB."""

CONTRADICTS_M = 1.0
CONTRADICTS_SHARE = 0.01
"""From here on the distance of the two states is another than the one stated: they are not of the same instant."""

_DESIGNATOR = re.compile(r"(?:(19|20))?(\d{2})-?(\d{3})([A-Z]{1,3})")


@dataclass(frozen=True, slots=True)
class Received:
    message: ReceivedMessage
    assessment: SourceAssessment | None


def receive(session: Session, clock: Clock, rng: Rng, principal: Principal, data: bytes) -> Received:
    """Take in a CDM in KVN, XML or JSON. The same bytes again give the same message.

    Raises Invalid: what the reader refuses, a message of another kind, two objects that are one.
    """
    if len(data) > OCTETS:
        raise Invalid("conjunction.message_too_large", given=len(data), most=OCTETS)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The reader takes what an XML declares; what is kept beside it, and given back, is UTF-8.
        raise Invalid("ndm.encoding", line=data.count(b"\n", 0, error.start) + 1) from None
    given = cdm.conjunction(read(data))
    digest, owner = hashlib.sha256(data).hexdigest(), principal.organisation_id
    kept = session.exec(
        select(ReceivedMessage).where(ReceivedMessage.organisation_id == owner, ReceivedMessage.sha256 == digest)
    ).first()
    if kept is None:
        kept = ReceivedMessage(
            id=rng.scope(owner, "message").id("msg"),
            organisation_id=owner,
            kind="cdm",
            form=given.message.form,
            sha256=digest,
            text=text,
            originator=given.originator,
            message_id=given.message_id,
            stated_at=given.created,
            received_at=clock.now(),
            marking_id=markings.owner_only(session, owner),
        )
        session.add(kept)
        session.flush()
    elif not kept.problem:
        return Received(kept, _said(session, kept))
    return Received(kept, _join(session, clock, rng, principal, kept, given))


def _said(session: Session, message: ReceivedMessage) -> SourceAssessment | None:
    return session.exec(select(SourceAssessment).where(SourceAssessment.message_id == message.id)).first()


def _join(
    session: Session, clock: Clock, rng: Rng, principal: Principal, message: ReceivedMessage, given: cdm.Cdm
) -> SourceAssessment | None:
    ids = [_object(session, side) for side in (given.one, given.other)]
    known = [id for id in ids if id is not None]
    message.problem = "" if len(known) == 2 else "conjunction.object_unknown"
    session.add(message)
    if len(known) < 2:
        return None
    if known[0] == known[1]:
        raise Invalid("conjunction.one_object", object=given.one.designator)
    shorter = min(
        period(_three(side.position_km), _three(side.velocity_km_s), side.frame) for side in (given.one, given.other)
    )
    about = told.Told((known[0], known[1]), given.tca, shorter, Source.CDM, message.id)
    conjunction = told.place(session, principal, about)
    if conjunction.object_a_id != known[0]:
        given = _exchanged(given)
    row = told.add(
        session,
        clock,
        rng,
        principal,
        about,
        originator=given.originator,
        message_id=message.id,
        stated_at=given.created,
        miss_distance_m=given.miss_distance_m,
        relative_speed_m_s=given.relative_speed_m_s,
        **figures(given),
    )
    payload = {
        "message_id": message.id,
        "conjunction_id": row.conjunction_id,
        "originator": row.originator,
        "tca": log.rfc3339(row.tca),
        "miss_distance_m": row.miss_distance_m,
        "pc": row.pc,
    }
    log.append(session, clock, "conjunction.told", row.conjunction_id, payload, row.marking_id)
    audit.record(session, clock, principal, "conjunction.told", row.conjunction_id, message_id=message.id)
    return row


def _object(session: Session, side: cdm.Side) -> str | None:
    """The object that a side is about; None where the hub knows none, or several."""
    number = side.catalog_number
    if number is not None:
        return catalogue.by_catalog_number(session, [number]).get(number)
    for name in (side.international_designator, side.designator):
        match = _DESIGNATOR.fullmatch(name.strip().upper())
        if match is None:
            continue
        century = match[1] or ("19" if int(match[2]) >= 57 else "20")
        designator = f"{century}{match[2]}-{match[3]}{match[4]}"
        found = session.exec(select(SpaceObject.id).where(SpaceObject.international_designator == designator)).all()
        if len(found) == 1:
            return found[0]
    return None


def figures(given: cdm.Cdm) -> dict[str, Any]:
    """Columns of a SourceAssessment: components and sigmas in RTN of the first object, risk, ages."""
    one, other = given.one, given.other
    found: dict[str, Any] = {
        "pc": given.collision_probability,
        "method": (given.collision_probability_method or "").lower() or None,
        "hard_body_radius_m": given.hard_body_radius_m,
        "sigma_a_source": one.covariance_method.lower(),
        "sigma_b_source": other.covariance_method.lower(),
        "age_a_h": _age_h(one, given.tca),
        "age_b_h": _age_h(other, given.tca),
    }
    if given.hard_body_radius_m is not None:
        found |= {"radius_a_source": "stated", "radius_b_source": "stated"}
    relative = given.relative_position_m
    if one.frame == other.frame:
        axes, others = _axes(one), _axes(other)
        gap_m = 1000.0 * (other.position_km - one.position_km)
        apart_m = float(np.linalg.norm(gap_m))
        allowed = max(CONTRADICTS_M, CONTRADICTS_SHARE * given.miss_distance_m)
        if abs(apart_m - given.miss_distance_m) <= allowed:
            relative = relative or _three(axes @ gap_m)
            turn = axes @ others.T
            variances = np.diag(one.covariance[:3, :3] + turn @ other.covariance[:3, :3] @ turn.T)
            if (variances >= 0.0).all():
                names = ("sigma_radial_m", "sigma_in_track_m", "sigma_cross_track_m")
                found |= {name: float(value) for name, value in zip(names, np.sqrt(variances), strict=True)}
    if relative is not None:
        found |= dict(zip(("radial_m", "in_track_m", "cross_track_m"), relative, strict=True))
    return found


def _exchanged(given: cdm.Cdm) -> cdm.Cdm:
    """The same with the objects in the other order; components follow from the states."""
    return replace(given, one=given.other, other=given.one, relative_position_m=None, relative_velocity_m_s=None)


def _axes(side: cdm.Side) -> Floats:
    """RTN of an object (3, 3), in the axes of its frame; the turning of ITRF is added to the velocity."""
    velocity = side.velocity_km_s
    if side.frame == "ITRF":
        velocity = velocity + np.cross(np.array([0.0, 0.0, EARTH_RAD_S]), side.position_km)
    return rtn(side.position_km, velocity)


def _age_h(side: cdm.Side, tca: datetime) -> float | None:
    """Age of the last observation that the orbit rests on, where the message gives it as a time."""
    last = moment(side.parameters.get("TIME_LASTOB_END", ""))
    return None if last is None else catalogue.age_h(last, tca)


def _three(values: Floats) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z
