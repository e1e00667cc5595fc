"""Organisations: everyone who holds a key, in one table."""

from iso3166 import countries_by_alpha2
from sqlmodel import Session

from space_hub.clock import Clock
from space_hub.errors import Invalid
from space_hub.rng import Rng
from space_hub.trust import markings
from space_hub.trust.principal import HUB_ID
from space_hub.trust.scopes import OrganisationKind
from space_hub.trust.tables import Organisation

__all__ = ["Organisation", "ensure_hub", "register"]


def register(
    session: Session, clock: Clock, rng: Rng, *, name: str, kind: OrganisationKind, nation: str
) -> Organisation:
    """Make an organisation and give it what the existing markings let it read."""
    if nation not in countries_by_alpha2:
        raise Invalid("trust.nation_unknown", nation=nation)
    if not name.strip():
        raise Invalid("trust.name_empty")
    return _add(session, clock, rng.scope("hub", "organisation").id("org"), name.strip(), kind, nation)


def ensure_hub(session: Session, clock: Clock) -> Organisation:
    """The organisation in whose name the hub's own jobs act; made with a new database."""
    known = session.get(Organisation, HUB_ID)
    return known or _add(session, clock, HUB_ID, "Space Hub", OrganisationKind.BROKER, "")


def _add(session: Session, clock: Clock, id: str, name: str, kind: OrganisationKind, nation: str) -> Organisation:
    markings.lock(session)
    organisation = Organisation(id=id, name=name, kind=kind.value, nation=nation, created_at=clock.now())
    session.add(organisation)
    session.flush()
    markings.admit(session, organisation)
    return organisation
