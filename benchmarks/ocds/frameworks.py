"""A life of a framework or pool: suppliers come and go, agreements are made, used and ended."""

from datetime import timedelta

from sqlmodel import col, select

from benchmarks.ocds.world import CAPABILITY, START, World
from catalog.capacity.rules import PARTS
from catalog.capacity.tables import Preempted, PreemptionRow
from catalog.framework import admission, lots, reuse
from catalog.framework.states import PoolKind, PoolMethod, SupplierEvent, SupplierState
from catalog.ordering import call_offs, deliveries, orders
from catalog.ordering.call_offs import CallOffAsk
from catalog.ordering.delivery_rules import ACCEPT_WITHIN, DeliveryEvent
from catalog.ordering.tables import CallOff, CallOffOption, OptionState, ServiceCredit
from catalog.promise import agreements, pools
from catalog.promise.access import PhaseTerms
from catalog.promise.lifecycle import AgreementEvent
from jobs.proofs.supply import AUTHORITY, Supplier
from providers import onboarding
from providers.adapters.base import Delivered, OrderStatus
from providers.vetting import EvidenceKind
from space_hub.trust.principal import Principal
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase


def live(world: World) -> None:
    """A pool from its lots to the end of its agreements."""
    session, clock, rng, draw = world.session, world.clock, world.rng, world.draw
    kind = draw.choice(list(PoolKind))
    ceiling = money(draw.choice(["50000000", "123456789.01"]), "EUR") if world.perhaps(0.5) else None
    pool = pools.create(
        session,
        clock,
        rng,
        world.lead,
        name=f"Pool {draw.randint(1, 999)}",
        authority=AUTHORITY,
        mission_area=MissionArea.IMAGERY,
        opened=pools.Openness(suppliers=True, buyers=world.perhaps(0.5)),
        frame=pools.Frame(
            kind=kind,
            method=draw.choice(list(PoolMethod)) if kind is PoolKind.FRAMEWORK else None,
            period=Interval(clock.now(), clock.now() + timedelta(days=1460)) if world.perhaps(0.5) else None,
            ceiling=ceiling,
            currency="EUR",
            capability=CAPABILITY if world.perhaps(0.5) else None,
        ),
    )
    pools.invite(session, clock, world.lead, pool.id, world.member.organisation_id)
    pools.join(session, clock, world.member, pool.id)
    (lot,) = lots.of_pool(session, pool.id)
    world.processes.add(lot.id)
    for supplier in world.suppliers:
        world.pause()
        state = _stands(world, lot.id, supplier)
        if state is SupplierState.REMOVED or (kind is PoolKind.FRAMEWORK and state is not SupplierState.ADMITTED):
            continue
        agreement_id = _agreed(world, pool.id, supplier)
        world.agreed.add(supplier.provider_id)
        for _ in range(draw.randint(0, 3)):
            world.pause()
            _called_off(world, agreement_id, supplier)
        if world.perhaps(0.4):
            clock.advance(timedelta(days=20))
            _end(world, agreement_id)
    if world.perhaps(0.3):
        pools.close(session, clock, world.lead, pool.id, "Spent.", AUTHORITY)


def _stands(world: World, lot_id: str, supplier: Supplier) -> SupplierState | None:
    """How a supplier comes to stand on a lot, None if it never asked; it may have been suspended in between."""
    session, clock, rng, draw = world.session, world.clock, world.rng, world.draw
    if world.perhaps(0.2):
        return None
    admission.apply_to(session, clock, rng, supplier.principal, lot_id, "We fly satellites.")
    world.pause()
    if world.perhaps(0.15):
        admission.leave(session, clock, supplier.principal, lot_id, supplier.provider_id)
        return SupplierState.LEFT

    def decide(event: SupplierEvent, reason: str = "") -> None:
        admission.decide(session, clock, rng, world.lead, lot_id, supplier.provider_id, event, reason, AUTHORITY)

    if world.perhaps(0.3):
        decide(SupplierEvent.REFUSE, "Not what was asked.")
        world.refused.add(supplier.provider_id)
        return SupplierState.REFUSED
    decide(SupplierEvent.ADMIT)
    if world.perhaps(0.3):
        decide(SupplierEvent.SUSPEND, "Under review.")
        world.pause()
        if world.perhaps(0.3):
            decide(SupplierEvent.REMOVE, "It did not answer.")
            return SupplierState.REMOVED
        decide(SupplierEvent.ADMIT, draw.choice(["", "Amends made."]))
    return SupplierState.ADMITTED


def _agreed(world: World, pool_id: str, supplier: Supplier) -> str:
    session, clock, rng, draw = world.session, world.clock, world.rng, world.draw
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    price = draw.choice(["12.5", "0.333333", "99.995", "7"])
    drafted = agreements.draft(
        session,
        clock,
        rng,
        world.lead,
        pool_id=pool_id,
        offering_id=supplier.offering_id,
        period=Interval(midnight, midnight + timedelta(days=360)),
        terms={Phase.PEACE: PhaseTerms(100 * PARTS, timedelta(), money(price, "EUR"))},
    )
    if world.perhaps(0.3):
        paper = onboarding.add_evidence(
            session,
            clock,
            rng,
            supplier.principal,
            supplier.provider_id,
            kind=EvidenceKind.AWARD,
            issuer="Innovation office",
            scope="Imagery by competition",
            valid_from=START - timedelta(days=300),
            valid_to=None,
            document_sha256=f"{draw.getrandbits(256):064x}",
        )
        given = reuse.Attached(
            body_name="Innovation office",
            body_nation=draw.choice(["FR", "DE"]),
            reference=f"IO-{draw.randint(1, 99)}",
            awarded_at=START - timedelta(days=draw.randint(1, 900)),
            by_competition=True,
            capability=CAPABILITY,
            evidence_id=paper.id,
        )
        reuse.attach(session, clock, rng, world.lead, drafted, given, AUTHORITY)
    agreements.step(session, clock, rng, supplier.principal, drafted.id, AgreementEvent.OFFER)
    world.pause()
    agreements.step(session, clock, rng, world.lead, drafted.id, AgreementEvent.SIGN, AUTHORITY)
    return drafted.id


def _called_off(world: World, agreement_id: str, supplier: Supplier) -> None:
    session, clock, rng, draw = world.session, world.clock, world.rng, world.draw
    start = clock.now() + timedelta(days=draw.randint(1, 9))
    window = Interval(start, start + timedelta(days=draw.randint(1, 4)))
    buyer = draw.choice([world.lead, world.member])
    ask = CallOffAsk(((agreement_id, draw.randint(1, 8000)),), window)
    placed = call_offs.place(session, clock, rng, buyer, ask, AUTHORITY)
    world.processes.add(placed.call_off.id)
    order_id = placed.orders[0].id
    world.pause()
    course = draw.choice(["silent", "cancelled", "pre-empted", "rejected", "delivered", "delivered", "delivered"])
    if course == "cancelled":
        orders.cancel(session, clock, rng, buyer, placed.call_off.id, AUTHORITY, "No longer needed.")
    elif course == "pre-empted":
        _pre_empted(world, placed.call_off, agreement_id, buyer)
    elif course == "rejected":
        _said(world, supplier, order_id, OrderStatus.REJECTED)
    elif course == "delivered":
        _said(world, supplier, order_id, OrderStatus.ACCEPTED)
        for number in range(draw.randint(1, 3)):
            _delivered(world, supplier, buyer, order_id, number)
        _said(world, supplier, order_id, OrderStatus.COMPLETED)
        if world.perhaps(0.5):
            session.add(
                ServiceCredit(
                    order_id=order_id,
                    metric="latency",
                    measured="7200",
                    promised="3600",
                    share="0.1",
                    amount=draw.choice(["10", "0.005", "333.335"]),
                    currency="EUR",
                    at=clock.now(),
                )
            )


def _said(world: World, supplier: Supplier, order_id: str, status: OrderStatus) -> None:
    orders.report(
        world.session,
        world.clock,
        world.rng,
        supplier.principal,
        order_id,
        status=status,
        raw=status.value,
        reason="",
        provider_reference=None,
    )


def _delivered(world: World, supplier: Supplier, buyer: Principal, order_id: str, number: int) -> None:
    session, clock = world.session, world.clock
    given = Delivered(f"scene {number}", 0.5)
    row = deliveries.hand_over(session, clock, world.rng, supplier.principal, order_id, given)
    world.pause()
    course = world.draw.choice(["accept", "reject", "deem", "nothing"])
    if course == "deem":
        clock.advance(ACCEPT_WITHIN)
        deliveries.deem(session, clock)
    elif course != "nothing":
        deliveries.judge(session, clock, buyer, row.id, DeliveryEvent(course), AUTHORITY, "Clouds.")


def _pre_empted(world: World, call_off: CallOff, agreement_id: str, buyer: Principal) -> None:
    """What a pre-emption leaves behind; how one is decided is proved elsewhere."""
    session = world.session
    row = PreemptionRow(
        id=world.rng.scope("bench", "preemption").id("pre"),
        call_off_id=call_off.id,
        agreement_id=agreement_id,
        phase=world.draw.choice(list(Phase)).value,
        order=[],
        order_sha256="0" * 64,
        by_organisation_id=buyer.organisation_id,
        by_key_id=buyer.key_id,
        at=world.clock.now(),
    )
    option = session.exec(select(CallOffOption).where(CallOffOption.call_off_id == call_off.id)).one()
    option.state = OptionState.PRE_EMPTED.value
    session.add_all([row, option])
    session.flush()
    session.add(
        Preempted(
            preemption_id=row.id,
            call_off_id=call_off.id,
            parts=1,
            first_slot=0,
            last_slot=0,
            compensation="0",
            currency="EUR",
        )
    )
    session.flush()


def _end(world: World, agreement_id: str) -> None:
    """The authority ends an agreement on which nothing runs any more."""
    running = world.session.exec(
        select(CallOff.id)
        .join(CallOffOption, col(CallOffOption.call_off_id) == col(CallOff.id))
        .where(CallOffOption.agreement_id == agreement_id, col(CallOff.status).in_(["active", "cancelling"]))
    ).first()
    if running is None:
        step = AgreementEvent.END
        agreements.step(world.session, world.clock, world.rng, world.lead, agreement_id, step, AUTHORITY)
