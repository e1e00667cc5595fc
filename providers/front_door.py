"""A newcomer with nothing: one call makes the organisation, its profile and its first key."""

from sqlmodel import Session

from providers import onboarding
from providers.onboarding import Profile
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.rng import Rng
from space_hub.trust import audit, keys, organisations
from space_hub.trust.keys import ServiceKey
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind


def arrive(
    session: Session, clock: Clock, rng: Rng, profile: Profile
) -> tuple[Organisation, Provider, ServiceKey, str]:
    """The organisation, its profile in draft, its key and the key's secret, which is not kept.

    Nothing is trusted by this: the offerings of a newcomer stay unseen until it
    is cleared. A letter with a code goes to its first contact.
    """
    organisation = organisations.register(
        session, clock, rng, name=profile.legal_name, kind=OrganisationKind.PROVIDER, nation=profile.nation
    )
    key, secret = keys.issue(session, clock, rng, organisation_id=organisation.id, name="first key")
    principal = Principal(
        organisation.id, OrganisationKind.PROVIDER, organisation.nation, key.id, frozenset(key.scopes)
    )
    audit.record(session, clock, principal, "organisation.arrive", organisation.id)
    provider = onboarding.register(session, clock, rng, principal, profile)
    return organisation, provider, key, secret
