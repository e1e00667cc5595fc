"""What `up` puts into an installation: a catalogue, the demonstration, the first screening.

Each step looks first whether it is done, so that a start that was cut off is
taken up by the next one.
"""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from space_hub.cli import options
from space_hub.cli.house import House
from space_hub.cli.speak import Voice, sentence
from space_hub.errors import Conflict, HubError, Invalid, NotFound

if TYPE_CHECKING:
    from space_hub.awareness.tables import Run, SourceFile
    from space_hub.work.tables import Work

_MOST_SET_ASIDE = 10
"""Bad sets that a person is shown; all of them are kept."""


def load_catalogue(house: House, file: Path | None, voice: Voice) -> "SourceFile | None":
    """Take in `file`, or begin an empty catalogue; the source file that was taken, None when nothing was to do."""
    if file is not None:
        return None if _known(house, file) else _told(house, take_file(house, file, voice), voice)
    from space_hub.awareness import catalogue

    with house.database.read() as session:
        if not catalogue.is_empty(session):
            return None
    return _told(house, _begin_catalogue(house, voice), voice)


def take_file(house: House, file: Path, voice: Voice, *, source: str = "file") -> "SourceFile":
    """Ingest a file in one transaction; Invalid with the reason when it is refused."""
    from space_hub.awareness.ingest import Limits, ingest_file, require_taken
    from space_hub.trust.principal import HUB

    limits = Limits.of(house.settings)
    with voice.people.status(sentence("up.reading", name=file.name)):
        try:
            with house.database.write() as session:
                taken = ingest_file(session, house.clock, house.rng, HUB, path=file, source=source, limits=limits)
        except OSError as error:
            raise Invalid("cli.file_unreadable", path=str(file), reason=options.why(error)) from error
    return require_taken(taken)


def load_demonstration(house: House) -> bool:
    """Seed an installation that holds no organisation but the hub itself; whether that was so."""
    from sqlmodel import col, select

    from space_hub.db import Installation
    from space_hub.trust.principal import HUB_ID
    from space_hub.trust.tables import Organisation

    with house.database.read() as session:
        others = select(Organisation.id).where(col(Organisation.id) != HUB_ID).limit(1)
        if session.exec(others).first() is not None:
            return False
    from jobs.demo import seed

    with house.database.write() as session:
        secrets = seed.seed(session, house.clock, house.rng)
        installation = session.get_one(Installation, 1)
        installation.demonstration = True
        session.add(installation)
        # Before the commit: keys without a database are useless, a database without its keys is worse.
        seed.write_keys(secrets, house.keys_file)
    return True


def queue_first_screening(house: House) -> "Work":
    """The screening of the first day, queued once for each installation and content of the catalogue."""
    from space_hub.trust.principal import HUB
    from space_hub.work import ledger

    start = house.began if house.replayed else house.clock.now()
    with house.database.write() as session:

        def queue(slot: str | None) -> "Work":
            return ledger.start(
                session,
                house.clock,
                house.rng,
                kind="screen",
                params={"start": start.isoformat()},
                principal=HUB,
                slot=slot,
            )

        queued = queue(f"first:{_catalogue_state(session)}")
        # A slot that was spent in vain is not tried again: this start has a try of its own.
        return queue(None) if queued.state in {"failed", "cancelled"} else queued


def has_run(house: House) -> bool:
    """Whether a screening run has been published."""
    from sqlmodel import select

    from space_hub.awareness.tables import Run

    with house.database.read() as session:
        return session.exec(select(Run.id).limit(1)).first() is not None


def published_run(house: House) -> "Run":
    """The run published last; NotFound when there is none."""
    from space_hub.awareness.following import conjunctions

    with house.database.read() as session:
        found = conjunctions.latest_run(session)
    if found is None:
        raise NotFound("run.none_published")
    return found


def look_at(house: House, work_id: str) -> "Work":
    from space_hub.work.tables import Work

    with house.database.read() as session:
        return session.get_one(Work, work_id)


def failure_of(work: "Work") -> HubError:
    return Conflict(work.error_code or "work.fault", **(work.error_params or {"fault": work.state}))


def run_figures(run: "Run") -> dict[str, Any]:
    """What a person or a program wants to know of a run; offered = screened + excluded + unusable."""
    excluded, failed = sum(run.excluded.values()), sum(run.failed.values())
    return {
        "run_id": run.id,
        "window_start": run.window_start,
        "window_stop": run.window_stop,
        "threshold_m": run.threshold_m,
        "offered": run.offered,
        "screened": run.screened,
        "excluded": excluded,
        "unusable": run.offered - run.screened - excluded,
        "failed": failed,
        "encounters": run.encounters,
        "co_located": run.co_located,
        "synthetic": run.synthetic,
        "elapsed_s": round(run.elapsed_s, 1),
        "result_sha256": run.result_sha256,
    }


def tell_run(voice: Voice, run: "Run") -> None:
    hours = (run.window_stop - run.window_start) / timedelta(hours=1)
    figures = run_figures(run)
    voice.tell("up.run_published", hours=f"{hours:g}", threshold_km=f"{run.threshold_m / 1000:g}", **figures)
    if run.synthetic:
        voice.tell("awareness.synthetic_notice", style="bold yellow")
    voice.tell("awareness.triage_notice", style="dim")


def _known(house: House, file: Path) -> bool:
    """Whether this very file was taken before."""
    from sqlmodel import col, select

    from space_hub.awareness.tables import SourceFile

    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    taken = select(SourceFile.id).where(SourceFile.sha256 == digest, ~col(SourceFile.refused)).limit(1)
    with house.database.read() as session:
        return session.exec(taken).first() is not None


def _begin_catalogue(house: House, voice: Voice) -> "SourceFile":
    """CelesTrak where it can be reached and hub time is real time, else the sample."""
    from space_hub.awareness import sources
    from space_hub.awareness.upstream.budget import Outcome
    from space_hub.awareness.upstream.celestrak import HOST, CelesTrak
    from space_hub.trust.principal import HUB

    if house.replayed:
        # Today's sets would be wrong in a replayed day.
        voice.tell("up.no_catalogue_for_replay")
    else:
        with voice.people.status(sentence("up.fetching", host=HOST)):
            refreshed = sources.fetch_or_sample(house.database, house.clock, house.rng, HUB, CelesTrak())
        if refreshed.outcome is not Outcome.TAKEN:
            voice.tell("up.no_celestrak", why=_why_not(house))
        if refreshed.file is not None:
            return refreshed.file
    with house.database.write() as session:
        return sources.ingest_sample(session, house.clock, house.rng, HUB)


def _why_not(house: House) -> str:
    """What came of the last call to CelesTrak, in a sentence."""
    from space_hub.awareness.upstream import calls
    from space_hub.awareness.upstream.budget import Outcome
    from space_hub.awareness.upstream.celestrak import CELESTRAK, HOST

    with house.database.read() as session:
        last = calls.last_call(session, CELESTRAK)
    if last is None:
        return sentence("source.never_called", source=HOST)
    if last.code and last.outcome != Outcome.UNREACHABLE:
        return sentence(last.code, **last.params)
    return sentence(f"source.outcome.{last.outcome}")


def _told(house: House, taken: "SourceFile", voice: Voice) -> "SourceFile":
    tell_taken(house, taken, voice)
    return taken


def tell_taken(house: House, taken: "SourceFile", voice: Voice) -> None:
    """What came of a file: every set of it is in one of the counts, and the first bad ones are shown."""
    voice.tell(
        "up.catalogue_taken",
        name=taken.name,
        offered=taken.offered,
        accepted=taken.accepted,
        unchanged=taken.unchanged,
        quarantined=taken.quarantined,
    )
    if taken.quarantined:
        _show_set_aside(house, taken, voice)
    if taken.departing:
        voice.tell("up.departing", style="yellow", departing=taken.departing, km=f"{house.settings.departure_km:g}")
    if taken.synthetic:
        voice.tell("up.synthetic", style="bold yellow")


def _show_set_aside(house: House, taken: "SourceFile", voice: Voice) -> None:
    from sqlmodel import col, select

    from space_hub.awareness.tables import QuarantinedSet

    bad = select(QuarantinedSet).where(QuarantinedSet.source_file_id == taken.id)
    with house.database.read() as session:
        rows = session.exec(bad.order_by(col(QuarantinedSet.line)).limit(_MOST_SET_ASIDE)).all()
    voice.table(
        "cli.title.refused",
        ("cli.column.line", "cli.column.reason"),
        [[row.line, sentence(row.code, **row.params)] for row in rows],
    )
    if taken.quarantined > len(rows):
        voice.tell("up.more_set_aside", shown=len(rows), quarantined=taken.quarantined)


def _catalogue_state(session: Any) -> str:
    """The id of the newest file that was taken: what the catalogue is made of."""
    from sqlmodel import col, select

    from space_hub.awareness.tables import SourceFile

    newest = (
        select(SourceFile.id)
        .where(~col(SourceFile.refused))
        .order_by(col(SourceFile.received_at).desc(), col(SourceFile.id).desc())
    )
    return str(session.exec(newest.limit(1)).first())
