"""The market study of a match: a paper that a contracting office can keep, in English or French."""

from typing import Annotated, Literal

from fastapi import Query, Response

from api.deps import Asked
from api.policy import Router, scope
from catalog import dossiers

router = Router(prefix="/v1/matches", tags=["matches"], tagged=True)

MEDIA_TYPES = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}
_KINDS = {"text/html": "string", "application/pdf": "binary", "text/csv": "string"}
_ALONE = "default-src 'none'; style-src 'unsafe-inline'"
"""The page needs nothing but its own style: whatever else slipped in would not be run or fetched."""


@router.get(
    "/{match_id}/dossier",
    policy=scope("match:write"),
    response_class=Response,
    responses={
        200: {
            "content": {
                kind: {"schema": {"type": "string", **({"format": form} if form == "binary" else {})}}
                for kind, form in _KINDS.items()
            }
        }
    },
)
def get_match_dossier(
    match_id: str,
    asked: Asked,
    form: Annotated[
        Literal["html", "pdf", "csv"],
        Query(alias="format", description="`csv`: every offering as a table; the annex of the paper lists the first."),
    ] = "html",
    language: Annotated[Literal["en", "fr"] | None, Query(description="Of the paper; else Accept-Language.")] = None,
) -> Response:
    """The market study: the need, who was considered, who fits and why, gaps, prices, plan, risks, dates.

    It awards nothing. The same match, language and names give the same bytes, which the `ETag` names.
    """
    from catalog.dossier import render

    with asked.read() as session:
        material = dossiers.material(session, asked.principal, match_id)
    body = render.render(material, form, language or asked.language)
    headers = {"Content-Disposition": f'inline; filename="{match_id}.{form}"', "X-Content-Type-Options": "nosniff"}
    if form == "html":
        headers["Content-Security-Policy"] = _ALONE
    return Response(body, media_type=MEDIA_TYPES[form], headers=headers)
