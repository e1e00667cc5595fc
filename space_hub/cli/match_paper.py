"""The market study of a match on disk: a paper, the table of all offerings beside it, its figures in a folder."""

from pathlib import Path
from typing import Annotated

import typer

from space_hub.cli import house as houses
from space_hub.cli import options
from space_hub.cli.acting import acting_as
from space_hub.cli.speak import Voice, language, sentence
from space_hub.errors import Invalid

Dossier = Annotated[Path | None, typer.Option("--dossier", metavar="FILE", help=sentence("cli.option.match_dossier"))]
Plots = Annotated[Path | None, typer.Option("--plots", metavar="DIR", help=sentence("cli.option.match_plots"))]

_PAPERS = (".html", ".pdf")


def checked(dossier: Path | None) -> None:
    """Before any work begins: a name that tells the form of the paper, in a folder that is there."""
    if dossier is not None and dossier.suffix.lower() not in _PAPERS:
        raise Invalid("cli.dossier_form", given=dossier.name, accepted=", ".join(_PAPERS))
    if dossier is not None and not dossier.parent.is_dir():
        raise Invalid("cli.file_unwritable", path=str(dossier), reason=sentence("cli.os.missing", number="-"))


def write(voice: Voice, organisation: str, match_id: str, dossier: Path | None, plots: Path | None) -> list[str]:
    """Write what was asked for; the files that were written. A paper that is there already is replaced."""
    if dossier is None and plots is None:
        return []
    from catalog import dossiers
    from catalog.dossier import render

    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        material = dossiers.material(session, acting_as(session, organisation, "match:write"), match_id)
    wanted: list[tuple[Path, bytes]] = []
    if dossier is not None:
        form = render.FORMS[dossier.suffix.lower()]
        wanted.append((dossier, render.render(material, form, language())))
        wanted.append((dossier.with_suffix(".csv"), render.render(material, "csv", language())))
    if plots is not None:
        _folder(plots)
        wanted += [(plots / name, content) for name, content in render.plots(material, language())]
    for path, content in wanted:
        _put(path, content)
    if dossier is not None:
        voice.tell("cli.dossier_written", path=str(dossier), table=str(dossier.with_suffix(".csv")))
    if plots is not None:
        voice.tell("cli.plots_written", path=str(plots), count=sum(path.parent == plots for path, _ in wanted))
    return [str(path) for path, _ in wanted]


def _folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Invalid("cli.file_unwritable", path=str(path), reason=options.why(error)) from error


def _put(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Invalid("cli.file_unwritable", path=str(path), reason=options.why(error)) from error
