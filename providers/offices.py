"""Who answers what: offices and programmes, their remit and their clocks.

Every matter has somebody: what no office covers goes to the front desk of the
broker, which is made when it is first needed and which staff may furnish with
names and addresses like any other.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session, col, select

from providers.desk_tables import ExternalRegister, Office
from space_hub.clock import Clock
from space_hub.errors import Invalid, NotFound
from space_hub.rng import Rng
from space_hub.text import Word
from space_hub.trust import audit, organisations
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import HUB_ID, Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.nations import nation

FRONT_DESK = "ofc_front_desk"
ANSWER_DAYS = 2
_LAST = 1000
"""Rank of the front desk: everybody else is asked first."""


class Matter(Word, of="matter"):
    """What somebody may wait for."""

    APPLICATION = "application"
    APPEAL = "appeal"
    DEBRIEF = "debrief"
    OFFERING = "offering"
    QUESTION = "question"
    CLAIM = "claim"
    COMMENT = "comment"
    REGISTER = "register"
    ADMISSION = "admission"
    """A supplier asks to be admitted to a lot."""
    COMPLAINT = "complaint"
    """Against the decision of a competition."""


class OfficeKind(Word, of="office_kind"):
    OFFICE = "office"
    PROGRAMME = "programme"


@dataclass(frozen=True, slots=True)
class Remit:
    """An office as staff describe it. No mission area means all of them, no nations means every asker's."""

    kind: OfficeKind
    name_en: str
    name_fr: str
    remit_en: str
    remit_fr: str
    matters: tuple[Matter, ...]
    mission_areas: tuple[MissionArea, ...] = ()
    nations: tuple[str, ...] | None = None
    officer_name: str = ""
    officer_email: str = ""
    deputy_name: str = ""
    deputy_email: str = ""
    head_email: str = ""
    answer_days: int = ANSWER_DAYS
    rank: int = 100
    active: bool = True

    def __post_init__(self) -> None:
        for code in self.nations or ():
            nation(code)
        if not 1 <= self.answer_days <= 20:
            raise Invalid("office.answer_days_wrong", given=self.answer_days)
        if not self.matters:
            raise Invalid("office.matters_missing")


def front_desk(session: Session, clock: Clock) -> Office:
    """The broker's front desk; made when it is not there yet."""
    known = session.get(Office, FRONT_DESK)
    if known is not None:
        return known
    organisations.ensure_hub(session, clock)
    office = Office(
        id=FRONT_DESK,
        organisation_id=HUB_ID,
        kind=OfficeKind.OFFICE.value,
        name_en="Front desk",
        name_fr="Guichet",
        remit_en="Everything that no other office takes.",
        remit_fr="Tout ce qu'aucun autre bureau ne prend.",
        mission_areas=[],
        nations=None,
        matters=[each.value for each in Matter],
        officer_name="",
        officer_email="",
        deputy_name="",
        deputy_email="",
        head_email="",
        answer_days=ANSWER_DAYS,
        rank=_LAST,
        active=True,
        created_at=clock.now(),
    )
    session.add(office)
    session.flush()
    return office


def route(session: Session, clock: Clock, matter: Matter, areas: Collection[str], asker_nation: str) -> Office:
    """The office of lowest rank whose remit covers the matter, all its mission areas and the asker's nation."""
    return covering(session, matter, areas, asker_nation) or front_desk(session, clock)


def covering(
    session: Session,
    matter: Matter,
    areas: Collection[str],
    asker_nation: str | None = None,
    *,
    holder: str | None = None,
) -> Office | None:
    """The office that `route` would choose, of one organisation if `holder` names it; None where none covers it.

    Without `asker_nation` it is chosen alike for every asker.
    """
    active = select(Office).where(col(Office.active), Office.id != FRONT_DESK)
    if holder is not None:
        active = active.where(Office.organisation_id == holder)
    for office in session.exec(active.order_by(col(Office.rank), col(Office.id))):
        if (
            matter.value in office.matters
            and (not office.mission_areas or (areas and set(areas) <= set(office.mission_areas)))
            and (office.nations is None or asker_nation is None or asker_nation in office.nations)
        ):
            return office
    return None


def save(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    remit: Remit,
    *,
    organisation_id: str | None = None,
    office_id: str | None = None,
) -> Office:
    """Open an office for an organisation that buys, plans or brokers, or describe an existing one anew."""
    principal.require("desk:write")
    if office_id is None:
        holder = session.get(Organisation, organisation_id or principal.organisation_id)
        if holder is None or holder.kind == OrganisationKind.PROVIDER.value:
            raise Invalid("office.organisation_wrong", given=organisation_id or principal.organisation_id)
        office = Office(
            id=rng.scope(holder.id, "office").id("ofc"),
            organisation_id=holder.id,
            created_at=clock.now(),
            **_columns(remit),
        )
    else:
        office = known(session, office_id)
        if office.id == FRONT_DESK and not (remit.active and set(remit.matters) == set(Matter)):
            raise Invalid("office.front_desk_takes_all")
        for name, value in _columns(remit).items():
            setattr(office, name, value)
    session.add(office)
    audit.record(session, clock, principal, "office.save", office.id, name=office.name_en, active=office.active)
    session.flush()
    return office


def link_register(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    kind: str,
    names: tuple[str, str],
    url: str,
    nation_or_body: str,
) -> ExternalRegister:
    """Name another front door or register, in English and French: a neighbour that is linked, not a rival."""
    principal.require("desk:write")
    row = ExternalRegister(
        id=rng.scope("hub", "external_register").id("xrg"),
        name_en=names[0],
        name_fr=names[1],
        kind=kind,
        url=url,
        nation_or_body=nation_or_body,
    )
    session.add(row)
    audit.record(session, clock, principal, "external_register.link", row.id, url=url)
    return row


def known(session: Session, office_id: str) -> Office:
    office = session.get(Office, office_id)
    if office is None:
        raise NotFound("office.unknown", office_id=office_id)
    return office


def works_at(principal: Principal, office: Office) -> bool:
    """Whether the principal acts for the office: its own organisation, or the broker, which stands behind all."""
    return principal.kind is OrganisationKind.BROKER or office.organisation_id == principal.organisation_id


def name_of(office: Office, language: str) -> str:
    return office.name_fr if language == "fr" else office.name_en


def _columns(remit: Remit) -> dict[str, Any]:
    values: dict[str, Any] = asdict(remit)
    return values | {
        "kind": remit.kind.value,
        "matters": [each.value for each in remit.matters],
        "mission_areas": [each.value for each in remit.mission_areas],
        "nations": None if remit.nations is None else sorted(remit.nations),
    }
