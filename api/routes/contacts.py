"""Contacts: an organisation agrees to be found when one of its objects meets another's."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlmodel import col, select

from api.deps import Asked, Once
from api.models import CatalogNumber, In, Out
from api.paging import Page, Paged
from api.policy import Router, scope
from space_hub.awareness.following import contacts
from space_hub.awareness.following.contacts import ContactAsk
from space_hub.awareness.following.tables import ObjectContact

router = Router(prefix="/v1/contacts", tags=["conjunctions"])

Nation = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class ContactIn(In):
    object: Annotated[str, StringConstraints(pattern=r"^obj_[a-z0-9]+$", max_length=40)] | CatalogNumber
    name: str = Field(min_length=1, max_length=200)
    email: str = Field(min_length=3, max_length=200, pattern=r"^[^@\s]+@[^@\s]+$")
    phone: str = Field(default="", max_length=40)
    nations: list[Nation] | None = Field(
        default=None, max_length=250, description="Only organisations of these nations see it; null: every key holder."
    )


class MyContactOut(Out):
    id: str
    object_id: str
    name: str
    email: str
    phone: str
    given_at: datetime
    withdrawn_at: datetime | None


@router.post("", status_code=201, policy=scope("endpoint:write"))
def agree_to_be_found(body: ContactIn, once: Once) -> MyContactOut:
    """Be named to others whose objects come near this one. Until you agree, nobody is told of you."""
    ask = ContactAsk(
        object=body.object,
        name=body.name,
        email=body.email,
        phone=body.phone,
        nations=None if body.nations is None else tuple(body.nations),
    )
    return once.run(
        lambda session: MyContactOut.model_validate(contacts.agree(session, once.clock, once.rng, once.principal, ask))
    )


@router.get("", policy=scope("endpoint:write"))
def list_contacts(asked: Asked, page: Page) -> Paged[MyContactOut]:
    """What your organisation has agreed to, and withdrawn."""
    mine = select(ObjectContact).where(ObjectContact.organisation_id == asked.principal.organisation_id)
    with asked.read() as session:
        return page.of(session, mine, key=col(ObjectContact.id), make=MyContactOut.model_validate)


@router.delete("/{contact_id}", policy=scope("endpoint:write"))
def withdraw_contact(contact_id: str, asked: Asked) -> MyContactOut:
    """Be named no longer."""
    with asked.write() as session:
        return MyContactOut.model_validate(contacts.withdraw(session, asked.clock, asked.principal, contact_id))
