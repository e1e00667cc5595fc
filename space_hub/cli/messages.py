"""Messages at the terminal: an encounter as a CDM, an object's element set as an OMM, a run in SOCRATES's columns.

A message goes to standard output as it is, so that `> FILE` keeps it; with `--json` it is the text in the one line.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from space_hub.cli import house as houses
from space_hub.cli.speak import OK, Voice
from space_hub.errors import Invalid

F = TypeVar("F", bound=str)


def show_cdm(conjunction_id: str, form: str, voice: Voice) -> int:
    from space_hub.awareness.messages import conjunction, forms
    from space_hub.orbit.ndm import write
    from space_hub.trust.principal import HUB

    chosen = _known(form, forms.CDM)
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        seen = conjunction.seen(session, HUB, conjunction_id)
    about = {"conjunction_id": conjunction_id, "message_id": seen.message_id, "run_id": seen.run.id}
    return _say(voice, write(seen.message(), chosen), about | {"form": form})


def show_omm(number: int, form: str, voice: Voice) -> int:
    from space_hub.awareness.messages import element_sets, forms
    from space_hub.trust.principal import HUB

    chosen = _known(form, forms.OMM)
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        row = element_sets.current(session, HUB, number)
    return _say(voice, element_sets.text(row, chosen), {"catalog_number": number, "form": form})


def write_socrates(path: Path, voice: Voice) -> int:
    from space_hub.awareness.following import conjunctions
    from space_hub.awareness.messages import socrates
    from space_hub.errors import NotFound

    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        run = conjunctions.latest_run(session)
    if run is None:
        raise NotFound("run.none_published")
    written = socrates.write(house.database, run.id, path)
    voice.tell("message.written", count=written, path=str(path))
    voice.answer({"run_id": run.id, "encounters": written, "output": str(path)})
    return OK


def _known(given: str, forms: tuple[F, ...]) -> F:
    for each in forms:
        if each == given:
            return each
    raise Invalid("cli.form_unknown", given=given, known=", ".join(forms))


def _say(voice: Voice, text: str, about: Mapping[str, Any]) -> int:
    if not voice.json:
        sys.stdout.write(text)
    voice.answer({**about, "text": text})
    return OK
