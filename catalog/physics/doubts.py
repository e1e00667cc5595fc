"""Claims that orbits contradict: told to their supplier, and counted for the score once it could reply.

A match is its planner's secret: what is computed over a planner's area is told to the supplier only when the planner
lets it know area and dates, and is read by nobody else. What follows from an offering alone is noted
by the hub itself (`claims`), for every supplier alike. A new version is a new claim: nothing that
was found about another version counts. A doubt that newer orbits dissolve is closed with the reason; if orbits speak
against the same claim later, that is another doubt, with a clock of its own. An open one keeps the figures that its
supplier was told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from catalog.demand import disclosures
from catalog.matching.record import Physics
from catalog.matching.values import Candidate, Counted
from catalog.physics.asking import CONSENT
from catalog.shelf import findings
from catalog.shelf.content import fingerprint
from catalog.tables import Finding, Offering, OfferingVersion
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import HUB_ID, Principal
from space_hub.vocabulary.attributes import ATTRIBUTES, Better, Measured
from space_hub.vocabulary.codes import Provenance

METHOD = "orbits"
_ALLOWED = frozenset({"feasibility.within", "feasibility.partly"})
_CHUNK = 2_000


def counting(
    session: Session, now: datetime, requirement_id: str | None, candidates: Sequence[Candidate]
) -> list[Candidate]:
    """The candidates with what counts for them: computed for their offering, or for this requirement, and settled.

    What the supplier was told of this requirement goes before what it was told of its offering in general.
    """
    found: dict[str, list[Finding]] = {}
    for start in range(0, len(candidates), _CHUNK):
        versions = [each.version_id for each in candidates[start : start + _CHUNK]]
        statement = select(Finding).where(
            col(Finding.version_id).in_(versions),
            Finding.provenance == Provenance.COMPUTED.value,
            col(Finding.closed_at).is_(None),
            or_(col(Finding.requirement_id).is_(None), col(Finding.requirement_id) == requirement_id),
        )
        for row in session.exec(statement.order_by(col(Finding.requirement_id).is_not(None), col(Finding.id))):
            if findings.settled(row, now):
                found.setdefault(row.version_id, []).append(row)
    return [
        replace(each, counted=_counted(each, found[each.version_id])) if each.version_id in found else each
        for each in candidates
    ]


def _counted(candidate: Candidate, rows: Iterable[Finding]) -> dict[str, Counted]:
    """By attribute, of those that the asker may match by; the end of the range that is better for the supplier."""
    counted = {}
    for row in rows:
        if row.attribute in candidate.attributes and row.low is not None and row.high is not None:
            best = row.low if ATTRIBUTES[row.attribute].better is Better.LOWER else row.high
            value = Measured(row.attribute, best, best, provenance=Provenance.COMPUTED)
            counted[row.attribute] = Counted(value, row.id, row.reply_at is not None)
    return counted


def tell(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    physics: Physics,
    versions: Mapping[str, str],
    requirement_id: str | None,
) -> list[Finding]:
    """Note every claim that disagrees, once for each version, attribute and requirement while a doubt of it is open.

    `versions`: by offering, the version whose claim was looked at; one that is no longer current is left alone. For
    a requirement the caller has its owner's consent: that area and window are disclosed is written down in the
    same transaction.
    """
    doubted = [row for row in physics.rows if row["verdict_of_claim"] == "disagree"]
    if not doubted or physics.inputs is None:
        return []
    about = _about(session, {row["offering_id"] for row in doubted})
    before = _before(session, versions.values(), requirement_id)
    noted = []
    for row in doubted:
        offering, version, provider = about[row["offering_id"]]
        if version.id != versions[offering.id]:
            continue
        earlier = before.get((version.id, row["attribute"]), [])
        if any(each.closed_at is None for each in earlier):
            continue
        times = [len(earlier)] if earlier else []
        name = f"fnd_{fingerprint([version.id, row['attribute'], requirement_id, *times])[:26]}"
        if requirement_id is not None:
            disclosures.note(
                session,
                clock,
                rng,
                principal,
                provider_id=provider.id,
                subject=offering.id,
                what=("area", "window"),
                consent_ref=CONSENT,
            )
        finding = Finding(
            id=name,
            version_id=version.id,
            attribute=row["attribute"],
            provenance=Provenance.COMPUTED.value,
            low=min(row["computed"], row["limit"]),
            high=max(row["computed"], row["limit"]),
            method=METHOD,
            by_organisation_id=HUB_ID,
            at=clock.now(),
            basis=basis(physics.inputs, offering.id),
            requirement_id=requirement_id,
        )
        session.add(finding)
        session.flush()
        audit.record(session, clock, principal, "finding.note", finding.id, offering_id=offering.id)
        findings.tell(session, clock, finding, offering, provider)
        noted.append(finding)
    return noted


def dissolve(
    session: Session,
    clock: Clock,
    principal: Principal,
    physics: Physics,
    versions: Mapping[str, str],
    requirement_id: str | None,
) -> list[Finding]:
    """Close what these rows allow now, and tell whoever was told. What cannot be told any more stays a doubt."""
    allowed = {(versions[row["offering_id"]], row["attribute"]): row for row in physics.rows if _allows(row)}
    if not allowed or physics.inputs is None:
        return []
    about = _about(session, {row["offering_id"] for row in allowed.values()})
    closed = []
    for key, some in sorted(_before(session, {name for name, _ in allowed}, requirement_id).items()):
        row = allowed.get(key)
        for finding in some:
            if row is None or finding.closed_at is not None:
                continue
            offering, _, provider = about[row["offering_id"]]
            if findings.settled(finding, clock.now()):  # Others have read it: they read how it ended as well.
                finding.shown_at = finding.shown_at or clock.now()
            finding.closed_at = clock.now()
            finding.closed_for = {**row["reason"], "basis": basis(physics.inputs, offering.id)}
            session.add(finding)
            session.flush()
            audit.record(session, clock, principal, "finding.close", finding.id, offering_id=offering.id)
            findings.tell(session, clock, finding, offering, provider)
            closed.append(finding)
    return closed


def _allows(row: Mapping[str, Any]) -> bool:
    """Whether the claim would be no doubt: all of its range is allowed, or the modest end of it.

    Where the row speaks of an answer that goes beyond, nothing is closed.
    """
    return row["claimed"] is not None and row["verdict_of_claim"] != "disagree" and row["reason"]["code"] in _ALLOWED


def _before(
    session: Session, version_ids: Iterable[str], requirement_id: str | None
) -> dict[tuple[str, str], list[Finding]]:
    """By version and attribute, every doubt that was noted in general, or for this requirement."""
    rows = select(Finding).where(
        col(Finding.version_id).in_(sorted(set(version_ids))),
        Finding.provenance == Provenance.COMPUTED.value,
        col(Finding.requirement_id).is_(None)
        if requirement_id is None
        else col(Finding.requirement_id) == requirement_id,
    )
    found: dict[tuple[str, str], list[Finding]] = {}
    for row in session.exec(rows.order_by(col(Finding.at), col(Finding.id))):
        found.setdefault((row.version_id, row.attribute), []).append(row)
    return found


def basis(physics: Mapping[str, Any], offering_id: str) -> dict[str, Any]:
    """What was computed from, as its supplier reads it: enough to find out what is missing or wrong."""
    look = physics["offerings"][offering_id]
    return {
        "method": physics["method"],
        "area": physics["area"],
        "start": physics["start"],
        "days": look["days"],
        "satellites": sorted(physics["sets"][digest] for digest in look["satellites"]),
        "gone": look.get("gone", []),
        "stations": look["stations"],
        "sensor": look["sensor"],
    }


def _about(session: Session, offering_ids: Iterable[str]) -> dict[str, tuple[Offering, OfferingVersion, Provider]]:
    rows = session.execute(
        select(Offering, OfferingVersion, Provider)
        .join(OfferingVersion, col(OfferingVersion.id) == col(Offering.current_version_id))
        .join(Provider, col(Provider.id) == col(Offering.provider_id))
        .where(col(Offering.id).in_(sorted(offering_ids)))
    )
    return {offering.id: (offering, version, provider) for offering, version, provider in rows}
