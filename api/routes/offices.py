"""Offices and programmes that answer, and the registers and front doors of others."""

from fastapi import Query
from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, any_key, scope
from providers import offices
from providers.desk_tables import ExternalRegister, Office, RegisterKind
from providers.offices import Matter, OfficeKind, Remit
from space_hub.trust.principal import Principal
from space_hub.vocabulary.codes import MissionArea

router = Router(prefix="/v1", tags=["offices"])


class OfficeIn(In):
    kind: OfficeKind = OfficeKind.OFFICE
    name_en: str = Field(min_length=1, max_length=200)
    name_fr: str = Field(min_length=1, max_length=200)
    remit_en: str = Field(default="", max_length=5000)
    remit_fr: str = Field(default="", max_length=5000)
    matters: list[Matter] = Field(min_length=1, max_length=len(Matter))
    mission_areas: list[MissionArea] = Field(default=[], max_length=len(MissionArea), description="None: all.")
    nations: list[str] | None = Field(default=None, max_length=250, description="Of the asker; null: all.")
    officer_name: str = Field(default="", max_length=200)
    officer_email: str = Field(default="", max_length=320)
    deputy_name: str = Field(default="", max_length=200)
    deputy_email: str = Field(default="", max_length=320)
    head_email: str = Field(default="", max_length=320)
    answer_days: int = Field(default=offices.ANSWER_DAYS, ge=1, le=20, description="Working days.")
    rank: int = Field(default=100, ge=0, le=999, description="The lowest that covers a matter is asked.")
    active: bool = True

    def value(self) -> Remit:
        given = {name: getattr(self, name) for name in OfficeIn.model_fields}
        return Remit(
            **given
            | {
                "matters": tuple(self.matters),
                "mission_areas": tuple(self.mission_areas),
                "nations": None if self.nations is None else tuple(self.nations),
            }
        )


class NewOfficeIn(OfficeIn):
    organisation_id: str | None = Field(default=None, max_length=60, description="Null: your own organisation.")


class OfficeOut(Out):
    """Who answers what. The names and addresses of officers are for the offices themselves."""

    id: str
    organisation_id: str
    kind: OfficeKind
    name_en: str
    name_fr: str
    remit_en: str
    remit_fr: str
    matters: list[Matter]
    mission_areas: list[MissionArea]
    nations: list[str] | None
    answer_days: int
    active: bool
    rank: int | None
    officer_name: str | None
    officer_email: str | None
    deputy_name: str | None
    deputy_email: str | None
    head_email: str | None


class ExternalRegisterOut(Out):
    id: str
    name_en: str
    name_fr: str
    kind: RegisterKind
    url: str
    nation_or_body: str
    note_en: str
    note_fr: str


@router.get("/offices", policy=any_key())
def list_offices(
    asked: Asked, page: Page, active: bool = Query(default=True, description="False: the closed ones.")
) -> Paged[OfficeOut]:
    """The offices and programmes that answer, with their remit and their clock."""
    rows = select(Office).where(Office.active == active)
    with asked.read() as session:
        return page.of(session, rows, key=col(Office.id), make=lambda row: _seen(row, asked.principal))


@router.post("/offices", status_code=201, policy=scope("desk:write"))
def create_office(body: NewOfficeIn, once: Once) -> OfficeOut:
    """Open an office for an organisation."""

    def make(session: Session) -> OfficeOut:
        made = offices.save(
            session, once.clock, once.rng, once.principal, body.value(), organisation_id=body.organisation_id
        )
        return _seen(made, once.principal)

    return once.run(make)


@router.put("/offices/{office_id}", policy=scope("desk:write"))
def change_office(office_id: str, body: OfficeIn, asked: Asked) -> OfficeOut:
    """Describe an office anew, or close it."""
    with asked.write() as session:
        made = offices.save(session, asked.clock, asked.rng, asked.principal, body.value(), office_id=office_id)
        return _seen(made, asked.principal)


@router.get("/external-registers", policy=any_key())
def list_external_registers(asked: Asked, page: Page) -> Paged[ExternalRegisterOut]:
    """Other front doors and registers: neighbours, not rivals."""
    rows = select(ExternalRegister).where(col(ExternalRegister.active))
    with asked.read() as session:
        return page.of(session, rows, key=col(ExternalRegister.id), make=ExternalRegisterOut.model_validate)


def _seen(row: Office, principal: Principal) -> OfficeOut:
    seen = OfficeOut.model_validate(row)
    if offices.works_at(principal, row):
        return seen
    people = ("rank", "officer_name", "officer_email", "deputy_name", "deputy_email", "head_email")
    return seen.model_copy(update=dict.fromkeys(people))
