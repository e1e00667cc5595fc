"""Clearances as an approval would leave them, for tests that are not about approvals."""

from datetime import datetime

from sqlmodel import Session

from providers.tables import Clearance, Provider
from space_hub.vocabulary.codes import MissionArea


def clear(session: Session, provider: Provider, *, until: datetime | None = None) -> None:
    """Clear a provider for every mission area, under the number of the shelf that it holds."""
    session.flush()
    for area in MissionArea:
        session.merge(
            Clearance(
                provider_id=provider.id,
                mission_area=area.value,
                tier="listed",
                state="active",
                valid_to=until,
                shelf_generation=provider.shelf_generation,
            )
        )
