"""Exclusivity by area and time: what an activation at work keeps out, through every door that calls off."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from catalog.activation.service import requests, steps
from catalog.activation.service.requests import Wanted
from catalog.activation.states import Event
from catalog.capacity.rules import PARTS
from catalog.ordering import adding, call_offs, holds, options, preempting
from catalog.ordering.call_offs import CallOffAsk, Placed
from catalog.ordering.tables import CallOff, CallOffOption, Purpose
from catalog.promise import agreements, pools
from catalog.promise.access import Exclusivity, PhaseTerms
from catalog.promise.clauses import ActivationNeed
from catalog.promise.lifecycle import AgreementEvent
from jobs.proofs import supply
from jobs.proofs.supply import AUTHORITY, Supplier
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Conflict
from space_hub.rng import SeededRng
from space_hub.trust import organisations
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

DAY = timedelta(days=1)
NORTH = {"type": "Polygon", "coordinates": [[[0, 50], [9, 50], [9, 60], [0, 60], [0, 50]]]}
IN_NORTH = {"type": "Point", "coordinates": [5, 55]}
SOUTH = {"type": "Point", "coordinates": [5, 35]}


@dataclass
class Scene:
    """France and Italy share one pool's agreement; Germany, and France once more, have their own on the same offering.

    What France activates is kept from others in its area; Germany has another supplier beside.
    """

    database: Database
    clock: ManualClock
    rng: SeededRng
    supplier: Supplier
    france: Principal
    italy: Principal
    germany: Principal
    pool_id: str
    shared: str
    german: str
    french: str
    elsewhere: str
    activation_id: str = ""

    def place(
        self, who: Principal, agreement_id: str, area: Any = IN_NORTH, otherwise: str = "", **more: Any
    ) -> Placed:
        ways = tuple((each, PARTS) for each in (agreement_id, otherwise) if each)
        start = self.clock.now() + DAY
        ask = CallOffAsk(ways, **({"window": Interval(start, start + DAY), "area": area} | more))
        with self.database.write() as session:
            return call_offs.place(session, self.clock, self.rng, who, ask, AUTHORITY)

    def declare(self, area: Any, phase: Phase = Phase.CRISIS) -> None:
        with self.database.write() as session:
            pools.declare(
                *(session, self.clock, self.rng, self.france, self.pool_id),
                phase=phase,
                since=None,
                reason="flood",
                authority=AUTHORITY,
                area=area,
            )

    def activate(self, *, accepted: bool = True) -> None:
        with self.database.write() as session:
            wanted = [Wanted(self.shared, 50 * PARTS)]
            (row,) = requests.request(
                session, self.clock, self.rng, self.france, phase=Phase.CRISIS, wanted=wanted, reason="flood"
            )
            self.activation_id = row.id
            for key, name in (("key_first", "A. Lambert"), ("key_second", "B. Moreau")):
                person, authority = replace(self.france, key_id=key), replace(AUTHORITY, name=name)
                steps.approve(session, self.clock, self.rng, person, row.id, parts=50 * PARTS, authority=authority)
        if accepted:
            self.acknowledge()

    def acknowledge(self) -> None:
        with self.database.write() as session:
            me = self.supplier.principal
            steps.acknowledge(session, self.clock, self.rng, me, self.activation_id, parts=50 * PARTS)

    def stand_down(self) -> None:
        with self.database.write() as session:
            steps.stand_down(session, self.clock, self.rng, self.france, self.activation_id, authority=AUTHORITY)


def scene(
    database: Database, clock: ManualClock, rng: SeededRng, exclusivity: Exclusivity = Exclusivity.AREA_TIME
) -> Scene:
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        supplier = supply.supplier(session, clock, rng)
        other = supply.supplier(session, clock, rng, name="Other Imaging", reference="EX-2")
        france, italy, germany = (
            supply.principal(session, clock, rng, OrganisationKind.NATION, each, f"Ministry {each}")
            for each in ("FR", "IT", "DE")
        )
        pool = pools.create(
            *(session, clock, rng, france),
            name="Northern pool",
            authority=AUTHORITY,
            mission_area=MissionArea.IMAGERY,
            opened=pools.Openness(suppliers=False),
        )
        pools.invite(session, clock, france, pool.id, italy.organisation_id)
        pools.join(session, clock, italy, pool.id)
        floor, notice = Decimal("0.1"), timedelta(hours=6)
        terms = {
            Phase.PEACE: PhaseTerms(100 * PARTS, notice, money("12.50", "EUR"), 9, civil_floor=floor),
            Phase.CRISIS: PhaseTerms(
                *(200 * PARTS, notice, money("20", "EUR"), 3, exclusivity, floor),
                activation=ActivationNeed.REQUIRED,
                acknowledge=timedelta(hours=1),
                cut_off_authorities=(),
            ),
        }
        midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        drafted = agreements.draft(
            *(session, clock, rng, france),
            pool_id=pool.id,
            offering_id=supplier.offering_id,
            period=Interval(midnight, midnight + 30 * DAY),
            terms=terms,
        )
        agreements.step(session, clock, rng, supplier.principal, drafted.id, AgreementEvent.OFFER)
        agreements.step(session, clock, rng, france, drafted.id, AgreementEvent.SIGN, AUTHORITY)
        german = supply.promise(session, clock, rng, supplier, germany, days=60)
        second = agreements.draft(
            *(session, clock, rng, germany),
            pool_id=german.pool_id,
            offering_id=other.offering_id,
            period=Interval(midnight, midnight + 60 * DAY),
            terms={Phase.PEACE: terms[Phase.PEACE]},
        )
        agreements.step(session, clock, rng, other.principal, second.id, AgreementEvent.OFFER)
        agreements.step(session, clock, rng, germany, second.id, AgreementEvent.SIGN, AUTHORITY)
        french = supply.promise(session, clock, rng, supplier, france)
        return Scene(
            *(database, clock, rng, supplier, france, italy, germany, pool.id),
            *(drafted.id, german.agreement_id, french.agreement_id, second.id),
        )


def refused(act: Callable[[], object]) -> dict[str, Any]:
    with pytest.raises(Conflict) as refusal:
        act()
    assert refusal.value.code == "agreement.exclusive_elsewhere"
    return refusal.value.params


def test_a_call_off_of_others_that_meets_area_and_time_is_refused_and_not_told_for_whom(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: without the flag in the statement of placing everything was sold; without the condition on the
    offering the other supplier's agreement was closed too; without that on the agreement Italy was refused; without
    that on the acceptance it began before; without that on its end it never did."""
    at = scene(any_database, clock, rng)
    at.declare(NORTH)
    at.activate(accepted=False)
    at.place(at.germany, at.german)
    at.acknowledge()
    assert refused(lambda: at.place(at.germany, at.german)) == {"phase": Phase.PEACE, "day": "2024-11-03"}
    assert refused(lambda: at.place(at.germany, at.german, None))["phase"] is Phase.PEACE, "no area is everywhere"
    at.place(at.germany, at.german, SOUTH)
    at.place(at.germany, at.elsewhere)
    at.place(at.italy, at.shared)
    at.place(at.france, at.french)
    over = clock.now().replace(hour=0, minute=0) + 30 * DAY
    at.place(at.germany, at.german, window=Interval(over, over + DAY))
    for purpose in (Purpose.CIVIL, Purpose.HUMANITARIAN):
        at.place(at.germany, at.german, purpose=purpose)
    at.stand_down()
    at.place(at.germany, at.german)


def test_it_is_the_exclusivity_of_its_phase_and_the_area_of_its_own_declaration(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: with the declarations of a later moment for those of the notice the south was closed too."""
    at = scene(any_database, clock, rng)
    at.declare(NORTH)
    at.activate()
    clock.advance(timedelta(hours=1))
    at.declare(None, Phase.PEACE)
    refused(lambda: at.place(at.germany, at.german))
    at.place(at.germany, at.german, SOUTH)
    with any_database.write() as session:
        steps.report(session, clock, rng, at.supplier.principal, at.activation_id, Event.REACH)
    refused(lambda: at.place(at.germany, at.german))


def test_without_a_declaration_everywhere_is_kept_and_without_the_clause_nothing(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: with the exclusivity of the terms not looked at every activation kept others out."""
    at = scene(any_database, clock, rng)
    at.activate()
    refused(lambda: at.place(at.germany, at.german, SOUTH))
    plain = scene(any_database, clock, rng, Exclusivity.NONE)
    plain.activate()
    plain.place(plain.germany, plain.german)


def test_holds_fallbacks_added_options_and_pre_emptions_meet_it_too(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """What was placed before the supplier accepted stays; what is opened after it does not pass.

    Sabotage seen: without the flag in `options.standing_of` the hold was confirmed and the reserve opened.
    """
    at = scene(any_database, clock, rng)
    at.declare(NORTH)
    before = at.place(at.germany, at.german)
    held = at.place(at.germany, at.german, hold=timedelta(minutes=30)).call_off
    ranked = at.place(at.germany, at.elsewhere, otherwise=at.german).call_off
    single = at.place(at.germany, at.elsewhere).call_off
    at.activate()

    def confirm() -> None:
        with any_database.write() as session:
            holds.confirm(session, clock, rng, at.germany, held.id, AUTHORITY)

    def add() -> None:
        with any_database.write() as session:
            adding.add_option(session, clock, rng, at.germany, single.id, at.german, PARTS, AUTHORITY)

    def pre_empt() -> None:
        start = clock.now() + DAY
        ask = CallOffAsk(((at.german, PARTS),), Interval(start, start + DAY), area=IN_NORTH, reason="flood")
        with any_database.write() as session:
            preempting.place(session, clock, rng, at.germany, ask, AUTHORITY)

    for act in (confirm, add, pre_empt, lambda: at.place(at.germany, at.german, hold=timedelta(minutes=30))):
        refused(act)
    with any_database.write() as session:
        refused(lambda: options.open_option(session, clock, rng, session.get_one(CallOff, ranked.id), 2))
    with any_database.read() as session:
        assert session.get_one(CallOff, before.call_off.id).status == "active"
        states = session.exec(select(CallOffOption.state).where(CallOffOption.call_off_id == ranked.id)).all()
        assert sorted(states) == ["lost", "trying"]
