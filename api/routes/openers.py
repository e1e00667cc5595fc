"""Openers: people who hold the keys to which quotes are sealed."""

from datetime import datetime

from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, any_key, scope
from catalog.competition import openers
from catalog.competition.notice import fingerprint
from catalog.competition.tables import Opener

router = Router(prefix="/v1/openers", tags=["openers"])


class OpenerIn(In):
    person: str = Field(min_length=1, max_length=200, description="Whose key it is; the notice names this person.")
    public_key: str = Field(
        pattern="^[0-9a-f]{64}$", description="X25519, in hex, as `opener show` prints it. Never the private key."
    )


class OpenerOut(Out):
    id: str
    organisation_id: str
    person: str
    public_key: str
    fingerprint: str = Field(description="To be read out and compared by another way.")
    confirmed_at: datetime | None
    retired_at: datetime | None


class ChallengedOut(OpenerOut):
    challenge: str = Field(description="32 bytes, sealed to the key (`crypto_box_seal`), in base64.")


class AnswerIn(In):
    answer: str = Field(max_length=100, description="What was in the challenge, in base64.")


def _out(row: Opener) -> OpenerOut:
    return OpenerOut(
        **row.model_dump(include={"id", "organisation_id", "public_key", "confirmed_at", "retired_at"}),
        person=row.person_name,
        fingerprint=fingerprint(bytes.fromhex(row.public_key)),
    )


@router.post("", status_code=201, policy=scope("quote:open"))
def register_opener(body: OpenerIn, once: Once) -> ChallengedOut:
    """Hand in your own public key. It counts once you have answered the challenge, which only your key opens."""

    def make(session: Session) -> ChallengedOut:
        row, challenge = openers.register(
            session, once.clock, once.rng, once.principal, person=body.person, public_key=body.public_key
        )
        return ChallengedOut(**_out(row).model_dump(), challenge=challenge)

    return once.run(make)


@router.get("", policy=any_key())
def list_openers(asked: Asked, page: Page) -> Paged[OpenerOut]:
    """Your own; for who prepares competitions, all that can be named."""
    with asked.read() as session:
        found = select(Opener).where(openers.visible(asked.principal))
        return page.of(session, found, key=col(Opener.id), make=_out)


@router.get("/{opener_id}", policy=any_key())
def get_opener(opener_id: str, asked: Asked) -> OpenerOut:
    """One opener with its public key."""
    with asked.read() as session:
        return _out(openers.get(session, asked.principal, opener_id))


@router.post("/{opener_id}/challenge", status_code=201, policy=scope("quote:open"))
def challenge_opener(opener_id: str, once: Once) -> ChallengedOut:
    """Another challenge, so that a new service key of your organisation can act for the same opener."""

    def make(session: Session) -> ChallengedOut:
        row, challenge = openers.challenge(session, once.clock, once.rng, once.principal, opener_id)
        return ChallengedOut(**_out(row).model_dump(), challenge=challenge)

    return once.run(make)


@router.post("/{opener_id}/confirmation", status_code=200, policy=scope("quote:open"))
def confirm_opener(opener_id: str, body: AnswerIn, once: Once) -> OpenerOut:
    """Prove that you hold the private key. The service key that proves it is the one that later releases and opens."""
    return once.run(
        lambda session: _out(openers.confirm(session, once.clock, once.principal, opener_id, body.answer)),
        status=200,
    )


@router.delete("/{opener_id}", policy=scope("quote:open"))
def retire_opener(opener_id: str, asked: Asked) -> OpenerOut:
    """Be named in no further notice. What is sealed to you already, you can still open."""
    with asked.write() as session:
        return _out(openers.retire(session, asked.clock, asked.principal, opener_id))
