"""Outages: somebody who knows says that an asset does not work, and later that it does.

A failure has happened; a manoeuvre or maintenance may be announced. A supplier
reports on its own assets; an operations centre and the broker on any. The report
is readable by who made it, by the supplier and by those with an agreement or a
call-off on what rests on the asset, not by rivals nor by those who merely plan with it.
"""

from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from catalog.risk import commitments, risks
from catalog.risk.tables import Outage, OutageKind
from catalog.tables import Asset
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.text import Word
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind


class Severity(Word, of="severity"):
    DEGRADED = "degraded"
    LOST = "lost"


def report(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    asset_id: str | None,
    catalog_number: int | None,
    severity: Severity,
    description: str,
    began_at: datetime,
    expected_end_at: datetime | None,
    kind: OutageKind = OutageKind.FAILURE,
    loss_share: Decimal = Decimal(1),
) -> Outage:
    """Note an outage of one asset, named by our id or by its catalogue number.

    `loss_share` of what the asset gives is missing meanwhile: all of it unless somebody knows better.
    """
    asset, supplier = _asset(session, principal, asset_id, catalog_number)
    if not loss_share.is_finite() or not 0 < loss_share <= 1:
        raise Invalid("outage.loss_share_wrong", given=str(loss_share))
    if severity is Severity.LOST and loss_share != 1:
        raise Invalid("outage.lost_is_all", given=str(loss_share))
    if kind is OutageKind.FAILURE and began_at > clock.now():
        raise Invalid("outage.begins_in_future", began_at=log.rfc3339(began_at))
    if expected_end_at is not None and expected_end_at <= began_at:
        raise Invalid("vocabulary.interval_empty", start=began_at.isoformat(), stop=expected_end_at.isoformat())
    holders = risks.assured_on(session, [asset.id], clock.now())
    marking_id = markings.among(session, principal.organisation_id, holders | {supplier.organisation_id})
    outage = Outage(
        # By the asset: trouble elsewhere shifts no id that a holder of this one is told.
        id=rng.scope(f"{principal.organisation_id}/{asset.id}", "outage").id("out"),
        asset_id=asset.id,
        reported_by_id=principal.organisation_id,
        severity=severity.value,
        description=description,
        began_at=began_at,
        expected_end_at=expected_end_at,
        marking_id=marking_id,
        created_at=clock.now(),
        kind=kind.value,
        loss_share=f"{loss_share.normalize():f}",
    )
    session.add(outage)
    session.flush()
    payload = {
        "outage_id": outage.id,
        "asset_id": asset.id,
        "asset_name": asset.name,
        "catalog_number": asset.catalog_number,
        "kind": outage.kind,
        "severity": severity.value,
        "loss_share": outage.loss_share,
        "description": description,
        "began_at": log.rfc3339(began_at),
        "expected_end_at": None if expected_end_at is None else log.rfc3339(expected_end_at),
    }
    log.append(session, clock, "outage.reported", outage.id, payload, marking_id)
    audit.record(session, clock, principal, "outage.report", outage.id, asset=asset.id, kind=outage.kind)
    return outage


def close(session: Session, clock: Clock, rng: Rng, principal: Principal, outage_id: str) -> Outage:
    """The reporter, or the broker, says that it is over; the offerings recover with it."""
    get(session, principal, outage_id)
    outage = session.exec(select(Outage).where(Outage.id == outage_id).with_for_update()).one()
    if principal.organisation_id != outage.reported_by_id and principal.kind is not OrganisationKind.BROKER:
        raise Forbidden("outage.reporter_closes", outage_id=outage_id)
    if outage.closed_at is not None:
        raise Conflict("outage.already_closed", closed_at=log.rfc3339(outage.closed_at))
    outage.closed_at = clock.now()
    session.add(outage)
    over = risks.recover(session, clock, risks.of_outage(session, outage.id))
    commitments.queue(session, clock, rng, over)
    audit.record(session, clock, principal, "outage.close", outage.id)
    session.flush()
    return outage


def get(session: Session, principal: Principal, outage_id: str) -> Outage:
    statement = select(Outage).where(Outage.id == outage_id)
    if principal.kind is not OrganisationKind.BROKER:
        statement = statement.where(markings.visible(Outage.marking_id, principal))
    found = session.exec(statement).first()
    if found is None:
        raise NotFound("outage.unknown", outage_id=outage_id)
    return found


def _asset(
    session: Session, principal: Principal, asset_id: str | None, catalog_number: int | None
) -> tuple[Asset, Provider]:
    """The one asset that is meant, among those the principal may report on."""
    if principal.kind is OrganisationKind.NATION:
        raise Forbidden("outage.not_a_reporter", kind=principal.kind)
    if (asset_id is None) == (catalog_number is None):
        raise Invalid("outage.name_one_asset")
    statement = select(Asset, Provider).join(Provider, col(Provider.id) == col(Asset.provider_id))
    if asset_id is not None:
        statement = statement.where(Asset.id == asset_id)
    else:
        statement = statement.where(Asset.catalog_number == catalog_number)
    if principal.kind is OrganisationKind.PROVIDER:
        statement = statement.where(Provider.organisation_id == principal.organisation_id)
    found = session.exec(statement.order_by(col(Asset.id)).limit(2)).all()
    if not found:
        raise NotFound("outage.asset_unknown", given=asset_id or str(catalog_number))
    if len(found) > 1:
        raise Conflict("outage.asset_ambiguous", catalog_number=catalog_number)
    return found[0][0], found[0][1]
