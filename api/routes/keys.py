"""Service keys: an organisation makes and ends its own, the administrator anyone's."""

from datetime import datetime

from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, any_key
from space_hub.trust import audit, keys
from space_hub.trust.keys import ServiceKey
from space_hub.trust.scopes import ALL_SCOPES

router = Router(prefix="/v1/keys", tags=["keys"])


class KeyIn(In):
    name: str = Field(min_length=1, max_length=100)
    organisation_id: str | None = Field(default=None, description="Another organisation's; needs the scope admin.")
    scopes: list[str] | None = Field(default=None, description="Some of your own; all if left out.")
    days: int = Field(default=keys.MAX_DAYS, ge=1, le=keys.MAX_DAYS)


class KeyOut(Out):
    id: str
    organisation_id: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    mode: str = Field(description='"real", or the id of the one exercise that the key is for.')


class NewKeyOut(KeyOut):
    secret: str | None = Field(description="Shown in this answer only; null when the answer is repeated.")


@router.post("", status_code=201, policy=any_key())
def create_key(body: KeyIn, once: Once) -> NewKeyOut:
    """Make a key. It never carries more than the key that makes it."""

    def make(session: Session) -> NewKeyOut:
        principal = once.principal
        foreign = body.organisation_id is not None and body.organisation_id != principal.organisation_id
        if foreign:
            principal.require("admin")
        wanted = body.scopes
        if not foreign:
            wanted = sorted(principal.scopes) if wanted is None else wanted
            for name in sorted(ALL_SCOPES & set(wanted)):
                principal.require(name)
        made, secret = keys.issue(
            session,
            once.clock,
            once.rng,
            organisation_id=body.organisation_id or principal.organisation_id,
            name=body.name,
            scopes=wanted,
            days=body.days,
        )
        audit.record(session, once.clock, principal, "key.create", made.id, scopes=made.scopes)
        return NewKeyOut(**KeyOut.model_validate(made).model_dump(), secret=secret)

    return once.run(make, secret=frozenset({"secret"}))


@router.get("", policy=any_key())
def list_keys(asked: Asked, page: Page) -> Paged[KeyOut]:
    """Your organisation's keys, without their secrets."""
    mine = select(ServiceKey).where(ServiceKey.organisation_id == asked.principal.organisation_id)
    with asked.read() as session:
        return page.of(session, mine, key=col(ServiceKey.id), make=KeyOut.model_validate)


@router.delete("/{key_id}", policy=any_key())
def revoke_key(key_id: str, asked: Asked) -> KeyOut:
    """End a key: at once where you are told so, everywhere within five seconds."""
    with asked.write() as session:
        ended = keys.revoke(session, asked.clock, asked.principal, key_id)
        audit.record(session, asked.clock, asked.principal, "key.revoke", key_id)
        shown = KeyOut.model_validate(ended)
    asked.house.ring.forget(key_id)
    return shown
