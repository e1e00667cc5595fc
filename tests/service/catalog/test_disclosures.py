"""Nothing of a need is sent to a supplier that its owner has not consented to on record."""

import pytest
from sqlmodel import Session

from catalog.demand import disclosures
from catalog.demand.tables import Disclosure
from space_hub.errors import Invalid, NotFound
from space_hub.trust import keys
from space_hub.trust.principal import Principal
from tests.support.hub import Caller, Hub
from tests.support.supply import arrive


def principal(session: Session, hub: Hub, caller: Caller) -> Principal:
    return keys.authenticate(session, hub.clock, caller.secret)


def test_a_disclosure_names_who_what_and_by_which_consent_and_is_its_askers_alone(hub: Hub) -> None:
    planner, other = hub.key("nation", "FR"), hub.key("nation", "DE")
    _, provider_id = arrive(hub)
    with hub.database.write() as session:
        disclosures.note(
            session,
            hub.clock,
            hub.rng,
            principal(session, hub, planner),
            provider_id=provider_id,
            subject="off_1",
            what=["window", "area"],
            consent_ref="file 12",
        )
    with hub.database.read() as session:
        [row] = session.execute(disclosures.mine(principal(session, hub, planner))).scalars().all()
        assert isinstance(row, Disclosure)
        assert (row.provider_id, row.what, row.consent_ref) == (provider_id, ["area", "window"], "file 12")
        assert session.execute(disclosures.mine(principal(session, hub, other))).scalars().all() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"consent_ref": " "}, "demand.consent_missing"),
        ({"what": ["title"]}, "demand.disclosure_fields"),
        ({"what": []}, "demand.disclosure_fields"),
        ({"provider_id": "prv_none"}, "providers.unknown"),
    ],
)
def test_without_a_consent_or_beyond_the_question_nothing_is_noted(
    hub: Hub, change: dict[str, object], code: str
) -> None:
    planner = hub.key("nation", "FR")
    _, provider_id = arrive(hub)
    asked: dict[str, object] = {"provider_id": provider_id, "subject": "off_1", "what": ["area"], "consent_ref": "x"}
    with hub.database.write() as session, pytest.raises((Invalid, NotFound)) as refused:
        disclosures.note(session, hub.clock, hub.rng, principal(session, hub, planner), **{**asked, **change})  # type: ignore[arg-type]
    assert refused.value.code == code
