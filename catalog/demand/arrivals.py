"""What arrives is matched at once: every offering with the open needs, every need with the shelf.

Two readers, kept apart. The owner of a need learns which offerings meet it
(`need_candidate`, `need.met`, `need.sole_supplier`, all marked for it alone). The
owner of an offering learns how it stands to the *published* needs (`gaps`). A
private need never reaches a row, a message or a count that a supplier reads.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session, col, select

from catalog.candidates import as_seen
from catalog.demand import adoption, gaps, requirements, standings
from catalog.demand.contradictions import words
from catalog.demand.tables import NeedCandidate, NeedStanding
from catalog.matching.eligibility import gates, overall
from catalog.matching.values import Candidate, Need, Outcome
from catalog.search.shelf import shelf
from catalog.tables import Offering, OfferingStatus, OfferingVersion, Requirement
from providers import generation
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.delivery.log import LogEntry
from space_hub.rng import Rng
from space_hub.text import Word
from space_hub.trust import markings
from space_hub.trust.labels import REAL
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import HUB, Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.work import ledger


class Standing(Word, of="candidate_outcome"):
    """How an offering stands to a requirement: the three outcomes of a match, or it is gone."""

    PASS = "pass"  # noqa: S105 -- an answer, not a secret.
    FAIL = "fail"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


CHUNK = 200
_MOST_NAMED = 100
"""Offerings named in one message; the rest is in the list of candidates."""


def on_offering_published(session: Session, clock: Clock, rng: Rng, entry: LogEntry) -> None:
    """An offering came, changed or went; or its supplier's standing did, which moves all that it offers."""
    if entry.topic in ("provider.status_changed", "clearance.changed"):
        params = {"provider_id": entry.payload["provider_id"]}
        slot = f"arrivals:{entry.event_id}"
        ledger.start(session, clock, rng, kind="need.arrivals", params=params, principal=HUB, slot=slot)
    else:
        arrive(session, clock, rng, entry.subject)


def arrive(session: Session, clock: Clock, rng: Rng, offering_id: str) -> None:
    """Match one offering as it stands now with every open need whose owner may see it, and tell its own owner."""
    offering = session.get_one(Offering, offering_id)
    version = session.get_one(OfferingVersion, offering.current_version_id)
    provider = session.get_one(Provider, offering.provider_id)
    if offering.status == OfferingStatus.PUBLISHED.value:
        gaps.on_arrival(session, clock, offering, version, provider)
    seeing = _readers_with_needs(session, offering)
    visible = bool(seeing) and _on_shelf(session, clock, seeing[0], offering.id)
    wanting = _open_needs(session, offering.capability, [each.id for each in seeing] if visible else [])
    known = select(NeedCandidate.requirement_id).where(NeedCandidate.offering_id == offering.id)
    for requirement_id in sorted({*wanting, *session.exec(known)}):
        standing = standings.lock(session, requirement_id)
        requirement = session.get_one(Requirement, requirement_id)
        if standing.state != standings.State.OPEN.value:
            continue
        if requirement_id in wanting:
            reader = _reader(session.get_one(Organisation, requirement.organisation_id))
            offered = as_seen(session, reader, [(offering, version, provider)])
            met = _keep(session, clock, requirement, requirements.need_of(requirement), offered)
            _tell_met(session, clock, rng, requirement, met)
        else:
            _leave(session, clock, requirement_id, offering.id)
        if standing.suppliers_meeting is not None:  # Before the look along the shelf, the first to come would be alone.
            count_suppliers(session, clock, requirement, standing)


def arrive_all(session: Session, clock: Clock, rng: Rng, provider_id: str, after: str) -> str | None:
    """The next chunk of one supplier's offerings; the id to go on after, None at the end."""
    found = (
        select(Offering.id)
        .where(Offering.provider_id == provider_id, col(Offering.id) > after)
        .order_by(col(Offering.id))
        .limit(CHUNK)
    )
    ids = session.exec(found).all()
    for offering_id in ids:
        arrive(session, clock, rng, offering_id)
    return ids[-1] if len(ids) == CHUNK else None


def look(session: Session, clock: Clock, rng: Rng, principal: Principal, requirement_id: str, after: str) -> str | None:
    """Match an own need with the next chunk of the shelf as its owner sees it; the id to go on after."""
    requirement = requirements.get(session, principal, requirement_id)
    standing = standings.lock(session, requirement.id)
    statement = shelf(principal, clock.now(), capability=requirement.capability)
    rows = session.execute(statement.where(col(Offering.id) > after).order_by(col(Offering.id)).limit(CHUNK)).all()
    offered = as_seen(session, principal, [(row[0], row[1], row[2]) for row in rows])
    met = _keep(session, clock, requirement, requirements.need_of(requirement), offered)
    _tell_met(session, clock, rng, requirement, met)
    if len(rows) == CHUNK:
        return offered[-1].offering_id
    count_suppliers(session, clock, requirement, standing)
    return None


def count_suppliers(session: Session, clock: Clock, requirement: Requirement, standing: NeedStanding) -> None:
    """How many suppliers meet the need; said when one is left alone, because such a need deserves a second look."""
    rows = session.exec(
        select(NeedCandidate, Offering.provider_id)
        .join(Offering, col(Offering.id) == col(NeedCandidate.offering_id))
        .where(NeedCandidate.requirement_id == requirement.id, NeedCandidate.outcome != Standing.WITHDRAWN.value)
    ).all()
    meeting = {provider for row, provider in rows if row.outcome == Outcome.PASS.value}
    asked = {provider for row, provider in rows if row.outcome == Outcome.UNKNOWN.value} - meeting
    alone = len(meeting) == 1 and not asked
    clauses = (
        _clauses_all_fail(requirement, [row for row, provider in rows if provider not in meeting]) if alone else None
    )
    newly = alone and not standing.sole_supplier
    standing.suppliers_meeting, standing.sole_supplier, standing.sole_clauses = len(meeting), alone, clauses
    standing.looked_generation, standing.updated_at = generation.current(session), clock.now()
    session.add(standing)
    if newly:
        payload = {"requirement_id": requirement.id, "clauses": clauses}
        log.append(session, clock, "need.sole_supplier", requirement.id, payload, requirement.marking_id)


def _clauses_all_fail(requirement: Requirement, others: Sequence[NeedCandidate]) -> list[str]:
    """The clauses that every other supplier's offering fails: what makes the need one supplier's."""
    failed = [
        {gate["clause"] for gate in row.gates if gate["outcome"] == Outcome.FAIL.value and gate["clause"] is not None}
        for row in others
    ]
    places = set.intersection(*failed) if failed else set()
    need = requirements.need_of(requirement)
    return [words(need.clauses[place]) for place in sorted(places)]


def _keep(
    session: Session, clock: Clock, requirement: Requirement, need: Need, offered: Iterable[Candidate]
) -> list[str]:
    """Note how each offering stands to the need; those that meet it for the first time."""
    met = []
    for each in offered:
        judged = gates(need, each)
        outcome = overall(judged)
        row = session.get(NeedCandidate, (requirement.id, each.offering_id)) or NeedCandidate(
            requirement_id=requirement.id,
            offering_id=each.offering_id,
            version_id=each.version_id,
            outcome="",
            gates=[],
            at=clock.now(),
            marking_id=requirement.marking_id,
        )
        row.version_id, row.outcome, row.at = each.version_id, outcome.value, clock.now()
        row.gates = [
            {"gate": gate.name, "outcome": gate.outcome.value, "clause": gate.clause, "params": dict(gate.params)}
            for gate in judged
        ]
        if outcome is Outcome.PASS and row.first_met_at is None:
            row.first_met_at = clock.now()
            met.append(each.offering_id)
        session.add(row)
    session.flush()
    return met


def _leave(session: Session, clock: Clock, requirement_id: str, offering_id: str) -> None:
    row = session.get_one(NeedCandidate, (requirement_id, offering_id))
    row.outcome, row.at = Standing.WITHDRAWN.value, clock.now()
    session.add(row)
    session.flush()


def _tell_met(session: Session, clock: Clock, rng: Rng, requirement: Requirement, met: list[str]) -> None:
    if not met:
        return
    payload: dict[str, Any] = {
        "requirement_id": requirement.id,
        "offerings": met[:_MOST_NAMED],
        "count": len(met),
    }
    log.append(session, clock, "need.met", requirement.id, payload, requirement.marking_id)
    adoption.stamp(
        session,
        clock,
        rng,
        requirement_id=requirement.id,
        organisation_id=requirement.organisation_id,
        step=adoption.Step.CANDIDATES_FOUND,
    )


def _readers_with_needs(session: Session, offering: Offering) -> list[Organisation]:
    """Organisations that may read the offering and have an open need of its capability."""
    found = (
        select(Organisation)
        .where(col(Organisation.id).in_(markings.readers(offering.marking_id, REAL)))
        .where(
            col(Organisation.id).in_(
                select(Requirement.organisation_id)
                .join(NeedStanding, col(NeedStanding.requirement_id) == col(Requirement.id))
                .where(Requirement.capability == offering.capability, NeedStanding.state == "open")
            )
        )
        .order_by(col(Organisation.id))
    )
    return list(session.exec(found))


def _on_shelf(session: Session, clock: Clock, organisation: Organisation, offering_id: str) -> bool:
    """Whether it is on the shelf at all; who may read it was settled by its marking, alike for all."""
    statement = shelf(_reader(organisation), clock.now()).where(col(Offering.id) == offering_id)
    return session.execute(statement).first() is not None


def _reader(organisation: Organisation) -> Principal:
    return Principal(organisation.id, OrganisationKind(organisation.kind), organisation.nation, "", frozenset())


def _open_needs(session: Session, capability_code: str, organisations: list[str]) -> set[str]:
    found = (
        select(Requirement.id)
        .join(NeedStanding, col(NeedStanding.requirement_id) == col(Requirement.id))
        .where(
            Requirement.capability == capability_code,
            NeedStanding.state == "open",
            col(Requirement.organisation_id).in_(organisations),
        )
    )
    return set(session.exec(found))
