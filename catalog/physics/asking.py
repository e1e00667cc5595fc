"""Suppliers asked whether they can, with the asker's consent: the same question to all, at once, for a bounded time.

A supplier learns what it needs to answer and no more: area, window, one phase and a quantity that is not above what
it offers itself. What each may read is written down before anything is sent, and no transaction is
open while they think. Who has no interface, does not answer, or comes after the last that is asked is said so; and
where an interface fails, that is said of this supplier, and the others are heard all the same.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlmodel import Session, col, select

from catalog.demand import disclosures
from catalog.matching import eligibility
from catalog.matching.values import Candidate, Need, Outcome
from catalog.shelf.content import measured_from_json, measured_to_json
from catalog.tables import Offering
from providers import doors
from providers.adapters.base import Adapter, FeasibilityAsk, Quote
from providers.doors import DoorState, SupplierDoor
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.errors import HubError, NotFound
from space_hub.rng import Rng
from space_hub.trust.principal import Principal
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.geometry import GLOBAL

MOST = 40
"""Offerings asked about in one match, by the hash of their content."""
AT_ONCE = 8
WAIT_S = 20.0
"""For all of them together: who has not answered by then is noted as silent."""

CONSENT = "match"
"""The asker's word on a match that its suppliers may be asked and told."""

DISCLOSED = ("area", "phase", "quantity", "window")

_SILENT, _NOT_ASKED, _NO_INTERFACE, _UNKNOWN = "silent", "not_asked", "no_interface", "unknown"
_FAULT = "fault"

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer and when it came, or a code of why there is none."""

    quote: Quote | None = None
    at: datetime | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """That suppliers may be asked, and what it takes to reach them."""

    rng: Rng
    allow: Collection[str]


def ask(
    database: Database,
    clock: Clock,
    principal: Principal,
    consent: Consent,
    need: Need,
    candidates: Iterable[Candidate],
) -> list[dict[str, Any]]:
    """An answer for each offering that no gate refuses and whose supplier has a door, in the order of their ids."""
    with database.read() as session:
        asks = _questions(session, need, candidates)
    reached, failed = _reached(database, clock, consent, {each.provider_id for each, _ in asks})
    able = [each for each in asks if each[0].provider_id in reached]
    put = able[:MOST]
    with database.write() as session:
        for candidate, _ in put:
            disclosures.note(
                session,
                clock,
                consent.rng,
                principal,
                provider_id=candidate.provider_id,
                subject=candidate.offering_id,
                what=DISCLOSED,
                consent_ref=CONSENT,
            )
    asked_at = clock.now()
    said = _together(clock, [(reached[candidate.provider_id], question) for candidate, question in put])
    found = [
        _answer(candidate, question, each, asked_at) for (candidate, question), each in zip(put, said, strict=True)
    ]
    found += [_answer(candidate, question, _Said(code=_NOT_ASKED)) for candidate, question in able[MOST:]]
    for candidate, question in asks:
        if candidate.provider_id not in reached:
            code = _FAULT if candidate.provider_id in failed else _NO_INTERFACE
            found.append(_answer(candidate, question, _Said(code=code)))
    return sorted(found, key=lambda each: str(each["offering_id"]))


def values_of(answers: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Measured]]:
    """By offering and attribute, what suppliers said of themselves for this area."""
    read = {each["offering_id"]: [measured_from_json(value) for value in each["values"]] for each in answers}
    return {name: {value.attribute: value for value in some} for name, some in read.items() if some}


def _reached(
    database: Database, clock: Clock, consent: Consent, provider_ids: Iterable[str]
) -> tuple[dict[str, Adapter], set[str]]:
    """By provider the interface that takes questions; and those whose interface cannot even be reached for."""
    reached: dict[str, Adapter] = {}
    failed: set[str] = set()
    for provider_id in sorted(provider_ids):
        try:
            adapter = doors.adapter_of(database, clock, provider_id, consent.allow)
        except HubError as error:
            logger.warning("adapter_unreachable", provider=provider_id, code=error.code)
            failed.add(provider_id)
            continue
        if adapter is not None and adapter.capabilities.feasibility:
            reached[provider_id] = adapter
    return reached, failed


def _questions(session: Session, need: Need, candidates: Iterable[Candidate]) -> list[tuple[Candidate, FeasibilityAsk]]:
    """Of offerings whose supplier has a door, what each would be asked, in the order in which they are asked."""
    closed = DoorState.CLOSED.value
    reachable = set(session.exec(select(SupplierDoor.provider_id).where(SupplierDoor.state != closed)))
    turns = sorted(
        (
            each
            for each in candidates
            if each.provider_id in reachable and eligibility.overall(eligibility.gates(need, each)) is not Outcome.FAIL
        ),
        key=lambda each: (each.content_sha256, each.offering_id),
    )
    references: dict[str, str] = {}
    for start in range(0, len(turns), 2_000):
        ids = [each.offering_id for each in turns[start : start + 2_000]]
        references |= dict(session.exec(select(Offering.id, Offering.reference).where(col(Offering.id).in_(ids))).all())
    asked = ((each, _question(need, each, references[each.offering_id])) for each in turns)
    return [(each, question) for each, question in asked if question is not None]


def _question(need: Need, candidate: Candidate, reference: str) -> FeasibilityAsk | None:
    """About the first phase in which it has capacity; None where it has none."""
    for wanted in need.phases:
        held = candidate.capacity.get(wanted.phase, 0.0)
        if held > 0.0:
            unit = capability(need.capability).capacity_unit
            area = None if need.area == GLOBAL else need.area
            quantity = min(wanted.quantity, held)
            return FeasibilityAsk(reference, quantity, unit, need.window, area, wanted.phase)
    return None


def _together(clock: Clock, asks: Sequence[tuple[Adapter, FeasibilityAsk]]) -> list[_Said]:
    """The answers in the order of the questions; a code where there is none. A thread that hangs ends by itself."""
    if not asks:
        return []
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="asking")
    futures = [pool.submit(_put, clock, adapter, question) for adapter, question in asks]
    wait(futures, timeout=WAIT_S)
    pool.shutdown(wait=False, cancel_futures=True)
    return [_said(each) for each in futures]


def _put(clock: Clock, adapter: Adapter, question: FeasibilityAsk) -> _Said:
    """One question to one supplier. Whatever its interface does wrong is its own, and ends no match."""
    try:
        return _Said(adapter.feasibility(question), clock.now())
    except NotFound:
        return _Said(code=_UNKNOWN, at=clock.now())
    except HubError:
        return _Said(code=_SILENT)
    except Exception as error:
        logger.error("adapter_fault", reference=question.offering_reference, exc_info=error)
        return _Said(code=_FAULT)


def _said(future: "Future[_Said]") -> _Said:
    return future.result() if future.done() and not future.cancelled() else _Said(code=_SILENT)


def _answer(
    candidate: Candidate, question: FeasibilityAsk, said: _Said, asked_at: datetime | None = None
) -> dict[str, Any]:
    quote = said.quote
    price = None if quote is None else quote.price
    return {
        "offering_id": candidate.offering_id,
        "phase": question.phase.value,
        "asked": question.quantity,
        "asked_at": None if asked_at is None else asked_at.isoformat(),
        "answer": said.code if quote is None else quote.answer.value,
        "answered_at": None if said.at is None else said.at.isoformat(),
        "quantity": None if quote is None else quote.quantity,
        "price": None if price is None else [f"{price.amount:f}", price.currency],
        "valid_until": None if quote is None or quote.valid_until is None else quote.valid_until.isoformat(),
        "reason": "" if quote is None else quote.reason,
        "values": [] if quote is None else [measured_to_json(each) for each in quote.values],
    }
