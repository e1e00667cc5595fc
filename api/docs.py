"""The description of the API as a page, with its script and style from our own origin."""

from pathlib import Path

import swagger_ui_bundle
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from api.policy import Router, public

router = Router(tags=["docs"])


@router.get("/", policy=public(), include_in_schema=False)
def front() -> RedirectResponse:
    """Who opens the address that `up` prints sees what can be asked."""
    return RedirectResponse("/docs")


@router.get("/docs", policy=public(), include_in_schema=False)
def docs() -> HTMLResponse:
    return get_swagger_ui_html(
        openapi_url="/v1/openapi.json",
        title="Space Hub API",
        swagger_js_url="/docs/assets/swagger-ui-bundle.js",
        swagger_css_url="/docs/assets/swagger-ui.css",
        swagger_favicon_url="/docs/assets/favicon-32x32.png",
    )


def install(app: FastAPI) -> None:
    app.mount("/docs/assets", StaticFiles(directory=_bundle()), name="docs-assets")
    app.include_router(router.api)


def _bundle() -> Path:
    """The folder of the newest page bundle in the installed package."""
    root = Path(swagger_ui_bundle.__file__).parent / "vendor"
    return max(path.parent for path in root.rglob("swagger-ui-bundle.js"))
