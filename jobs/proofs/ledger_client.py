"""One client of the ledger's proof and measurement: a process of its own that calls off and notes each answer.

Its task is one line of JSON on standard input: what it asks in turn, and for how
many attempts or seconds. It begins when a second line arrives. Its notes are one
line of JSON for each attempt. An answer that did not come (a broken connection,
a 503) is asked for again under the same key.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import count, cycle
from pathlib import Path
from typing import Any

from space_hub.clock import SystemClock

_TRIES = 200


def started(task: dict[str, Any], module: str = "jobs.proofs.ledger_client") -> "subprocess.Popen[str]":
    """A started client that has its task and waits for the word to begin."""
    process = subprocess.Popen(
        [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    _say(process, json.dumps(task))
    return process


def begin(process: "subprocess.Popen[str]") -> None:
    _say(process, "go")
    if process.stdin is not None:
        process.stdin.close()


def _say(process: "subprocess.Popen[str]", line: str) -> None:
    if process.stdin is None:
        raise RuntimeError("the client has no standard input")
    process.stdin.write(line + "\n")
    process.stdin.flush()


def main() -> None:
    task: dict[str, Any] = json.loads(sys.stdin.readline())
    sys.stdin.readline()
    connection = HTTPConnection("127.0.0.1", task["port"], timeout=30)
    headers = {"Authorization": f"Bearer {task['secret']}", "Content-Type": "application/json"}
    bodies = cycle(json.dumps(body).encode() for body in task["bodies"])
    clock = SystemClock()
    until = clock.monotonic() + task["seconds"] if "seconds" in task else None
    with Path(task["notes"]).open("w", encoding="utf-8") as notes:
        for number, body in zip(range(task["attempts"]) if until is None else count(), bodies, strict=False):
            if until is not None and clock.monotonic() > until:
                return
            key = f"{task['name']}-{number}"
            said = attempt(connection, "/v1/call-offs", headers | {"Idempotency-Key": key}, body)
            made = {
                "key": key,
                "status": said.status,
                "id": said.body.get("id"),
                "code": said.body.get("code"),
                "tries": said.tries,
            }
            notes.write(json.dumps(made) + "\n")


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, with how often it was asked for; status 0 is none at all."""

    status: int
    body: dict[str, Any]
    tries: int
    replayed: bool = False


def attempt(connection: HTTPConnection, path: str, headers: dict[str, str], body: bytes) -> Said:
    """Ask until answered."""
    for tries in range(1, _TRIES + 1):
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (HTTPException, OSError, ValueError):
            # An answer that was cut among its headers looks whole, without a length and without a body.
            connection.close()
        else:
            if response.status != 503:
                replayed = response.headers.get("Idempotent-Replayed") == "true"
                return Said(response.status, answer, tries, replayed)
        SystemClock().sleep(0.02)
    return Said(0, {}, _TRIES)


if __name__ == "__main__":
    main()
