"""Who may act for any provider: broker staff, and no nation, though nations decide applications too."""

import pytest
from sqlmodel import select

from providers import doors, onboarding
from providers.doors import SupplierDoor
from providers.front_door import arrive
from providers.lifecycle import Event
from providers.onboarding import Contact, Profile, SizeClass
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Forbidden, NotFound
from space_hub.rng import SeededRng
from space_hub.trust import organisations
from space_hub.trust.principal import HUB, Principal
from space_hub.trust.scopes import SCOPES_OF, OrganisationKind

PROFILE = Profile("Clear Sky", "RCS 1", "FR", SizeClass.MICRO, (Contact("A", "a@example.org"),), "FR")
MINISTRY = Principal("org_ministry", OrganisationKind.NATION, "FR", "key_x", SCOPES_OF[OrganisationKind.NATION])


def test_a_nation_neither_judges_a_supplier_by_itself_nor_chooses_how_it_is_reached(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: by the scope alone a ministry opened the door; the draft state alone kept the file undecided."""
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        _, provider, _, _ = arrive(session, clock, rng, PROFILE)
    for event in (Event.SUSPEND, Event.REFUSE):
        with pytest.raises((Forbidden, NotFound)), database.write() as session:
            onboarding.decide(session, clock, rng, MINISTRY, provider.id, event, ["Because."])
    with pytest.raises(NotFound), database.write() as session:
        doors.open_door(session, clock, MINISTRY, provider.id, "simulated")
    with database.write() as session:
        assert session.exec(select(SupplierDoor)).all() == []
        assert doors.open_door(session, clock, HUB, provider.id, "simulated").adapter == "simulated"
