"""The shelf as the asker may see it, in SQL: the authority that every answer is fetched by.

Published, released to the asker, in force, from a verified provider that is
cleared for the mission area. A provider sees its own offerings and no rival's.
The conditions stand in the query, so that a page is never filtered after the
fetch. The columns (`columns`) find and order; whatever they say, only what this
statement returns is shown.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, or_
from sqlmodel import Session, col, func, select

from catalog.search.query import Condition
from catalog.tables import Offering, OfferingAttribute, OfferingStatus, OfferingVersion
from providers import clearances
from providers.lifecycle import Status
from providers.tables import Provider
from space_hub.errors import NotFound
from space_hub.trust import markings
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea


def shelf(
    principal: Principal,
    now: datetime,
    *,
    mission_area: MissionArea | None = None,
    capability: str | None = None,
    nation: str | None = None,
    text: str | None = None,
    conditions: tuple[Condition, ...] = (),
) -> Select[Any]:
    """A statement of (Offering, OfferingVersion, Provider) that the principal may see and that meets the filters.

    A bound is met when some of the offered range meets it: search is generous,
    matching is strict.
    """
    statement: Any = (
        select(Offering, OfferingVersion, Provider)
        .join(OfferingVersion, col(OfferingVersion.id) == col(Offering.current_version_id))
        .join(Provider, col(Provider.id) == col(Offering.provider_id))
        .where(
            Offering.status == OfferingStatus.PUBLISHED.value,
            or_(col(OfferingVersion.valid_to).is_(None), col(OfferingVersion.valid_to) > now),
            markings.visible(Offering.marking_id, principal),
        )
    )
    if principal.kind is OrganisationKind.PROVIDER:
        statement = statement.where(Provider.organisation_id == principal.organisation_id)
    else:
        statement = statement.where(
            Provider.status == Status.VERIFIED.value, clearances.in_force(col(Offering.mission_area), now)
        )
    if mission_area is not None:
        statement = statement.where(Offering.mission_area == mission_area.value)
    if capability is not None:
        statement = statement.where(Offering.capability == capability)
    if nation is not None:
        statement = statement.where(Provider.nation == nation)
    if text:
        pattern = f"%{_escape(text.lower())}%"
        fields = (OfferingVersion.title, OfferingVersion.description, Provider.legal_name)
        statement = statement.where(or_(*(func.lower(field).like(pattern, escape="\\") for field in fields)))
    for condition in conditions:
        statement = statement.where(_meets(condition))
    found: Select[Any] = statement
    return found


def one(session: Session, principal: Principal, now: datetime, offering_id: str) -> tuple[Any, Any, Any]:
    """One offering of the shelf; what is not on it for the asker does not exist."""
    row = session.execute(shelf(principal, now).where(col(Offering.id) == offering_id)).one_or_none()
    if row is None:
        raise NotFound("catalog.offering_unknown", offering_id=offering_id)
    return row[0], row[1], row[2]


def _meets(condition: Condition) -> Any:
    value = OfferingAttribute
    matching = [
        col(value.version_id) == col(OfferingVersion.id),
        col(value.attribute) == condition.attribute,
    ]
    if condition.operator == "<=":
        matching.append(col(value.low) <= condition.number)
    elif condition.operator == ">=":
        matching.append(col(value.high) >= condition.number)
    else:
        matching.append(col(value.code) == condition.code)
    return exists().where(*matching)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
