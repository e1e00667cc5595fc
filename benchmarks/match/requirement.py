"""How long matching takes: 200 offerings of 40 suppliers, three phases, with and without retainers.

The market is drawn from a fixed seed. `pure` is the pipeline alone, `recorded` adds
the decision record with its hashes. The median of five runs is given.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from statistics import median
from time import perf_counter

from catalog.matching.recommend import recommend
from catalog.matching.record import freeze
from catalog.matching.values import Candidate, Clause, Need, Operator, PhaseNeed, UnitPrice, Verdict, Wishes
from space_hub.rng import Scope, SeededRng
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

OFFERINGS, SUPPLIERS, RUNS = 200, 40, 5


def run() -> dict[str, object]:
    figures: dict[str, object] = {"offerings": OFFERINGS, "suppliers": SUPPLIERS}
    for name, retainers in (("without_retainers", False), ("with_retainers", True)):
        need, offers = _market(retainers)
        figures[f"{name}_pure_s"] = _time(partial(recommend, need, offers))
        figures[f"{name}_recorded_s"] = _time(partial(_recorded, need, offers))
        found = recommend(need, offers)
        figures[f"{name}_taken"] = sum(each.verdict is Verdict.TAKEN for each in found.judged)
        figures[f"{name}_covered"] = found.covered
    figures["holds"] = all(figures[f"{name}_covered"] for name in ("without_retainers", "with_retainers"))
    return figures


def _recorded(need: Need, offers: list[Candidate]) -> object:
    return freeze(need, offers, recommend(need, offers))


def _market(retainers: bool) -> tuple[Need, list[Candidate]]:
    stream = SeededRng(20241102).scope("bench", "match")
    need = Need(
        "imagery.optical",
        "EUR",
        Interval(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        tuple(PhaseNeed(phase, 20_000.0 * factor) for factor, phase in enumerate(Phase, start=1)),
        (
            Clause("gsd", Operator.AT_MOST, threshold=0.8, objective=0.3),
            Clause("delivery_latency", Operator.AT_MOST, hard=False, weight=2.0, threshold=240, objective=30),
        ),
        wishes=Wishes(largest_share=0.4),
    )
    return need, [_offer(place, stream, retainers) for place in range(OFFERINGS)]


def _offer(place: int, stream: Scope, retainers: bool) -> Candidate:
    sharp, late, size, price, kept = (stream.uniform() for _ in range(5))
    held = {phase: round(500 + 4500 * size, 1) for phase in Phase}
    unit = Decimal(round(500 + 2500 * price)) / 100
    retainer = Decimal(round(20_000 * kept)) if retainers else Decimal(0)
    values = [Measured("gsd", 0.2 + sharp, 0.2 + sharp), Measured("delivery_latency", 20 + 400 * late, 20 + 400 * late)]
    return Candidate(
        offering_id=f"off_{place:03}",
        version_id=f"ofv_{place:03}",
        content_sha256=f"{place:064x}",
        provider_id=f"prv_{place % SUPPLIERS:02}",
        title=f"Offering {place}",
        nation="FR",
        owner_nation="FR",
        capability="imagery.optical",
        modality="service",
        attributes={value.attribute: value for value in values},
        capacity=held,
        prices={phase: UnitPrice(unit, retainer, "EUR") for phase in Phase},
    )


def _time(work: Callable[[], object]) -> float:
    spent = []
    for _ in range(RUNS):
        began = perf_counter()
        work()
        spent.append(perf_counter() - began)
    return round(median(spent), 3)
