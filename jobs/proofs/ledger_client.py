"""One client of the ledger proof: a process of its own that calls off, one unit at a time, and notes each answer.

Started by `jobs.proofs.ledger` with its task as one line of JSON on standard
input; it begins when a second line arrives. Its notes are one line of JSON for
each attempt. An answer that did not come (a broken connection, a 503) is asked
for again under the same key.
"""

import json
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from space_hub.clock import SystemClock

_TRIES = 200


def main() -> None:
    task: dict[str, Any] = json.loads(sys.stdin.readline())
    sys.stdin.readline()
    connection = HTTPConnection("127.0.0.1", task["port"], timeout=30)
    headers = {"Authorization": f"Bearer {task['secret']}", "Content-Type": "application/json"}
    body = json.dumps(task["body"]).encode()
    with Path(task["notes"]).open("w", encoding="utf-8") as notes:
        for number in range(task["attempts"]):
            key = f"{task['name']}-{number}"
            status, answer, tries = attempt(connection, headers | {"Idempotency-Key": key}, body)
            made = {"key": key, "status": status, "id": answer.get("id"), "code": answer.get("code"), "tries": tries}
            notes.write(json.dumps(made) + "\n")


def attempt(connection: HTTPConnection, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any], int]:
    """Ask until answered: status, body, and how many times it was asked."""
    for tries in range(1, _TRIES + 1):
        try:
            connection.request("POST", "/v1/call-offs", body, headers)
            response = connection.getresponse()
            answer = response.read()
        except (HTTPException, OSError):
            connection.close()
        else:
            if response.status != 503:
                return response.status, json.loads(answer), tries
        SystemClock().sleep(0.02)
    return 0, {}, _TRIES


if __name__ == "__main__":
    main()
