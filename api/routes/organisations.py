"""Organisations: made by the administrator, each read by those who may deal with it."""

from datetime import datetime

from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, any_key, scope
from catalog import acquaintance
from space_hub.trust import audit, organisations
from space_hub.trust.organisations import Organisation
from space_hub.trust.scopes import OrganisationKind

router = Router(prefix="/v1/organisations", tags=["organisations"])


class OrganisationIn(In):
    name: str = Field(min_length=1, max_length=200)
    kind: OrganisationKind
    nation: str = Field(min_length=2, max_length=2, description="ISO 3166 alpha-2")


class OrganisationOut(Out):
    id: str
    name: str
    kind: OrganisationKind
    nation: str
    created_at: datetime


@router.post("", status_code=201, policy=scope("admin"))
def create_organisation(body: OrganisationIn, once: Once) -> OrganisationOut:
    """Make an organisation of any kind; the broker's administrator does."""

    def make(session: Session) -> OrganisationOut:
        made = organisations.register(session, once.clock, once.rng, name=body.name, kind=body.kind, nation=body.nation)
        audit.record(session, once.clock, once.principal, "organisation.create", made.id, kind=made.kind)
        return OrganisationOut.model_validate(made)

    return once.run(make)


@router.get("", policy=any_key())
def list_organisations(asked: Asked, page: Page) -> Paged[OrganisationOut]:
    """Those that you may deal with: a supplier is not told of its rivals."""
    found = select(Organisation).where(acquaintance.known_to(asked.principal))
    with asked.read() as session:
        return page.of(session, found, key=col(Organisation.id), make=OrganisationOut.model_validate)
