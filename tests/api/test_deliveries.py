"""Deliveries, doubts, options and accounts over HTTP, and who may see and do what."""

from datetime import timedelta
from typing import Any

import pytest

from catalog.ordering import orders
from tests.api.test_promise import DECIDED, Scene, good, scene

__all__ = ["scene"]


def placed(scene: Scene) -> tuple[str, str]:
    """A call-off and its order, followed to the end."""
    made = good(scene.lead.post("/v1/call-offs", scene.call_off(scene.signed())))
    for _ in range(12):
        orders.drive(scene.hub.database, scene.hub.clock, scene.hub.rng)
        scene.hub.clock.advance(timedelta(seconds=1))
    return made["id"], made["options"][0]["order_id"]


def test_a_buyer_judges_what_was_delivered_and_reads_what_it_came_to(scene: Scene) -> None:
    call_off_id, order_id = placed(scene)
    listed = scene.lead.get(f"/v1/orders/{order_id}/deliveries").json()
    assert [(each["quantity"], each["state"], each["late_s"]) for each in listed["items"]] == [
        (5.0, "delivered", 0),
        (5.0, "delivered", 0),
    ]
    assert listed["set_aside"] == []
    first, second = [each["id"] for each in listed["items"]]
    accepted = good(scene.lead.post(f"/v1/deliveries/{first}/accept", {"decided_by": DECIDED}))
    assert accepted["state"] == "accepted"
    wrong = {"decided_by": DECIDED, "reason": "clouds"}
    assert scene.lead.post(f"/v1/deliveries/{second}/reject", {"decided_by": DECIDED}).status_code == 422
    assert good(scene.lead.post(f"/v1/deliveries/{second}/reject", wrong))["reason"] == "clouds"
    again = scene.lead.post(f"/v1/deliveries/{second}/reject", {**wrong, "reason": "again"})
    assert (again.status_code, again.json()["code"]) == (409, "delivery_goods.already_judged")
    account = scene.lead.get(f"/v1/call-offs/{call_off_id}/account").json()
    assert (account["success"], account["paid"], account["due"], account["pending"]) == (True, "250", "250", [])
    assert account["lines"][0] | {"agreement_id": ""} == {
        "rank": 1,
        "agreement_id": "",
        "order_id": order_id,
        "state": "won",
        "price": "250",
        "fee": "0",
        "credits": "0",
        "won": True,
    }


def test_the_supplier_reads_its_deliveries_and_judges_none_and_strangers_know_of_nothing(scene: Scene) -> None:
    call_off_id, order_id = placed(scene)
    listed = scene.supplier.get(f"/v1/orders/{order_id}/deliveries").json()["items"]
    assert len(listed) == 2
    accept = {"decided_by": DECIDED}
    delivery = f"/v1/deliveries/{listed[0]['id']}/accept"
    assert scene.supplier.post(delivery, accept).status_code == 403
    assert scene.supplier.get(f"/v1/call-offs/{call_off_id}/account").status_code == 404
    given = {"reference": "D-1", "quantity": "1"}
    assert scene.supplier.post(f"/v1/orders/{order_id}/deliveries", given).json()["code"] == "order.adapter_speaks"
    other = scene.hub.key("nation", "PL")
    assert other.get(f"/v1/orders/{order_id}/deliveries").status_code == 404
    assert other.get(f"/v1/call-offs/{call_off_id}/account").status_code == 404
    assert other.post(delivery, accept).status_code == 404
    doubt: dict[str, Any] = {"provider_reference": None, "decided_by": DECIDED, "reason": "asked"}
    assert other.post(f"/v1/orders/{order_id}/doubt", doubt).status_code == 404
    settled = scene.lead.post(f"/v1/orders/{order_id}/doubt", doubt)
    assert (settled.status_code, settled.json()["code"]) == (409, "order.not_in_doubt")


@pytest.mark.parametrize("ended", [True, False])
def test_an_option_is_added_only_while_the_call_off_runs(scene: Scene, ended: bool) -> None:
    agreement = scene.signed()
    made = good(scene.lead.post("/v1/call-offs", scene.call_off(agreement)))
    if ended:
        for _ in range(12):
            orders.drive(scene.hub.database, scene.hub.clock, scene.hub.rng)
            scene.hub.clock.advance(timedelta(seconds=1))
    more = {"agreement_id": agreement, "quantity": "1", "decided_by": DECIDED}
    refused = scene.lead.post(f"/v1/call-offs/{made['id']}/options", more)
    expected = (409, "call_off.not_active") if ended else (422, "call_off.agreement_twice")
    assert (refused.status_code, refused.json()["code"]) == expected
