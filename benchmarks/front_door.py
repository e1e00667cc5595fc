"""How long a newcomer takes from nothing to an offering that a planner finds, in machine time, by each way in.

A hub runs whole on loopback: the API behind uvicorn, the delivery process, a fresh
SQLite file with full durability. The code is read from the letter in the mail folder,
as a person would. A supplier that the rule lists waits for nobody; one of another nation
waits for staff, who answer at once here: what staff take is no machine time and stands beside it.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import uvicorn

from api.app import create
from jobs import deliver
from jobs.migrations import upgrade
from space_hub import db
from space_hub.clock import SystemClock
from space_hub.rng import SystemRng
from space_hub.settings import Settings
from space_hub.trust import keys, organisations
from space_hub.trust.scopes import OrganisationKind
from tests.support.supply import offering, profile

LIMIT_S = 300.0
_PATIENCE_S = 30.0


@dataclass
class Running:
    """A hub that runs, its keys by name, and the seconds of each step so far."""

    http: httpx.Client
    mail: Path
    keys: dict[str, str]
    steps: dict[str, float] = field(default_factory=dict)
    turns: Iterator[int] = field(default_factory=count)

    def ask(self, who: str | None, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[who]}"} if who else {}
        if body is None:
            answer = self.http.get(path, headers=headers)
        else:
            answer = self.http.post(path, headers=headers | {"Idempotency-Key": f"b-{next(self.turns)}"}, json=body)
        answer.raise_for_status()
        return answer.json()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.steps[name] = round(time.perf_counter() - began, 3)

    def code(self, address: str) -> str:
        """The code in the letter to `address`, as soon as it lies in the mail folder."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            for file in self.mail.glob("*.eml"):
                letter = message_from_bytes(file.read_bytes(), policy=default)
                if letter["To"] == address:
                    lines = letter.get_content().splitlines()
                    return str(next(line for line in lines if len(line) == 26 and line.isalnum()))
            time.sleep(0.05)
        raise TimeoutError(f"no letter to {address} within {_PATIENCE_S:g} s")


def by_api(hub: Running, nation: str = "FR") -> bool:
    """Everything over HTTP, the offering as one JSON body; whether a planner finds it."""
    name, address = f"Newcomer of {nation}", f"desk@{nation.lower()}.example"
    with hub.step("register"):
        body = profile(name, nation, contacts=[{"name": "Desk", "email": address}])
        came = hub.ask(None, "/v1/front-door/registrations", body)
        hub.keys[name] = came["secret"]
        provider = came["provider"]["id"]
    with hub.step("letter_and_code"):
        hub.ask(None, "/v1/front-door/verifications", {"code": hub.code(address)})
    with hub.step("evidence"):
        extract = {
            "kind": "company_register",
            "issuer": "Register",
            "scope": "existence",
            "valid_from": time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() - 86_400)),
            "document_sha256": "ab" * 32,
        }
        hub.ask(name, f"/v1/providers/{provider}/evidence", extract)
    with hub.step("apply"):
        wish = {"tier": "listed", "mission_areas": ["imagery"]}
        made = hub.ask(name, f"/v1/providers/{provider}/applications", wish)
    if made["state"] != "approved":
        with hub.step("staff_scripted"):
            decision = {"event": "approve", "reasons": ["The extract was seen."]}
            hub.ask("broker", f"/v1/applications/{made['id']}/decisions", decision)
    with hub.step("publish"):
        published = hub.ask(name, "/v1/offerings", offering(f"EYE-{nation}"))
    with hub.step("found_by_planner"):
        found = hub.ask("planner", f"/v1/catalogue/{published['id']}")
    return bool(found["id"] == published["id"])


WAYS: dict[str, Callable[[Running], bool]] = {
    "api": by_api,
    "api_with_staff": lambda hub: by_api(hub, "BR"),
}
"""By name; each takes a running hub with keys for "broker" and "planner" and fills its steps."""


@contextmanager
def running() -> Iterator[Running]:
    with TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), database_url=f"sqlite:///{folder}/hub.sqlite")
        database, clock, rng = db.connect(settings.url), SystemClock(), SystemRng()
        upgrade(database)
        secrets = {}
        with database.write() as session:
            organisations.ensure_hub(session, clock)
            for name, kind in (("broker", OrganisationKind.BROKER), ("planner", OrganisationKind.NATION)):
                made = organisations.register(session, clock, rng, name=name, kind=kind, nation="BE")
                _, secrets[name] = keys.issue(session, clock, rng, organisation_id=made.id, name="bench")
        app = create(settings, database=database, clock=clock, rng=rng)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
        stop = threading.Event()
        threads = [
            threading.Thread(target=server.run),
            threading.Thread(target=deliver.run_forever, args=(database, clock, rng, settings, stop)),
        ]
        for thread in threads:
            thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
                yield Running(http, settings.data / "mail", secrets)
        finally:
            server.should_exit = True
            stop.set()
            for thread in threads:
                thread.join()
            database.engine.dispose()


def run() -> dict[str, object]:
    figures: dict[str, object] = {}
    holds = True
    with running() as hub:
        for way, walk in WAYS.items():
            hub.steps = {}
            found = walk(hub)
            staff = hub.steps.pop("staff_scripted", None)
            total = sum(hub.steps.values())
            figures |= {f"{way}_{step}_s": seconds for step, seconds in hub.steps.items()}
            figures |= {f"{way}_machine_s": round(total, 3), f"{way}_staff_scripted_s": staff}
            holds = holds and found and total < LIMIT_S
    return figures | {"limit_s": LIMIT_S, "holds": holds}
