"""The spreadsheet that a supplier fills in."""

from typing import Annotated, Literal

from fastapi import Query, Response
from fastapi.concurrency import run_in_threadpool

from api.deps import Asked
from api.policy import Router, scope
from providers.adapters.manifest import MEDIA_TYPES, Form
from providers.adapters.spreadsheet import template
from space_hub.vocabulary.capabilities import CAPABILITIES
from space_hub.vocabulary.codes import MissionArea

router = Router(prefix="/v1/offerings", tags=["offerings"])

_XLSX = next(kind for kind, form in MEDIA_TYPES.items() if form is Form.XLSX)


@router.get(
    "/template.xlsx",
    policy=scope("offering:write"),
    response_class=Response,
    responses={200: {"content": {_XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_offering_template(
    asked: Asked,
    areas: Annotated[list[MissionArea] | None, Query(description="Only these mission areas; all if left out.")] = None,
    language: Annotated[Literal["en", "fr"] | None, Query(description="Of the guide; else Accept-Language.")] = None,
) -> Response:
    """A workbook with a guide, drop-down lists, units and an example; sent back to `/v1/offerings/manifest`."""
    chosen = [each.code for each in CAPABILITIES.values() if not areas or each.area in areas]
    body = await run_in_threadpool(template, chosen, language or asked.language)
    return Response(body, media_type=_XLSX, headers={"Content-Disposition": 'attachment; filename="offerings.xlsx"'})
