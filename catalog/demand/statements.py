"""Demand as its owners state it and as others may read it: needs, signals and problems with a level of publication.

`private` is read by nobody else; `aggregated` is counted in cells; `anonymous`
is published without its owner, in a weekly release; `named` at once, with the
nation. A level is widened only with a consent to exactly what others will read
(`preview` gives it and its hash); it is narrowed at once.
"""

from datetime import date
from typing import Any

from sqlalchemy import Select
from sqlmodel import Session, col, func, select

from catalog.demand import coarsen, requirements, standings
from catalog.demand.publication import Content, Level, content, reference, signal_content
from catalog.demand.standings import Event, State, after
from catalog.demand.tables import DemandCell, DemandRelease, DemandSignal, NeedStanding, PublishedNeed
from catalog.tables import Requirement
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.text import Word
from space_hub.trust import audit, markings
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.phases import Phase
from space_hub.vocabulary.units import convert


class Confidence(Word, of="confidence"):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Kind(Word, of="demand_kind"):
    SIGNAL = "signal"
    PROBLEM = "problem"


def preview(session: Session, principal: Principal, requirement_id: str, level: Level) -> dict[str, Any]:
    """What others would read of a need at `level`, and the reference that a consent to it carries."""
    requirement = requirements.get(session, principal, requirement_id)
    need = requirements.need_of(requirement)
    shown = content(need, level.value, _nation(session, principal.organisation_id))
    row = shown.columns() if level in (Level.ANONYMOUS, Level.NAMED) else None
    standing = session.get_one(NeedStanding, requirement.id)
    quantities = {each.phase: each.quantity for each in need.phases}
    counted = (
        coarsen.leaves(need.capability, quantities, years(standing, requirement)) if level is Level.AGGREGATED else {}
    )
    return {
        "level": level,
        "published": row,
        "counted_in": [
            {"capability": leaf.capability, "phase": leaf.phase, "horizon": leaf.horizon} for leaf in sorted(counted)
        ],
        "consent_ref": reference(shown),
    }


def publish_need(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    requirement_id: str,
    level: Level,
    consent_ref: str | None,
) -> NeedStanding:
    """Widen or narrow what others may read of an own need."""
    requirement = requirements.get(session, principal, requirement_id)
    standing = standings.lock(session, requirement.id)
    shown = content(requirements.need_of(requirement), level.value, _nation(session, principal.organisation_id))
    if standing.level == level.value:
        if consent_ref is not None and consent_ref != reference(shown):
            raise Conflict("demand.consent_differs", level=level)
        return standing
    if list(Level).index(level) > list(Level).index(Level(standing.level)):
        if standing.state != State.OPEN.value:
            raise Conflict("demand.need_not_open", state=State(standing.state))
        if consent_ref != reference(shown):
            raise Conflict("demand.consent_differs", level=level)
    standing.level, standing.updated_at = level.value, clock.now()
    session.add(standing)
    standings.note(session, clock, principal, standing, "level", level=level.value, consent_ref=consent_ref)
    withdraw(session, clock, requirement.id)
    if level is Level.NAMED:
        put_out(session, clock, rng, "requirement", requirement.id, shown)
    audit.record(session, clock, principal, "need.publish", requirement.id, level=level.value, consent_ref=consent_ref)
    return standing


def move_need(
    session: Session, clock: Clock, rng: Rng, principal: Principal, *, requirement_id: str, event: Event
) -> NeedStanding:
    """Pause, resume, meet or close an own need; only an open one is published."""
    requirement = requirements.get(session, principal, requirement_id)
    standing = standings.lock(session, requirement.id)
    standing.state, standing.updated_at = after(State(standing.state), event).value, clock.now()
    session.add(standing)
    standings.note(session, clock, principal, standing, event.value)
    if standing.state != State.OPEN.value:
        withdraw(session, clock, requirement.id)
    elif standing.level == Level.NAMED:
        shown = content(
            requirements.need_of(requirement), Level.NAMED.value, _nation(session, principal.organisation_id)
        )
        put_out(session, clock, rng, "requirement", requirement.id, shown)
    audit.record(session, clock, principal, f"need.{event.value}", requirement.id)
    return standing


def signal(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    kind: Kind,
    mission_area: MissionArea,
    capability_code: str | None,
    titles: tuple[str, str],
    texts: tuple[str, str],
    phase: Phase,
    quantity: tuple[float, float] | None,
    unit: str | None,
    horizon: tuple[date, date],
    confidence: Confidence,
    level: Level,
) -> DemandSignal:
    """Say what will be needed, or what problem waits for an idea, before there is a requirement.

    `titles` and `texts` are English and French, in the owner's own words; they
    are read by others only at the level `named`.
    """
    _check_signal(mission_area, capability_code, quantity, horizon, level)
    low, high, canonical = _quantity(capability_code, quantity, unit)
    row = DemandSignal(
        id=rng.scope(principal.organisation_id, "demand_signal").id("dsg"),
        organisation_id=principal.organisation_id,
        kind=kind.value,
        mission_area=mission_area.value,
        capability=capability_code,
        title_en=titles[0],
        title_fr=titles[1],
        text_en=texts[0],
        text_fr=texts[1],
        phase=phase.value,
        quantity_low=low,
        quantity_high=high,
        unit=canonical,
        horizon_from=horizon[0],
        horizon_to=horizon[1],
        confidence=confidence.value,
        level=level.value,
        marking_id=markings.owner_only(session, principal.organisation_id),
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    if level is Level.NAMED:
        put_out(session, clock, rng, kind.value, row.id, signal_shown(session, row))
    audit.record(session, clock, principal, "demand.signal", row.id, level=level.value)
    return row


def close_signal(session: Session, clock: Clock, principal: Principal, signal_id: str) -> DemandSignal:
    """An own signal or problem is over; what was published of it closes with it."""
    row = session.exec(
        select(DemandSignal)
        .where(DemandSignal.id == signal_id, DemandSignal.organisation_id == principal.organisation_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("demand.signal_unknown", signal_id=signal_id)
    if row.state == "open":
        row.state = "closed"
        session.add(row)
        withdraw(session, clock, row.id)
        audit.record(session, clock, principal, "demand.signal_close", row.id)
    return row


def signal_shown(session: Session, row: DemandSignal) -> Content:
    quantity = None if row.quantity_low is None or row.quantity_high is None else (row.quantity_low, row.quantity_high)
    return signal_content(
        level=row.level,
        kind=row.kind,
        mission_area=row.mission_area,
        capability_code=row.capability,
        phase=row.phase,
        quantity=quantity,
        horizon=(row.horizon_from, row.horizon_to),
        texts=(f"{row.title_en}. {row.text_en}".strip(), f"{row.title_fr}. {row.text_fr}".strip()),
        nation=_nation(session, row.organisation_id),
    )


def put_out(session: Session, clock: Clock, rng: Rng, kind: str, source_id: str, shown: Content) -> PublishedNeed:
    """Publish and say so; the id comes from the hub's own stream, so that it tells nothing of the owner."""
    row = publish_row(session, clock, rng, kind, source_id, shown)
    tell(session, clock, f"need:{row.id}", opened=[row])
    return row


def publish_row(session: Session, clock: Clock, rng: Rng, kind: str, source_id: str, shown: Content) -> PublishedNeed:
    row = PublishedNeed(
        id=rng.scope("hub", "published_need").id("pbn"),
        source_kind=kind,
        source_id=source_id,
        published_at=clock.now(),
        generation=_next(session),
        **shown.columns(),
    )
    session.add(row)
    session.flush()
    return row


def withdraw(session: Session, clock: Clock, source_id: str) -> None:
    """Close what is published of a source, and say so."""
    found = select(PublishedNeed).where(PublishedNeed.source_id == source_id, PublishedNeed.state == "open")
    closed = []
    for row in session.exec(found.order_by(col(PublishedNeed.id))):
        row.state, row.closed_at, row.generation = "closed", clock.now(), _next(session)
        session.add(row)
        session.flush()
        closed.append(row)
    if closed:
        tell(session, clock, f"need:{closed[0].id}", closed=closed)


def tell(
    session: Session,
    clock: Clock,
    subject: str,
    *,
    release: int | None = None,
    cells: int | None = None,
    opened: list[PublishedNeed] | None = None,
    closed: list[PublishedNeed] | None = None,
) -> None:
    """Everybody may know that published demand has changed."""
    changed = [*(opened or []), *(closed or [])]
    payload = {
        "release": release,
        "cells": cells,
        "opened": [row.id for row in opened or []],
        "closed": [row.id for row in closed or []],
        "capabilities": sorted({row.capability for row in changed if row.capability}),
    }
    log.append(session, clock, "demand.released", subject, payload, markings.public(session))


def published(*, capability_code: str | None = None, mission_area: str | None = None) -> Select[Any]:
    """The statement of all published needs that are open: the same rows for every reader."""
    statement: Any = select(PublishedNeed).where(PublishedNeed.state == "open")
    if capability_code is not None:
        statement = statement.where(PublishedNeed.capability == capability_code)
    if mission_area is not None:
        statement = statement.where(PublishedNeed.mission_area == mission_area)
    found: Select[Any] = statement
    return found


def cells(session: Session, release: int | None = None) -> Select[Any]:
    """The statement of the cells of one release, the last one without a number."""
    number = release if release is not None else last_release(session)
    statement: Any = select(DemandCell).where(DemandCell.release_number == number)
    found: Select[Any] = statement
    return found


def last_release(session: Session) -> int:
    """0 before the first one."""
    return session.exec(select(func.max(col(DemandRelease.number)))).one() or 0


def years(standing: NeedStanding, requirement: Requirement) -> list[str]:
    start = standing.horizon_from or requirement.window_from.date()
    stop = standing.horizon_to or requirement.window_to.date()
    return coarsen.years(start, stop)


def _nation(session: Session, organisation_id: str) -> str:
    return session.get_one(Organisation, organisation_id).nation


def _next(session: Session) -> int:
    last = session.exec(select(func.max(col(PublishedNeed.generation)))).one()
    return (last or 0) + 1


def _check_signal(
    area: MissionArea,
    capability_code: str | None,
    quantity: tuple[float, float] | None,
    horizon: tuple[date, date],
    level: Level,
) -> None:
    if capability_code is not None and capability(capability_code).area is not area:
        raise Invalid("demand.capability_elsewhere", capability=capability_code, area=area)
    if quantity is not None and capability_code is None:
        raise Invalid("demand.quantity_without_capability")
    if quantity is not None and not 0 < quantity[0] <= quantity[1]:
        raise Invalid("demand.quantity_wrong", low=quantity[0], high=quantity[1])
    if horizon[1] < horizon[0]:
        raise Invalid("demand.horizon_reversed", first=horizon[0].isoformat(), last=horizon[1].isoformat())
    if level is Level.AGGREGATED and quantity is None:
        raise Invalid("demand.aggregate_without_quantity")


def _quantity(
    code: str | None, quantity: tuple[float, float] | None, unit: str | None
) -> tuple[float | None, float | None, str]:
    if code is None or quantity is None:
        return None, None, ""
    canonical = capability(code).capacity_unit
    low, high = (convert(each, unit or canonical, canonical, of="quantity") for each in quantity)
    return low, high, canonical
