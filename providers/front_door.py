"""A newcomer with nothing: one call makes the organisation, its profile and its first key."""

from sqlmodel import Session

from providers import files, onboarding
from providers.onboarding import Profile
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import mail
from space_hub.rng import Rng
from space_hub.trust import audit, keys, organisations
from space_hub.trust.keys import ServiceKey
from space_hub.trust.labels import REAL
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind


def arrive(
    session: Session, clock: Clock, rng: Rng, profile: Profile
) -> tuple[Organisation, Provider, ServiceKey, str]:
    """The organisation, its profile in draft, its key and the key's secret, which is not kept.

    Nothing is trusted by this: the offerings of a newcomer stay unseen until it
    is cleared. A letter with a code goes to its first contact. Who gives a number
    that is registered already learns nothing of that; who holds it gets a letter.
    """
    known = next((each for each in files.same_firm(session, profile.nation, profile.legal_id) if _reads(each)), None)
    organisation = organisations.register(
        session, clock, rng, name=profile.legal_name, kind=OrganisationKind.PROVIDER, nation=profile.nation
    )
    key, secret = keys.issue(session, clock, rng, organisation_id=organisation.id, name="first key")
    principal = Principal(
        organisation.id, OrganisationKind.PROVIDER, organisation.nation, key.id, frozenset(key.scopes)
    )
    audit.record(session, clock, principal, "organisation.arrive", organisation.id)
    provider = onboarding.register(session, clock, rng, principal, profile)
    if known is not None:
        _tell(session, clock, rng, known)
    return organisation, provider, key, secret


def _reads(known: Provider) -> bool:
    """Only a confirmed address is written to: any other may be somebody else's."""
    return known.email_verified_at is not None and bool(files.address(known))


def _tell(session: Session, clock: Clock, rng: Rng, known: Provider) -> None:
    """Nothing of what the newcomer wrote stands in the letter."""
    params = {"name": known.legal_name, "legal_id": known.legal_id, "organisation": known.organisation_id}
    language = mail.language_for(known.nation)
    to = files.address(known)
    mail.queue(
        session,
        clock,
        rng,
        to=to,
        template="registered_again",
        params=params,
        language=language,
        about=known.id,
        mode=REAL,
    )
