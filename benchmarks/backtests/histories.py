"""Three losses of supply that happened, as markets of the kind they happened in.

What happened, how many suppliers there were and who held how much is public (sources below). Capacities and prices of
single suppliers are not: they are assumed here, in round numbers that give the shares that are known, and
suppliers are letters. So the figures compare plans on one market; they are no claim about any firm.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from catalog.portfolio.values import Demand, Failure, Offer
from space_hub.vocabulary.phases import Phase

_RETAINER = Decimal("0.05")
"""Of the capacity at list price, for each day: what standing by costs, assumed the same for all."""


@dataclass(frozen=True, slots=True)
class History:
    """A market as it stood, and what then fell out at once."""

    name: str
    what: str
    source: str
    unit: str
    offers: tuple[Offer, ...]
    demand: Demand
    event: Failure


def histories() -> tuple[History, ...]:
    return sole_award(), owner_withdraws(), authority_cuts_off()


def sole_award() -> History:
    """Twenty suppliers in one vehicle, one of them with 97 % of the orders; then that one is not there."""
    offers = [
        _offer("A", "US", 97, 10),
        _offer("B", "GB", 40, 13),
        *(_offer(f"C{number:02}", ("US", "CA", "FR", "LU")[number % 4], 4, 14 + number % 5) for number in range(18)),
    ]
    return _history(
        "a sole awardee",
        "one of twenty suppliers of satellite communications from low orbit takes 97 % of the task orders",
        "quiltyspace.com, 'Breaking down the DoD's $13-billion pLEO play'; payloadspace.com: 20 companies (both 2024)",
        "Gbit/s",
        offers,
        100,
        Failure(suppliers=("A",)),
    )


def owner_withdraws() -> History:
    """Outsize airlift from two owners; the larger withdraws over sanctions, in one stroke with all that it owns."""
    return _history(
        "an owner withdraws",
        "of two owners of one rare type of aircraft under contract, the one withdraws; the second owner keeps it up",
        "salcc.mcce-mil.org/history (two contracts in 2017, one in 2019)",
        "flying hours a day",
        [
            _offer("A1", "RU", 14, 27, "owner A"),
            _offer("A2", "GB", 14, 28, "owner A"),
            _offer("B", "UA", 14, 30, "owner B"),
            _offer("C", "AE", 4, 41),
            _offer("D", "LU", 3, 44),
        ],
        13,
        Failure(groups=("owner A",)),
    )


def authority_cuts_off() -> History:
    """Images of many suppliers, most of them under the licence of one authority, which suspends a nation's access."""
    licence = "licence of authority U"
    return _history(
        "an authority cuts off access",
        "a government suspends the access of one nation to images bought from suppliers under its licence",
        "apnews.com, 7 March 2025 (by way of ajc.com)",
        "1000 km2 a day",
        [
            _offer("A", "US", 60, 10, licence),
            _offer("B", "US", 40, 11, licence),
            _offer("C", "US", 30, 11, licence),
            _offer("D", "FR", 50, 14),
            _offer("E", "FI", 30, 15),
            _offer("F", "JP", 20, 16),
        ],
        80,
        Failure(groups=(licence,)),
    )


def _history(
    name: str, what: str, source: str, unit: str, offers: Iterable[Offer], quantity: int, event: Failure
) -> History:
    shelf = tuple(offers)
    demand = Demand("need", "XX", {Phase.CRISIS: Decimal(quantity)}, {offer.id: 1.0 for offer in shelf})
    return History(name, what, source, unit, shelf, demand, event)


def _offer(name: str, jurisdiction: str, capacity: int, price: int, *groups: str) -> Offer:
    held, unit = Decimal(capacity), Decimal(price)
    return Offer(
        id=f"offer of {name}",
        supplier=name,
        jurisdiction=jurisdiction,
        capacity={Phase.CRISIS: held},
        tiers={Phase.CRISIS: ((Decimal(0), unit),)},
        tie=name,
        groups=frozenset(groups),
        retainer={Phase.CRISIS: held * unit * _RETAINER},
    )
