"""What a message about supply at risk may hold."""

import json
from datetime import UTC, datetime

from catalog.risk.holdings import Holding, proposals
from catalog.tables import MatchRecord
from space_hub.delivery.log import MAX_PAYLOAD_BYTES


def test_the_largest_holder_still_gets_a_message_that_fits() -> None:
    """Sabotage seen: unbounded, 5,000 requirements make a message that the log refuses, and with it those of all."""
    judged = [{"offering_id": f"off_{'x' * 26}", "title": "é" * 200, "verdict": "reserve"} for _ in range(4)]
    matches = [
        MatchRecord(
            id=f"mat_{number:026}",
            requirement_id=f"req_{number:026}",
            organisation_id="org_a",
            at=datetime(2024, 11, 2, tzinfo=UTC),
            inputs_sha256="",
            record_sha256="",
            covered=True,
            single_supplier=False,
            inputs={},
            result={"offerings": judged},
            marking_id="mrk",
        )
        for number in range(5_000)
    ]
    names = [f"agr_{number:026}" for number in range(5_000)]
    holding = Holding(names, list(names), matches)
    body = {"affected": holding.affected(), "proposals": proposals(holding, "off_other")}
    assert len(json.dumps(body).encode()) < MAX_PAYLOAD_BYTES - 10_000
    assert len(body["proposals"]) == 30
