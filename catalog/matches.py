"""Matching on the shelf: read what the planner may see, recommend, keep the decision record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, case, func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog import candidates
from catalog.demand import requirements
from catalog.matching.recommend import recommend
from catalog.matching.record import Record, freeze, thaw
from catalog.matching.values import Candidate, Need
from catalog.matching.watch import Watch, silent
from catalog.ordering.delivery_rules import GOOD, DeliveryState
from catalog.ordering.tables import CallOff, Delivery, SupplyOrder
from catalog.physics import asking, doubts, ground, held
from catalog.physics.asking import Consent
from catalog.physics.ground import Grounds
from catalog.physics.held import Held
from catalog.physics.physics_json import frozen, grounds_again, physics_of
from catalog.risk import planned
from catalog.search.shelf import shelf
from catalog.tables import MatchRecord
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.delivery import log
from space_hub.errors import Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.vocabulary.capabilities import capability

MOST_AT_ONCE = 2_000
"""Offerings that a match weighs while its asker waits: some seconds of a processor."""


def think(
    database: Database,
    clock: Clock,
    principal: Principal,
    requirement_id: str,
    watch: Watch = silent,
    consent: Consent | None = None,
) -> Record:
    """Gather, then compute with no transaction open: what every way to ask for a match has in common.

    With the asker's `consent` suppliers are asked whether they can, in between.
    """
    with database.read() as session:
        need, offered = gather(session, clock, principal, requirement_id)
        offered = doubts.counting(session, clock.now(), requirement_id, offered)
        grounds = ground.gather(session, principal, clock.now(), offered)
        supply = planned.known(session, principal, offered)
    answers = None if consent is None else asking.ask(database, clock, principal, consent, need, offered)
    return compute(need, offered, watch, grounds, answers, supply)


def check_at_once(session: Session, clock: Clock, principal: Principal, requirement_id: str) -> None:
    """Invalid when too many offerings would be weighed for somebody who waits for the answer."""
    statement = _on_shelf(session, clock, principal, requirement_id)[1]
    found = session.execute(statement.with_only_columns(func.count(), maintain_column_froms=True)).scalar_one()
    if found > MOST_AT_ONCE:
        raise Invalid("catalog.match_too_large", offerings=found, most=MOST_AT_ONCE)


def gather(session: Session, clock: Clock, principal: Principal, requirement_id: str) -> tuple[Need, list[Candidate]]:
    """The requirement and every offering of its mission area that the planner may see."""
    need, statement = _on_shelf(session, clock, principal, requirement_id)
    need = replace(need, nation=principal.nation)
    served = records(session, principal)
    rows = [(offering, version, provider) for offering, version, provider in session.execute(statement)]
    return need, candidates.as_seen(session, principal, rows, served)


def _on_shelf(session: Session, clock: Clock, principal: Principal, requirement_id: str) -> tuple[Need, Select[Any]]:
    need = requirements.need_of(requirements.get(session, principal, requirement_id))
    return need, shelf(principal, clock.now(), mission_area=capability(need.capability).area)


def records(session: Session, principal: Principal) -> dict[str, tuple[int, int]]:
    """By provider: how many of its deliveries the asker judged, and how many of them were good and in time.

    Its own alone: what a supplier delivered to others is nobody else's business.
    """
    met = case(
        (
            col(Delivery.state).in_([each.value for each in GOOD]) & (col(Delivery.noted_at) <= col(CallOff.window_to)),
            1,
        ),
        else_=0,
    )
    rows = session.execute(
        sa_select(col(SupplyOrder.provider_id), func.count(), func.sum(met))
        .join(Delivery, col(Delivery.order_id) == col(SupplyOrder.id))
        .join(CallOff, col(CallOff.id) == col(SupplyOrder.call_off_id))
        .where(
            col(SupplyOrder.organisation_id) == principal.organisation_id,
            col(Delivery.state) != DeliveryState.DELIVERED.value,
        )
        .group_by(col(SupplyOrder.provider_id))
    ).all()
    return {provider_id: (judged, int(good)) for provider_id, judged, good in rows}


def compute(
    need: Need,
    offered: Iterable[Candidate],
    watch: Watch = silent,
    grounds: Grounds | None = None,
    answers: Sequence[Mapping[str, Any]] | None = None,
    supply: Mapping[str, Any] | None = None,
) -> Record:
    """The frozen recommendation. No database: the caller holds no transaction while it thinks.

    `watch` is told how far it is and may end it by raising. With `grounds`, what is claimed and what suppliers
    answered is held against orbits, beside a recommendation that reads nothing of it; nor does it of `supply`, what
    threatens the offerings (`catalog.risk.planned`).
    """
    found = list(offered)
    if grounds is None:
        return freeze(need, found, recommend(need, found, watch), supply=supply)
    seen: list[Held] = []

    def look(fitting: Sequence[Candidate]) -> None:
        seen.append(held.against(need, fitting, grounds, asking.values_of(answers or ()), watch))

    recommendation = recommend(need, found, watch, look)
    return freeze(need, found, recommendation, frozen(seen[0], answers), supply)


def again(session: Session, inputs: Mapping[str, Any]) -> Record:
    """What the inputs of a record give today: the same record, whatever happened to the shelf and the sky since."""
    need, offered = thaw(inputs)
    kept, supply = inputs.get("physics"), inputs.get("supply_at_risk")
    if kept is None:
        return compute(need, offered, supply=supply)
    return compute(need, offered, grounds=grounds_again(session, kept), answers=kept["answers"], supply=supply)


def keep(
    session: Session, clock: Clock, rng: Rng, principal: Principal, requirement_id: str, record: Record
) -> MatchRecord:
    requirement = requirements.get(session, principal, requirement_id)
    marking = markings.owner_only(session, principal.organisation_id)
    row = MatchRecord(
        id=rng.scope(principal.organisation_id, "match").id("mat"),
        requirement_id=requirement.id,
        organisation_id=principal.organisation_id,
        at=clock.now(),
        inputs_sha256=record.inputs_sha256,
        record_sha256=record.record_sha256,
        covered=record.result["covered"],
        single_supplier=record.result["single_supplier"],
        inputs=record.inputs,
        result=record.result,
        marking_id=marking,
    )
    session.add(row)
    session.flush()
    audit.record(session, clock, principal, "match.compute", row.id, record_sha256=row.record_sha256)
    payload = {
        "match_id": row.id,
        "requirement_id": requirement.id,
        "covered": row.covered,
        "single_supplier": row.single_supplier,
        "record_sha256": row.record_sha256,
    }
    log.append(session, clock, "match.computed", row.id, payload, marking)
    physics = physics_of(record)
    if physics.inputs is not None and physics.inputs["answers"] is not None:  # The asker consented.
        versions = {each["offering_id"]: each["version_id"] for each in record.result["offerings"]}
        doubts.tell(session, clock, rng, principal, physics, versions, requirement.id)
        doubts.dissolve(session, clock, principal, physics, versions, requirement.id)
    return row


def get(session: Session, principal: Principal, match_id: str) -> MatchRecord:
    row = session.exec(
        select(MatchRecord).where(MatchRecord.id == match_id, MatchRecord.organisation_id == principal.organisation_id)
    ).one_or_none()
    if row is None:
        raise NotFound("catalog.match_unknown", match_id=match_id)
    return row
