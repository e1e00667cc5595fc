"""How long a newcomer takes from nothing to its first match notice, in machine time, by each of three ways in.

By API, by a spreadsheet with commands alone, and by the URL of a STAPI server, which is the STAPI project's own.
A hub runs whole on loopback, a process each for `serve`, `jobs` and `deliver`, on a fresh SQLite file with full
durability. The code is read from the letter in the mail folder, as a person would. Staff answer at once, by
script: what they take is no machine time of the newcomer and stands beside it. What a planner publishes meanwhile
is done by script too: a need before the offering comes, so that there is something to miss, and one that it meets.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import httpx
import openpyxl
from standardwebhooks import Webhook

from benchmarks.screening.conditions import conditions
from jobs.migrations import upgrade
from jobs.proofs.service import free_port
from space_hub import db
from space_hub.clock import SystemClock
from space_hub.rng import SystemRng
from space_hub.trust import keys, organisations
from space_hub.trust.scopes import OrganisationKind
from tests.reference.environment import NotMade
from tests.reference.running import stapi_reference
from tests.support.receiver import Receiver, listening
from tests.support.supply import offering, profile, requirement

LIMIT_S = 300.0
DAY = datetime(2024, 11, 5, 10, tzinfo=UTC)
"""Hub time at the start: a replayed day, for an installation in real time asks for catalogues of the sky."""

_PATIENCE_S = 60.0
_ROOT = Path(__file__).resolve().parents[1]
_BROKER, _PLANNER = "Broker desk", "Planning staff"
_LOST = (httpx.HTTPError, TimeoutError, subprocess.SubprocessError, NotMade, LookupError, ValueError)

_Found = TypeVar("_Found")


class Stopped(Exception):
    """A way that did not get further; the text names the step and why."""


@dataclass
class Running:
    """A hub that runs, its keys by name, and the seconds of each step so far."""

    http: httpx.Client
    variables: dict[str, str]
    folder: Path
    receiver: Receiver
    keys: dict[str, str]
    steps: dict[str, float] = field(default_factory=dict)
    turns: Iterator[int] = field(default_factory=count)

    def ask(self, who: str | None, path: str, body: Any = None, method: str = "POST") -> Any:
        headers = {"Authorization": f"Bearer {self.keys[who]}"} if who else {}
        if body is None:
            answer = self.http.get(path, headers=headers)
        else:
            headers["Idempotency-Key"] = f"b-{next(self.turns)}"
            answer = self.http.request(method, path, headers=headers, json=body)
        answer.raise_for_status()
        return answer.json()

    def say(self, *words: str) -> Any:
        """A command of `space-hub`, as a process; what it answers to a program."""
        command = [sys.executable, "-m", "space_hub.cli", *words, "--json"]
        done = subprocess.run(
            command, cwd=_ROOT, env=self.variables, capture_output=True, text=True, check=False, timeout=_PATIENCE_S
        )
        if done.returncode != 0:
            raise subprocess.SubprocessError(f"`space-hub {' '.join(words)}`: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        except _LOST as error:
            raise Stopped(f"{name}: {error}") from error
        self.steps[name] = round(time.perf_counter() - began, 3)

    def code(self, address: str) -> str:
        """The code in the letter to `address`, as soon as it lies in the mail folder."""

        def look() -> str | None:
            for file in (self.folder / "mail").glob("*.eml"):
                letter = message_from_bytes(file.read_bytes(), policy=default)
                if letter["To"] == address:
                    for line in letter.get_content().splitlines():
                        if len(line) == 26 and line.isalnum():
                            return str(line)
            return None

        return until(look)

    def published(self) -> set[str]:
        """The ids of all needs that everybody may read."""
        return {each["id"] for each in self.ask(_PLANNER, "/v1/demand/needs")["items"]}

    def publish_need(self, title: str, gsd_m: float) -> tuple[str, str]:
        """A need of the planner's that everybody may read: its id, and the id under which others read it."""
        before = self.published()
        clause = {"attribute": "gsd", "operator": "<=", "threshold": gsd_m, "unit": "m"}
        window = {"window_from": "2024-12-01T00:00:00Z", "window_to": "2025-02-01T00:00:00Z"}
        stated = self.ask(_PLANNER, "/v1/requirements", requirement(title=title, clauses=[clause], **window))
        path = f"/v1/requirements/{stated['id']}/publication"
        seen = self.ask(_PLANNER, f"{path}/preview?level=named")
        consent = {"level": "named", "consent_ref": seen["consent_ref"]}
        self.ask(_PLANNER, path, consent, method="PUT")
        [shown] = self.published() - before
        return str(stated["id"]), shown

    @contextmanager
    def need(self, title: str, gsd_m: float) -> Iterator[str]:
        """Such a need while the block runs, so that the next newcomer does not meet it; the id that others read."""
        requirement_id, shown = self.publish_need(title, gsd_m)
        try:
            yield shown
        finally:
            self.ask(_PLANNER, f"/v1/requirements/{requirement_id}/standing", {"event": "close"}, method="PUT")


def until(look: Callable[[], _Found | None], every_s: float = 0.05) -> _Found:
    """What `look` finds, as soon as it finds something; TimeoutError when it does not."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(every_s)
    raise TimeoutError(f"nothing within {_PATIENCE_S:g} s")


def arrive(hub: Running, name: str, nation: str) -> str:
    """To the approved application, over HTTP; the provider's id."""
    address = f"desk@{name.replace(' ', '-').lower()}.example"
    with hub.step("register"):
        body = profile(name, nation, contacts=[{"name": "Desk", "email": address}])
        came = hub.ask(None, "/v1/front-door/registrations", body)
        hub.keys[name] = came["secret"]
        provider = str(came["provider"]["id"])
    with hub.step("letter_and_code"):
        hub.ask(None, "/v1/front-door/verifications", {"code": hub.code(address)})
    with hub.step("evidence"):
        extract = {
            "kind": "company_register",
            "issuer": "Register",
            "scope": "existence",
            "valid_from": (DAY - timedelta(days=1)).isoformat(),
            "document_sha256": "ab" * 32,
        }
        hub.ask(name, f"/v1/providers/{provider}/evidence", extract)
    with hub.step("apply"):
        wish = {"tier": "listed", "mission_areas": ["imagery"]}
        made = hub.ask(name, f"/v1/providers/{provider}/applications", wish)
    if made["state"] != "approved":
        with hub.step("staff_scripted"):
            decision = {"event": "approve", "reasons": ["The extract was seen."]}
            hub.ask(_BROKER, f"/v1/applications/{made['id']}/decisions", decision)
    return provider


def told(hub: Running, name: str, offering_id: str) -> str:
    """From the gap report to the first signed message about a need that it is made for; how it stands to that."""
    with hub.step("gap_report"):
        # The message that there is something to read; later ones are then about needs that came later.
        until(lambda: hub.ask(name, "/v1/events?topics=gap.changed")["items"] or None)
        [entry] = hub.ask(name, f"/v1/offerings/{offering_id}/gap-report")["entries"]
        if not (entry["misses"] or entry["questions"]):
            raise LookupError(f"the gap report says nothing to do: {entry}")
    with hub.step("endpoint"):
        url = f"{hub.receiver.url}/{offering_id}"
        endpoint = hub.ask(name, "/v1/endpoints", {"url": url, "topics": ["gap.changed"]})
    with hub.step("need_and_signed_notice"), hub.need(f"What {name} has", 0.6) as shown:

        def received() -> str | None:
            for one in list(hub.receiver.received):
                if one.path.endswith(offering_id):
                    message: Any = Webhook(endpoint["secret"]).verify(one.body, one.headers)
                    for change in message["data"]["changed"]:
                        if change["need"] == shown:
                            return str(change["outcome"])
            return None

        return until(received)


def found(hub: Running, offering_id: str) -> None:
    with hub.step("found_by_planner"):
        hub.ask(_PLANNER, f"/v1/catalogue/{offering_id}")


def by_api(hub: Running, name: str, nation: str) -> str:
    """Everything over HTTP, the offering as one JSON body."""
    arrive(hub, name, nation)
    with hub.step("publish"):
        published = hub.ask(name, "/v1/offerings", offering(f"EYE-{nation}"))["id"]
    found(hub, published)
    return told(hub, name, published)


def by_spreadsheet(hub: Running, name: str, nation: str) -> str:
    """Everything by commands, each a process of its own, the offering as a row of the hub's own template."""
    address = f"desk@{name.replace(' ', '-').lower()}.example"
    act = ("--as", name)
    with hub.step("register"):
        who = ("--legal-id", "RCS 1", "--nation", nation, "--owner-nation", nation)
        hub.say("provider", "register", name, *who, "--contact", "Desk", "--email", address)
    with hub.step("letter_and_code"):
        hub.say("provider", "confirm", hub.code(address))
    with hub.step("evidence"):
        extract = hub.folder / "extract.pdf"
        extract.write_bytes(b"an extract of the company register")
        hub.say("provider", "evidence", str(extract), "--issuer", "Register", *act)
    with hub.step("apply"):
        made = hub.say("provider", "apply", "--area", "imagery", *act)
    if made["state"] != "approved":
        with hub.step("staff_scripted"):
            [waiting] = hub.say("desk", "queue", "--as", _BROKER)["items"]
            hub.say("desk", "decide", waiting["id"], "approve", "--reason", "The extract was seen.", "--as", _BROKER)
    file = hub.folder / "offerings.xlsx"
    with hub.step("template"):
        hub.say("offer", "template", str(file), "--area", "imagery")
    with hub.step("fill_in"):
        fill_in(file)
    with hub.step("publish"):
        [taken] = hub.say("offer", "submit", str(file), *act)["taken"]
    found(hub, taken["offering_id"])
    with hub.step("gap_report"):
        [entry] = hub.say("offer", "gaps", "CS-50", *act)["entries"]
        if not entry["one_change"]:
            raise LookupError(f"the gap report names no change: {entry}")
    with hub.step("need_and_notice"), hub.need(f"What {name} has", 0.6) as shown:

        def read() -> str | None:
            items = hub.say("provider", "notices", *act)["items"]
            return next((str(each["outcome"]) for each in items if each.get("need") == shown), None)

        return until(read)


def fill_in(file: Path) -> None:
    """One row, as a salesperson writes it."""
    row = {
        "reference": "CS-50",
        "title": "Half-metre imagery",
        "capability": "imagery.optical",
        "attribute:gsd": 0.5,
        "attribute:delivery_latency": 90,
        "capacity:peace": 2000,
        "price:peace": "9.00 EUR/km2",
        "coverage": "global",
    }
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    place = {cell.value.split(" [")[0]: cell.column for cell in sheet[1]}
    for heading, value in row.items():
        sheet.cell(2, place[heading], value)
    book.save(file)


def by_stapi(hub: Running, name: str, nation: str) -> str:
    """The supplier names the URL of its own server; the hub lists it."""
    with ExitStack() as stack:
        port = hub.variables["STAPI_PORT"]
        with hub.step("own_server"):  # The supplier's own, which stood before it heard of us: not counted.
            url = stack.enter_context(stapi_reference(port=int(port)))
        provider = arrive(hub, name, nation)
        with hub.step("door"):
            hub.ask(name, f"/v1/providers/{provider}/door", {"adapter": "stapi", "url": url}, method="PUT")
            hub.ask(name, f"/v1/providers/{provider}/door/sync", {})
        with hub.step("publish"):

            def listed() -> str | None:
                items = hub.ask(name, "/v1/offerings")["items"]
                return str(items[0]["id"]) if len(items) == 3 else None

            first = until(listed)
        found(hub, first)
        return told(hub, name, first)


WAYS: dict[str, tuple[Callable[[Running, str, str], str], str]] = {
    "api": (by_api, "FR"),
    "spreadsheet": (by_spreadsheet, "BR"),
    "stapi_url": (by_stapi, "BR"),
}
"""By name: the walk, which fills the steps and says how the offering stands to the need, and the newcomer's nation.

The rule lists a complete French file by itself; a Brazilian one waits for staff.
"""

CONDITIONS = ("date", "processor", "cores", "python")

BESIDE = ("staff_scripted", "own_server")
"""Steps that are not the newcomer's machine time."""


@contextmanager
def running() -> Iterator[Running]:
    """The three processes of a fresh installation, with keys for the broker and a planner."""
    port, stapi = free_port(), free_port()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        receiver = stack.enter_context(listening(Receiver()))
        variables = os.environ | {
            "SPACE_HUB_DATA": str(folder),
            "SPACE_HUB_DATABASE_URL": "",
            "SPACE_HUB_PORT": str(port),
            "SPACE_HUB_EGRESS_ALLOW": f"{receiver.allow},127.0.0.1:{stapi}",
            "SPACE_HUB_LANG": "en",
            "STAPI_PORT": str(stapi),
        }
        secrets = _install(folder)
        for name in ("serve", "jobs", "deliver"):
            stack.enter_context(_process(name, variables, folder / f"{name}.log"))
        http = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False))

        def ready() -> bool | None:
            try:
                return http.get("/healthz").status_code == 200 or None
            except httpx.TransportError:
                return None

        until(ready)
        yield Running(http, variables, folder, receiver, secrets)


def _install(folder: Path) -> dict[str, str]:
    """The database of an installation that replays `DAY`; the keys of the broker and the planner."""
    wall = SystemClock().wall()
    clock, rng = SystemClock(DAY - wall), SystemRng()
    database = db.connect(f"sqlite:///{folder}/hub.sqlite")
    upgrade(database)
    secrets = {}
    with database.write() as session:
        offset_us = clock.offset // timedelta(microseconds=1)
        session.add(db.Installation(clock_offset_us=offset_us, created_at_wall=wall))
        organisations.ensure_hub(session, clock)
        for name, kind in ((_BROKER, OrganisationKind.BROKER), (_PLANNER, OrganisationKind.NATION)):
            made = organisations.register(session, clock, rng, name=name, kind=kind, nation="BE")
            _, secrets[name] = keys.issue(session, clock, rng, organisation_id=made.id, name="bench")
    database.engine.dispose()
    return secrets


@contextmanager
def _process(name: str, variables: dict[str, str], log: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "space_hub.cli", name]
    with log.open("wb") as sink:
        child = subprocess.Popen(command, cwd=_ROOT, env=variables, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)
    try:
        yield
    finally:
        child.terminate()
        child.wait(20)


def run() -> dict[str, object]:
    figures: dict[str, object] = {}
    holds = True
    with running() as hub:
        hub.publish_need("Finer than any newcomer has", 0.3)
        for way, (walk, nation) in WAYS.items():
            hub.steps = {}
            try:
                outcome = walk(hub, f"Newcomer by {way.replace('_', ' ')}", nation)
            except Stopped as reason:
                figures[f"{way}_stopped_at"], holds = str(reason), False
                continue
            beside = {step: hub.steps.pop(step, None) for step in BESIDE}
            total = sum(hub.steps.values())
            figures |= {f"{way}_{step}_s": seconds for step, seconds in hub.steps.items()}
            figures |= {f"{way}_machine_s": round(total, 3), f"{way}_staff_scripted_s": beside["staff_scripted"]}
            figures[f"{way}_first_notice"] = outcome
            holds = holds and total < LIMIT_S and outcome in {"meets", "unknown"}
    these = conditions()
    return figures | {name: these[name] for name in CONDITIONS} | {"limit_s": LIMIT_S, "holds": holds}
