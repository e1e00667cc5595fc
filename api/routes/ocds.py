"""What was bought and how, in the Open Contracting Data Standard, for whom the buyer lets read it."""

from datetime import datetime
from typing import Any

from fastapi import Query
from pydantic import Field
from sqlmodel import col, select

from api.decided import DecidedByIn
from api.deps import Ask, Asked
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, public, scope
from catalog.ocds import releases
from catalog.ocds.audiences import Audience
from catalog.ocds.tables import OcdsRelease

router = Router(prefix="/v1/ocds", tags=["ocds"])

PUBLISHER = "Space Hub"


class ReleaseOut(Out):
    ocid: str
    number: int
    tag: str = Field(description="The last tag of the release.")
    audience: Audience
    at: datetime
    sha256: str = Field(description="Of the release as canonical JSON.")
    release: dict[str, Any] = Field(description="The release itself, as it was written.")


class AudienceIn(In):
    audience: Audience = Field(description="Wider than now; what was shown is not taken back.")
    decided_by: DecidedByIn


class AudienceOut(Out):
    ocid: str
    audience: Audience
    releases: int


@router.get("/releases", policy=public())
def list_releases(
    asked: Asked, page: Page, ocid: str | None = Query(default=None, max_length=100)
) -> Paged[ReleaseOut]:
    """Releases that you may read, by process and number; public ones need no key."""
    with asked.read() as session:
        found = select(OcdsRelease).where(releases.visible(asked.principal, asked.settings.ocds_prefix))
        if ocid is not None:
            found = found.where(OcdsRelease.ocid == ocid)
        key = [col(OcdsRelease.ocid), col(OcdsRelease.number)]
        return page.of(session, found, key=key, make=_release)


@router.get("/packages/{ocid}", policy=public())
def get_package(ocid: str, asked: Asked) -> dict[str, Any]:
    """A release package: every release of a process that you may read."""
    with asked.read() as session:
        rows = releases.of_process(session, asked.principal, asked.settings.ocds_prefix, ocid)
        return releases.package(rows, PUBLISHER, _uri(asked, "packages", ocid))


@router.get("/records/{ocid}", policy=public())
def get_record(ocid: str, asked: Asked) -> dict[str, Any]:
    """A record package: the same releases as the history of one process."""
    with asked.read() as session:
        rows = releases.of_process(session, asked.principal, asked.settings.ocds_prefix, ocid)
        return releases.record(rows, PUBLISHER, _uri(asked, "records", ocid))


@router.put("/{ocid}/audience", policy=scope("pool:write"))
def widen_audience(ocid: str, body: AudienceIn, asked: Asked) -> AudienceOut:
    """Your authority lets the pool or everybody read a process that you bought or lead."""
    with asked.write() as session:
        rows = releases.widen(
            session,
            asked.clock,
            asked.principal,
            asked.settings.ocds_prefix,
            ocid,
            body.audience,
            body.decided_by.value(),
        )
        return AudienceOut(ocid=ocid, audience=body.audience, releases=len(rows))


def _release(row: OcdsRelease) -> ReleaseOut:
    return ReleaseOut(
        ocid=row.ocid,
        number=row.number,
        tag=row.tag,
        audience=Audience(row.audience),
        at=row.at,
        sha256=row.body_sha256,
        release=row.body,
    )


def _uri(asked: Ask, kind: str, ocid: str) -> str:
    return f"{asked.settings.base_url}/v1/ocds/{kind}/{ocid}"
