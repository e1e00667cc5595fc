"""What there is by mission area and nation, and what is asked for against what stands on the shelf."""

from pydantic import Field

from api.deps import Asked
from api.models import Out
from api.policy import Router, scope
from catalog.code_labels import label
from catalog.shelf import overview
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/overview", tags=["overview"])


class LineOut(Out):
    mission_area: str
    mission_area_label: str
    nation: str | None
    offerings: int | None = Field(description="Null for a supplier: counts of the shelf would tell it of its rivals.")
    providers: int | None
    assets: int | None
    listings: int = Field(description="Assets in public registers, unclaimed or claimed; unverified.")
    claimed: int | None = Field(description="Of them, those whose owner's claim was accepted; null for a supplier.")


class OverviewOut(Out):
    lines: list[LineOut]


class DemandOut(Out):
    horizon: str
    nations_band: str
    quantity_low: float
    quantity_high: float
    unit: str


class GapOut(Out):
    capability: str
    capability_label: str
    mission_area: MissionArea
    phase: Phase
    phase_label: str
    unit: str
    demand: list[DemandOut] = Field(description="Of the last release, in bands.")
    capacity: float | None = Field(description="Stated by all suppliers together; null while they are too few to tell.")
    enough_suppliers: bool


class GapsOut(Out):
    lines: list[GapOut]


@router.get("", policy=scope("catalog:read"))
def get_overview(asked: Asked) -> OverviewOut:
    """Offerings, suppliers and assets that you may see, and listings of public registers. `other`: no capability."""
    with asked.read() as session:
        lines = overview.overview(session, asked.principal, asked.clock.now())
    return OverviewOut(
        lines=[
            LineOut(
                mission_area=each.mission_area,
                mission_area_label=label("mission_area", each.mission_area, asked.language),
                nation=each.nation,
                offerings=each.offerings,
                providers=each.providers,
                assets=each.assets,
                listings=each.listings,
                claimed=each.claimed,
            )
            for each in lines
        ]
    )


@router.get("/gaps", policy=scope("catalog:read"))
def get_gaps(asked: Asked) -> GapsOut:
    """Published demand by capability and phase against the capacity of the shelf; no price, no supplier, no nation."""
    with asked.read() as session:
        lines = overview.gap_view(session, asked.principal, asked.clock.now(), asked.settings.k_anonymity)
    return GapsOut(
        lines=[
            GapOut(
                capability=each.capability,
                capability_label=label("capability", each.capability, asked.language),
                mission_area=MissionArea(each.mission_area),
                phase=Phase(each.phase),
                phase_label=label("phase", each.phase, asked.language),
                unit=each.unit,
                demand=[DemandOut(**one) for one in each.demand],
                capacity=each.capacity,
                enough_suppliers=each.enough_suppliers,
            )
            for each in lines
        ]
    )
