"""Small markets by chance: each kind of rule in some of them."""

from decimal import Decimal
from random import Random

from catalog.portfolio.values import Demand, Failure, Kind, Market, Offer, Rules, Tiers
from space_hub.vocabulary.phases import Phase

PHASES = (Phase.PEACE, Phase.CRISIS)


def small(seed: int) -> Market:
    """Up to five offers for up to three demands."""
    draw = Random(seed)
    phases = PHASES[: draw.choice((1, 1, 2))]
    names = [f"off_{place}" for place in range(draw.randint(2, 5))]
    offers = tuple(_offer(draw, name, phases) for name in names)
    demands = tuple(_demand(draw, place, names, phases) for place in range(draw.randint(1, 3)))
    protect = draw.choice(((), (Kind.SUPPLIER,), (Kind.GROUP,), (Kind.SUPPLIER, Kind.GROUP)))
    pairs = [frozenset(draw.sample(names, 2))] if draw.random() < 0.25 and len(names) > 2 else []
    rules = Rules(
        largest_share=Decimal(draw.choice(("1", "1", "0.6"))),
        least_suppliers=draw.choice((1, 1, 2)),
        least_jurisdictions=draw.choice((1, 1, 1, 2)),
        budget={("FR", phases[0]): Decimal(draw.randint(200, 2500))} if draw.random() < 0.2 else {},
        quota={("FR", names[0]): Decimal(draw.randint(5, 30))} if draw.random() < 0.2 else {},
        incompatible=frozenset(pairs),
        protect=frozenset(protect),
        chosen=frozenset({Failure(("s0",), ("g1",))} if draw.random() < 0.15 else ()),
        service={
            (phase, priority): Decimal(draw.choice(("1", "0.8", "0.5"))) for phase in PHASES for priority in (1, 2)
        },
    )
    return Market(offers, demands, rules)


def _offer(draw: Random, name: str, phases: tuple[Phase, ...]) -> Offer:
    listed = Decimal(draw.randint(500, 3000)) / 100
    size = Decimal(draw.randint(10, 60))
    tiers: Tiers = ((Decimal(0), listed),)
    if draw.random() < 0.35:
        tiers = (*tiers, (Decimal(draw.randint(5, 20)), listed * Decimal("0.7")))
        if draw.random() < 0.5:
            tiers = (*tiers, (Decimal(draw.randint(21, 40)), listed * Decimal("0.5")))
    return Offer(
        id=name,
        supplier=f"s{draw.randint(0, 3)}",
        jurisdiction=draw.choice(("FR", "DE", "US")),
        capacity=dict.fromkeys(phases, size),
        tiers=dict.fromkeys(phases, tiers),
        tie=f"{draw.getrandbits(64):016x}",
        groups=frozenset(draw.sample(("g0", "g1", "g2"), draw.randint(0, 2))),
        owner_nation=draw.choice((None, None, None, None, "FR")),
        retainer=dict.fromkeys(phases, Decimal(draw.choice((0, 20, 150)))),
        guarantee=Decimal(draw.choice((0, 0, 200))),
    )


def _demand(draw: Random, place: int, names: list[str], phases: tuple[Phase, ...]) -> Demand:
    return Demand(
        id=f"req_{place}",
        nation=draw.choice(("FR", "DE")),
        quantity={phase: Decimal(draw.randint(10, 45)) for phase in phases},
        eligible={name: 1.0 for name in names if draw.random() < 0.7},
        priority=draw.randint(1, 2),
        penalty=Decimal(draw.choice((20, 200))) if draw.random() < 0.2 else None,
    )
