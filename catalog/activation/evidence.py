"""The ledger of readiness: what activations and certified drills showed of a supplier, and its reply.

Evidence is kept by value, with the hash of what it was taken from; no drill is referred to.
The supplier reads it at once and may reply, once, before it counts. The members of the
agreement's pool read it when it counts, and nobody else ever: what a supplier failed to do
for one pool is not told to another, so that a score is always that of what its reader may see.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.activation.readiness import Evidence, Outcome, Readiness, Shown, Source, counts_at, score, shown
from catalog.activation.rules import Activation
from catalog.activation.states import State
from catalog.activation.tables import ActivationRow, ReadinessEvidence
from catalog.capacity.rules import units
from catalog.promise import pools
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import AgreementStatus, MemberStatus
from catalog.promise.tables import Agreement, Pool, PoolMember
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.delivery.endpoints import Endpoint
from space_hub.delivery.log import LogEntry
from space_hub.delivery.outbox import Message, MessageState
from space_hub.errors import Conflict, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import HUB, Principal
from space_hub.vocabulary.phases import Phase

_PROMISED = (AgreementStatus.SIGNED.value, AgreementStatus.ENDED.value)


def note(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    agreement: Agreement,
    phase: Phase,
    seen: Shown,
    *,
    source: Source,
    source_sha256: str,
    authority: Authority | None = None,
) -> ReadinessEvidence:
    """Keep what was shown, and tell the supplier; noted once for one source."""
    provider = session.get_one(Provider, agreement.provider_id)
    pool = session.get_one(Pool, agreement.pool_id)
    known = session.exec(
        select(ReadinessEvidence).where(
            ReadinessEvidence.agreement_id == agreement.id, ReadinessEvidence.source_sha256 == source_sha256
        )
    ).first()
    if known is not None:
        raise Conflict("readiness.already_noted", evidence_id=known.id)
    row = ReadinessEvidence(
        id=rng.scope(f"{pool.lead_organisation_id}/{provider.organisation_id}", "readiness").id("rdy"),
        provider_id=provider.id,
        agreement_id=agreement.id,
        phase=phase.value,
        source=source.value,
        source_sha256=source_sha256,
        promised_s=int(seen.promised.total_seconds()),
        measured_s=None if seen.measured is None else int(seen.measured.total_seconds()),
        parts_promised=seen.parts_promised,
        parts_reached=seen.parts_reached,
        outcome=seen.outcome.value,
        happened_at=seen.happened_at,
        by_organisation_id=principal.organisation_id,
        by_key_id=principal.key_id,
        authority_name="" if authority is None else authority.name,
        authority_office="" if authority is None else authority.office,
        at=clock.now(),
        counts_at=counts_at(clock.now()),
    )
    session.add(row)
    session.flush()
    who = {} if authority is None else {"authority": authority.name, "office": authority.office}
    audit.record(session, clock, principal, "readiness.note", row.id, source_sha256=source_sha256, **who)
    _tell(session, clock, row, markings.owner_only(session, provider.organisation_id))
    return row


def of_activation(
    session: Session,
    clock: Clock,
    rng: Rng,
    row: ActivationRow,
    agreement: Agreement,
    provider: Provider,
    activation: Activation,
) -> ReadinessEvidence | None:
    """Note what a real activation that has ended says of its supplier; None where it says nothing."""
    seen = of_course(session, clock.now(), row, provider, activation)
    if seen is None:
        return None
    digest = source_sha256(row.id, activation)
    phase = Phase(row.phase)
    return note(session, clock, rng, HUB, agreement, phase, seen, source=Source.ACTIVATION, source_sha256=digest)


def of_course(
    session: Session, now: datetime, row: ActivationRow, provider: Provider, activation: Activation
) -> Shown | None:
    """What an activation, real or drilled, shows of its supplier by `now`."""
    arrived = activation.accepted is not None or not _never_reached(session, row, provider)
    return shown(activation, now, notice_arrived=arrived)


def source_sha256(activation_id: str, activation: Activation) -> str:
    """A hash over the course of an activation from its notice on: both sides can recompute it from what they read."""
    notified = next(place for place, entry in enumerate(activation.entries) if entry.state is State.NOTIFIED)
    lines = [
        [entry.event, entry.state, log.rfc3339(entry.at), entry.parts, entry.clock]
        for entry in activation.entries[notified:]
    ]
    return hashlib.sha256(json.dumps([activation_id, lines], separators=(",", ":")).encode()).hexdigest()


def reply(session: Session, clock: Clock, principal: Principal, evidence_id: str, text: str) -> ReadinessEvidence:
    """What the supplier says to it, once; it counts from then on, and its readers read both."""
    row = session.exec(
        select(ReadinessEvidence)
        .join(Provider, col(Provider.id) == col(ReadinessEvidence.provider_id))
        .where(ReadinessEvidence.id == evidence_id, Provider.organisation_id == principal.organisation_id)
        .with_for_update(of=ReadinessEvidence)
    ).first()
    if row is None:
        raise NotFound("readiness.evidence_unknown", evidence_id=evidence_id)
    if row.reply_at is not None:
        raise Conflict("readiness.already_replied", at=log.rfc3339(row.reply_at))
    if row.counts_at <= clock.now():
        raise Conflict("readiness.counts_already", counts_at=log.rfc3339(row.counts_at))
    row.reply, row.reply_at = text, clock.now()
    row.counts_at = counts_at(row.at, clock.now())
    session.add(row)
    audit.record(session, clock, principal, "readiness.reply", row.id)
    session.flush()
    return row


def of_provider(
    session: Session, clock: Clock, principal: Principal, provider_id: str
) -> tuple[Readiness, Sequence[ReadinessEvidence]]:
    """The readiness of a supplier as the principal may know it, and the evidence for it, newest first.

    The supplier reads all, also what does not count yet; a member of its pools what counts of those pools.
    """
    provider = session.get(Provider, provider_id)
    own = provider is not None and provider.organisation_id == principal.organisation_id
    if not own and session.exec(_held(principal, provider_id).limit(1)).first() is None:
        raise NotFound("readiness.unknown", provider_id=provider_id)
    statement = select(ReadinessEvidence).where(ReadinessEvidence.provider_id == provider_id)
    if not own:
        statement = statement.where(_readable(principal.organisation_id, clock))
    rows = session.exec(statement.order_by(col(ReadinessEvidence.happened_at).desc(), col(ReadinessEvidence.id))).all()
    return score(map(value, rows), clock.now()), rows


def known_to(session: Session, clock: Clock, organisation_id: str, provider_id: str) -> Readiness:
    """The readiness of a supplier as one nation may know it, by what counts of its own pools."""
    rows = session.exec(
        select(ReadinessEvidence).where(ReadinessEvidence.provider_id == provider_id, _readable(organisation_id, clock))
    ).all()
    return score(map(value, rows), clock.now())


def value(row: ReadinessEvidence) -> Evidence:
    return Evidence(Source(row.source), Phase(row.phase), Outcome(row.outcome), row.happened_at, row.counts_at)


def anything_to_tell(session: Session, clock: Clock) -> bool:
    return session.exec(_untold(clock).limit(1)).first() is not None


def tell_holders(session: Session, clock: Clock, limit: int = 200) -> int:
    """Tell the members of the agreements' pools of what counts by now; of how much."""
    rows = session.exec(_untold(clock).limit(limit).with_for_update()).all()
    for row in rows:
        pool = session.exec(
            select(Pool).join(Agreement, col(Agreement.pool_id) == col(Pool.id)).where(Agreement.id == row.agreement_id)
        ).one()
        members = session.exec(
            select(PoolMember.organisation_id).where(
                PoolMember.pool_id == pool.id, PoolMember.status == MemberStatus.JOINED.value
            )
        ).all()
        _tell(session, clock, row, markings.among(session, pool.lead_organisation_id, members))
        row.holders_told_at = clock.now()
        session.add(row)
    session.flush()
    return len(rows)


def _untold(clock: Clock) -> SelectOfScalar[ReadinessEvidence]:
    return (
        select(ReadinessEvidence)
        .where(col(ReadinessEvidence.holders_told_at).is_(None), ReadinessEvidence.counts_at <= clock.now())
        .order_by(col(ReadinessEvidence.counts_at), col(ReadinessEvidence.id))
    )


def _held(principal: Principal, provider_id: str) -> SelectOfScalar[str]:
    """The agreements with a supplier that the principal's nation is a party to."""
    return (
        select(Agreement.id)
        .join(PoolMember, col(PoolMember.pool_id) == col(Agreement.pool_id))
        .where(
            Agreement.provider_id == provider_id,
            col(Agreement.status).in_(_PROMISED),
            pools.joined(principal.organisation_id),
        )
    )


def _readable(organisation_id: str, clock: Clock) -> ColumnElement[bool]:
    mine = (
        sa_select(col(Agreement.id))
        .join(PoolMember, col(PoolMember.pool_id) == col(Agreement.pool_id))
        .where(pools.joined(organisation_id))
    )
    return col(ReadinessEvidence.agreement_id).in_(mine) & (col(ReadinessEvidence.counts_at) <= clock.now())


def _never_reached(session: Session, row: ActivationRow, provider: Provider) -> bool:
    """Whether the notice was sent to the supplier's endpoints and given up at all of them.

    A supplier without an endpoint reads its messages by itself: then nothing is said to have failed.
    """
    states = session.exec(
        select(Message.state)
        .join(LogEntry, col(LogEntry.id) == col(Message.entry_id))
        .join(Endpoint, col(Endpoint.id) == col(Message.endpoint_id))
        .where(
            LogEntry.topic == "activation.changed",
            LogEntry.subject == row.id,
            LogEntry.at == row.notified_at,
            Endpoint.organisation_id == provider.organisation_id,
        )
    ).all()
    return MessageState.DEAD.value in states and MessageState.DELIVERED.value not in states


def _tell(session: Session, clock: Clock, row: ReadinessEvidence, marking_id: str) -> None:
    payload = {
        "evidence_id": row.id,
        "provider_id": row.provider_id,
        "agreement_id": row.agreement_id,
        "phase": row.phase,
        "source": row.source,
        "source_sha256": row.source_sha256,
        "outcome": row.outcome,
        "promised_s": row.promised_s,
        "measured_s": row.measured_s,
        "quantity_promised": units(row.parts_promised),
        "quantity_reached": units(row.parts_reached),
        "happened_at": log.rfc3339(row.happened_at),
        "reply": row.reply,
        "counts_at": log.rfc3339(row.counts_at),
    }
    log.append(session, clock, "readiness.noted", row.id, payload, marking_id)
