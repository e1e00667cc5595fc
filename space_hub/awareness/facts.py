"""Satellite catalogues in: what is said of each object that is known here, while it is said.

A number is not an object: a row whose launch designator is not that of the bearer
speaks of another and is set aside. Rows about objects that are not in the catalogue
count as unchanged: they tell of nothing here. A file in which too much is bad is
refused whole, as one of element sets is.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from space_hub import db
from space_hub.awareness import catalogue, satcat
from space_hub.awareness.catalogue import Face
from space_hub.awareness.ingest import Limits, Taking, digest, unpack
from space_hub.awareness.satcat import Entry
from space_hub.awareness.tables import ObjectFacts, SourceFile, SpaceObject
from space_hub.clock import Clock
from space_hub.errors import HubError
from space_hub.orbit.gp_fields import Rejected
from space_hub.rng import Rng
from space_hub.trust.principal import Principal

FORM = "satcat"
_SAID = ("object_type", "owner", "activity", "launched_on", "decayed_on", "rcs_m2", "rcs_size")


def ingest_satcat(
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
    """Take a satellite catalogue as it was received; look at `.refused`, or call `ingest.require_taken`."""
    limits = limits or Limits()
    taking = Taking(session, clock, rng, principal, name, source, False, limits, digest(data))
    try:
        good, bad = satcat.read(unpack(data))
    except HubError as error:
        return taking.refuse(error.code, error.params)
    db.exclusive(session, db.Turn.ELEMENT_SETS)
    numbers = catalogue.by_catalog_number(session, (entry.catalog_number for _line, entry in good))
    faces = catalogue.faces(session, numbers.values())
    told: dict[str, Entry] = {}
    for line, entry in good:
        face = faces.get(numbers.get(entry.catalog_number, ""))
        if face is None or face.synthetic:
            continue
        if _of_another(entry, face):
            params = {"given": entry.international_designator, "known": face.international_designator}
            bad.append(Rejected(line, "satcat.other_object", params, f"{entry.catalog_number},{entry.name}"))
        else:
            told[face.object_id] = entry
    offered = len(good) + sum(each.code != "satcat.other_object" for each in bad)
    counts: dict[str, Any] = {"form": FORM, "offered": offered, "quarantined": len(bad), "reasons": _reasons(bad)}
    if len(bad) > limits.bad_share * offered:
        percent = round(100.0 * limits.bad_share, 1)
        counts["withheld"] = offered - len(bad)
        return taking.refuse(
            "ingest.too_many_bad", {"bad": len(bad), "offered": offered, "limit_percent": percent}, **counts
        )
    file = taking.begin(**counts, unchanged=offered - len(bad))
    session.add(file)
    session.flush()
    file.accepted = _keep(session, told, faces, file.id, clock.now())
    file.unchanged = offered - len(bad) - file.accepted
    taking.set_aside(file, bad, clock.now())
    taking.finish(file)
    return file


def in_force(session: Session, object_id: str) -> ObjectFacts | None:
    """What is said of an object now."""
    return session.exec(
        select(ObjectFacts).where(ObjectFacts.object_id == object_id, col(ObjectFacts.valid_to).is_(None))
    ).first()


def _of_another(entry: Entry, face: Face) -> bool:
    given, known = entry.international_designator, face.international_designator
    return bool(given and known) and given != known


def _reasons(bad: Sequence[Rejected]) -> dict[str, int]:
    return dict(Counter(each.code for each in bad))


def _keep(session: Session, told: dict[str, Entry], faces: dict[str, Face], file_id: str, now: datetime) -> int:
    """End what is no longer said, begin what is; how many objects this concerns."""
    columns: list[Any] = [getattr(ObjectFacts, name) for name in ("object_id", *_SAID)]
    known = select(*columns).where(db.among(session, ObjectFacts.object_id, told), col(ObjectFacts.valid_to).is_(None))
    said = {object_id: tuple(rest) for object_id, *rest in session.execute(known)}
    rows = []
    for object_id, entry in told.items():
        values = {name: getattr(entry, name) for name in _SAID}
        values |= {"object_type": entry.object_type.value, "activity": entry.activity.value}
        if said.get(object_id) != tuple(values.values()):
            rows.append({"object_id": object_id, "valid_from": now, **values, "source_file_id": file_id})
    changed = [row["object_id"] for row in rows]
    ended = update(ObjectFacts).where(
        db.among(session, ObjectFacts.object_id, changed), col(ObjectFacts.valid_to).is_(None)
    )
    session.execute(ended.values(valid_to=now).execution_options(synchronize_session=False))
    db.pour(session, ObjectFacts, rows)
    nameless = [
        {"id": object_id, "name": entry.name, "name_folded": entry.name.casefold()}
        for object_id, entry in told.items()
        if entry.name and not faces[object_id].name
    ]
    if nameless:
        session.execute(update(SpaceObject), nameless)
    catalogue.refresh_statistics(session, len(rows), ObjectFacts)
    return len(rows)
