"""Service keys: shown once, kept as a hash, limited by scope and time.

A secret is `sh_<key id>_<256 random bits>`. SHA-256 without stretching is
enough for 256 random bits and costs microseconds a request, where a password
hash would cost tens of milliseconds.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Field, Session, SQLModel

from space_hub.clock import Clock
from space_hub.db import JSON_TYPE, Database
from space_hub.errors import Invalid, NotFound, Unauthenticated
from space_hub.rng import Rng
from space_hub.trust.labels import REAL
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import SCOPES_OF, OrganisationKind

MAX_DAYS = 90
RECALL_S = 5.0
_MOST_KNOWN = 10_000


class ServiceKey(SQLModel, table=True):
    __tablename__ = "service_key"

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    name: str = Field(max_length=100)
    scopes: list[str] = Field(sa_type=JSON_TYPE)
    secret_sha256: str = Field(max_length=64)
    created_at: datetime
    expires_at: datetime
    """Real time: a replayed day must not keep an old key alive."""
    revoked_at: datetime | None = None
    mode: str = Field(default=REAL, max_length=40)


def issue(
    session: Session,
    clock: Clock,
    rng: Rng,
    *,
    organisation_id: str,
    name: str,
    scopes: Iterable[str] | None = None,
    days: int = MAX_DAYS,
    mode: str = REAL,
) -> tuple[ServiceKey, str]:
    """A new key and its secret, which is not kept; no scopes given means all that the kind may hold."""
    organisation = session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound("trust.organisation_unknown", organisation_id=organisation_id)
    allowed = SCOPES_OF[OrganisationKind(organisation.kind)]
    wanted = allowed if scopes is None else frozenset(scopes)
    if wanted - allowed:
        raise Invalid(
            "trust.scopes_not_allowed",
            scopes=", ".join(sorted(wanted - allowed)),
            kind=OrganisationKind(organisation.kind),
            allowed=", ".join(sorted(allowed)),
        )
    if not 1 <= days <= MAX_DAYS:
        raise Invalid("trust.key_days", days=days, most=MAX_DAYS)
    stream = rng.scope(organisation_id, "key")
    key_id = stream.id("key")
    random_part = base64.urlsafe_b64encode(stream.token_bytes(32)).decode().rstrip("=")
    secret = f"sh_{key_id.removeprefix('key_')}_{random_part}"
    key = ServiceKey(
        id=key_id,
        organisation_id=organisation_id,
        name=name,
        scopes=sorted(wanted),
        secret_sha256=_digest(secret),
        created_at=clock.wall(),
        expires_at=clock.wall() + timedelta(days=days),
        mode=mode,
    )
    session.add(key)
    session.flush()
    return key, secret


def authenticate(session: Session, clock: Clock, secret: str) -> Principal:
    """Who holds `secret`. Every failure reads the same, so that nothing can be probed."""
    parts = secret.split("_", 2)
    key = session.get(ServiceKey, f"key_{parts[1]}") if len(parts) == 3 and parts[0] == "sh" else None
    expected = key.secret_sha256 if key is not None else _digest("")
    if not hmac.compare_digest(expected, _digest(secret)) or key is None:
        raise Unauthenticated("trust.key_refused")
    if key.revoked_at is not None or key.expires_at <= clock.wall():
        raise Unauthenticated("trust.key_refused")
    organisation = session.get(Organisation, key.organisation_id)
    if organisation is None:
        raise Unauthenticated("trust.key_refused")
    return Principal(
        organisation_id=organisation.id,
        kind=OrganisationKind(organisation.kind),
        nation=organisation.nation,
        key_id=key.id,
        scopes=frozenset(key.scopes),
        mode=key.mode,
    )


class Ring:
    """Who holds which secret, remembered for `RECALL_S`, so that a busy key is not looked up for every request.

    A revoked key ends at once in the process that forgets it, and in others within `RECALL_S`.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Principal, float]] = {}

    def recall(self, clock: Clock, secret: str) -> Principal | None:
        """Who was found to hold it a moment ago; None when that must be looked up."""
        found = self._known.get(_digest(secret))
        return found[0] if found is not None and clock.monotonic() < found[1] else None

    def authenticate(self, database: Database, clock: Clock, secret: str) -> Principal:
        digest, now = _digest(secret), clock.monotonic()
        principal = self.recall(clock, secret)
        if principal is not None:
            return principal
        with database.read() as session:
            principal = authenticate(session, clock, secret)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[digest] = principal, now + RECALL_S
        return principal

    def forget(self, key_id: str) -> None:
        self._known = {digest: held for digest, held in self._known.items() if held[0].key_id != key_id}


def revoke(session: Session, clock: Clock, principal: Principal, key_id: str) -> ServiceKey:
    """End a key at once; an organisation ends its own, `admin` ends any.

    A key ends only those that can do no more than itself: a small key that was stolen cannot lock its owner out.
    """
    key = session.get(ServiceKey, key_id)
    if key is None or (key.organisation_id != principal.organisation_id and "admin" not in principal.scopes):
        raise NotFound("trust.key_unknown", key_id=key_id)
    if "admin" not in principal.scopes:
        for scope in key.scopes:
            principal.require(scope)
    if key.revoked_at is None:
        key.revoked_at = clock.wall()
        session.add(key)
    return key


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
