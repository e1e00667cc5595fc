"""Messages to take away: what a run saw of an encounter as a CDM; what was received, as it came."""

from typing import Annotated

from fastapi import Header, Query, Response

from api import forms
from api.deps import Asked
from api.policy import Router, scope
from space_hub.awareness.messages import received
from space_hub.awareness.messages.forms import CDM, CdmForm

router = Router(prefix="/v1/conjunctions", tags=["conjunctions"], tagged=True)


@router.get(
    "/{conjunction_id}/cdm",
    policy=scope("awareness:read"),
    response_class=Response,
    responses=forms.described(*CDM),
)
def get_conjunction_cdm(
    conjunction_id: str,
    asked: Asked,
    form: Annotated[CdmForm | None, Query(alias="format", description="Else `Accept`.")] = None,
    run: Annotated[str | None, Query(description="A run's id; the newest that saw it if left out.")] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """What our run saw of an encounter, as CCSDS CDM 1.0 in EME2000: awareness and triage, not go/no-go.

    The covariance is estimated (`COVARIANCE_METHOD = DEFAULT`; comments say how). The same look gives the same bytes.
    """
    from space_hub.awareness.messages import conjunction
    from space_hub.orbit.ndm import write

    chosen = forms.wanted(form, accept, CDM)
    with asked.read() as session:
        seen = conjunction.seen(session, asked.principal, conjunction_id, run)
    body = write(seen.message(), chosen)
    return _file(body.encode(), chosen, seen.message_id.replace("/", "."))


@router.get(
    "/messages/{message_id}/original",
    policy=scope("awareness:read"),
    response_class=Response,
    responses=forms.described(*CDM),
)
def get_original_message(message_id: str, asked: Asked) -> Response:
    """A received message byte for byte as it came, for who may see it."""
    with asked.read() as session:
        found = received.original(session, asked.principal, message_id)
    return _file(found.data, found.form, message_id)


def _file(body: bytes, form: str, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.{form}"', "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type=forms.MEDIA_TYPES[form], headers=headers)
