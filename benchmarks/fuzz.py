"""Every operation of the API, asked what its description allows and what it does not: no fault, no undocumented status.

The description is the running application's own. For each operation examples
are drawn from its schema, right ones and wrong ones, and sent with the key of
each kind of organisation and with none. Ids that exist are mixed in, so that
the answers go deeper than "unknown".
"""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import schemathesis
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from benchmarks._campaign import cores, numbers, shared
from jobs import migrations
from space_hub import db
from space_hub.clock import ManualClock
from space_hub.rng import SeededRng
from tests.support.hub import Caller, Hub, build
from tests.support.supply import good, offering, requirement, verified

OPTIONS = {
    "--examples=N": "for each operation, way of drawing and asker; 25 unless told",
    "--only=TEXT": "operations whose method and path hold this text",
    "--seed=N": "of the examples; 1 unless told",
    "--workers=N": "processes that share the operations; one for each core unless told",
}

SLICES = 16
"""Parts of the operations, each with a hub of its own."""

PROBLEM = "application/problem+json"
KINDS = ("provider", "nation", "operations_centre", "broker")
_KEPT = {"content-length", "host", "authorization", "user-agent", "connection", "accept-encoding", "transfer-encoding"}
"""Headers that the client sets itself."""


@dataclass
class Tally:
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    undocumented: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Answers that are no problem in the shape that the description says."""
    operations: int = 0
    not_drawn: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.statuses.update(other.statuses)
        self.operations += other.operations
        for name in ("faults", "undocumented", "broken", "not_drawn"):
            getattr(self, name).extend(getattr(other, name))


def run(*options: str) -> dict[str, object]:
    given = numbers(options, examples=25, seed=1, workers=cores())
    only = dict(option.lstrip("-").partition("=")[::2] for option in options).get("only") or ""
    started = time.monotonic()
    tally = Tally()
    slices = [(given["examples"], given["seed"], only, (place, SLICES)) for place in range(SLICES)]
    for part in shared("slices of the operations", fuzz, slices, given["workers"]):
        tally.add(part)
    return {
        "operations": tally.operations,
        "examples": tally.statuses.total(),
        "statuses": dict(sorted(tally.statuses.items())),
        "faults": len(tally.faults),
        "undocumented": len(tally.undocumented),
        "problems_of_another_shape": len(tally.broken),
        "operations_without_an_example": tally.not_drawn,
        "first": [*tally.faults, *tally.undocumented, *tally.broken][:10],
        "seconds": round(time.monotonic() - started, 1),
        "holds": not (tally.faults or tally.undocumented or tally.broken or tally.not_drawn) and tally.operations > 0,
    }


def fuzz(
    examples: int,
    number: int,
    only: str = "",
    part: tuple[int, int] = (0, 1),
    askers: tuple[str, ...] = ("", *KINDS),
) -> Tally:
    """Ask every operation `examples` times in each way, for each asker ('' is nobody known).

    `part` is (i, n): every n-th operation from the i-th.
    """
    tally = Tally()
    with TemporaryDirectory() as folder, _furnished(Path(folder)) as (hub, callers, ids):
        schema: Any = schemathesis.openapi.from_dict(hub.app.openapi())
        named = [
            (f"{one.method.upper()} {one.path}", one) for one in (each.ok() for each in schema.get_all_operations())
        ]
        for label, operation in [each for each in named if only in each[0]][part[0] :: part[1]]:
            tally.operations += 1
            documented = {
                status: set(each.get("content", ())) for status, each in operation.definition.raw["responses"].items()
            }
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                for asker in askers:
                    _ask(tally, hub, callers.get(asker), operation, label, documented, ids, mode, examples, number)
    return tally


def _ask(
    tally: Tally,
    hub: Hub,
    caller: Caller | None,
    operation: Any,
    label: str,
    documented: Mapping[str, set[str]],
    ids: Mapping[str, list[str]],
    mode: GenerationMode,
    examples: int,
    number: int,
) -> None:
    sent = 0

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def drawn(case: Any) -> None:
        nonlocal sent
        sent += 1
        _send(tally, hub, caller, case, label, documented, ids, sent)

    try:
        drawn()
    except schemathesis.errors.SchemathesisError as error:
        # An operation that takes nothing cannot be asked wrongly; any other that gives no example is a gap.
        if mode is GenerationMode.POSITIVE:
            tally.not_drawn.append(f"{label}: {type(error).__name__}")
    except Exception as error:
        if type(error).__name__ not in {"Unsatisfiable", "Unsatisfied"}:
            raise
        if mode is GenerationMode.POSITIVE:
            tally.not_drawn.append(f"{label}: {type(error).__name__}")


def _send(
    tally: Tally,
    hub: Hub,
    caller: Caller | None,
    case: Any,
    label: str,
    documented: Mapping[str, set[str]],
    ids: Mapping[str, list[str]],
    sent: int,
) -> None:
    given_ids = {name: known[sent // 2 % len(known)] for name, known in ids.items()}
    if sent % 2:
        for name in set(case.path_parameters or {}) & set(given_ids):
            case.path_parameters[name] = given_ids[name]
    asked = case.as_transport_kwargs(base_url="http://testserver")
    headers = {name: text for name, text in dict(asked.get("headers") or {}).items() if name.lower() not in _KEPT}
    if caller is not None:
        headers |= caller.headers()
    if label.startswith("POST") and sent % 3:
        headers["Idempotency-Key"] = f"{label}-{sent}-{tally.statuses.total()}"
    body = {name: asked[name] for name in ("data", "files") if asked.get(name) is not None}
    if "json" in asked:
        body = {"content": json.dumps(asked["json"])}
    elif isinstance(body.get("data"), bytes | str):
        body = {"content": body["data"]}
    try:
        answer = hub.client.request(
            asked["method"], asked["url"], params=asked.get("params"), headers=headers, cookies=None, **body
        )
    except (UnicodeError, ValueError, TypeError):
        return  # No client can send it: a header that is no text, a body that is no JSON.
    tally.statuses[answer.status_code] += 1
    words = f"{label} {asked['url'][:300]} {str(body)[:300]} -> {answer.status_code} {answer.text[:300]}"
    if answer.status_code >= 500 and answer.status_code != 503:
        tally.faults.append(words)
    if str(answer.status_code) not in documented and _routed(answer, label):
        tally.undocumented.append(words)
    promised = documented.get(str(answer.status_code), set())
    if answer.status_code >= 400 and PROBLEM in promised and not _is_problem(answer):
        tally.broken.append(words)


def _routed(answer: Any, label: str) -> bool:
    """Whether the request reached this operation: a path part drawn with a slash or a dot leads elsewhere."""
    form = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(label.partition(" ")[2]))
    return re.fullmatch(form, answer.request.url.path) is not None and answer.status_code != 405


def _is_problem(answer: Any) -> bool:
    if answer.headers.get("content-type") != PROBLEM:
        return False
    told = json.loads(answer.text)
    return {"type", "title", "status", "code", "detail"} <= set(told) and told["status"] == answer.status_code


@contextmanager
def _furnished(folder: Path) -> Iterator[tuple[Hub, dict[str, Caller], dict[str, list[str]]]]:
    """A hub with one of everything that is cheap to make, and the ids by name of a path parameter."""
    database = db.connect(f"sqlite:///{folder / 'fuzz.sqlite'}")
    migrations.upgrade(database)
    hub = build(database, ManualClock(datetime(2024, 11, 2, tzinfo=UTC)), SeededRng(1))
    hub.client.event_hooks["response"].clear()  # The tally counts; it does not stop at the first.
    callers = {kind: hub.key(kind, "FR") for kind in KINDS if kind != "provider"}
    callers["provider"], provider_id = verified(hub, callers["broker"])
    offered = good(callers["provider"].post("/v1/offerings", offering()))
    stated = good(callers["nation"].post("/v1/requirements", requirement()))
    matched = good(callers["nation"].post("/v1/matches", {"requirement_id": stated["id"]}))
    both = {"title_en": "A", "title_fr": "B", "text_en": "C", "text_fr": "D", "mission_areas": ["imagery"]}
    more = {"kind": "opportunity", "closes_at": "2025-11-02T00:00:00Z"}
    opened = good(callers["nation"].post("/v1/opportunities", both | more))
    good(callers["nation"].put(f"/v1/opportunities/{opened['id']}/opening"), 200)
    asked = good(callers["provider"].post(f"/v1/opportunities/{opened['id']}/questions", {"question": "By night?"}))
    ids = {
        "provider_id": [provider_id],
        "offering_id": [offered["id"]],
        "requirement_id": [stated["id"]],
        "match_id": [matched["id"]],
        "opportunity_id": [opened["id"]],
        "question_id": [asked["id"]],
        "organisation_id": [caller.organisation_id for caller in callers.values()],
    }
    with start_blocking_portal() as hub.client.portal:
        yield hub, callers, ids
    database.engine.dispose()
