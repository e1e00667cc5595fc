"""A paper as PDF, and its figures as pictures: set by Typst, tagged, archivable, the same bytes from the same paper.

Nothing is fetched and no font of the machine is used: the faces come with the
compiler. What a supplier wrote reaches it as data, never as markup.
"""

import json
from functools import cache
from importlib.resources import files

from catalog.dossier.document import Document, plain

ARCHIVE, ACCESSIBLE = "a-2a", "ua-1"
"""PDF/A-2a, which archives ask for, and PDF/UA-1, which a screen reader reads in order."""

_SCALE = 192.0
"""Of a picture, in points to the inch: twice a screen's."""


def pdf(paper: Document) -> bytes:
    return _set(_template(), {"paper": json.dumps(plain(paper), ensure_ascii=False)}, "pdf")


def picture(svg: str) -> bytes:
    """A drawing as PNG."""
    return _set(_PICTURE, {"drawing": svg}, "png")


_PICTURE = b"""
#set page(width: auto, height: auto, margin: 8pt, fill: white)
#image(bytes(sys.inputs.drawing), format: "svg", width: 510pt)
"""


@cache
def _template() -> bytes:
    return files("catalog.dossier").joinpath("paper.typ").read_bytes()


def _set(source: bytes, inputs: dict[str, str], form: str) -> bytes:
    import typst  # The compiler is eighty megabytes: it comes with the first paper, not with the hub.

    standards = [ARCHIVE, ACCESSIBLE] if form == "pdf" else []
    made = typst.compile(
        source,
        format=form,
        sys_inputs=inputs,
        ignore_system_fonts=True,
        pdf_standards=standards,
        ppi=_SCALE,
        timestamp=0,
    )
    return bytes(made)
