"""Files to take away in the forms that others read: an object's element set as an OMM, a run as SOCRATES gives one."""

from typing import Annotated

from fastapi import Header, Query, Response
from fastapi.responses import StreamingResponse

from api import forms
from api.deps import Asked
from api.policy import Router, scope
from space_hub.awareness.following import conjunctions
from space_hub.awareness.messages.forms import OMM, OmmForm
from space_hub.errors import Invalid

router = Router(prefix="/v1", tags=["objects"])


@router.get(
    "/objects/{object_id}/omm",
    policy=scope("awareness:read"),
    response_class=Response,
    responses=forms.described(*OMM),
)
def get_object_omm(
    object_id: str,
    asked: Asked,
    form: Annotated[OmmForm | None, Query(alias="format", description="Else `Accept`.")] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """The current element set of an object, by id or number, as OMM 2.0; CSV and JSON as catalogues have them."""
    from space_hub.awareness.messages import element_sets

    chosen = forms.wanted(form, accept, OMM)
    number = object_id.isascii() and object_id.isdigit()
    if number and len(object_id) > 9:
        raise Invalid("awareness.designation_wrong", given=object_id)
    with asked.read() as session:
        row = element_sets.current(session, asked.principal, int(object_id) if number else object_id)
        body = element_sets.text(row, chosen)
    headers = {"X-Content-Type-Options": "nosniff"}
    return Response(body.encode(), media_type=forms.MEDIA_TYPES[chosen], headers=headers)


@router.get(
    "/runs/{run_id}/socrates",
    policy=scope("awareness:read"),
    response_class=Response,
    responses=forms.described("csv"),
)
def get_run_socrates(run_id: str, asked: Asked) -> Response:
    """All encounters of a run in SOCRATES's eleven columns, nearest first; largest probability by its own model."""
    from space_hub.awareness.messages import socrates

    with asked.read() as session:
        run = conjunctions.get_run(session, run_id, asked.principal)
    headers = {
        "Content-Disposition": f'attachment; filename="{run.id}.socrates.csv"',
        "X-Content-Type-Options": "nosniff",
    }
    pieces = socrates.lines(asked.database, run.id)
    return StreamingResponse(pieces, media_type=forms.MEDIA_TYPES["csv"], headers=headers)
