"""A market study as bytes: HTML, PDF, or the table of all offerings; and its figures as files. Pure."""

from collections.abc import Iterator, Mapping
from typing import Literal

from catalog.dossier.content import paper
from catalog.dossier.html import html
from catalog.dossier.pdf import pdf, picture
from catalog.dossier.sheet import sheet
from catalog.dossier.study import Material

Form = Literal["html", "pdf", "csv"]
FORMS: Mapping[str, Form] = {".html": "html", ".pdf": "pdf", ".csv": "csv"}
"""By the ending of a file's name."""


def render(material: Material, form: Form, language: str) -> bytes:
    if form == "csv":
        return sheet(material, language)
    made = paper(material, language)
    return pdf(made) if form == "pdf" else html(made).encode()


def plots(material: Material, language: str) -> Iterator[tuple[str, bytes]]:
    """The figures of the paper, each as a drawing and as a picture: file name and content."""
    for figure in paper(material, language).figures:
        yield f"{figure.name}.svg", figure.svg.encode()
        yield f"{figure.name}.png", picture(figure.svg)
