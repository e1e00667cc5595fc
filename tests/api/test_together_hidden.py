"""What a joint buy must not show and a statement must not bill: nothing unpriced, nothing twice, nothing unsigned."""

from datetime import timedelta

from catalog.promise.tables import Agreement
from tests.api.test_promise import good
from tests.api.test_promise import scene as scene
from tests.api.test_together import Joint
from tests.api.test_together import joint as joint

MONTH = {"currency": "EUR", "period_from": "2024-11-01T00:00:00Z", "period_to": "2024-11-03T00:00:00Z"}


def test_a_buy_that_is_given_up_unpriced_shows_nobody_a_need(joint: Joint) -> None:
    """Sabotage seen: needs shown in every state but the first, so that a lead reads them by dropping the buy."""
    joint.open("use")
    for who, quantity in zip(joint.members, (10, 20, 30), strict=True):
        good(joint.need(who, quantity))
        good(who.put(f"{joint.path}/needs/mine/consent"))
    good(joint.scene.lead.post(f"{joint.path}/drop", {"reason": "nobody pays for it"}))
    for who in joint.members:
        assert [each["organisation_id"] for each in good(who.get(joint.path))["needs"]] == [who.organisation_id]


def test_a_share_stands_in_one_statement_drafts_included(joint: Joint) -> None:
    """Sabotage seen: the share in a second draft, which then nobody could agree to the last."""
    joint.agreed()
    lead, body = joint.scene.lead, {"pool_id": joint.scene.pool_id, **MONTH}
    joint.scene.hub.clock.advance(timedelta(days=5))
    good(lead.post("/v1/settlements", body))
    later = body | {"period_from": body["period_to"], "period_to": "2024-11-05T00:00:00Z"}
    assert lead.post("/v1/settlements", later).json()["code"] == "settlement.nothing_due"


def test_a_draft_that_was_never_signed_guarantees_nobody_anything(joint: Joint) -> None:
    """Sabotage seen: every agreement whose period ended billed."""
    scene = joint.scene
    agreement_id = good(scene.lead.post("/v1/agreements", scene.draft()))["id"]
    scene.hub.clock.advance(timedelta(days=1))
    with scene.hub.database.write() as session:
        agreement = session.get_one(Agreement, agreement_id)
        agreement.minimum_guarantee, agreement.period_to = "900", scene.hub.clock.now() - timedelta(hours=1)
        session.add(agreement)
    scene.hub.clock.advance(timedelta(days=1))
    body = {"pool_id": scene.pool_id, **MONTH}
    assert scene.lead.post("/v1/settlements", body).json()["code"] == "settlement.nothing_due"
