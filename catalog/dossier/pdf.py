"""A paper as PDF, and its figures as pictures: set by Typst, tagged, archivable, the same bytes from the same paper.

Nothing is fetched and no font of the machine is used: the faces come with the
compiler. What a supplier wrote reaches it as data, never as markup.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Final

from catalog.dossier.document import Document, plain

ARCHIVE: Final = "a-2a"
ACCESSIBLE: Final = "ua-1"
"""PDF/A-2a, which archives ask for, and PDF/UA-1, which a screen reader reads in order."""

_SCALE = 192.0
"""Of a picture, in points to the inch: twice a screen's."""


_PICTURE = b"""
#set page(width: auto, height: auto, margin: 8pt, fill: white)
#image(bytes(sys.inputs.drawing), format: "svg", width: 510pt)
"""


def pdf(paper: Document) -> bytes:
    import typst  # The compiler is eighty megabytes: it comes with the first paper, not with the hub.

    return typst.compile(
        _template(),
        format="pdf",
        sys_inputs={"paper": json.dumps(plain(paper), ensure_ascii=False)},
        ignore_system_fonts=True,
        pdf_standards=[ARCHIVE, ACCESSIBLE],
        timestamp=0,
    )


def picture(svg: str) -> bytes:
    """A drawing as PNG."""
    import typst

    return typst.compile(
        _PICTURE, format="png", sys_inputs={"drawing": svg}, ignore_system_fonts=True, ppi=_SCALE, timestamp=0
    )


@cache
def _template() -> bytes:
    return files("catalog.dossier").joinpath("paper.typ").read_bytes()
