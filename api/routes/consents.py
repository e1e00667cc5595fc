"""Who may see what of a provider's data: said by the provider, datum by datum."""

from datetime import datetime

from pydantic import Field

from api.deps import Asked
from api.models import In, Out
from api.policy import Router, scope
from catalog.shelf import intake
from providers import consents
from providers.consents import Audience, Purpose
from providers.tables import Provider

router = Router(prefix="/v1", tags=["consents"])


class ConsentIn(In):
    datum: str = Field(min_length=1, max_length=40)
    subject: str = Field(default="", max_length=80, description="One offering or document; empty: all of yours.")
    audience: Audience
    nations: list[str] | None = Field(default=None, max_length=250, description="With the audience `nations` only.")
    purposes: list[Purpose] = Field(max_length=len(Purpose))


class ConsentOut(Out):
    datum: str
    subject: str
    audience: Audience
    nations: list[str] | None
    purposes: list[Purpose]
    given_at: datetime | None = Field(description="Null: the default, which holds while you say nothing.")


class ConsentsOut(Out):
    items: list[ConsentOut]


@router.get("/providers/{provider_id}/consents", policy=scope("provider:write"))
def list_consents(provider_id: str, asked: Asked) -> ConsentsOut:
    """What you have said, and the defaults for the rest."""
    with asked.read() as session:
        said = [ConsentOut.model_validate(row) for row in consents.given(session, asked.principal, provider_id)]
    spoken = {each.datum for each in said if not each.subject}
    silent = [
        ConsentOut(
            datum=datum,
            subject="",
            audience=default.audience,
            nations=None,
            purposes=list(default.purposes),
            given_at=None,
        )
        for datum, default in consents.DEFAULTS.items()
        if datum not in spoken
    ]
    return ConsentsOut(items=sorted([*said, *silent], key=lambda each: (each.datum, each.subject)))


@router.put("/providers/{provider_id}/consents", policy=scope("provider:write"))
def give_consent(provider_id: str, body: ConsentIn, asked: Asked) -> ConsentOut:
    """Narrow or widen who may see a datum. It holds from the next look at the shelf on."""
    with asked.write() as session:
        given = consents.give(
            session,
            asked.clock,
            asked.principal,
            provider_id,
            datum=body.datum,
            audience=body.audience,
            nations=body.nations,
            purposes=body.purposes,
            subject=body.subject,
        )
        if body.datum.startswith("offering."):
            intake.reshow(session, session.get_one(Provider, provider_id))
        return ConsentOut.model_validate(given)
