"""What a competition comes to when something goes another way: what cannot be placed, what is cancelled, who acts."""

import base64
from datetime import timedelta

from nacl import bindings
from sqlalchemy import text
from sqlmodel import select

from catalog.activation import evidence
from catalog.activation.readiness import Outcome, Shown, Source
from catalog.promise.tables import Agreement
from jobs import deliver, handlers, react, schedule
from jobs.proofs import supply
from jobs.proofs.competing import STANDSTILL, quote
from jobs.runner import Lane
from space_hub.delivery.log import LogEntry
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.phases import Phase
from tests.support.competing import DECIDED, begun, decided, good, refused
from tests.support.demand import settle
from tests.support.hub import Hub


def test_what_cannot_be_placed_is_told_once(hub: Hub) -> None:
    """Sabotage seen: the reaction that follows its own message, which placed, failed and told without end."""
    scene = decided(hub)
    settle(hub)
    scene.wait(STANDSTILL + timedelta(minutes=1))
    with hub.database.write() as session:
        session.connection().execute(text("UPDATE agreement SET status = 'ended'"))
        schedule.tick(session, hub.clock, hub.rng, hub.clock.now() - timedelta(hours=1))
    lane = Lane(hub.database, hub.clock, hub.rng, hub.settings, "test", handlers.LIGHT)
    rounds = 0
    while any(
        (deliver.order(hub.database, hub.clock, hub.rng), react.turn(hub.database, hub.clock, hub.rng), lane.turn())
    ):
        rounds += 1
        assert rounds < 50, "the log comes to rest"
    with hub.database.read() as session:
        told = session.exec(
            select(LogEntry.payload).where(LogEntry.subject == scene.id, LogEntry.topic == "competition.decided")
        ).all()
    assert [each["not_placed"] for each in told if "not_placed" in each] == ["call_off.agreement_not_signed"]
    assert good(scene.lead.get("/v1/call-offs"))["items"] == []


def test_nobody_reads_that_it_was_awarded_what_was_cancelled(hub: Hub) -> None:
    """Sabotage seen: the award of a cancelled competition read as one."""
    scene = decided(hub)
    path = f"/v1/invitations/{scene.invitation(0)}/debrief"
    assert good(scene.supplier(0).get(path))["awarded"] is True
    good(scene.lead.post(f"{scene.path}/cancel", {"reason": "No money is left.", "decided_by": DECIDED}))
    read = good(scene.supplier(0).get(path))
    assert (read["state"], read["awarded"], read["reasons"]) == ("cancelled", False, "No money is left.")
    assert good(scene.lead.get(scene.path))["awards"] == []


def test_one_service_key_never_acts_for_two_openers_of_a_competition(hub: Hub) -> None:
    """Sabotage seen: a key that already acts for the first opener proven for the second one too."""
    scene = begun(hub, 1)
    second = scene.field.people[1]
    path = f"/v1/openers/{second.opener_id}"
    made = good(scene.opener(0).post(f"{path}/challenge"))
    sealed = base64.b64decode(made["challenge"])
    answer = base64.b64encode(bindings.crypto_box_seal_open(sealed, second.public, second.private)).decode()
    both = scene.opener(0).post(f"{path}/confirmation", {"answer": answer})
    assert refused(both) == (422, "competition.opener_twice")
    good(scene.lead.post(f"{path}/confirmation", {"answer": answer}))


def test_a_lead_reads_nothing_of_what_a_supplier_failed_to_do_for_others(hub: Hub) -> None:
    """Sabotage seen: the record made of all that is known of the supplier, whose points its buyer reads."""
    scene = begun(hub, 2)
    first, second = scene.field.entrants
    with hub.database.write() as session:
        nation = supply.principal(session, hub.clock, hub.rng, OrganisationKind.NATION, "DE", "Other lead")
        elsewhere = supply.promise(session, hub.clock, hub.rng, first.supplier, nation).agreement_id
        for agreement_id in (elsewhere, second.agreement_id):
            evidence.note(
                session,
                hub.clock,
                hub.rng,
                nation,
                session.get_one(Agreement, agreement_id),
                Phase.CRISIS,
                Shown(Outcome.REFUSED, timedelta(hours=6), None, 10, 0, hub.clock.now()),
                source=Source.ACTIVATION,
                source_sha256=agreement_id,
            )
    for number in range(2):
        good(scene.send(number, quote(f"5{number}000")))
    scene.due()
    scene.opened()
    ranked = good(scene.lead.get(f"{scene.path}/quotes"))["items"]
    record = {each["agreement_id"]: each["points"]["record"] for each in ranked}
    assert record == {first.agreement_id: "0.5000", second.agreement_id: "0.4545"}
