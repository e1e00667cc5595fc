"""A nation's own capacities on the shelf, under a profile that says so.

A nation is not vetted by a broker: it speaks for itself. Its profile is verified
by rule when it is made and cleared for every mission area, and everywhere its
offerings are shown they are called a national capacity.
"""

from sqlmodel import Session

from providers import clearances, files, onboarding
from providers.lifecycle import Event
from providers.onboarding import Profile
from providers.tables import DueTo, Provider
from providers.vetting import Tier
from space_hub.clock import Clock
from space_hub.errors import Conflict, Invalid
from space_hub.rng import Rng
from space_hub.trust.principal import HUB, Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea, Standing

KIND = "national"


def open_national(session: Session, clock: Clock, rng: Rng, principal: Principal, profile: Profile) -> Provider:
    """Make the profile under which an organisation of a nation offers what the nation itself has."""
    principal.require("provider:write")
    if principal.kind is not OrganisationKind.NATION:
        raise Conflict("onboarding.not_a_nation", kind=principal.kind)
    if profile.nation != principal.nation:
        raise Invalid("onboarding.other_nation", given=profile.nation, expected=principal.nation)
    provider = onboarding.begin(session, clock, rng, principal, profile, kind=KIND)
    if provider.standing == Standing.OTHER:
        raise Conflict("onboarding.nation_not_open", nation=profile.nation)
    provider.newcomer = False
    files.move(session, clock, rng, principal, provider, Event.APPLY)
    files.move(session, clock, rng, HUB, provider, Event.AUTO, due_to=DueTo.RULE)
    areas = [area.value for area in MissionArea]
    clearances.grant(session, clock, provider, None, Tier.LISTED, areas, None)
    return provider
