"""Requirements and shelves drawn at random: every gate fails for some, and many offerings have questions open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from catalog.matching.values import (
    Candidate,
    Clause,
    Dependency,
    Need,
    Operator,
    Paper,
    PaperAsked,
    PhaseNeed,
    UnitPrice,
    Wishes,
)
from space_hub.rng import Scope, SeededRng
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.codes import LICENCE_TIERS, MATURITIES, PROCESSING_LEVELS
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

START = datetime(2025, 1, 1, tzinfo=UTC)
WINDOW = Interval(START, START + timedelta(days=365))
NATIONS = ("FR", "DE", "US", "CN", "RU", "CA")
STANDARDS = ("STANAG 4545", "STANAG 4607", "OGC 17-003")
AREA = {"type": "Polygon", "coordinates": [[[10, 55], [20, 55], [20, 60], [10, 60], [10, 55]]]}
FAR = {"type": "Point", "coordinates": [120, -20]}
WIDE = {"type": "Polygon", "coordinates": [[[0, 40], [40, 40], [40, 70], [0, 70], [0, 40]]]}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Draw:
    """A stream of choices that is the same for the same seed and name."""

    seed: int
    name: str
    stream: Scope

    def __init__(self, seed: int, name: str) -> None:
        object.__setattr__(self, "seed", seed)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "stream", SeededRng(seed).scope("explanations", name))

    def one(self, values: Sequence[T]) -> T:
        return values[int(self.stream.uniform() * len(values))]

    def some(self, values: Sequence[T], chance: float) -> tuple[T, ...]:
        return tuple(each for each in values if self.often(chance))

    def often(self, chance: float) -> bool:
        return self.stream.uniform() < chance

    def whole(self, low: int, high: int) -> int:
        return low + int(self.stream.uniform() * (high - low + 1))


def shelf(draw: Draw) -> tuple[Need, list[Candidate]]:
    """A requirement that asks much and eight offerings that are drawn without regard to it."""
    need = Need(
        capability="imagery.optical",
        currency="EUR",
        window=WINDOW,
        phases=tuple(PhaseNeed(each, 100.0) for each in draw.some(tuple(Phase), 0.5) or (Phase.PEACE,)),
        clauses=_clauses(draw, draw.one((0.1, 0.4))),
        area=AREA if draw.often(0.4) else None,
        nations=frozenset(draw.some(NATIONS, 0.8)) if draw.often(0.4) else frozenset(),
        excluded_nations=frozenset(draw.some(NATIONS, 0.1)),
        excluded_owner_nations=frozenset(draw.some(NATIONS, 0.1)),
        standards=draw.some(STANDARDS, 0.2),
        modalities=("lease", "service") if draw.often(0.3) else (),
        users=frozenset(draw.some(NATIONS, 0.15)),
        sanctioned_nations=frozenset(draw.some(NATIONS, 0.1)),
        sanctioned_names=frozenset(draw.some(("northern launch", "polar cloud"), 0.15)),
        papers=(PaperAsked("cyber_audit", ("2", "3"), frozenset({"FR"})),) if draw.often(0.3) else (),
        least_maturity=draw.one((None, *MATURITIES)),
    )
    return need, [offering(draw, place) for place in range(8)]


def tight(draw: Draw) -> tuple[Need, list[Candidate]]:
    """A requirement of clauses, standards and wishes, and up to seven offerings of four suppliers."""
    wishes = Wishes(draw.one((None, None, 0.5, 0.6)), draw.one((1, 1, 2)), draw.one((1, 1, 2)), service_kept=1.0)
    need = Need(
        capability="imagery.optical",
        currency="EUR",
        window=WINDOW,
        phases=tuple(
            PhaseNeed(each, float(draw.whole(50, 200))) for each in draw.some((Phase.PEACE, Phase.CRISIS), 0.5)
        ),
        clauses=_clauses(draw, 0.6),
        standards=draw.some(STANDARDS, 0.2),
        modalities=("lease",) if draw.often(0.1) else (),
        excluded_nations=frozenset(draw.some(NATIONS, 0.05)),
        wishes=wishes,
    )
    if not need.phases:
        return tight(draw)
    return need, [offering(draw, place, plain=True) for place in range(draw.whole(3, 7))]


def _clauses(draw: Draw, chance: float) -> tuple[Clause, ...]:
    """No two contradict each other."""
    every = (
        Clause("gsd", Operator.AT_MOST, threshold=draw.whole(3, 9) / 10, objective=0.2 if draw.often(0.5) else None),
        Clause("delivery_latency", Operator.AT_MOST, threshold=float(draw.whole(30, 300)), objective=15.0),
        Clause("swath", Operator.AT_LEAST, threshold=float(draw.whole(10, 60)), objective=80.0),
        Clause("niirs", Operator.AT_LEAST, hard=draw.often(0.7), threshold=float(draw.whole(3, 6))),
        Clause("view:off_nadir", Operator.COVERS, threshold=0.0, upper=float(draw.whole(20, 45))),
        Clause("stereo", Operator.IS, flag=True),
        Clause("processing_levels", Operator.ALL_OF, codes=draw.some(PROCESSING_LEVELS, 0.3) or ("L1B",)),
        Clause("licence_tier", Operator.ANY_OF, codes=draw.some(LICENCE_TIERS, 0.4) or ("open",)),
    )
    return draw.some(every, chance)


def offering(draw: Draw, place: int, *, plain: bool = False) -> Candidate:
    """`plain`: nothing wrong with it but its values, and few of them not said."""
    silent = 0.05 if plain else 0.1
    asked = (Phase.PEACE, Phase.CRISIS) if plain else draw.some(tuple(Phase), 0.7)
    held = {phase: float(draw.whole(0, 120)) for phase in asked}
    money = "EUR" if plain or draw.often(0.9) else "USD"
    values = [each for each in _values(draw) if not draw.often(silent)]
    more = {} if plain else _more(draw)
    kept: dict[str, Any] = {
        "offering_id": f"off_{place}",
        "version_id": f"ofv_{place}",
        "content_sha256": f"{place:064x}",
        "provider_id": f"prv_{draw.whole(0, 3)}",
        "title": f"Offering {place}",
        "owner_nation": "FR",
        "capability": "imagery.optical",
        "modality": draw.one(("service", "service", "lease", "buy")),
        "attributes": {value.attribute: value for value in values},
        "capacity": held,
        "prices": {phase: UnitPrice(Decimal(draw.whole(5, 20)), Decimal(0), money) for phase in held},
        "standards": frozenset(draw.some(STANDARDS, 0.8)),
        **more,
    }
    # A supplier has one nation.
    return Candidate(**{"nation": NATIONS[int(kept["provider_id"][-1])], **kept})


def _values(draw: Draw) -> list[Measured]:
    def spread(name: str, low: float, high: float) -> Measured:
        first = low + (high - low) * draw.whole(0, 10) / 10
        return Measured(name, first, first * draw.one((1.0, 1.0, 1.2)))

    return [
        spread("gsd", 0.3, 1.2),
        spread("delivery_latency", 20.0, 400.0),
        spread("swath", 5.0, 70.0),
        spread("niirs", 2.0, 8.0),
        Measured("view:off_nadir", 0.0, float(draw.whole(15, 50))),
        Measured("stereo", flag=draw.often(0.6)),
        Measured("processing_levels", codes=draw.some(PROCESSING_LEVELS, 0.7)),
        Measured("licence_tier", codes=(draw.one(LICENCE_TIERS),)),
    ]


def _more(draw: Draw) -> dict[str, object]:
    return {
        "nation": draw.one(NATIONS),
        "owner_nation": draw.one((*NATIONS, None)),
        "capability": draw.one(("imagery.optical",) * 5 + ("radar.sar",)),
        "coverage": draw.one(("global", WIDE, FAR, None)),
        "valid_from": draw.one((None, None, START + timedelta(days=30))),
        "valid_to": draw.one((None, None, START + timedelta(days=90))),
        "release_to": draw.one((None, frozenset({"FR", "DE"}), frozenset(NATIONS))),
        "maturity": draw.one((None, *MATURITIES)),
        "name_keys": frozenset(draw.some(("northern launch",), 0.2)),
        "papers": tuple(_paper(draw, place) for place in range(draw.whole(0, 2))),
        "dependencies": tuple(
            Dependency("cloud", name, name.title(), draw.one(("", *NATIONS)), draw.often(0.9))
            for name in draw.some(("polar cloud", "blue cloud"), 0.3)
        ),
    }


def _paper(draw: Draw, place: int) -> Paper:
    ends = draw.one((None, START + timedelta(days=100), START + timedelta(days=800)))
    recognised = draw.some(NATIONS, 0.5)
    return Paper(f"evd_{place}", "cyber_audit", draw.one("123"), recognised, START - timedelta(days=90), ends)
