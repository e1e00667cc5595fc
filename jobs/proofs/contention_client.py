"""One client of the campaign against the ledger: places, cancels, asks again until answered, and notes it all.

Its notes are the only witness of the judgement (`jobs.proofs.contention`): one line for each
attempt with the moments, by the machine's monotonic clock that all clients share, when it was
first asked and when its answer came. Its draws come from its seed.
"""

import json
import sys
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from jobs.proofs.ledger_client import attempt
from space_hub.clock import SystemClock
from space_hub.rng import Scope, SeededRng

MODULE = "jobs.proofs.contention_client"

_CANCELS = 0.15
"""Share of the attempts that give something back, while there is something."""


def main() -> None:
    task: dict[str, Any] = json.loads(sys.stdin.readline())
    sys.stdin.readline()
    connection = HTTPConnection("127.0.0.1", task["port"], timeout=30)
    headers = {"Authorization": f"Bearer {task['secret']}", "Content-Type": "application/json"}
    clock, chance = SystemClock(), SeededRng(task["seed"]).scope(task["name"], "campaign")
    held: list[str] = []
    with Path(task["notes"]).open("w", encoding="utf-8", buffering=1) as notes:
        for number in range(task["attempts"]):
            cancels = bool(held) and chance.uniform() < _CANCELS
            asked, body = _cancel(held, chance, task) if cancels else _place(chance, task)
            path = f"/v1/call-offs/{asked['id']}/cancel" if cancels else "/v1/call-offs"
            sent = clock.monotonic()
            said = attempt(connection, path, headers | {"Idempotency-Key": f"{task['name']}-{number}"}, body)
            answered = clock.monotonic()
            if said.status == 201:
                held.append(said.body["id"])
            noted = {
                "id": said.body.get("id"),
                **asked,
                "op": "cancel" if cancels else "place",
                "sent": sent,
                "answered": answered,
                "status": said.status,
                "code": said.body.get("code"),
                "tries": said.tries,
                "replayed": said.replayed,
            }
            notes.write(json.dumps(noted) + "\n")


def _place(chance: Scope, task: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """One to four days of one agreement, so much a day as two or three times do not fit."""
    agreement = task["agreements"][int(chance.uniform() * len(task["agreements"]))]
    first = int(chance.uniform() * task["days"])
    count = min(1 + int(4 * chance.uniform()), task["days"] - first)
    quantity = 1 + int(task["units"] * 0.5 * chance.uniform())
    start = datetime.fromisoformat(task["first_day"]) + timedelta(days=first)
    body = {
        "options": [{"agreement_id": agreement, "quantity": quantity}],
        "window_from": start.isoformat(),
        "window_to": (start + timedelta(days=count)).isoformat(),
        "decided_by": task["decided_by"],
    }
    return {"of": agreement, "first": first, "last": first + count - 1, "quantity": quantity}, json.dumps(body).encode()


def _cancel(held: list[str], chance: Scope, task: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    call_off = held.pop(int(chance.uniform() * len(held)))
    return {"id": call_off}, json.dumps({"decided_by": task["decided_by"], "reason": "campaign"}).encode()


if __name__ == "__main__":
    main()
