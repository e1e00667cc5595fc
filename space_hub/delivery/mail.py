"""Letters that wait to be sent, one row each, and the two ways out of the house.

A letter is written in the transaction that causes it and sent afterwards, so
that none is sent for what was rolled back and none is lost after a commit. A
sender claims a row, sends with nothing open towards the database, and records
the end: at least once, and a letter that may hold a code loses its parameters
as soon as it is sent or given up. Without a mail server the letters become
`.eml` files in a folder, which any mail program opens.
"""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy import CheckConstraint, delete, update
from sqlmodel import Field, Session, SQLModel, col, select

from space_hub.clock import Clock
from space_hub.db import JSON_TYPE, Database, one_of
from space_hub.delivery import retry
from space_hub.delivery.retry import Policy
from space_hub.errors import Invalid
from space_hub.rng import Rng
from space_hub.settings import Settings
from space_hub.text import say

POLICY = Policy(delays_s=retry.DEFAULT.delays_s[:7])
"""Eight tries over two hours: a letter that comes later than that is no use to who waits for a code."""

_CLAIM = timedelta(minutes=5)
"""How long a claimed letter is left to its sender; longer than a server may take."""

_SMTP_S = 20.0

logger = structlog.get_logger()


class Mail(SQLModel, table=True):
    __tablename__ = "mail"
    __table_args__ = (
        one_of("state", "waiting", "sent", "dead"),
        CheckConstraint("mode = 'real'", name="no_exercise"),
    )

    id: str = Field(primary_key=True)
    to_address: str = Field(max_length=320)
    language: str = Field(max_length=2)
    template: str = Field(max_length=60)
    params: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """Of the sentences; None once the letter is sent or given up, because they may hold a code."""
    subject_ref: str = Field(max_length=80, index=True)
    """Id of what the letter is about."""
    state: str = Field(max_length=10)
    attempts: int = 0
    due_at_wall: datetime = Field(index=True)
    sent_at_wall: datetime | None = None
    error: str | None = Field(default=None, max_length=200)
    created_at: datetime
    mode: str = Field(max_length=40)
    """Real: no exercise writes to anybody."""


def queue(
    session: Session,
    clock: Clock,
    rng: Rng,
    *,
    to: str,
    template: str,
    params: dict[str, Any],
    language: str,
    about: str,
    mode: str,
) -> Mail:
    """Write a letter in the caller's transaction. Its sentences are `mail.<template>.subject` and `.body`."""
    say(f"mail.{template}.subject", language, **params)
    say(f"mail.{template}.body", language, **params)
    row = Mail(
        id=rng.scope("hub", "mail").id("mal"),
        to_address=to,
        language=language,
        template=template,
        params=params,
        subject_ref=about,
        state="waiting",
        due_at_wall=clock.wall(),
        created_at=clock.now(),
        mode=mode,
    )
    session.add(row)
    return row


def waiting(session: Session, about: str) -> Sequence[Mail]:
    """The letters about something that have not been sent yet, oldest first."""
    rows = select(Mail).where(Mail.subject_ref == about, Mail.state == "waiting")
    return session.exec(rows.order_by(col(Mail.due_at_wall), col(Mail.id))).all()


def prune(session: Session, clock: Clock, *, keep: timedelta) -> int:
    """Delete the letters that were sent or given up longer than `keep` ago; how many."""
    over = delete(Mail).where(col(Mail.state) != "waiting", col(Mail.due_at_wall) <= clock.wall() - keep)
    return session.connection().execute(over).rowcount


def language_for(nation: str) -> str:
    """The language of letters to somebody of whom only the nation is known."""
    return "fr" if nation in {"FR", "LU", "MC"} else "en"


class Refused(Exception):
    """The server will never take this letter."""


class Sink(Protocol):
    """One way out of the house."""

    def send(self, mail_id: str, message: EmailMessage) -> None:
        """Hand one letter over; Refused when it is useless to try again, OSError or SMTPException when it is not."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Letters as files, for an installation without a mail server."""

    path: Path

    def send(self, mail_id: str, message: EmailMessage) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self.path / f".{mail_id}"
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(message.as_bytes())
        unfinished.replace(self.path / f"{mail_id}.eml")


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server: `smtps://` speaks TLS from the start, `smtp://` as soon as the server offers it."""

    url: str

    def send(self, mail_id: str, message: EmailMessage) -> None:
        parts = urlsplit(self.url)
        secure = ssl.create_default_context()
        host = parts.hostname or ""
        server: smtplib.SMTP
        if parts.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=_SMTP_S, context=secure)
        else:
            server = smtplib.SMTP(host, parts.port or 25, timeout=_SMTP_S)
        with server:
            if parts.scheme == "smtp":
                server.ehlo()
                if server.has_extn("starttls"):
                    server.starttls(context=secure)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            try:
                server.send_message(message)
            except smtplib.SMTPRecipientsRefused as error:
                if all(code >= 500 for code, _ in error.recipients.values()):
                    raise Refused(str(next(iter(error.recipients.values()))[0])) from error
                raise


def sink_of(settings: Settings) -> Sink:
    """The way out that the settings name."""
    if not settings.mail_url:
        return Folder(settings.data / "mail")
    if urlsplit(settings.mail_url).scheme not in {"smtp", "smtps"} or not urlsplit(settings.mail_url).hostname:
        raise Invalid("mail.url_wrong", given=settings.mail_url.split("@")[-1])
    return Smtp(settings.mail_url)


def send_due(
    database: Database, clock: Clock, rng: Rng, settings: Settings, limit: int = 50, sink: Sink | None = None
) -> int:
    """Send the letters that are due, one after the other; how many went out. Opens no transaction while it sends."""
    with database.read() as session:
        due = select(Mail.id).where(Mail.state == "waiting", col(Mail.due_at_wall) <= clock.wall())
        ids = session.exec(due.order_by(col(Mail.due_at_wall), col(Mail.id)).limit(limit)).all()
    out = sink or sink_of(settings)
    return sum(_send_one(database, clock, rng, settings, out, mail_id) for mail_id in ids)


def _send_one(database: Database, clock: Clock, rng: Rng, settings: Settings, out: Sink, mail_id: str) -> bool:
    with database.write() as session:
        row = _claim(session, clock, mail_id)
        if row is None:
            return False  # Another sender has it, or it is over.
        attempt = row.attempts
    error, final = "", False
    try:
        out.send(mail_id, _message(row, settings.mail_from))
    except Refused as refused:
        error, final = f"refused with {refused}", True
    except (KeyError, ValueError) as unwritable:
        # An address that no header holds, or a letter of a version whose sentences are gone: never better.
        error, final = f"{type(unwritable).__name__}: {unwritable}", True
    except (OSError, smtplib.SMTPException) as failed:
        error = f"{type(failed).__name__}: {failed}"
        logger.warning("letter not sent", mail=mail_id, attempt=attempt, error=error)
    with database.write() as session:
        _record(session, clock, rng, mail_id, attempt, error, final)
    return not error


def _claim(session: Session, clock: Clock, mail_id: str) -> Mail | None:
    """Take a letter that is due: it is due again, for whoever comes, when its sender must have died."""
    taken = (
        update(Mail)
        .where(col(Mail.id) == mail_id, col(Mail.state) == "waiting", col(Mail.due_at_wall) <= clock.wall())
        .values(attempts=Mail.attempts + 1, due_at_wall=clock.wall() + _CLAIM)
    )
    if session.connection().execute(taken).rowcount != 1:
        return None
    return session.get_one(Mail, mail_id)


def _record(session: Session, clock: Clock, rng: Rng, mail_id: str, attempt: int, error: str, final: bool) -> None:
    row = session.exec(select(Mail).where(Mail.id == mail_id).with_for_update()).one()
    if row.state != "waiting" or row.attempts != attempt:
        return  # Our claim was over and another sender has answered for the letter.
    if not error:
        row.state, row.sent_at_wall, row.params, row.error = "sent", clock.wall(), None, None
    else:
        pause = None if final else retry.delay(POLICY, attempt, rng.scope("hub", "mail_jitter").uniform())
        row.error = error[:200]
        if pause is None:
            row.state, row.params = "dead", None
        else:
            row.due_at_wall = clock.wall() + pause
    session.add(row)


def _message(row: Mail, sender: str) -> EmailMessage:
    params = row.params or {}
    message = EmailMessage()
    message["From"] = sender
    message["To"] = row.to_address
    message["Subject"] = " ".join(say(f"mail.{row.template}.subject", row.language, **params).split())
    message["Date"] = format_datetime(row.created_at)
    message["Message-ID"] = f"<{row.id}@space-hub>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(say(f"mail.{row.template}.body", row.language, **params) + "\n")
    message["Content-Language"] = row.language
    return message
