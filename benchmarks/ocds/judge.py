"""What was told of a life, held against the shared schema."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import col, select

from benchmarks.ocds.world import PREFIX, World
from catalog.ocds import releases
from catalog.ocds.occasions import ocid
from catalog.ocds.tables import OcdsRelease
from tests.support.ocds import wrong


@dataclass
class Tally:
    releases: int = 0
    processes: int = 0
    invalid: list[str] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    told_twice: int = 0
    names_leaked: int = 0
    tags: Counter[str] = field(default_factory=Counter)


def judge(world: World, shared: Path, found: Tally) -> None:
    """Tell the rest of a life, twice, and hold each release and both packages of each process against the schema."""
    session = world.session
    for process in sorted(world.processes):
        written = releases.write(session, PREFIX, process)
        found.set_aside += [f"{key}: {code}" for key, code in written.set_aside.items()]
        found.told_twice += releases.write(session, PREFIX, process).count
        rows = session.exec(
            select(OcdsRelease).where(OcdsRelease.ocid == ocid(PREFIX, process)).order_by(col(OcdsRelease.number))
        ).all()
        found.processes += 1
        found.releases += len(rows)
        found.tags.update(tag for row in rows for tag in row.body["tag"])
        package = releases.package(rows, "Space Hub", "https://hub.example/v1/ocds")
        record = releases.record(rows, "Space Hub", "https://hub.example/v1/ocds")
        for name, body in (("release-package", package), ("record-package", record)):
            found.invalid += [f"{process}: {each}" for each in wrong(shared, name, body)]
        found.invalid += [f"{process}: {each}" for row in rows for each in wrong(shared, "release", row.body)]
        if process.startswith("lot_"):
            text = str([row.body for row in rows])
            found.names_leaked += sum(each in text for each in world.refused - world.agreed)
