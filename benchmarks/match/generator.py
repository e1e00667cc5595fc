"""Markets drawn from a seed, for everyone to draw again.

A third of the suppliers run on nothing of others; the rest share one of the
groups (a launcher, a ground segment, a relay), the first of which is the largest and a fifth
cheaper, and every third of their offers one more.
An offer is eligible for about one requirement in eight; all ask a retainer
(3 to 15 % of their capacity at list price), a third a guarantee, a third give a volume price. All offers together have
about five times what is asked in conflict.
"""

from decimal import Decimal

from catalog.portfolio.values import Demand, Kind, Market, Offer, Rules, Tiers
from space_hub.rng import Scope, SeededRng
from space_hub.vocabulary.phases import Phase

NATIONS = ("BE", "DE", "ES", "FR", "IT", "NL", "NO", "PL")
JURISDICTIONS = (*NATIONS, "CA", "GB", "US")
ELIGIBLE = 0.125
SPARE = 5.0
_KEPT = {1: Decimal(1), 2: Decimal("0.9"), 3: Decimal("0.8")}
_ASKED = {Phase.PEACE: 1.0, Phase.CRISIS: 1.4, Phase.CONFLICT: 1.8}


def market(seed: int, offers: int, demands: int, groups: int, *, phases: int = 3, rules: Rules | None = None) -> Market:
    stream = SeededRng(seed).scope("bench", "match")
    asked = tuple(Phase)[:phases]
    size = SPARE * 1.8 * demands / offers
    names = [f"off_{place:04}" for place in range(offers)]
    shelf = tuple(_offer(stream, place, names[place], offers, groups, asked, size) for place in range(offers))
    wanted = tuple(_demand(stream, place, names, asked) for place in range(demands))
    return Market(shelf, wanted, rules or guarded(Kind.GROUP, Kind.SUPPLIER))


def guarded(*kinds: Kind, gap: float = 0.01, share: str = "0.6") -> Rules:
    """N-1 over these kinds with 100, 90 and 80 % kept by priority, at most `share` of a demand from one supplier."""
    service = {(phase, priority): kept for phase in Phase for priority, kept in _KEPT.items()}
    return Rules(Decimal(share), protect=frozenset(kinds), service=service, gap=gap)


def _offer(
    stream: Scope, place: int, name: str, offers: int, groups: int, phases: tuple[Phase, ...], size: float
) -> Offer:
    suppliers = max(2, offers // 4)
    supplier = place % suppliers
    home = _group(supplier * 0.618034 % 1, groups)
    shared = set() if supplier % 3 == 0 else {f"group {home}"}
    if shared and stream.uniform() < 1 / 3:
        shared.add(f"group {_group(stream.uniform(), groups)}")
    listed = (8 + 24 * stream.uniform()) * (0.8 if shared and home == 0 else 1.0)
    capacity = round(100 * size * (0.25 + 1.5 * stream.uniform()), 1)
    guaranteed = stream.uniform() < 1 / 3
    tiers = _tiers(listed, capacity, stream.uniform() < 1 / 3)
    charge = _cents(capacity * listed * (0.03 + 0.12 * stream.uniform()))
    return Offer(
        id=name,
        supplier=f"supplier {supplier}",
        jurisdiction=JURISDICTIONS[supplier % len(JURISDICTIONS)],
        capacity=dict.fromkeys(phases, Decimal(str(capacity))),
        tiers=dict.fromkeys(phases, tiers),
        tie=f"{int(stream.uniform() * 2**52):013x}",
        score=round(stream.uniform(), 3),
        groups=frozenset(shared),
        retainer=dict.fromkeys(phases, charge),
        guarantee=_cents(capacity * listed * 0.3 * stream.uniform()) if guaranteed else Decimal(0),
    )


def _group(draw: float, groups: int) -> int:
    """The first groups are the largest: of twelve, the first holds 29 in 100 of those that share one."""
    return int(groups * draw * draw)


def _tiers(listed: float, capacity: float, broken: bool) -> Tiers:
    first = (Decimal(0), _cents(listed))
    return (first, (Decimal(str(round(capacity / 2, 1))), _cents(listed * 0.85))) if broken else (first,)


def _demand(stream: Scope, place: int, names: list[str], phases: tuple[Phase, ...]) -> Demand:
    quantity = 50 + 100 * stream.uniform()
    return Demand(
        id=f"req_{place:03}",
        nation=NATIONS[place % len(NATIONS)],
        quantity={phase: Decimal(str(round(quantity * _ASKED[phase], 1))) for phase in phases},
        eligible={name: 1.0 for name in names if stream.uniform() < ELIGIBLE},
        priority=1 + place % 3,
    )


def _cents(amount: float) -> Decimal:
    return Decimal(str(round(amount, 2)))
