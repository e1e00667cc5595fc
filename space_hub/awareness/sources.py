"""The door to CelesTrak, kept by its rules, and the sample for places without it.

One download per update of the data, that is per two hours; on any answer but 200
the circuit opens and stays open until a person closes it, for repeated requests
end in the firewall. The budget is a row, spent before the call, so that no crash,
restart or clock that jumps back can call twice. A connection that fails is no
answer: it costs the budget of its two hours and nothing else.

Facts of the source (usage policy of 2026-05-22): the only host is
https://celestrak.org; "No GP data found" arrives as a plain body with status 200.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import httpx
import structlog
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from space_hub.awareness import catalogue
from space_hub.awareness.ingest import MAX_BYTES, Limits, ingest_bytes, ingest_text
from space_hub.awareness.tables import SourceCall, SourceFile
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.errors import Conflict, NotFound
from space_hub.orbit.gp_fields import storable
from space_hub.orbit.sample import sample_catalogue, to_omm_csv
from space_hub.rng import Rng
from space_hub.text import Word
from space_hub.trust import audit
from space_hub.trust.principal import Principal

CELESTRAK = "celestrak"
HOST = "https://celestrak.org"
PATH = "/NORAD/elements/gp.php"
INTERVAL = timedelta(hours=2)

_PLAIN = ("text/csv", "text/plain", "application/csv", "application/octet-stream")
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source said."""

    status: int
    content_type: str
    body: bytes
    too_large: bool = False


class Unreachable(Exception):
    """No answer came: no route, no name, a time-out, a broken connection."""


class GpSource(Protocol):
    """A place that gives the whole catalogue as OMM CSV."""

    def fetch(self, group: str) -> Answer:
        """One request; raises Unreachable."""


@dataclass(frozen=True, slots=True)
class CelesTrak:
    """The real one. `transport` is for tests; without it httpx connects, without proxies or redirects."""

    transport: httpx.BaseTransport | None = None

    def fetch(self, group: str) -> Answer:
        with httpx.Client(
            base_url=HOST, timeout=_TIMEOUT, trust_env=False, follow_redirects=False, transport=self.transport
        ) as client:
            try:
                with client.stream("GET", PATH, params={"GROUP": group, "FORMAT": "csv"}) as response:
                    body = bytearray()
                    for part in response.iter_bytes():
                        body += part
                        if len(body) > MAX_BYTES:
                            break
                    kind = response.headers.get("content-type", "")
                    return Answer(response.status_code, kind, bytes(body), len(body) > MAX_BYTES)
            except httpx.HTTPError as error:
                raise Unreachable(type(error).__name__) from error


@dataclass(slots=True)
class RecordedSource:
    """A source that gives recorded answers in turn, None for no connection: for demonstrations and tests.

    After the last answer nothing can be reached. `asked` counts the requests.
    """

    answers: list[Answer | None] = field(default_factory=list)
    asked: int = 0

    def fetch(self, group: str) -> Answer:
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else None
        if answer is None:
            raise Unreachable("RecordedSource")
        return answer


class Outcome(Word, of="source_outcome"):
    """How an attempt to refresh ended; the codes `source.outcome.*` say it to people."""

    SPENT = "spent"
    TAKEN = "taken"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"
    RELEASED = "released"
    TOO_SOON = "too_soon"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Refreshed:
    outcome: Outcome
    file: SourceFile | None = None


def refresh(
    database: Database,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    source: GpSource,
    *,
    group: str = "active",
    limits: Limits | None = None,
) -> Refreshed:
    """Ask CelesTrak once, if its rules allow it now, and take the answer into the catalogue.

    Nothing is raised for what the source does wrong: the outcome says it, the row of
    the call keeps it, the log tells a person.
    """
    number = _spend(database, clock)
    if isinstance(number, Outcome):
        return Refreshed(number)
    try:
        answer = source.fetch(group)
    except Unreachable as error:
        _settle(database, clock, principal, number, Outcome.UNREACHABLE, "source.unreachable", {"reason": str(error)})
        return Refreshed(Outcome.UNREACHABLE)
    fault = _fault(answer)
    if fault is not None:
        code, params = fault
        _settle(database, clock, principal, number, Outcome.STOPPED, code, params)
        logger.error("source stopped", source=CELESTRAK, code=code, **params)
        return Refreshed(Outcome.STOPPED)
    with database.write() as session:
        file = ingest_bytes(
            session,
            clock,
            rng,
            principal,
            data=answer.body,
            name=f"{group}.csv",
            source=CELESTRAK,
            form="csv",
            limits=limits,
        )
        outcome = Outcome.REFUSED if file.refused else Outcome.TAKEN
        call = session.get_one(SourceCall, (CELESTRAK, number))
        call.outcome, call.source_file_id = outcome.value, file.id
        call.code, call.params = file.refusal_code, file.refusal
        session.add(call)
    if file.refused:
        logger.error("source file refused", source=CELESTRAK, code=file.refusal_code, file=file.id)
    return Refreshed(outcome, file)


def fetch_or_sample(
    database: Database,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    source: GpSource,
    *,
    group: str = "active",
    seed: int = 1,
    limits: Limits | None = None,
) -> Refreshed:
    """A catalogue to begin with: CelesTrak where it answers, else, and only into an empty catalogue, the sample."""
    refreshed = refresh(database, clock, rng, principal, source, group=group, limits=limits)
    if refreshed.outcome is Outcome.TAKEN:
        return refreshed
    with database.write() as session:
        if not catalogue.is_empty(session):
            return refreshed
        return Refreshed(Outcome.SAMPLE, ingest_sample(session, clock, rng, principal, seed=seed))


def ingest_sample(session: Session, clock: Clock, rng: Rng, principal: Principal, *, seed: int = 1) -> SourceFile:
    """The generated catalogue at the hub's time; every row that comes of it is marked synthetic."""
    text = to_omm_csv(sample_catalogue(clock.now(), seed))
    return ingest_text(
        session, clock, rng, principal, text=text, name=f"sample-{seed}.csv", source="sample", synthetic=True
    )


def release(session: Session, clock: Clock, principal: Principal) -> SourceCall:
    """A person has looked and closes the circuit; the two hours still count. Raises when it is not open."""
    last = last_call(session)
    if last is None:
        raise NotFound("source.never_called", source=CELESTRAK)
    if last.outcome != Outcome.STOPPED.value:
        raise Conflict("source.not_stopped", source=CELESTRAK, outcome=Outcome(last.outcome))
    last.outcome = Outcome.RELEASED.value
    session.add(last)
    audit.record(session, clock, principal, "source.release", CELESTRAK, call=last.number)
    return last


def last_call(session: Session, source: str = CELESTRAK) -> SourceCall | None:
    return session.exec(
        select(SourceCall).where(SourceCall.source == source).order_by(col(SourceCall.number).desc()).limit(1)
    ).first()


def calls(session: Session, limit: int = 100) -> Iterable[SourceCall]:
    """The latest calls, newest first: what an operator looks at."""
    return session.exec(select(SourceCall).order_by(col(SourceCall.spent_at_wall).desc()).limit(limit)).all()


def _spend(database: Database, clock: Clock) -> int | Outcome:
    """The number of a call that may be made now, its budget row committed; or TOO_SOON, or STOPPED."""
    try:
        with database.write() as session:
            last = last_call(session)
            if last is not None:
                since = clock.wall() - last.spent_at_wall
                # A clock that has gone back gives a negative time: wait, rather than call twice.
                if last.outcome == Outcome.STOPPED.value:
                    return Outcome.STOPPED
                if since < INTERVAL:
                    return Outcome.TOO_SOON
            number = 1 if last is None else last.number + 1
            session.add(
                SourceCall(
                    source=CELESTRAK, number=number, spent_at_wall=clock.wall(), outcome=Outcome.SPENT.value, params={}
                )
            )
    except IntegrityError:
        # Another scheduler has spent the same number in this moment: the call is theirs.
        return Outcome.TOO_SOON
    return number


def _settle(
    database: Database,
    clock: Clock,
    principal: Principal,
    number: int,
    outcome: Outcome,
    code: str,
    params: dict[str, object],
) -> None:
    with database.write() as session:
        call = session.get_one(SourceCall, (CELESTRAK, number))
        call.outcome, call.code, call.params = outcome.value, code, params
        session.add(call)
        audit.record(session, clock, principal, f"source.{outcome.value}", CELESTRAK, call=number, code=code, **params)


def _fault(answer: Answer) -> tuple[str, dict[str, object]] | None:
    """Why this answer must stop us, or None. The content itself is judged by the reader."""
    if answer.status != 200:
        return "source.stopped_status", {
            "status": answer.status,
            "said": storable(answer.body[:300].decode("utf-8", "replace")),
        }
    kind = answer.content_type.split(";")[0].strip().lower()
    if kind not in _PLAIN:
        return "source.stopped_content_type", {"content_type": kind or "-"}
    if answer.too_large:
        return "source.stopped_too_large", {"limit_mib": MAX_BYTES // (1024 * 1024)}
    return None
