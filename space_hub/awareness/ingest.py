"""Taking element sets into the catalogue: read, judge, keep, and account for every line.

offered = accepted + unchanged + quarantined (+ withheld, when the file was
refused whole). A refused file is recorded and changes nothing else; the record
must outlive the error, so nothing is raised here: the caller commits, then calls
`require_taken`.
"""

import gzip
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from space_hub import db
from space_hub.awareness.admission import Admission
from space_hub.awareness.selection import Departure
from space_hub.awareness.tables import Designation, ElementSetRow, QuarantinedSet, SourceFile, SpaceObject
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import HubError, Invalid
from space_hub.orbit import gp, gp_fields, plausibility
from space_hub.rng import Rng
from space_hub.settings import Settings
from space_hub.trust import audit, labels, markings
from space_hub.trust.principal import Principal

MAX_BYTES = 64 * 1024 * 1024
"""Of a file, packed or unpacked; the whole public catalogue as OMM JSON is about 15 MB."""

_LEVEL = {"U": "unclassified", "C": "confidential", "S": "secret"}
"""What the classification character of an element set means (CLASSIFICATION_TYPE)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where an ingest draws its lines; the defaults stand in `settings.py` with their reasons."""

    bad_share: float = 0.05
    departure_km: float = 25.0
    ceiling: str = "unclassified"

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        return cls(settings.bad_share, settings.departure_km, settings.classification_ceiling)


def unpack(data: bytes, *, max_bytes: int = MAX_BYTES) -> str:
    """The text of a file, gzip or plain; raises Invalid when it is too large, damaged or not UTF-8."""
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                data = packed.read(max_bytes + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise Invalid("ingest.gzip_damaged", reason=str(error)) from error
    if len(data) > max_bytes:
        raise Invalid("ingest.too_large", limit_mib=max_bytes // (1024 * 1024))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("ingest.not_text", position=error.start) from error


def ingest_file(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    path: Path,
    source: str = "file",
    form: gp.Form | None = None,
    limits: Limits | None = None,
) -> SourceFile:
    """Take the file at `path`, gzip or plain; an unreadable path raises OSError."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    return ingest_bytes(
        session, clock, rng, principal, data=data, name=path.name, source=source, form=form, limits=limits
    )


def ingest_bytes(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    data: bytes,
    name: str,
    source: str,
    form: gp.Form | None = None,
    synthetic: bool = False,
    limits: Limits | None = None,
    published_at: datetime | None = None,
) -> SourceFile:
    """Take a file as it was received; what cannot be read at all is recorded as refused.

    `published_at`: when its source says that it was last changed.
    """
    sha256 = digest(data)
    taking = Taking(
        session, clock, rng, principal, name, source, synthetic, limits or Limits(), sha256, published_at=published_at
    )
    try:
        text = unpack(data)
    except HubError as error:
        return taking.refuse(error.code, error.params)
    return taking.take(text, form)


def ingest_text(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    text: str,
    name: str,
    source: str,
    form: gp.Form | None = None,
    synthetic: bool = False,
    limits: Limits | None = None,
) -> SourceFile:
    """Take the sets of `text` into the catalogue; look at `.refused`, or call `require_taken`, after the commit."""
    sha256 = digest(text.encode("utf-8", "surrogatepass"))
    taking = Taking(session, clock, rng, principal, name, source, synthetic, limits or Limits(), sha256)
    return taking.take(text, form)


def require_taken(file: SourceFile) -> SourceFile:
    """The file, or Invalid with the reason for which it was refused; call it after the commit."""
    if file.refused:
        raise Invalid(file.refusal_code, **file.refusal)
    return file


def digest(data: bytes) -> str:
    """SHA-256 of a file as it was received."""
    return hashlib.sha256(data).hexdigest()


@dataclass(slots=True)
class Taking:
    """One file on its way in."""

    session: Session
    clock: Clock
    rng: Rng
    principal: Principal
    name: str
    source: str
    synthetic: bool
    limits: Limits
    sha256: str
    published_at: datetime | None = None
    departure: Departure = plausibility.departure_km

    def refuse(self, code: str, params: Mapping[str, object], **counts: Any) -> SourceFile:
        file = self.begin(refused=True, refusal_code=code, refusal=_plain(params), **counts)
        self.finish(file)
        return file

    def take(self, text: str, form: gp.Form | None) -> SourceFile:
        now = self.clock.now()
        try:
            read = gp.read_text(text, form=form, now=now)
        except HubError as error:
            return self.refuse(error.code, error.params)
        offered, bad = len(read.accepted) + len(read.rejected), len(read.rejected)
        reasons = dict(Counter(rejected.code for rejected in read.rejected))
        counts = {
            "form": str(read.form),
            "offered": offered,
            "quarantined": bad,
            "withheld": offered - bad,
            "reasons": reasons,
        }
        if offered == 0:
            return self.refuse("ingest.no_sets", {}, **counts)
        ceiling = self.limits.ceiling
        above = [line for line in read.accepted if labels.above(_LEVEL[line.elements.classification], ceiling)]
        if above:
            # A spill: nothing of such a file is kept, not even as quarantined text.
            return self.refuse(
                "ingest.above_ceiling",
                {"count": len(above), "line": above[0].line_number, "ceiling": ceiling},
                **counts,
            )
        if bad > self.limits.bad_share * offered:
            return self.refuse(
                "ingest.too_many_bad",
                {"bad": bad, "offered": offered, "limit_percent": round(100.0 * self.limits.bad_share, 1)},
                **counts,
            )
        db.exclusive(self.session, db.Turn.ELEMENT_SETS)
        if self.synthetic and self._real_catalogue():
            return self.refuse("ingest.synthetic_beside_real", {}, **counts)
        file = self.begin(form=str(read.form), offered=offered, quarantined=bad, reasons=reasons)
        if not self.synthetic:
            self._retire_synthetic(now)
        Admission(self.session, self.rng, file, self.limits.departure_km, self.departure).admit(read.accepted, now)
        self.set_aside(file, read.rejected, now)
        self.finish(file)
        return file

    def begin(self, **values: Any) -> SourceFile:
        return SourceFile(
            id=self.rng.scope(self.principal.organisation_id, "source_file").id("src"),
            source=self.source,
            name=self.name[:300],
            sha256=self.sha256,
            received_at=self.clock.now(),
            published_at=self.published_at,
            organisation_id=self.principal.organisation_id,
            synthetic=self.synthetic,
            marking_id=markings.public(self.session),
            **values,
        )

    def finish(self, file: SourceFile) -> None:
        self.session.add(file)
        self.session.flush()
        summary = {
            "source_file_id": file.id,
            "source": file.source,
            "name": file.name,
            "sha256": file.sha256,
            "synthetic": file.synthetic,
            "refused": file.refused,
            "refusal_code": file.refusal_code,
            "offered": file.offered,
            "accepted": file.accepted,
            "unchanged": file.unchanged,
            "quarantined": file.quarantined,
            "withheld": file.withheld,
            "new_objects": file.new_objects,
            "departing": file.departing,
            "forward_dated": file.forward_dated,
        }
        log.append(self.session, self.clock, "ingest.finished", file.id, summary, file.marking_id)
        action = "ingest.refused" if file.refused else "ingest.taken"
        audit.record(self.session, self.clock, self.principal, action, file.id, **summary)

    def _real_catalogue(self) -> bool:
        real = select(ElementSetRow.id).where(col(ElementSetRow.is_current), ~col(ElementSetRow.synthetic))
        return self.session.exec(real.limit(1)).first() is not None

    def _retire_synthetic(self, now: datetime) -> None:
        """Real sets end a synthetic catalogue: the two are never screened together."""
        current = update(ElementSetRow).where(col(ElementSetRow.synthetic), col(ElementSetRow.is_current))
        self.session.execute(current.values(is_current=False).execution_options(synchronize_session=False))
        synthetic = select(SpaceObject.id).where(col(SpaceObject.synthetic))
        in_force = update(Designation).where(
            col(Designation.valid_to).is_(None), col(Designation.object_id).in_(synthetic)
        )
        self.session.execute(in_force.values(valid_to=now).execution_options(synchronize_session=False))

    def set_aside(self, file: SourceFile, rejected: Sequence[gp.Rejected], now: datetime) -> None:
        ids = self.rng.scope("hub", "quarantined_set")
        rows = [
            {
                "id": ids.id("qrn"),
                "source_file_id": file.id,
                "line": bad.line_number,
                "code": bad.code,
                "params": _plain(bad.params),
                "raw": bad.raw,
                "received_at": now,
            }
            for bad in rejected
        ]
        if rows:
            self.session.execute(insert(QuarantinedSet), rows)


def _plain(params: Mapping[str, object]) -> dict[str, object]:
    """Parameters as JSON values that both databases keep."""
    return {
        name: value if isinstance(value, int | float) else gp_fields.storable(str(value))
        for name, value in params.items()
    }
