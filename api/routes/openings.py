"""What named openers do: take the envelopes after the deadline, release their shares, open."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.decided import DecidedByIn, DecidedByOut, decided_by
from api.deps import Asked, Once
from api.models import In, Out
from api.policy import PROBLEM, Router, scope
from catalog.competition import unsealing
from catalog.competition.tables import CompetitionOpening

router = Router(prefix="/v1/competitions", tags=["competitions"])


class OpeningOut(Out):
    first_opener_id: str
    second_opener_id: str
    opened: int
    unreadable: int
    decided_by: DecidedByOut | None
    at: datetime


class EnvelopesOut(Out):
    notice_sha256: str
    opener_id: str
    envelopes: list[dict[str, Any]]
    releases: list[dict[str, Any]] = Field(description="Made for you by other openers.")


class ReleasedShareIn(In):
    envelope: str = Field(max_length=64)
    sealed: str = Field(max_length=200)


class ReleaseIn(In):
    """Your shares, sealed again to another opener, as `opener release` makes them."""

    v: int
    notice: str = Field(max_length=64)
    giver: str = Field(alias="from", max_length=80)
    to: str = Field(max_length=80)
    shares: list[ReleasedShareIn] = Field(max_length=1000)


class ReleaseOut(Out):
    competition_id: str
    opener_id: str
    to_opener_id: str
    at: datetime


class QuoteKeyIn(In):
    envelope: str = Field(max_length=64, description="SHA-256 of the envelope's canonical JSON.")
    key: str = Field(max_length=60, description="The 32 bytes that both shares give, in base64.")


class UnreadableIn(In):
    envelope: str = Field(max_length=64)
    code: str = Field(max_length=60)


class OpeningIn(In):
    first_opener_id: str = Field(description="Who released to you.")
    keys: list[QuoteKeyIn] = Field(max_length=1000)
    unreadable: list[UnreadableIn] = Field(default=[], max_length=1000)
    decided_by: DecidedByIn


def opened(row: CompetitionOpening) -> OpeningOut:
    return OpeningOut(
        **row.model_dump(include=set(OpeningOut.model_fields)),
        decided_by=decided_by(row.authority_name, row.authority_office),
    )


@router.get("/{competition_id}/envelopes", policy=scope("quote:open"), responses={409: PROBLEM})
def list_envelopes(competition_id: str, asked: Asked) -> EnvelopesOut:
    """What you open, after the deadline; for the service key that acts for a named opener."""
    with asked.read() as session:
        return EnvelopesOut.model_validate(unsealing.hand_out(session, asked.clock, asked.principal, competition_id))


@router.post("/{competition_id}/releases", status_code=201, policy=scope("quote:open"))
def release_shares(competition_id: str, body: ReleaseIn, once: Once) -> ReleaseOut:
    """The first opener's step."""
    given = body.model_dump(by_alias=True)
    return once.run(
        lambda session: ReleaseOut.model_validate(
            unsealing.release(session, once.clock, once.principal, competition_id, given)
        )
    )


@router.post("/{competition_id}/opening", status_code=201, policy=scope("quote:open"))
def open_quotes(competition_id: str, body: OpeningIn, once: Once) -> OpeningOut:
    """The second opener's step: every quote is opened at once, and once only."""
    keys = {each.envelope: each.key for each in body.keys}
    unreadable = {each.envelope: each.code for each in body.unreadable}
    return once.run(
        lambda session: opened(
            unsealing.open_all(
                session,
                once.clock,
                once.principal,
                competition_id,
                first_opener_id=body.first_opener_id,
                keys=keys,
                unreadable=unreadable,
                authority=body.decided_by.value(),
            )
        )
    )
