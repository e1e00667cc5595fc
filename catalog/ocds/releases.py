"""Releases of every contracting process: written once as something happens, read by whom the buyer lets.

A reaction to the log only queues the work; the work reads the process and writes what is not told yet. Nothing that
goes wrong here can hold up a buy, and what cannot be told is set aside with its reason while the rest goes on.
Readers are the buyer at first (the lead and whoever called off), the pool or everybody once an authority says so;
what was shown wider is not taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.competition.canonical import canonical
from catalog.competition.tables import Competition
from catalog.ocds import mapping, of_call_offs, of_competitions, of_lots
from catalog.ocds.audiences import Audience
from catalog.ocds.occasions import Occasion, ocid
from catalog.ocds.tables import OcdsRelease
from catalog.ordering.tables import CallOff, SupplyOrder
from catalog.promise import pools
from catalog.promise.authority import Authority
from catalog.promise.tables import Agreement, Pool, PoolLot, PoolMember
from space_hub import db
from space_hub.clock import Clock
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict, HubError, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import HUB, Principal
from space_hub.work import ledger
from space_hub.work.tables import Work, WorkState

KIND = "ocds.write"


_WIDER = (Audience.BUYER, Audience.POOL, Audience.PUBLIC)


@dataclass(frozen=True, slots=True)
class Written:
    """How many releases were added, and the code of what could not be told, by its occasion."""

    count: int
    set_aside: dict[str, str]


def on_event(session: Session, clock: Clock, rng: Rng, entry: LogEntry) -> None:
    """Have the process that `entry` speaks of told, in work of its own; once for all that happens before it is done."""
    process = _process(session, entry)
    if process is None:
        return
    slot = f"{process}:"
    waiting = select(Work.id).where(
        col(Work.kind) == KIND, col(Work.state) == WorkState.QUEUED.value, col(Work.slot).startswith(slot)
    )
    if session.exec(waiting.limit(1)).first() is None:
        params = {"process": process}
        ledger.start(session, clock, rng, kind=KIND, params=params, principal=HUB, slot=f"{slot}{entry.event_id}")


def write(session: Session, prefix: str, process: str) -> Written:
    """Tell what happened in a process and is not told yet; twice writes nothing twice."""
    db.exclusive(session, db.Turn.CONTRACTING)
    named = ocid(prefix, process)
    rows = session.exec(select(OcdsRelease).where(OcdsRelease.ocid == named).order_by(col(OcdsRelease.number))).all()
    numbers = {row.subject: row.number for row in rows}
    audience = rows[-1].audience if rows else Audience.BUYER.value
    set_aside: dict[str, str] = {}
    count = 0
    for occasion in _read(session, prefix, process):
        if occasion.key in numbers:
            continue
        number = len(numbers) + 1
        try:
            body = _body(occasion, number, numbers)
        except HubError as error:
            set_aside[occasion.key] = error.code
            continue
        session.add(
            OcdsRelease(
                ocid=named,
                number=number,
                tag=body["tag"][-1],
                body=body,
                body_sha256=sha256(canonical(body)).hexdigest(),
                subject=occasion.key,
                audience=audience,
                at=occasion.at,
            )
        )
        numbers[occasion.key] = number
        count += 1
    session.flush()
    return Written(count, set_aside)


def visible(principal: Principal, prefix: str) -> ColumnElement[bool]:
    """A condition on `ocds_release`: public ones; those of a pool one has joined; those of what one buys or leads."""
    me = principal.organisation_id
    if principal.is_anonymous:
        return col(OcdsRelease.audience) == Audience.PUBLIC.value
    joined = sa_select(col(PoolMember.pool_id)).where(pools.joined(me))
    shown = (col(OcdsRelease.audience) == Audience.POOL.value) & _of_pools(prefix, joined)
    return or_(col(OcdsRelease.audience) == Audience.PUBLIC.value, shown, bought_by(principal, prefix))


def bought_by(principal: Principal, prefix: str) -> ColumnElement[bool]:
    """A condition on `ocds_release`: the principal called it off, competes it, or leads its pool."""
    me = principal.organisation_id
    led = sa_select(col(Pool.id)).where(col(Pool.lead_organisation_id) == me)
    own = [
        _of(prefix, sa_select(col(CallOff.id)).where(col(CallOff.organisation_id) == me)),
        _of(prefix, sa_select(col(Competition.id)).where(col(Competition.organisation_id) == me)),
    ]
    return or_(*own, _of_pools(prefix, led))


def of_process(session: Session, principal: Principal, prefix: str, named: str) -> Sequence[OcdsRelease]:
    """The releases of a process that the principal may read, oldest first; without any it does not exist for it."""
    rows = session.exec(
        select(OcdsRelease)
        .where(OcdsRelease.ocid == named, visible(principal, prefix))
        .order_by(col(OcdsRelease.number))
    ).all()
    if not rows:
        raise NotFound("ocds.unknown", ocid=named)
    return rows


def package(rows: Sequence[OcdsRelease], publisher: str, uri: str) -> dict[str, Any]:
    return mapping.release_package([row.body for row in rows], publisher, uri, max(row.at for row in rows))


def record(rows: Sequence[OcdsRelease], publisher: str, uri: str) -> dict[str, Any]:
    return mapping.record_package([row.body for row in rows], publisher, uri, max(row.at for row in rows))


def widen(
    session: Session,
    clock: Clock,
    principal: Principal,
    prefix: str,
    named: str,
    audience: Audience,
    authority: Authority,
) -> Sequence[OcdsRelease]:
    """The buyer's authority lets others read a process, what was told of it and what will be."""
    db.exclusive(session, db.Turn.CONTRACTING)
    rows = session.exec(
        select(OcdsRelease)
        .where(col(OcdsRelease.ocid) == named, bought_by(principal, prefix))
        .order_by(col(OcdsRelease.number))
    ).all()
    if not rows:
        raise NotFound("ocds.unknown", ocid=named)
    now = Audience(rows[-1].audience)
    if _WIDER.index(audience) < _WIDER.index(now):
        raise Conflict("ocds.not_taken_back", audience=now)
    for row in rows:
        row.audience = audience.value
        session.add(row)
    said = {"authority": authority.name, "office": authority.office}
    audit.record(session, clock, principal, "ocds.widen", named, before=now.value, after=audience.value, **said)
    session.flush()
    return rows


def _body(occasion: Occasion, number: int, numbers: dict[str, int]) -> dict[str, Any]:
    facts: Any = occasion.facts
    if occasion.amends is not None:
        if occasion.amends not in numbers:
            raise Conflict("ocds.nothing_to_amend", subject=occasion.amends)
        facts = {**facts, "amendment": {**facts["amendment"], "amends": numbers[occasion.amends]}}
    return mapping.release(occasion.event, facts, number, occasion.at)


def _read(session: Session, prefix: str, process: str) -> Sequence[Occasion]:
    kind = process.partition("_")[0]
    readers = {"lot": of_lots.read, "cmp": of_competitions.read}
    return readers[kind](session, prefix, process) if kind in readers else of_call_offs.read(session, prefix, process)


def _process(session: Session, entry: LogEntry) -> str | None:
    """The process that an entry speaks of: what came of a competition stands in its process."""
    payload = entry.payload
    order = session.get(SupplyOrder, payload["order_id"]) if "order_id" in payload else None
    called = payload.get("call_off_id") if order is None else order.call_off_id
    call_off = None if called is None else session.get(CallOff, called)
    if call_off is not None:
        return call_off.competition_id or call_off.id
    for name in ("competition_id", "lot_id"):
        if name in payload:
            return str(payload[name])
    agreement = session.get(Agreement, entry.subject) if entry.topic.startswith("agreement.") else None
    return None if agreement is None else agreement.lot_id


def _of_pools(prefix: str, within: Select[str]) -> ColumnElement[bool]:
    """A release of a lot, a competition or a call-off of one of these pools."""
    found = [
        _of(prefix, sa_select(col(table.id)).where(col(table.pool_id).in_(within)))
        for table in (PoolLot, Competition, CallOff)
    ]
    return or_(*found)


def _of(prefix: str, processes: Select[str]) -> ColumnElement[bool]:
    ids = processes.subquery()
    return col(OcdsRelease.ocid).in_(sa_select(literal(f"{prefix}-").concat(ids.c.id)))
