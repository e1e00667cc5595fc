"""Lives of frameworks, competitions and call-offs, every release and package of which is valid by the shared schema.

Each life is drawn from its own number: who applies, is refused, suspended and removed, which agreements are made and
end, what is called off, delivered, rejected, cancelled, pre-empted and given back, which competitions are opened,
awarded, without a fit or cancelled. Releases are written at moments drawn too, so that most processes are told
in several goes. The shared examples then give the verdicts that were noted beforehand: the validator refuses.
"""

import base64
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

from sqlmodel import Session, col, select

from benchmarks import _campaign
from catalog.capacity.rules import PARTS
from catalog.capacity.tables import Preempted, PreemptionRow
from catalog.competition import awarding, clocks, competitions, invitations, opening, unsealing
from catalog.competition.placing import on_decided
from catalog.competition.tables import Competition, Invitation
from catalog.framework import admission, lots, reuse
from catalog.framework.states import PoolKind, PoolMethod, SupplierEvent, SupplierState
from catalog.ocds import releases
from catalog.ocds.occasions import ocid
from catalog.ocds.tables import OcdsRelease
from catalog.ordering import call_offs, deliveries, orders
from catalog.ordering.call_offs import CallOffAsk
from catalog.ordering.delivery_rules import ACCEPT_WITHIN, DeliveryEvent
from catalog.ordering.tables import CallOff, CallOffOption, OptionState, ServiceCredit
from catalog.promise import agreements, pools
from catalog.promise.access import PhaseTerms
from catalog.promise.lifecycle import AgreementEvent
from jobs import migrations
from jobs.proofs import competing, supply
from jobs.proofs.supply import AUTHORITY, Supplier
from providers import onboarding
from providers.adapters.base import Delivered, OrderStatus
from providers.vetting import EvidenceKind
from space_hub import db
from space_hub.clock import ManualClock
from space_hub.delivery.log import LogEntry
from space_hub.rng import SeededRng
from space_hub.settings import Settings
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase
from tests.support.ocds import COUNTED, examples, wrong

OPTIONS = {"--lives=N": "how many lives are led (300)", "--seed=N": "what they are drawn from (1)"}

START = datetime(2024, 11, 4, tzinfo=UTC)
PREFIX = Settings().ocds_prefix
CAPABILITY = "imagery.optical"
_A_PART = 10
_ALL_OCCUR = 100
"""From so many lives on every tag is expected."""
_COMPETES = 5
"""Every so many lives one is of a competition."""


@dataclass
class Tally:
    releases: int = 0
    processes: int = 0
    invalid: list[str] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    told_twice: int = 0
    names_leaked: int = 0
    tags: Counter[str] = field(default_factory=Counter)


@dataclass
class World:
    """One hub with its suppliers, in which lives follow each other."""

    session: Session
    clock: ManualClock
    rng: SeededRng
    draw: Random
    lead: Principal
    member: Principal
    suppliers: Sequence[Supplier]
    processes: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    agreed: set[str] = field(default_factory=set)

    def perhaps(self, share: float) -> bool:
        return self.draw.random() < share

    def pause(self) -> None:
        """Time passes, and now and then what happened so far is told."""
        self.clock.advance(timedelta(minutes=self.draw.randint(1, 90)))
        if self.perhaps(0.3):
            for process in sorted(self.processes):
                releases.write(self.session, PREFIX, process)


def run(*options: str) -> dict[str, object]:
    """Lead the lives, tell them, hold everything against the schema."""
    asked = _campaign.numbers(options, lives=300, seed=1)
    lives, seed = asked["lives"], asked["seed"]
    shared = Path(_shared())
    parts = [(seed, first, min(_A_PART, lives - first), str(shared)) for first in range(0, lives, _A_PART)]
    began = perf_counter()
    whole = Tally()
    for found in _campaign.shared("lives told", part, parts, _campaign.cores()):
        whole.releases += found.releases
        whole.processes += found.processes
        whole.told_twice += found.told_twice
        whole.names_leaked += found.names_leaked
        whole.invalid += found.invalid
        whole.set_aside += found.set_aside
        whole.tags += found.tags
    counted, surprises = examples(shared)
    every_tag = {
        *("tender", "tenderUpdate", "tenderCancellation", "award", "contract"),
        *("contractAmendment", "contractTermination", "implementation"),
    }
    return {
        "lives": lives,
        "processes": whole.processes,
        "releases": whole.releases,
        **{f"tag_{tag}": whole.tags[tag] for tag in sorted(every_tag)},
        "invalid": whole.invalid[:10],
        "set_aside": whole.set_aside[:10],
        "told_twice": whole.told_twice,
        "names_leaked": whole.names_leaked,
        "examples": counted,
        "examples_with_another_verdict": surprises,
        "seconds": round(perf_counter() - began, 1),
        "holds": not (whole.invalid or whole.set_aside or whole.told_twice or whole.names_leaked or surprises)
        and counted == COUNTED
        and (lives < _ALL_OCCUR or every_tag <= set(whole.tags)),
    }


def _shared() -> str:
    import os

    return os.environ.get("SPACE_HUB_SHARED") or str(Path(__file__).resolve().parents[2] / "shared")


def part(seed: int, first: int, count: int, shared: str) -> Tally:
    """Some lives in a hub of their own."""
    found = Tally()
    with tempfile.TemporaryDirectory() as folder:
        database = db.connect(f"sqlite:///{folder}/hub.sqlite")
        migrations.upgrade(database)
        clock, rng = ManualClock(START), SeededRng(seed * 1_000_003 + first)
        with database.write() as session:
            lead = supply.principal(session, clock, rng, OrganisationKind.NATION, "FR", "Lead")
            member = supply.principal(session, clock, rng, OrganisationKind.NATION, "DE", "Member")
            suppliers = [
                supply.supplier(session, clock, rng, name=f"Firm {name}", reference=name, offered=1e6, simulated=False)
                for name in ("Alder", "Birch", "Cedar")
            ]
        for number in range(first, first + count):
            draw = Random(f"{seed}/{number}")
            with database.write() as session:
                # Every life begins on the same day: papers and clearances of the suppliers end one day.
                world = World(session, ManualClock(START), rng, draw, lead, member, suppliers)
                if number % _COMPETES == 0:
                    compete(world)
                else:
                    live(world)
                judge(world, Path(shared), found)
        database.engine.dispose()
    return found


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


def compete(world: World) -> None:
    """A competition to one of its ends: cancelled, without a quote, without a fit, or awarded and called off."""
    session, clock, rng = world.session, world.clock, world.rng
    scene = competing.made(session, clock, rng, 2)
    competition_id = competing.published(session, clock, rng, scene)
    world.processes.add(competition_id)
    course = world.draw.choice(["cancelled", "no quote", "none fits", "awarded", "awarded"])
    world.pause()
    if course == "cancelled":
        competitions.cancel(session, clock, rng, scene.lead, competition_id, authority=AUTHORITY, reason="No budget.")
        return
    row = session.get_one(Competition, competition_id)
    notice = competitions.frozen(session, row)
    if course != "no quote":
        for entrant, price in zip(scene.entrants, ("48117.25", "52000"), strict=True):
            invitation = session.exec(
                select(Invitation).where(
                    Invitation.competition_id == competition_id,
                    Invitation.provider_id == entrant.supplier.provider_id,
                )
            ).one()
            envelope = competing.sealed(notice, invitation.id, competing.quote(price))
            invitations.submit(session, clock, rng, entrant.supplier.principal, invitation.id, envelope)
    clock.advance(row.quotes_until - clock.now())
    clocks.turn(session, clock, competition_id)
    if course == "no quote":
        return
    _open(world, scene, competition_id)
    world.pause()
    ranked = [each.invitation.id for each in awarding.judged(session, row)]
    named = ranked if course == "awarded" else []
    awarding.decide(
        session,
        clock,
        rng,
        scene.lead,
        competition_id,
        invitation_ids=named,
        reason="" if named else "None meets the need.",
        authority=AUTHORITY,
    )
    if not named:
        return
    clock.advance(competing.STANDSTILL + timedelta(minutes=1))
    clocks.turn(session, clock, competition_id)
    said = session.exec(
        select(LogEntry)
        .where(LogEntry.topic == "competition.decided", LogEntry.subject == competition_id)
        .order_by(col(LogEntry.id).desc())
    ).first()
    assert said is not None
    on_decided(session, clock, rng, said)


def _open(world: World, scene: competing.Field, competition_id: str) -> None:
    session, clock = world.session, world.clock
    notice = competitions.frozen(session, session.get_one(Competition, competition_id))
    first, second = scene.people[0], scene.people[1]
    given = unsealing.hand_out(session, clock, first.principal, competition_id)
    released = opening.release(notice, given.envelopes, first.private, second.public, clock.now()).release
    unsealing.release(session, clock, first.principal, competition_id, released)
    given = unsealing.hand_out(session, clock, second.principal, competition_id)
    found = opening.open_all(notice, given.envelopes, given.releases[0], second.private, clock.now())
    unsealing.open_all(
        session,
        clock,
        second.principal,
        competition_id,
        first_opener_id=found.other.id,
        keys={each.envelope_sha256: base64.b64encode(each.key).decode() for each in found.opened},
        unreadable={},
        authority=AUTHORITY,
    )


def judge(world: World, shared: Path, found: Tally) -> None:
    """Tell the rest of a life, twice, and hold each release and both packages of each process against the schema."""
    session = world.session
    for process in sorted(world.processes):
        written = releases.write(session, PREFIX, process)
        found.set_aside += [f"{key}: {code}" for key, code in written.set_aside.items()]
        found.told_twice += releases.write(session, PREFIX, process).count
        rows = session.exec(
            select(OcdsRelease).where(OcdsRelease.ocid == ocid(PREFIX, process)).order_by(col(OcdsRelease.number))
        ).all()
        found.processes += 1
        found.releases += len(rows)
        found.tags.update(tag for row in rows for tag in row.body["tag"])
        package = releases.package(rows, "Space Hub", "https://hub.example/v1/ocds")
        record = releases.record(rows, "Space Hub", "https://hub.example/v1/ocds")
        for name, body in (("release-package", package), ("record-package", record)):
            found.invalid += [f"{process}: {each}" for each in wrong(shared, name, body)]
        found.invalid += [f"{process}: {each}" for row in rows for each in wrong(shared, "release", row.body)]
        if process.startswith("lot_"):
            text = str([row.body for row in rows])
            found.names_leaked += sum(each in text for each in world.refused - world.agreed)
