"""One competition with many quotes, through the API: what it gives away to whoever takes everything, step by step."""

import json
import sys
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from catalog.competition import opening, quotes, sealing
from catalog.competition.quotes import Quote
from catalog.competition.sealing import Envelope
from jobs import runner
from jobs.proofs import competing
from jobs.proofs.competing import CRITERIA
from space_hub.errors import HubError
from space_hub.trust import audit
from space_hub.trust.audit import AuditEntry
from tests.support.competing import DECIDED, Competing, begun, good
from tests.support.demand import settle
from tests.support.hub import Hub
from tests.unit.competition import second_sealer

from . import attack, sabotage, taken
from .taken import Taken

AT_ONCE = 20
"""Requests to open, all at the same moment."""

EXPECTED = {
    "early_release": "competition.not_due",
    "early_envelopes": "competition.not_due",
    "release_to_oneself": "competition.opener_twice",
    "release_in_clear": "opener.release_not_sealed",
    "opener_twice": "competition.opener_twice",
    "moved_by_its_supplier": "quote.of_another_notice",
    "moved_in_the_database": "quote.share_of_another_quote",
    "moved_and_read": "quote.unreadable",
    "quote_in_clear": "request.invalid",
    "garbled_share": "quote.share_unreadable",
    "second_key": "quote.key_not_committed",
    "second_opening": "competition.already_opened",
}


@dataclass
class Campaign:
    """`quotes` honest ones, one of them with a garbled share, and one more that two pairs would open to two texts."""

    hub: Hub
    folder: Path
    quotes: int
    prices: int
    sabotage: str = ""
    scene: Competing = field(init=False)
    quoted: list[Quote] = field(init=False, default_factory=list)
    envelopes: list[Envelope] = field(init=False, default_factory=list)
    words: list[str] = field(init=False, default_factory=list)
    looks: dict[str, int] = field(init=False, default_factory=dict)
    """By moment and key: how many quotes could be opened, confirmed or read. All are to be 0."""
    codes: dict[str, str] = field(init=False, default_factory=dict)
    searched: dict[str, int] = field(init=False, default_factory=dict)

    def run(self) -> dict[str, Any]:
        with _logged(self.folder), sabotage.done(self.sabotage, self.hub):
            self.scene = begun(self.hub, self.quotes + 1)
            self._send()
            settle(self.hub)
            runner.seal(self.hub.database)
            with self.hub.database.read() as session:
                kept = audit.head(session)
            self._look("before", 0, 1, 2)
            self._too_early()
            self.scene.due()
            self._release(0, 1)
            self._look("released", 0, 2)
            self._release(1, 0)
            self._look("both_released", 2)
            if any(self.looks.values()):
                return self._figures({})
            return self._figures(self._open(kept))

    def _send(self) -> None:
        """Half of the suppliers seal with the product, half with the second implementation."""
        for number in range(self.quotes + 1):
            price, note = 10_000 + number * 7919 % 90_000, f"canary-{number:04d}-{'kestrel' * 2}"
            self.quoted.append(quotes.read(competing.quote(str(price), note), CRITERIA))
            self.words += [note, f'"value":"{price}","']
            supplier, invitation = self.scene.supplier(number), self.scene.invitation(number)
            if self.sabotage == "clear_route":
                plain = self.quoted[-1].plain
                path = f"/v1/invitations/{invitation}/clear"
                headers = supplier.headers() | {"Idempotency-Key": invitation}
                assert self.hub.client.post(path, headers=headers, content=plain).status_code == 201
                continue
            envelope = self._envelope(number, invitation)
            self.envelopes.append(sealing.from_json(envelope))
            good(supplier.put(f"/v1/invitations/{invitation}/quote", envelope))
            if number == 0:
                mistaken = supplier.put(f"/v1/invitations/{invitation}/quote", dict(self.quoted[0].content))
                self.codes["quote_in_clear"] = mistaken.json()["code"]
        if self.sabotage == "clear_route":
            self.envelopes = [sealing.from_json(json.loads(raw)) for raw in self._kept_envelopes()]

    def _envelope(self, number: int, invitation: str) -> dict[str, Any]:
        read, plain = self.scene.notice, self.quoted[number].plain
        if self.sabotage == "both_shares":
            return sabotage.for_the_first(read, invitation, plain, 1)
        to = [(each.id, each.public_key) for each in read.openers]
        if 0 < number < self.quotes and number % 2:
            return second_sealer.seal(read.sha256, invitation, 1, plain, to)
        made = sealing.seal(read.sha256, invitation, 1, plain, to)
        shares = dict(made.shares)
        if number == 0:
            shares[0, 1] = (shares[0, 1][0], bytes(len(shares[0, 1][1])))
        elif number == self.quotes:
            shares[0, 2] = sealing.seal(read.sha256, invitation, 1, b"another", to).shares[0, 2]
        return sealing.to_json(replace(made, shares=shares))

    def _kept_envelopes(self) -> list[str]:
        with self.hub.database.read() as session:
            rows = session.execute(text("SELECT envelope FROM sealed_quote ORDER BY id")).all()
        return [each if isinstance(each, str) else json.dumps(each) for (each,) in rows]

    def _look(self, moment: str, *places: int) -> None:
        """What lies there says nothing: without a key, and with each of these openers' private keys."""
        lies = Taken(taken.everything(self.hub.database, self.folder, self.hub.settings))
        publics = {each.public for each in self.scene.field.people}
        self.searched = {
            "places": len(lies.places),
            "bytes": sum(map(len, lies.places.values())),
            "values": len(lies.values),
        }
        self.looks[f"{moment}_read"] = len(attack.read(self.words, lies))
        self.looks[f"{moment}_confirmed"] = attack.confirmed(self.quoted, lies, self.prices)
        self.looks[f"{moment}_opened_without_a_key"] = len(attack.opened(self.envelopes, lies, publics, ()))
        for place in places:
            private = self.scene.person(place).private
            found = attack.opened(self.envelopes, lies, publics, (private,))
            self.looks[f"{moment}_opened_with_key_{place + 1}"] = len(found)

    def _too_early(self) -> None:
        one, other = self.scene.person(0), self.scene.person(1)
        given = [sealing.to_json(each) for each in self.envelopes]
        late = self.scene.notice.quotes_until
        made = opening.release(self.scene.notice, given, one.private, other.public, late).release
        self.scene.wait(late - self.hub.clock.now() - timedelta(microseconds=1))
        self.codes["early_envelopes"] = _code(self.scene.opener(0).get(f"{self.scene.path}/envelopes"))
        self.codes["early_release"] = _code(self.scene.opener(0).post(f"{self.scene.path}/releases", made))

    def _release(self, first: int, second: int) -> None:
        one, other = self.scene.person(first), self.scene.person(second)
        path = f"{self.scene.path}/releases"
        given = good(self.scene.opener(first).get(f"{self.scene.path}/envelopes"))["envelopes"]
        readable = [each for each in given if self._takes_out(each, first, second)]
        in_clear = sabotage.bare(self.scene.notice, readable, one, other)
        if self.sabotage == "bare_release":
            with sabotage.not_looked_at():
                good(self.scene.opener(first).post(path, in_clear))
            return
        self.codes["release_in_clear"] = _code(self.scene.opener(first).post(path, in_clear))
        to_itself = {**self.scene.release(first, second), "to": one.opener_id}
        self.codes["release_to_oneself"] = _code(self.scene.opener(first).post(path, to_itself))
        self.scene.released(first, second)

    def _takes_out(self, envelope: Any, first: int, second: int) -> bool:
        one, other = self.scene.person(first), self.scene.person(second)
        try:
            read = sealing.from_json(envelope)
            sealing.release(read, one.opener_id, one.private, other.opener_id, other.public)
        except HubError:
            return False
        return True

    def _open(self, kept: audit.Head) -> dict[str, Any]:
        """The pair that cannot open one quote gives way to another; then all at once, by many requests, one time."""
        unread = self.scene.keys(1)["unreadable"]
        self.codes["garbled_share"] = unread[0]["code"]
        self.scene.released(0, 2)
        body = self.scene.keys(2)
        self.codes["second_key"] = body["unreadable"][0]["code"]
        twice = {**body, "first_opener_id": self.scene.person(2).opener_id}
        self.codes["opener_twice"] = _code(self.scene.opener(2).post(f"{self.scene.path}/opening", twice))
        self._move(body)
        opener = self.scene.opener(2)

        def ask(number: int) -> int:
            return opener.post(f"{self.scene.path}/opening", body, key=f"open-{number}").status_code

        with ThreadPoolExecutor(AT_ONCE) as many:
            statuses = sorted(many.map(ask, range(AT_ONCE)))
        again = self.scene.opener(1).post(f"{self.scene.path}/opening", {**self.scene_body(1), "unreadable": unread})
        self.codes["second_opening"] = _code(again)
        read = good(self.scene.lead.get(f"{self.scene.path}/quotes"))["items"]
        said = {each["invitation_id"]: each["quote"] for each in read if each["quote"] is not None}
        true = {self.scene.invitation(number): self.quoted[number].content for number in range(self.quotes)}
        lies = Taken(taken.everything(self.hub.database, self.folder, self.hub.settings))
        runner.seal(self.hub.database)
        people = [self.scene.person(place) for place in (0, 2)]
        with self.hub.database.read() as session:
            faults = audit.faults(session, kept)
            [entry] = session.exec(select(AuditEntry).where(AuditEntry.action == "competition.open")).all()
        return {
            "opened": len(said),
            "opened_as_sealed": said == json.loads(json.dumps(true)),
            "answers_to_20_openings_at_once": f"{statuses.count(201)} x 201, {statuses.count(409)} x 409",
            "second_row_refused": self._second_row_refused(),
            "seen_after_the_opening": len(attack.read(self.words, lies)),
            "audit_faults": len(faults),
            "audit_names_both": [entry.detail["first_person"], entry.detail["second_person"]]
            == [each.name for each in people],
        }

    def scene_body(self, second: int) -> dict[str, Any]:
        """Something well formed for a second opening: no keys are handed out any more."""
        return {"first_opener_id": self.scene.person(1 - second).opener_id, "keys": [], "decided_by": DECIDED}

    def _move(self, body: dict[str, Any]) -> None:
        """An envelope in another competition: refused on its way in, and useless where somebody puts it in."""
        with self.hub.database.write() as session:
            other = competing.published(session, self.hub.clock, self.hub.rng, self.scene.field)
        elsewhere = Competing(self.hub, self.scene.field, other)
        mine = self.envelopes[1]
        sent = self.scene.supplier(1).put(f"/v1/invitations/{elsewhere.invitation(1)}/quote", sealing.to_json(mine))
        self.codes["moved_by_its_supplier"] = _code(sent)
        moved = replace(mine, notice_sha256=elsewhere.notice.sha256, invitation_id=elsewhere.invitation(1))
        one, second = self.scene.person(0), self.scene.person(2)
        try:
            sealing.release(moved, one.opener_id, one.private, second.opener_id, second.public)
        except HubError as error:
            self.codes["moved_in_the_database"] = error.code
        key = next(each["key"] for each in body["keys"] if each["envelope"] == opening.envelope_sha256(mine))
        try:
            sealing.unseal(moved, b64decode(key))
        except HubError as error:
            self.codes["moved_and_read"] = error.code

    def _second_row_refused(self) -> bool:
        """The database itself lets no competition be opened twice."""
        try:
            with self.hub.database.engine.begin() as connection:
                connection.execute(text("INSERT INTO competition_opening SELECT * FROM competition_opening"))
        except IntegrityError:
            return True
        return False

    def _figures(self, ended: dict[str, Any]) -> dict[str, Any]:
        right = ended and all(
            (
                ended["opened"] == self.quotes,
                ended["opened_as_sealed"],
                ended["answers_to_20_openings_at_once"] == f"1 x 201, {AT_ONCE - 1} x 409",
                ended["second_row_refused"],
                ended["seen_after_the_opening"] > 0,
                ended["audit_faults"] == 0,
                ended["audit_names_both"],
            )
        )
        refused = {name: code for name, code in self.codes.items() if code != EXPECTED[name]}
        missing = sorted(set(EXPECTED) - set(self.codes))
        return {
            "quotes": self.quotes,
            **{f"{name}_searched": count for name, count in self.searched.items()},
            **self.looks,
            **ended,
            "refused_by_code": len(self.codes) - len(refused),
            "not_refused": refused or missing or "none",
            "holds": bool(right) and not any(self.looks.values()) and not refused and not missing,
        }


@contextmanager
def _logged(folder: Path) -> Iterator[None]:
    """What the hub logs lies in the folder, as it does in an installation."""
    before = structlog.get_config() if structlog.is_configured() else None
    with (folder / "hub.log").open("a") as file:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(file))
        try:
            yield
        finally:
            factory = structlog.PrintLoggerFactory(sys.stderr) if before is None else before["logger_factory"]
            structlog.configure(logger_factory=factory)


def _code(answer: Any) -> str:
    return str(answer.json().get("code", answer.status_code))
