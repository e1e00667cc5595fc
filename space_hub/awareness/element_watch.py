"""What new element sets say of an object beside where it is: that it comes down, or that it seems to have burnt.

Called for each file that was taken. An object's fall is told to everybody who may see the file, once for each change
of its level. A suspected burn is told to those alone who named the object in a watch, for who watches what is a secret:
once for each watch and gap between sets. What was told before stands in the log, and nowhere else.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, or_, select

from space_hub.awareness import catalogue
from space_hub.awareness.selection import Standing
from space_hub.awareness.tables import ElementSetRow, Watch, WatchObject
from space_hub.clock import Clock
from space_hub.db import among
from space_hub.delivery import log
from space_hub.delivery.log import LogEntry
from space_hub.orbit.decay import SPAN_DAYS, Level, fall, next_level
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.manoeuvres.detection import detect
from space_hub.rng import Rng
from space_hub.text import say

DECAY, SUSPICION = "object.decay_watch", "object.manoeuvre_suspected"

_LOW_KM = 640.0
"""Height of perigee; nothing higher comes down within months."""

_LOW_REV_DAY, _ROUND = 14.8, 0.01
"""Of what is slower and as round as that, the perigee is not so low that it falls."""

_LOOK_DAYS = 200.0
"""An object whose newest set alone leaves it more than this is not looked at closer."""

_HISTORY = timedelta(days=120)

_OF_THE_CATALOGUE = col(ElementSetRow.standing) != Standing.SUPPLEMENTAL.value
"""Fits to plans tell what is meant to come, and their scatter is not that of the catalogue."""


def on_ingest(session: Session, clock: Clock, rng: Rng, entry: LogEntry) -> None:
    """Look at what a file brought; a file that brought nothing is passed over."""
    del rng
    if entry.payload["refused"] or not entry.payload["accepted"]:
        return
    decays(session, clock, entry.subject, entry.marking_id)
    suspicions(session, clock, entry.subject)


def decays(session: Session, clock: Clock, file_id: str, marking_id: str) -> int:
    """Tell of each object of a file whose level changed; how many there were."""
    statement = select(ElementSetRow).where(
        ElementSetRow.source_file_id == file_id,
        col(ElementSetRow.is_current),
        or_(col(ElementSetRow.mean_motion_rev_day) > _LOW_REV_DAY, col(ElementSetRow.eccentricity) > _ROUND),
    )
    current = {row.object_id: catalogue.elements_of(row) for row in session.exec(statement)}
    newest = {object_id: one for object_id, one in current.items() if one.perigee_km < _LOW_KM}
    before = {each: Level[payload["level"].upper()] for each, payload in _told(session, DECAY, newest).items()}
    alone = {each: fall([elements]) for each, elements in newest.items()}
    close = [each for each, seen in alone.items() if each in before or (seen and seen.days_left < _LOOK_DAYS)]
    told = 0
    for object_id, sets in _histories(session, close, newest, timedelta(days=SPAN_DAYS)).items():
        seen, was = fall(sets), before.get(object_id, Level.STEADY)
        if seen is None or (level := next_level(was, seen)) is was:
            continue
        payload = _face(object_id, newest[object_id]) | {
            "level": level.name.lower(),
            "level_before": was.name.lower(),
            "days_left": round(seen.days_left, 1) if level is not Level.STEADY else None,
            "perigee_height_m": round(1000.0 * seen.perigee_km),
            "axis_change_m_day": round(1000.0 * seen.rate_km_day, 1),
            "sets": seen.sets,
        }
        log.append(session, clock, DECAY, object_id, payload, marking_id)
        told += 1
    return told


def suspicions(session: Session, clock: Clock, file_id: str) -> int:
    """Tell each watch that names an object of a file of its newest burn, unless it was told of that gap; how many."""
    statement = (
        select(Watch, ElementSetRow)
        .join(WatchObject, col(WatchObject.watch_id) == col(Watch.id))
        .join(ElementSetRow, col(ElementSetRow.object_id) == col(WatchObject.object_id))
        .where(ElementSetRow.source_file_id == file_id, col(Watch.active), _OF_THE_CATALOGUE)
        .order_by(col(Watch.id), col(ElementSetRow.epoch))
    )
    asked = [(watch, row.object_id, catalogue.elements_of(row)) for watch, row in session.exec(statement)]
    newest = {object_id: elements for _watch, object_id, elements in asked}
    found = {each: detect(sets) for each, sets in _histories(session, newest, newest, _HISTORY).items()}
    known = _gaps_told(session, newest)
    told = 0
    for watch, object_id in {(watch.id, each): (watch, each) for watch, each, _set in asked}.values():
        burns = [one for one in found[object_id] if one.after >= watch.created_at - timedelta(days=SPAN_DAYS)]
        if not burns or (watch.id, object_id, log.rfc3339(burns[-1].before)) in known:
            continue
        burn = burns[-1]
        payload = _face(object_id, newest[object_id]) | {
            "watch_id": watch.id,
            "at": log.rfc3339(burn.at),
            "last_set_before": log.rfc3339(burn.before),
            "first_set_after": log.rfc3339(burn.after),
            "speed_change_m_s": round(burn.change_mm_s / 1000.0, 6),
            "confirmed": burn.confirmed,
        }
        log.append(session, clock, SUSPICION, object_id, payload, watch.marking_id)
        told += 1
    return told


def _histories(
    session: Session, object_ids: Iterable[str], newest: dict[str, ElementSet], span: timedelta
) -> dict[str, list[ElementSet]]:
    """Sets of these objects since `span` before the newest, of the number that the newest bears."""
    wanted = sorted(object_ids)
    if not wanted:
        return {}
    since = min(newest[each].epoch for each in wanted) - span
    out: dict[str, list[ElementSet]] = {each: [] for each in wanted}
    since_then = (col(ElementSetRow.epoch) >= since) & _OF_THE_CATALOGUE
    for _id, object_id, _file, elements in catalogue.sets_where(session, wanted, since_then):
        if elements.catalog_number == newest[object_id].catalog_number:
            out[object_id].append(elements)
    return out


def _entries(session: Session, topic: str, object_ids: Iterable[str]) -> list[LogEntry]:
    statement = select(LogEntry).where(LogEntry.topic == topic, among(session, LogEntry.subject, set(object_ids)))
    return list(session.exec(statement.order_by(col(LogEntry.id))))


def _told(session: Session, topic: str, object_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What was told last of each object."""
    return {entry.subject: entry.payload for entry in _entries(session, topic, object_ids)}


def _gaps_told(session: Session, object_ids: Iterable[str]) -> set[tuple[str, str, str]]:
    entries = _entries(session, SUSPICION, object_ids)
    return {(each.payload["watch_id"], each.subject, each.payload["last_set_before"]) for each in entries}


def _face(object_id: str, elements: ElementSet) -> dict[str, Any]:
    return {
        "object_id": object_id,
        "catalog_number": elements.catalog_number,
        "object_name": elements.name,
        "epoch": log.rfc3339(elements.epoch),
        "notice": say("awareness.triage_notice"),
    }
