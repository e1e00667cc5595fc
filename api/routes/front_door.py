"""The front door: open to everyone, without a key."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from fastapi import Query
from pydantic import Field
from sqlmodel import Session

from api.deps import Asked, Creation, Once
from api.models import In, Out
from api.policy import Router, public
from api.routes.providers import ProfileIn, ProviderOut, full
from providers import fairness, front_door, onboarding, rulebook, vetting
from providers.vetting import Decides, Tier
from space_hub.text import say
from space_hub.vocabulary.codes import MissionArea, Standing

router = Router(prefix="/v1", tags=["front door"])


class ArrivalOut(Out):
    organisation_id: str
    provider: ProviderOut
    key_id: str
    secret: str | None = Field(description="Your service key. Shown in this answer only; null when it is repeated.")
    expires_at: datetime


class CodeIn(In):
    code: str = Field(min_length=1, max_length=100, description="From the letter to your first contact.")


class AddressIn(In):
    address: str = Field(min_length=3, max_length=320)


class AcceptedOut(Out):
    accepted: bool = True


class NeedOut(Out):
    code: str
    text: str
    level: str | None
    max_age_days: int | None


class RequirementsOut(Out):
    standing: Standing
    tier: Tier
    mission_areas: list[MissionArea]
    decides: Decides
    rules_version: int
    needs: list[NeedOut]


class FairnessOut(Out):
    period: str
    dimension: str
    value: str
    decided: int
    median_h: float = Field(description="Working hours with an office, from receipt to decision.")
    approved: int
    returned: int
    rejected: int
    overturned: int


class FairnessListOut(Out):
    least: int = Field(description="Groups of fewer decisions are not published.")
    items: list[FairnessOut]


@router.post("/front-door/registrations", status_code=201, policy=public())
def register_at_front_door(body: ProfileIn, once: Once) -> ArrivalOut:
    """Start with nothing: makes your organisation, your profile in draft and your first key.

    Next: verify your address with the code in the letter, add evidence, apply, and publish
    offerings; planners see them once you are cleared for their mission areas.
    """

    def make(session: Session) -> ArrivalOut:
        organisation, provider, key, secret = front_door.arrive(session, once.clock, once.rng, body.value())
        return ArrivalOut(
            organisation_id=organisation.id,
            provider=full(provider),
            key_id=key.id,
            secret=secret,
            expires_at=key.expires_at,
        )

    return _stranger(once).run(make, secret=frozenset({"secret"}))


@router.post("/front-door/verifications", status_code=201, policy=public())
def verify_address(body: CodeIn, once: Once) -> ProviderOut:
    """Prove that the address is yours. A code that is unknown, used or too old is refused in the same words."""
    return _stranger(once).run(lambda session: full(onboarding.verify_email(session, once.clock, once.rng, body.code)))


@router.post("/front-door/verifications/again", status_code=202, policy=public())
def send_code_again(body: AddressIn, asked: Asked) -> AcceptedOut:
    """Another code, if the address waits for one; the answer is the same if it does not."""
    with asked.write() as session:
        onboarding.send_code_again(session, asked.clock, asked.rng, body.address)
    return AcceptedOut()


@router.get("/front-door/requirements", policy=public())
def list_evidence_needed(
    asked: Asked,
    standing: Standing,
    tier: Tier = Tier.LISTED,
    areas: list[MissionArea] = Query(default=list(MissionArea), max_length=len(MissionArea)),  # noqa: B008
) -> RequirementsOut:
    """What you have to show for a tier, and who decides when it is complete."""
    with asked.read() as session:
        version, rules = rulebook.current(session)
    named = sorted({area.value for area in areas})
    needs = [
        NeedOut(
            code=need.kind,
            text=say(f"vetting.need.{need.kind}", asked.language),
            level=need.level or None,
            max_age_days=None if need.max_age is None else need.max_age.days,
        )
        for need in vetting.required(rules, standing, tier, named)
    ]
    return RequirementsOut(
        standing=standing,
        tier=tier,
        mission_areas=[MissionArea(area) for area in named],
        decides=vetting.decides(rules, standing, tier, named),
        rules_version=version,
        needs=needs,
    )


@router.get("/front-door/fairness", policy=public())
def list_fairness(asked: Asked) -> FairnessListOut:
    """How long each kind of provider waited and how it ended, by quarter; the same for everyone who asks."""
    with asked.read() as session:
        rows = [FairnessOut.model_validate(row) for row in fairness.published(session)]
    return FairnessListOut(least=fairness.LEAST, items=rows)


def _stranger(once: Creation) -> Creation:
    """Nobody known shares one space of keys: bound to the body, one stranger's key never meets another's."""
    return replace(once, key=sha256(f"{once.body_sha256}/{once.key}".encode()).hexdigest())
