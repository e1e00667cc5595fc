"""Supplemental sets in: judged like any other set, kept beside the catalogue's, never the current set of an object.

A file speaks for all that its data sources say of the objects it names: what they said
before is no longer in force. A set that lands far from its predecessor is held back until
another file brings one that agrees. Sets of numbers that the catalogue does not know, or
that bear another launch designator, have nothing to stand beside and are left.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text, update
from sqlmodel import Session, col, select

from space_hub import db
from space_hub.awareness import catalogue
from space_hub.awareness.catalogue import CurrentSet
from space_hub.awareness.ingest import Limits, Taking, digest, unpack, withheld
from space_hub.awareness.selection import Held, Standing, judge
from space_hub.awareness.supplemental.best import Choice, Fit, choose
from space_hub.awareness.supplemental.tables import SupplementalSet
from space_hub.awareness.tables import ElementSetRow, SourceFile
from space_hub.clock import Clock
from space_hub.errors import HubError
from space_hub.orbit import gp_fields, omm
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp_fields import Line, Refusal, Rejected, shown
from space_hub.rng import Rng
from space_hub.trust.principal import Principal

FORM = "supgp"
COLUMNS = ("RMS", "DATA_SOURCE")
"""What a supplemental file has beyond one of the catalogue."""

_LONGEST_SOURCE = 60
_DEPARTS = Standing.DEPARTS.value


@dataclass(frozen=True, slots=True)
class _Given:
    """A readable line of a file, of an object that is known."""

    object_id: str
    line: Line
    content_hash: str
    data_source: str
    rms_km: float | None


@dataclass(frozen=True, slots=True)
class Used:
    """The set of an object that is used at a time, why, and the row behind it if it is a supplemental one."""

    set: CurrentSet
    choice: Choice
    row: SupplementalSet | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """A supplemental set in force, with its elements."""

    row: SupplementalSet
    source_file_id: str
    received_at: datetime
    set: CurrentSet


def ingest_supplemental(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    data: bytes,
    name: str,
    source: str,
    limits: Limits | None = None,
) -> SourceFile:
    """Take a supplemental CSV as it was received; look at `.refused`, or call `ingest.require_taken`."""
    limits = limits or Limits()
    taking = Taking(session, clock, rng, principal, name, source, False, limits, digest(data))
    try:
        said = unpack(data)
    except HubError as error:
        return taking.refuse(error.code, error.params)
    read = taking.read(said, "csv")
    if isinstance(read, SourceFile):
        return read
    columns = omm.csv_columns(said)
    missing = [column for column in COLUMNS if column not in columns]
    if missing:
        return taking.refuse("gp.columns_missing", {"missing": ", ".join(missing)}, **withheld(read))
    db.exclusive(session, db.Turn.ELEMENT_SETS)
    numbers = catalogue.by_catalog_number(session, (line.elements.catalog_number for line in read.accepted))
    current = catalogue.current_sets_of(session, numbers.values())
    given, bad = _given(read.accepted, columns, numbers, current)
    refused = [*read.rejected, *bad]
    counts: dict[str, Any] = {"form": FORM, "offered": read.offered, "quarantined": len(refused)}
    counts["reasons"] = dict(Counter(each.code for each in refused))
    readable = read.offered - len(refused)
    file = taking.begin(**counts, unchanged=readable)
    session.add(file)
    session.flush()
    fresh = _keep(session, rng, file, given, current, taking)
    file.accepted, file.unchanged = fresh, readable - fresh
    taking.set_aside(file, refused, clock.now())
    taking.finish(file)
    return file


def in_use(session: Session, current: Sequence[CurrentSet], use: datetime) -> list[Used]:
    """For each current set the one to use at `use`, itself or a supplemental one; the order stays."""
    kept = _in_force(session, [one.object_id for one in current])
    return [_used(one, kept.get(one.object_id, []), use) for one in current]


def _in_force(session: Session, object_ids: Iterable[str]) -> dict[str, list[_Kept]]:
    kept: dict[str, list[_Kept]] = {}
    wanted = db.among(session, SupplementalSet.object_id, set(object_ids))
    both = select(SupplementalSet, ElementSetRow).join(
        ElementSetRow, col(ElementSetRow.id) == col(SupplementalSet.element_set_id)
    )
    for row, own in session.exec(both.where(wanted, text("in_force"))):
        found = CurrentSet(own.id, own.object_id, own.content_hash, False, catalogue.elements_of(own))
        kept.setdefault(row.object_id, []).append(_Kept(row, own.source_file_id, own.received_at, found))
    return kept


def _used(current: CurrentSet, kept: Sequence[_Kept], use: datetime) -> Used:
    fits = [
        Fit(one.set.id, one.set.elements.epoch, one.row.rms_km, one.row.standing == _DEPARTS, one.received_at)
        for one in kept
    ]
    fit, choice = choose(current.elements.epoch, fits, use)
    for one in kept:
        if fit is not None and one.set.id == fit.id:
            return Used(one.set, choice, one.row)
    return Used(current, choice, None)


def _given(
    lines: Sequence[Line], columns: Sequence[str], numbers: dict[int, str], current: dict[str, CurrentSet]
) -> tuple[list[_Given], list[Rejected]]:
    """The lines about objects that have a real current set, oldest epoch first, and those that are refused."""
    good: list[_Given] = []
    bad: list[Rejected] = []
    for line in lines:
        own = current.get(numbers.get(line.elements.catalog_number, ""))
        if own is None or own.synthetic:
            continue
        try:
            data_source, rms_km = _fit(line.raw, columns)
            _same_launch(line.elements, own.elements)
        except Refusal as refusal:
            bad.append(Rejected(line.line_number, refusal.code, refusal.params, line.raw))
        else:
            good.append(_Given(own.object_id, line, _content_hash(line.elements), data_source, rms_km))
    return sorted(good, key=lambda each: each.line.elements.epoch), bad


def _fit(raw: str, columns: Sequence[str]) -> tuple[str, float | None]:
    cells = dict(zip(columns, next(csv.reader([raw])), strict=True))
    data_source, rms = cells["DATA_SOURCE"].strip(), cells["RMS"].strip()
    if len(data_source) > _LONGEST_SOURCE or not data_source.isprintable():
        raise Refusal("supplemental.source_wrong", given=shown(data_source), most=_LONGEST_SOURCE)
    rms_km = gp_fields.decimal("RMS", rms) if rms else None
    if rms_km is not None and rms_km < 0.0:
        raise Refusal("gp.field_out_of_range", field="RMS", given=shown(rms), expected="[0, inf)")
    return data_source, rms_km


def _same_launch(given: ElementSet, known: ElementSet) -> None:
    new, old = given.international_designator, known.international_designator
    if new and old and new != old:
        raise Refusal("satcat.other_object", given=new, known=old)


def _keep(
    session: Session,
    rng: Rng,
    file: SourceFile,
    given: Sequence[_Given],
    current: dict[str, CurrentSet],
    taking: Taking,
) -> int:
    """Write what is new, and say what is in force now; how many sets are new."""
    before = _in_force(session, {each.object_id for each in given})
    hashes = {each.content_hash for each in given}
    stored = select(ElementSetRow.content_hash, ElementSetRow.id).where(
        db.among(session, ElementSetRow.content_hash, hashes)
    )
    known = dict(list(session.exec(stored)))
    spoken = {(each.object_id, each.data_source) for each in given}
    former = [one.row for kept in before.values() for one in kept]
    ended = [row.element_set_id for row in former if (row.object_id, row.data_source) in spoken]
    judging = _Judging(taking, file.id, current, before)
    ids, rows, sides = rng.scope("hub", "element_set"), [], []
    for each in given:
        if each.content_hash in known:
            continue
        id = known[each.content_hash] = ids.id("elm")
        standing, departure_km = judging.judged(each)
        rows.append(_row(id, each, file, departure_km))
        sides.append(_side(id, each, standing))
    _set(session, ended, in_force=False)
    _set(session, known.values(), in_force=True)
    _set(session, judging.confirmed, standing=Standing.CONFIRMED.value)
    db.pour(session, ElementSetRow, rows)
    db.pour(session, SupplementalSet, sides)
    catalogue.refresh_statistics(session, len(rows), ElementSetRow, SupplementalSet)
    session.expire_all()
    return len(rows)


@dataclass(slots=True)
class _Judging:
    """Each new set beside the one it must agree with; what a file adds is believed by its next lines."""

    taking: Taking
    file_id: str
    current: dict[str, CurrentSet]
    before: dict[str, list[_Kept]]
    confirmed: list[str] = field(default_factory=list)
    _trusted: dict[str, list[ElementSet]] = field(default_factory=dict)
    _held: dict[str, list[Held]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for object_id, kept in self.before.items():
            for one in kept:
                if one.row.standing == _DEPARTS:
                    held = Held(one.set.id, one.source_file_id, one.set.elements)
                    self._held.setdefault(object_id, []).append(held)
                else:
                    self._trusted.setdefault(object_id, []).append(one.set.elements)

    def judged(self, each: _Given) -> tuple[Standing, float | None]:
        new, trusted = each.line.elements, self._trusted.setdefault(each.object_id, [])
        believed = min(trusted, key=lambda one: abs(one.epoch - new.epoch), default=None)
        verdict = judge(
            new,
            self.file_id,
            believed or self.current[each.object_id].elements,
            self._held.get(each.object_id, []),
            now=self.taking.clock.now(),
            limit_km=self.taking.limits.departure_km,
            departure=self.taking.departure,
        )
        if verdict.confirms is not None:
            self.confirmed.append(verdict.confirms.id)
        if verdict.standing is not Standing.DEPARTS:
            trusted.append(new)
        return verdict.standing, verdict.departure_km


def _content_hash(elements: ElementSet) -> str:
    """Another than that of a set of the catalogue, should one have the same elements."""
    return digest(f"supplemental|{catalogue.content_hash(elements)}".encode())


def _row(id: str, each: _Given, file: SourceFile, departure_km: float | None) -> dict[str, Any]:
    elements = each.line.elements
    return {
        "id": id,
        "object_id": each.object_id,
        "source_file_id": file.id,
        "line": each.line.line_number,
        "content_hash": each.content_hash,
        "synthetic": False,
        "forward_dated": elements.epoch > file.received_at,
        "standing": Standing.SUPPLEMENTAL.value,
        "departure_km": departure_km,
        "departs": False,
        "confirmed_by": "",
        "is_current": False,
        "received_at": file.received_at,
        **catalogue.values_of(elements),
    }


def _side(id: str, each: _Given, standing: Standing) -> dict[str, Any]:
    return {
        "element_set_id": id,
        "object_id": each.object_id,
        "data_source": each.data_source,
        "rms_km": each.rms_km,
        "standing": standing.value,
        "in_force": True,
    }


def _set(session: Session, ids: Iterable[str], **values: Any) -> None:
    given = list(ids)
    if given:
        changed = update(SupplementalSet).where(db.among(session, SupplementalSet.element_set_id, given))
        session.execute(changed.values(**values).execution_options(synchronize_session=False))
