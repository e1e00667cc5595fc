"""Small requirements and offerings for tests of matching, by hand and by chance."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from catalog.matching.values import (
    Candidate,
    Clause,
    Dependency,
    LossKind,
    Need,
    Operator,
    PhaseNeed,
    UnitPrice,
    Wishes,
)
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

PEACE, CRISIS = Phase.PEACE, Phase.CRISIS
WINDOW = Interval(datetime(2024, 12, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC))
SHARP = Clause("gsd", Operator.AT_MOST, threshold=0.5, objective=0.3)

SHARED = tuple(Dependency("launcher", name.lower(), name, "NO", True) for name in ("Polar", "South"))


def need(*phases: tuple[Phase, float], **more: Any) -> Need:
    wanted = tuple(PhaseNeed(phase, quantity) for phase, quantity in phases or ((PEACE, 100.0),))
    return Need("imagery.optical", "EUR", WINDOW, wanted, **{"clauses": (SHARP,), **more})


def offer(
    name: str,
    provider: str | None = None,
    *,
    gsd: float | tuple[float, float] | None = 0.4,
    capacity: Mapping[Phase, float] | float = 100.0,
    price: str = "10",
    retainer: str = "0",
    **more: Any,
) -> Candidate:
    ranges = (gsd, gsd) if isinstance(gsd, float) else gsd
    held = capacity if isinstance(capacity, Mapping) else {PEACE: capacity}
    values: dict[str, Any] = {
        "offering_id": f"off_{name}",
        "version_id": f"ofv_{name}",
        "content_sha256": f"{name:0>64}",
        "provider_id": f"prv_{provider or name}",
        "title": name,
        "nation": "FR",
        "owner_nation": "FR",
        "capability": "imagery.optical",
        "modality": "service",
        "attributes": {} if ranges is None else {"gsd": Measured("gsd", *ranges)},
        "capacity": held,
        "prices": {phase: UnitPrice(Decimal(price), Decimal(retainer), "EUR") for phase in held},
    }
    return Candidate(**{**values, **more})


def wishes() -> st.SearchStrategy[Wishes]:
    return st.builds(
        Wishes,
        survive=st.sampled_from([(), (LossKind.SUPPLIER,), (LossKind.COMMON_MODE,), tuple(LossKind)]),
        service_kept=st.sampled_from([1.0, 0.75]),
    )


@st.composite
def markets(draw: st.DrawFn, *, most: int = 5, retainers: bool = True) -> tuple[Need, list[Candidate]]:
    """A need in one or two phases and up to `most` offerings of up to three suppliers."""
    phases = draw(st.sampled_from([(PEACE,), (PEACE, CRISIS)]))
    share = draw(st.sampled_from([None, 0.5, 0.75]))
    wanted = need(*[(phase, float(draw(st.integers(1, 30)))) for phase in phases], wishes=Wishes(largest_share=share))
    offers = []
    for place in range(draw(st.integers(0, most))):
        offers.append(
            offer(
                f"{place}",
                draw(st.sampled_from("ABC")),
                gsd=draw(st.sampled_from([0.3, 0.4, 0.5, 0.6, (0.4, 0.6), None])),
                capacity={phase: float(draw(st.integers(0, 20))) for phase in phases},
                price=str(draw(st.integers(1, 9))),
                retainer=str(draw(st.integers(0, 40))) if retainers else "0",
                dependencies=tuple(draw(st.lists(st.sampled_from(SHARED), unique=True, max_size=2))),
            )
        )
    return wanted, offers
