"""Admitting the readable sets of one file: judge each against its object, and write what follows.

Every number is looked up once, judged in the order of epochs, and written in a
few bulk statements. A number that two files agree to find elsewhere in the sky
under another launch designator has been given to another object: that object
gets an identity of its own, and the old one keeps its history.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text, update
from sqlmodel import Session, col, select

from space_hub import db
from space_hub.awareness import catalogue
from space_hub.awareness.selection import Departure, Held, Standing, judge, supersedes
from space_hub.awareness.tables import Designation, ElementSetRow, SourceFile, SpaceObject
from space_hub.orbit import gp
from space_hub.orbit.elements import ElementSet
from space_hub.rng import Rng


@dataclass(slots=True)
class _Believed:
    """What the catalogue holds about the bearer of one number, while a file is being taken."""

    object_id: str
    designator: str
    name: str
    current_id: str | None = None
    current: ElementSet | None = None
    stored_current_id: str | None = None
    held: list[Held] = field(default_factory=list)
    renamed: bool = False

    def believe(self, id: str, elements: ElementSet, standing: Standing) -> None:
        """Take the set as the current one, with its names, if it is believed and the newest."""
        if supersedes(elements, standing, self.current):
            self.current, self.current_id = elements, id
            self.learn(elements)

    def learn(self, elements: ElementSet) -> None:
        """Names follow the source: those of the current set."""
        name = elements.name or self.name
        designator = elements.international_designator or self.designator
        self.renamed |= (name, designator) != (self.name, self.designator)
        self.name, self.designator = name, designator

    def is_another(self, elements: ElementSet, held: Held) -> bool:
        """Two files agree on another launch designator elsewhere in the sky: the number was given to another object."""
        given = elements.international_designator
        return bool(given and self.designator) and given != self.designator and given == held.designator


@dataclass(slots=True)
class _Kept:
    """What one file adds."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    born: list[tuple[_Believed, int]] = field(default_factory=list)
    retired: list[_Believed] = field(default_factory=list)
    confirmed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Held set -> the set that confirmed it and the object it belongs to."""


@dataclass(slots=True)
class Admission:
    """What the sets of `file` change. `departure` gives km, see `selection`."""

    session: Session
    rng: Rng
    file: SourceFile
    limit_km: float
    departure: Departure

    def admit(self, lines: Sequence[gp.Line], now: datetime) -> None:
        """Write the sets, and count them on the file."""
        file = self.file
        # The order within one object must be that of time, whatever the file's order is.
        ordered = sorted(lines, key=lambda line: (line.elements.catalog_number, line.elements.epoch))
        hashes = [catalogue.content_hash(line.elements) for line in ordered]
        known = self._known_hashes(hashes)
        believed = self._believed({line.elements.catalog_number for line in ordered})
        self._load_sets(
            believed,
            {line.elements.catalog_number for line, digest in zip(ordered, hashes, strict=True) if digest not in known},
        )
        ids = self.rng.scope("hub", "element_set")
        kept = _Kept()
        for line, digest in zip(ordered, hashes, strict=True):
            elements = line.elements
            bearer = believed.get(elements.catalog_number)
            if digest in known:
                # Only the set that is believed names its object: a held or an older one may be of another.
                if known[digest] and bearer is not None:
                    bearer.learn(elements)
                continue
            known[digest] = False
            if bearer is None:
                bearer = believed[elements.catalog_number] = self._born(elements, kept)
            verdict = judge(
                elements,
                file.id,
                bearer.current,
                bearer.held,
                now=now,
                limit_km=self.limit_km,
                departure=self.departure,
            )
            id = ids.id("elm")
            if verdict.confirms is not None:
                if bearer.is_another(elements, verdict.confirms):
                    kept.retired.append(bearer)
                    bearer = believed[elements.catalog_number] = self._born(elements, kept)
                kept.confirmed[verdict.confirms.id] = (id, bearer.object_id)
                bearer.held = [held for held in bearer.held if held.id != verdict.confirms.id]
                # The two may come in either order of their epochs: the newer of them becomes current.
                bearer.believe(verdict.confirms.id, verdict.confirms.elements, verdict.standing)
            if verdict.standing is Standing.DEPARTS:
                bearer.held.append(Held(id, file.id, elements))
            bearer.believe(id, elements, verdict.standing)
            kept.rows.append(
                {
                    "id": id,
                    "object_id": bearer.object_id,
                    "source_file_id": file.id,
                    "line": line.line_number,
                    "content_hash": digest,
                    "synthetic": self.file.synthetic,
                    "forward_dated": elements.epoch > now,
                    "standing": verdict.standing.value,
                    "departure_km": verdict.departure_km,
                    "departs": verdict.departs,
                    "confirmed_by": "",
                    "is_current": False,
                    "received_at": now,
                    **catalogue.values_of(elements),
                }
            )
        file.accepted = len(kept.rows)
        file.new_objects = len(kept.born)
        file.departing = sum(row["departs"] for row in kept.rows)
        file.forward_dated = sum(row["forward_dated"] for row in kept.rows)
        file.unchanged = len(lines) - file.accepted
        self.session.add(file)
        self.session.flush()
        self._write_objects(kept, believed, now)
        self._write_sets(kept, believed)
        catalogue.refresh_statistics(self.session, len(kept.born), SpaceObject, Designation)
        catalogue.refresh_statistics(self.session, len(kept.rows), ElementSetRow)

    def _born(self, elements: ElementSet, kept: _Kept) -> _Believed:
        id = self.rng.scope("hub", "space_object").id("obj")
        bearer = _Believed(id, elements.international_designator, elements.name)
        kept.born.append((bearer, elements.catalog_number))
        return bearer

    def _known_hashes(self, hashes: list[str]) -> dict[str, bool]:
        """Those of `hashes` that are in the catalogue, and whether theirs is the current set of an object."""
        rows = self.session.exec(
            select(ElementSetRow.content_hash, ElementSetRow.is_current).where(
                db.among(self.session, ElementSetRow.content_hash, hashes)
            )
        )
        return dict(list(rows))

    def _believed(self, numbers: set[int]) -> dict[int, _Believed]:
        ids = catalogue.by_catalog_number(self.session, numbers)
        found = catalogue.faces(self.session, ids.values())
        return {
            number: _Believed(object_id, found[object_id].international_designator, found[object_id].name)
            for number, object_id in ids.items()
        }

    def _load_sets(self, believed: dict[int, _Believed], changed: set[int]) -> None:
        bearers = {believed[number].object_id: believed[number] for number in changed if number in believed}
        # Two looks, each by an index of its own; one that asks for either reads all that an object ever had.
        for id, object_id, _file, elements in catalogue.sets_where(self.session, bearers, text("is_current")):
            bearer = bearers[object_id]
            bearer.current, bearer.current_id, bearer.stored_current_id = elements, id, id
        for id, object_id, file, elements in catalogue.sets_where(self.session, bearers, text("standing = 'departs'")):
            bearers[object_id].held.append(Held(id, file, elements))

    def _write_objects(self, kept: _Kept, believed: dict[int, _Believed], now: datetime) -> None:
        for old in kept.retired:
            ended = update(Designation).where(
                col(Designation.object_id) == old.object_id, col(Designation.valid_to).is_(None)
            )
            self.session.execute(ended.values(valid_to=now).execution_options(synchronize_session=False))
            old.current_id = None
        if kept.born:
            things = [
                {**_names(bearer), "synthetic": self.file.synthetic, "created_at": now} for bearer, _number in kept.born
            ]
            db.pour(self.session, SpaceObject, things)
            bears = [
                {"object_id": bearer.object_id, "catalog_number": number, "valid_from": now}
                for bearer, number in kept.born
            ]
            db.pour(self.session, Designation, bears)
        born = {bearer.object_id for bearer, _number in kept.born}
        renamed = [_names(bearer) for bearer in believed.values() if bearer.renamed and bearer.object_id not in born]
        if renamed:
            self.session.execute(update(SpaceObject), renamed)

    def _write_sets(self, kept: _Kept, believed: dict[int, _Believed]) -> None:
        moved = [
            bearer for bearer in [*believed.values(), *kept.retired] if bearer.current_id != bearer.stored_current_id
        ]
        stale = [old.stored_current_id for old in moved if old.stored_current_id]
        if stale:
            former = update(ElementSetRow).where(db.among(self.session, ElementSetRow.id, stale))
            self.session.execute(former.values(is_current=False).execution_options(synchronize_session=False))
        current = {bearer.current_id for bearer in moved}
        for row in kept.rows:
            row["is_current"] = row["id"] in current
        db.pour(self.session, ElementSetRow, kept.rows)
        if kept.confirmed:
            self.session.execute(
                update(ElementSetRow),
                [
                    {
                        "id": id,
                        "standing": Standing.CONFIRMED.value,
                        "confirmed_by": by,
                        "object_id": object_id,
                        "is_current": id in current,
                    }
                    for id, (by, object_id) in kept.confirmed.items()
                ],
            )
        self.session.expire_all()


def _names(bearer: _Believed) -> dict[str, Any]:
    return {
        "id": bearer.object_id,
        "name": bearer.name,
        "name_folded": bearer.name.casefold(),
        "international_designator": bearer.designator,
    }
