"""The weekly release: cells of aggregated demand, and anonymous needs in mixed company.

Everything here is computed from what stands now and written to fixed tables, so
that ten thousand questions read what one question reads. Who contributed what
to a value stays in `demand_basis`, which nothing serves.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from catalog.demand import coarsen, requirements
from catalog.demand import statements as demand
from catalog.demand.coarsen import Band, Cell, Leaf, Released
from catalog.demand.publication import Content, Level, content
from catalog.demand.tables import (
    DemandBasis,
    DemandCell,
    DemandRelease,
    DemandSignal,
    NeedEntry,
    NeedStanding,
    PublishedNeed,
)
from catalog.shelf.content import fingerprint
from catalog.tables import Requirement
from space_hub.clock import Clock
from space_hub.rng import Rng
from space_hub.trust.organisations import Organisation
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.phases import Phase

FEWEST_AT_ONCE = 3
LONGEST_WAIT = timedelta(weeks=4)
"""Anonymous needs wait for company, but not for ever: the wait itself would be a refusal."""


def release(session: Session, clock: Clock, rng: Rng, *, k: int = coarsen.K_ANONYMITY) -> DemandRelease:
    """Make the next release in the caller's transaction."""
    now = clock.now()
    number = demand.last_release(session) + 1
    last = [_cell(row) for row in session.execute(demand.cells(session, number - 1)).scalars()]
    made = coarsen.release_cells(number, contributions(session), _bases(session), last, year=f"{now.year:04}", k=k)
    row = DemandRelease(number=number, at=now, cells_sha256=fingerprint([_plain(cell) for cell in made.cells]))
    session.add(row)
    session.flush()
    session.add_all(_kept(number, cell) for cell in made.cells)
    session.add_all(_basis(number, made))
    session.flush()
    opened = [
        demand.publish_row(session, clock, rng, kind, source_id, shown)
        for kind, source_id, shown in _leaving(session, rng, now)
    ]
    demand.tell(session, clock, f"release:{number}", release=number, cells=len(made.cells), opened=opened)
    return row


def contributions(session: Session) -> dict[Leaf, dict[str, float]]:
    """What each nation's open needs and signals of the level `aggregated` add to each cell."""
    found: dict[Leaf, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    needs = (
        select(NeedStanding, Requirement, Organisation.nation)
        .join(Requirement, col(Requirement.id) == col(NeedStanding.requirement_id))
        .join(Organisation, col(Organisation.id) == col(Requirement.organisation_id))
        .where(NeedStanding.state == "open", NeedStanding.level == Level.AGGREGATED.value)
    )
    for standing, requirement, nation in session.exec(needs):
        quantities = {Phase(each["phase"]): float(each["quantity"]) for each in requirement.phases}
        years = demand.years(standing, requirement)
        for leaf, quantity in coarsen.leaves(requirement.capability, quantities, years).items():
            found[leaf][nation] += quantity
    signals = (
        select(DemandSignal, Organisation.nation)
        .join(Organisation, col(Organisation.id) == col(DemandSignal.organisation_id))
        .where(DemandSignal.state == "open", DemandSignal.level == Level.AGGREGATED.value)
    )
    for signal, nation in session.exec(signals):
        if signal.capability is None or signal.quantity_low is None or signal.quantity_high is None:
            continue  # Refused when it was stated; without a quantity it adds nothing.
        middle = (signal.quantity_low + signal.quantity_high) / 2
        years = coarsen.years(signal.horizon_from, signal.horizon_to)
        for leaf, quantity in coarsen.leaves(signal.capability, {Phase(signal.phase): middle}, years).items():
            found[leaf][nation] += quantity
    return {leaf: dict(of) for leaf, of in found.items()}


def _leaving(session: Session, rng: Rng, now: datetime) -> list[tuple[str, str, Content]]:
    """The anonymous needs and signals that go out now, in an order drawn for this release."""
    waiting = [*_waiting_needs(session), *_waiting_signals(session)]
    if len(waiting) < FEWEST_AT_ONCE and not any(now - since >= LONGEST_WAIT for since, *_ in waiting):
        return []
    waiting.sort(key=lambda each: each[2])
    drawn = [(rng.scope("hub", "release_order").uniform(), each) for each in waiting]
    drawn.sort(key=lambda each: each[0])
    return [(kind, source_id, shown) for _, (_, kind, source_id, shown) in drawn]


def _waiting_needs(session: Session) -> Iterable[tuple[datetime, str, str, Content]]:
    out = select(PublishedNeed.source_id).where(PublishedNeed.state == "open")
    found = (
        select(NeedStanding, Requirement)
        .join(Requirement, col(Requirement.id) == col(NeedStanding.requirement_id))
        .where(
            NeedStanding.state == "open",
            NeedStanding.level == Level.ANONYMOUS.value,
            col(NeedStanding.requirement_id).not_in(out),
        )
    )
    for standing, requirement in session.exec(found):
        # `updated_at` moves with every change; the wait counts from the consent, or from the resumption after a pause.
        since = session.exec(
            select(NeedEntry.at)
            .where(NeedEntry.requirement_id == standing.requirement_id, col(NeedEntry.event).in_(["level", "resume"]))
            .order_by(col(NeedEntry.number).desc())
            .limit(1)
        ).one()
        shown = content(requirements.need_of(requirement), Level.ANONYMOUS.value, "")
        yield since, "requirement", requirement.id, shown


def _waiting_signals(session: Session) -> Iterable[tuple[datetime, str, str, Content]]:
    out = select(PublishedNeed.source_id).where(PublishedNeed.state == "open")
    found = select(DemandSignal).where(
        DemandSignal.state == "open", DemandSignal.level == Level.ANONYMOUS.value, col(DemandSignal.id).not_in(out)
    )
    for row in session.exec(found):
        yield row.created_at, row.kind, row.id, demand.signal_shown(session, row)


def _bases(session: Session) -> dict[Leaf, list[dict[str, float]]]:
    by_release: dict[Leaf, dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in session.exec(select(DemandBasis)):
        leaf = Leaf(row.capability, row.phase, row.horizon)
        by_release[leaf][row.release_number][row.nation] = row.quantity
    return {leaf: [of[number] for number in sorted(of)] for leaf, of in by_release.items()}


def _basis(number: int, made: Released) -> Iterable[DemandBasis]:
    for leaf in sorted(made.changed):
        for nation, quantity in made.bases[leaf][-1].items():
            yield DemandBasis(
                release_number=number,
                capability=leaf.capability,
                phase=leaf.phase,
                horizon=leaf.horizon,
                nation=nation,
                quantity=quantity,
            )


def _cell(row: DemandCell) -> Cell:
    leaf = Leaf(row.capability, row.phase, row.horizon)
    return Cell(leaf, row.nations_band, Band(row.quantity_band_low, row.quantity_band_high), row.as_of_release)


def _kept(number: int, cell: Cell) -> DemandCell:
    return DemandCell(release_number=number, **_plain(cell))


def _plain(cell: Cell) -> dict[str, Any]:
    return {
        "capability": cell.leaf.capability,
        "phase": cell.leaf.phase,
        "horizon": cell.leaf.horizon,
        "nations_band": cell.nations,
        "quantity_band_low": cell.quantity.low,
        "quantity_band_high": cell.quantity.high,
        "unit": capability(cell.leaf.capability).capacity_unit,
        "as_of_release": cell.as_of,
    }
