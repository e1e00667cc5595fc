"""A joint award without a new competition: an agreement that stands on an award of another participant's body.

The lead attaches the award with its evidence before it signs; what is attached is kept by value and by the hash of
the document, and is looked at again at the signature.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from catalog.framework import lot_rows
from catalog.framework.award_rules import Buyers, EarlierAward, faults
from catalog.framework.states import AgreementOrigin
from catalog.framework.tables import AwardReuse
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import AgreementStatus
from catalog.promise.tables import Agreement, Pool, PoolMember
from catalog.tables import Offering
from providers.tables import Evidence, EvidenceState
from providers.vetting import EvidenceKind
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, HubError, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.vocabulary.nations import nation


@dataclass(frozen=True, slots=True)
class Attached:
    """What the lead says of the award."""

    body_name: str
    body_nation: str
    reference: str
    awarded_at: datetime
    by_competition: bool
    capability: str
    evidence_id: str

    def __post_init__(self) -> None:
        nation(self.body_nation)


def attach(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    agreement: Agreement,
    given: Attached,
    authority: Authority,
) -> AwardReuse:
    """Let `agreement`, which the principal may read, stand on an award; once, and before it is signed."""
    pool = session.get_one(Pool, agreement.pool_id)
    if pool.lead_organisation_id != principal.organisation_id:
        raise Forbidden("pool.lead_decides", pool_id=pool.id)
    if agreement.status not in (AgreementStatus.DRAFT.value, AgreementStatus.OFFERED.value):
        raise Conflict("reuse.agreement_settled", status=AgreementStatus(agreement.status))
    if agreement.origin != AgreementOrigin.DIRECT.value:
        raise Conflict("reuse.origin_settled", origin=AgreementOrigin(agreement.origin))
    paper = session.get(Evidence, given.evidence_id)
    if paper is None or paper.provider_id != agreement.provider_id:
        raise NotFound("reuse.evidence_unknown", evidence_id=given.evidence_id)
    award = EarlierAward(
        body_nation=given.body_nation,
        awarded_at=given.awarded_at,
        by_competition=given.by_competition,
        provider_id=paper.provider_id,
        capability=given.capability,
        evidence_sha256=paper.document_sha256 if paper.kind == EvidenceKind.AWARD.value else "",
        evidence_in_force=_in_force(paper, clock.now()),
    )
    _refuse(faults(award, _buyers(session, clock, pool, agreement)))
    row = AwardReuse(
        id=rng.scope(principal.organisation_id, "award_reuse").id("awr"),
        pool_id=pool.id,
        agreement_id=agreement.id,
        body_name=given.body_name,
        body_nation=given.body_nation,
        award_reference=given.reference,
        awarded_at=given.awarded_at,
        by_competition=given.by_competition,
        evidence_id=paper.id,
        evidence_sha256=paper.document_sha256,
        by_organisation_id=principal.organisation_id,
        by_key_id=principal.key_id,
        authority_name=authority.name,
        authority_office=authority.office,
        at=clock.now(),
    )
    agreement.origin = AgreementOrigin.REUSE.value
    session.add_all([row, agreement])
    said = {"authority": authority.name, "office": authority.office}
    audit.record(
        session, clock, principal, "award.reuse", agreement.id, award=row.id, sha256=row.evidence_sha256, **said
    )
    payload = {
        "award_reuse_id": row.id,
        "agreement_id": agreement.id,
        "lot_id": agreement.lot_id,
        "body_name": row.body_name,
        "body_nation": row.body_nation,
        "award_reference": row.award_reference,
        "evidence_sha256": row.evidence_sha256,
        "decided_by": {"name": authority.name, "office": authority.office},
    }
    log.append(session, clock, "award.reused", row.id, payload, lot_rows.members_of(session, pool))
    session.flush()
    return row


def of_agreement(session: Session, agreement_id: str) -> AwardReuse | None:
    return session.exec(select(AwardReuse).where(AwardReuse.agreement_id == agreement_id)).one_or_none()


def still_stands(session: Session, clock: Clock, agreement: Agreement) -> None:
    """Refuse to sign on an award that no longer counts, or that was never attached."""
    if agreement.origin != AgreementOrigin.REUSE.value:
        return
    row = of_agreement(session, agreement.id)
    if row is None:
        raise Conflict("reuse.nothing_attached", agreement_id=agreement.id)
    buyers = _buyers(session, clock, session.get_one(Pool, agreement.pool_id), agreement)
    paper = session.get_one(Evidence, row.evidence_id)
    award = EarlierAward(
        body_nation=row.body_nation,
        awarded_at=row.awarded_at,
        by_competition=row.by_competition,
        provider_id=paper.provider_id,
        capability=buyers.capability,
        evidence_sha256=row.evidence_sha256 if row.evidence_sha256 == paper.document_sha256 else "",
        evidence_in_force=_in_force(paper, clock.now()),
    )
    _refuse(faults(award, buyers))


def _buyers(session: Session, clock: Clock, pool: Pool, agreement: Agreement) -> Buyers:
    nations = session.exec(
        select(Organisation.nation)
        .join(PoolMember, col(PoolMember.organisation_id) == col(Organisation.id))
        .where(PoolMember.pool_id == pool.id, PoolMember.status == "joined")
    ).all()
    offering = session.get_one(Offering, agreement.offering_id)
    return Buyers(frozenset(nations), agreement.provider_id, offering.capability, clock.now())


def _in_force(paper: Evidence, now: datetime) -> bool:
    shown = paper.state in (EvidenceState.SHOWN.value, EvidenceState.ACCEPTED.value)
    return shown and paper.valid_from <= now and (paper.valid_to is None or paper.valid_to > now)


def _refuse(wrong: list[HubError]) -> None:
    if wrong:
        refusal = Invalid("reuse.refused", count=len(wrong))
        refusal.causes = tuple(wrong)
        raise refusal
