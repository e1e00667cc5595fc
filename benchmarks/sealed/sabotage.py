"""Ways to build it wrong, each of which the campaign has to see."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from fastapi import Request
from nacl import bindings
from sqlalchemy import text

from api.deps import Once
from api.policy import Router, scope
from catalog.competition import competitions, invitations, opening, quotes, sealing, states
from catalog.competition.notice import Notice
from catalog.competition.tables import Competition
from jobs.proofs.competing import Person
from space_hub.db import Database
from tests.support.hub import Hub
from tests.unit.competition import second_sealer

NAMES = {
    "clear_route": "the hub takes quotes in clear and seals them itself",
    "both_shares": "suppliers seal both shares of each pair to its first opener",
    "bare_release": "openers release shares as they took them out",
    "no_deadline": "the hub looks at no deadline",
    "no_primary_key": "the database lets a competition be opened twice",
}


@contextmanager
def done(name: str, hub: Hub) -> Iterator[None]:
    """The hub with this sabotage while the block runs; without a name as it is."""
    if name == "clear_route":
        hub.app.include_router(_clear())
    if name == "no_primary_key":
        _drop_primary_key(hub.database)
    if name == "no_deadline":
        with patch.object(states, "openable", lambda *_: None):
            yield
    else:
        yield


def for_the_first(read: Notice, invitation_id: str, plain: bytes, revision: int) -> dict[str, Any]:
    """An envelope whose shares are all for one opener."""
    first = read.openers[0].public_key
    return second_sealer.seal(read.sha256, invitation_id, revision, plain, [(each.id, first) for each in read.openers])


def bare(read: Notice, given: list[Any], own: Person, other: Person) -> dict[str, Any]:
    """A release of shares that are sealed to nobody."""
    places = [each.id for each in read.openers]
    mine, theirs = places.index(own.opener_id), places.index(other.opener_id)
    shares = []
    for each in map(sealing.from_json, given):
        sealed = each.shares[min(mine, theirs), max(mine, theirs)][mine > theirs]
        share = bindings.crypto_box_seal_open(sealed, own.public, own.private)
        shares.append({"envelope": opening.envelope_sha256(each), "sealed": b64encode(share).decode()})
    return {"v": 1, "notice": read.sha256, "from": own.opener_id, "to": other.opener_id, "shares": shares}


@contextmanager
def not_looked_at() -> Iterator[None]:
    """The hub keeps a release whose shares are as long as bare ones."""
    with patch.object(sealing, "SEALED_SHARE", 48):
        yield


def _clear() -> Any:
    """A route that is kind to suppliers: it takes the quote and seals it here."""
    router = Router(prefix="/v1/invitations", tags=["sabotage"])

    @router.post("/{invitation_id}/clear", status_code=201, policy=scope("quote:write"))
    async def take(invitation_id: str, request: Request, once: Once) -> Any:
        given = await request.json()

        def make(session: Any) -> dict[str, int]:
            invitation = invitations.get(session, once.principal, invitation_id)
            notice = competitions.frozen(session, session.get_one(Competition, invitation.competition_id))
            plain = quotes.read(given, notice.criteria).plain
            to = [(each.id, each.public_key) for each in notice.openers]
            envelope = sealing.to_json(sealing.seal(notice.sha256, invitation_id, 1, plain, to))
            kept = invitations.submit(session, once.clock, once.rng, once.principal, invitation_id, envelope)
            return {"revision": kept.revision}

        return once.run(make)

    return router.api


def _drop_primary_key(database: Database) -> None:
    table = "competition_opening"
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}"))
            return
        connection.execute(text(f"CREATE TABLE wrong AS SELECT * FROM {table}"))
        connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text(f"ALTER TABLE wrong RENAME TO {table}"))
