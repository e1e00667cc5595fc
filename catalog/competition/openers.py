"""Openers: people who hold the private keys to which quotes are sealed, and who have proven that they do.

The private key is made and stays with its holder. Here lies the public half. Who registers one gets a
challenge that is sealed to it, and confirms by saying what was in it. The hub knows a person
by a service key, which expires sooner than a private key has to: the proof can be given again with another one.
"""

import base64
import binascii
import hashlib
import hmac

from nacl import bindings
from nacl import exceptions as sodium
from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.competition import states
from catalog.competition.tables import Competition, CompetitionOpener, Opener
from space_hub.clock import Clock
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal

_SECRET = 32


def register(
    session: Session, clock: Clock, rng: Rng, principal: Principal, *, person: str, public_key: str
) -> tuple[Opener, str]:
    """The principal's own key as an opener, not yet confirmed; and the challenge, sealed to it, in base64."""
    public = _public(public_key)
    known = session.exec(select(Opener).where(Opener.public_key == public.hex())).one_or_none()
    if known is not None:
        raise Conflict("opener.key_known")
    challenge, digest = _challenge(rng, principal, public)
    row = Opener(
        id=rng.scope(principal.organisation_id, "opener").id("opn"),
        organisation_id=principal.organisation_id,
        person_name=person,
        key_id=principal.key_id,
        public_key=public.hex(),
        challenge_sha256=digest,
    )
    session.add(row)
    session.flush()
    audit.record(session, clock, principal, "opener.register", row.id, person=person, public_key=row.public_key)
    return row, challenge


def challenge(session: Session, clock: Clock, rng: Rng, principal: Principal, opener_id: str) -> tuple[Opener, str]:
    """Another challenge to an own key, so that a new service key can stand for the same person."""
    row = _own(session, principal, opener_id)
    given, row.challenge_sha256 = _challenge(rng, principal, bytes.fromhex(row.public_key))
    session.add(row)
    audit.record(session, clock, principal, "opener.challenge", row.id)
    return row, given


def confirm(session: Session, clock: Clock, principal: Principal, opener_id: str, answer: str) -> Opener:
    """The key is proven, and from now on the service key that says so acts for its holder."""
    row = _own(session, principal, opener_id)
    try:
        given = base64.b64decode(answer, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("opener.answer_wrong") from error
    if not hmac.compare_digest(hashlib.sha256(given).hexdigest(), row.challenge_sha256):
        raise Forbidden("opener.answer_wrong")
    other = _also_acting(session, principal, row)
    if other is not None:
        raise Invalid("competition.opener_twice", first=other, second=row.id)
    row.confirmed_at, row.key_id = row.confirmed_at or clock.now(), principal.key_id
    session.add(row)
    audit.record(session, clock, principal, "opener.confirm", row.id, service_key=principal.key_id)
    return row


def retire(session: Session, clock: Clock, principal: Principal, opener_id: str) -> Opener:
    """Named in no further notice. Where it is named already it still opens: nothing of a notice changes."""
    row = _own(session, principal, opener_id, retired=True)
    if row.retired_at is None:
        row.retired_at = clock.now()
        session.add(row)
        audit.record(session, clock, principal, "opener.retire", row.id)
    return row


def visible(principal: Principal) -> ColumnElement[bool]:
    """One's own, and for who prepares competitions every one that can be named."""
    own = col(Opener.organisation_id) == principal.organisation_id
    if "competition:write" not in principal.scopes:
        return own
    return or_(own, and_(col(Opener.confirmed_at).is_not(None), col(Opener.retired_at).is_(None)))


def get(session: Session, principal: Principal, opener_id: str) -> Opener:
    found = session.exec(select(Opener).where(Opener.id == opener_id, visible(principal))).one_or_none()
    if found is None:
        raise NotFound("opener.unknown", opener_id=opener_id)
    return found


def of(session: Session, competition_id: str) -> list[Opener]:
    """The openers of a competition in their order of places."""
    return list(
        session.exec(
            select(Opener)
            .join(CompetitionOpener, col(CompetitionOpener.opener_id) == col(Opener.id))
            .where(CompetitionOpener.competition_id == competition_id)
            .order_by(col(CompetitionOpener.place))
        ).all()
    )


def acting(session: Session, principal: Principal, competition: Competition) -> Opener:
    """The opener of this competition for whom the service key acts; to any other key the competition is unknown."""
    own = (principal.organisation_id, principal.key_id)
    for each in of(session, competition.id):
        if each.confirmed_at is not None and (each.organisation_id, each.key_id) == own:
            return each
    raise NotFound("competition.unknown", competition_id=competition.id)


def value(row: Opener) -> states.Opener:
    return states.Opener(
        row.id,
        row.organisation_id,
        row.person_name,
        row.key_id,
        bytes.fromhex(row.public_key),
        confirmed=row.confirmed_at is not None,
        retired=row.retired_at is not None,
    )


def _also_acting(session: Session, principal: Principal, row: Opener) -> str | None:
    """Another opener for whom the service key acts, where both are named: one key would be two persons there."""
    named = sa_select(col(CompetitionOpener.competition_id)).where(col(CompetitionOpener.opener_id) == row.id)
    others = (
        select(Opener.id)
        .join(CompetitionOpener, col(CompetitionOpener.opener_id) == col(Opener.id))
        .where(
            Opener.id != row.id,
            Opener.key_id == principal.key_id,
            col(Opener.confirmed_at).is_not(None),
            col(CompetitionOpener.competition_id).in_(named),
        )
    )
    return session.exec(others.limit(1)).first()


def _own(session: Session, principal: Principal, opener_id: str, *, retired: bool = False) -> Opener:
    row = session.exec(
        select(Opener)
        .where(Opener.id == opener_id, Opener.organisation_id == principal.organisation_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("opener.unknown", opener_id=opener_id)
    if row.retired_at is not None and not retired:
        raise Conflict("opener.retired", opener=row.id)
    return row


def _public(given: str) -> bytes:
    try:
        public = bytes.fromhex(given)
    except ValueError:
        public = b""
    if len(public) != bindings.crypto_box_PUBLICKEYBYTES:
        raise Invalid("opener.key_wrong", opener="-")
    return public


def _challenge(rng: Rng, principal: Principal, public: bytes) -> tuple[str, str]:
    """What is sealed to the key, and the hash of what is in it."""
    secret = rng.scope(principal.organisation_id, "opener_challenge").token_bytes(_SECRET)
    try:
        sealed = bindings.crypto_box_seal(secret, public)
    except sodium.CryptoError as error:
        # A point of low order: whatever is sealed to it can be read by anybody.
        raise Invalid("opener.key_wrong", opener="-") from error
    return base64.b64encode(sealed).decode(), hashlib.sha256(secret).hexdigest()
