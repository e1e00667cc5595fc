"""What two other readers say of message files: the columns of `space_hub/validation/message_verdicts.tsv`.

Run by hand in an environment of its own that holds `ccsds-ndm` (GPL-3+, so nothing of the
product may import it) and `sidereon` (MIT):

    python -m tests.reference.message_readers DIR

prints one line a file below DIR: name, then accept, refuse or - (a kind that the reader does
not know) for each reader; the first line names the versions. `accept` says that the call returned.
With a second folder, of the schemas without a namespace (and `xmlschema` in the environment), it asks
the other way round: each message that we accept is written by us as KVN and XML and read by both; in
place of the table stands how often a reader that took the original refuses ours, and how many of ours
the schema of their version finds valid.
"""

import importlib
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from space_hub.errors import Invalid
from space_hub.orbit.ndm import Form, read, write

FORMS: tuple[Form, ...] = ("kvn", "xml")
KIND = re.compile(rb"CCSDS_([A-Z]+)_VERS|<(?:\w+:)?(ndm)\b")


def _said(read: Callable[[], Any]) -> str:
    try:
        read()
    except Exception:  # Whatever a reader raises is its way to refuse.
        return "refuse"
    return "accept"


def ccsds_ndm(path: Path) -> str:
    """It finds kind and form itself, and knows all kinds."""
    reader = importlib.import_module("ccsds_ndm.ndm_io").NdmIo
    return _said(lambda: reader().from_path(path))


def sidereon(path: Path) -> str:
    """One function for each kind and form; OCM, RDM and combined messages of other kinds than OMM have none."""
    data = path.read_bytes()
    match = KIND.search(data)
    kind = (match[1] or match[2]).decode().lower() if match else ""
    form = "xml" if data.lstrip().startswith(b"<") else "kvn"
    module = importlib.import_module("sidereon")
    name = "parse_omm_xml_all" if kind == "ndm" else f"parse_{kind}_{form}"
    if not hasattr(module, name):
        return "-"
    return _said(lambda: getattr(module, name)(data.decode("utf-8")))


def files(folder: Path) -> Iterator[Path]:
    """The message files below `folder`, which are those that name a CCSDS message near their beginning."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and KIND.search(path.read_bytes()[:4096]):
            yield path


def _written(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Original, form and text of all that we accept and can write."""
    for path in files(folder):
        try:
            message = read(path.read_bytes())
        except Invalid:
            continue
        for form in FORMS:
            with suppress(Invalid):  # A combined message has no KVN.
                yield path, form, write(message, form)


def others_read_ours(folder: Path, schemas: Path) -> None:
    schema = importlib.import_module("xmlschema").XMLSchema(str(schemas / "ndmxml-1.0-master.xsd"))
    count: Counter[str] = Counter()
    with TemporaryDirectory() as name:
        for path, form, text in _written(folder):
            ours = Path(name) / f"message.{form}"
            ours.write_text(text)
            for reader in (ccsds_ndm, sidereon):
                before, after = reader(path), reader(ours)
                if before == "accept" and after != "-":
                    count[f"{reader.__name__} of {form}: {after}"] += 1
                    if after == "refuse":
                        print(f"{reader.__name__} refuses our {form} of {path.relative_to(folder)}")
            if form == "xml":
                faults = [str(fault.reason)[:100] for fault in schema.iter_errors(text)]
                known = not any("fixed value" in fault or "not an element" in fault for fault in faults)
                verdict = ("valid" if not faults else "not valid") if known else "of another version"
                count[f"schema: {verdict}"] += 1
                if verdict == "not valid":
                    print(f"schema on our XML of {path.relative_to(folder)}: {faults[0]}")
    for what, times in sorted(count.items()):
        print(f"{times:5} {what}")


def main(folder: Path) -> None:
    print(f"file\tccsds-ndm {version('ccsds-ndm')}\tsidereon {version('sidereon')}")
    for path in files(folder):
        print(path.relative_to(folder).as_posix(), ccsds_ndm(path), sidereon(path), sep="\t")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        others_read_ours(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main(Path(sys.argv[1]))
