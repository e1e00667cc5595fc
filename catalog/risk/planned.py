"""What threatens the offerings that a match may take, as far as its asker may know it: read when the match is made.

Counted is an open risk on an asset of the version that is weighed, where the asker may match by the assets of the
offering and may read the evidence: encounters and decays of the hub's own runs, and a supplier's own trouble
only where the asker is one of those whom it assured. Cut-offs are of one agreement and not of the
offering. It goes into the decision record, so that a paper of the match says the same on every day.
"""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from catalog.matching.values import Candidate
from catalog.physics import ground
from catalog.risk.tables import Cause, OfferingRisk
from catalog.tables import Asset
from space_hub.trust import markings
from space_hub.trust.principal import Principal

FEW = 5
"""Of one offering, the gravest that are kept; all are counted."""
_CHUNK = 2_000


def known(session: Session, principal: Principal, candidates: Sequence[Candidate]) -> dict[str, dict[str, Any]]:
    """By offering that is at risk: how many assets it rests on, how many risks are open, and the gravest."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(candidates), _CHUNK):
        assets = ground.assets_of(session, principal, candidates[start : start + _CHUNK])
        for offering_id, risks in _open(session, principal, assets).items():
            named = {each.id: each for each in assets[offering_id]}
            rows = sorted((_row(each, named[each.asset_id or ""]) for each in risks), key=_gravest_first)
            found[offering_id] = {"assets": len(named), "open": len(rows), "gravest": rows[:FEW]}
    return found


def _open(session: Session, principal: Principal, assets: dict[str, list[Asset]]) -> dict[str, list[OfferingRisk]]:
    rests = {(offering_id, each.id) for offering_id, some in assets.items() for each in some}
    statement = select(OfferingRisk).where(
        col(OfferingRisk.offering_id).in_(sorted(assets)),
        col(OfferingRisk.closed_at).is_(None),
        OfferingRisk.cause != Cause.CUT_OFF.value,
        markings.visible(OfferingRisk.evidence_marking_id, principal),
    )
    found: dict[str, list[OfferingRisk]] = {}
    for row in session.exec(statement):
        if (row.offering_id, row.asset_id) in rests:
            found.setdefault(row.offering_id, []).append(row)
    return found


def _row(risk: OfferingRisk, asset: Asset) -> dict[str, Any]:
    begins = risk.from_at or risk.since
    return {
        "cause": risk.cause,
        "asset": asset.name,
        "catalog_number": asset.catalog_number,
        "other": risk.detail.get("other_object_name"),
        "miss_m": risk.detail.get("miss_distance_m"),
        "from": begins.isoformat(),
        "until": None if risk.until_at is None else risk.until_at.isoformat(),
        "loss": risk.loss_share,
        "probability": risk.probability,
        "is_bound": risk.probability_is_bound,
        "evidence_id": risk.evidence_id,
    }


def _gravest_first(row: dict[str, Any]) -> tuple[float, str, str, str]:
    """By what is lost in expectation; of a risk that nobody weighed, all of it."""
    likely = 1.0 if row["probability"] is None else row["probability"]
    return -likely * row["loss"], row["from"], row["asset"], row["evidence_id"]
