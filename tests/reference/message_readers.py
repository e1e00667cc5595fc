"""What two other readers say of message files: the columns of `space_hub/validation/message_verdicts.tsv`.

Run by hand in an environment of its own that holds `ccsds-ndm` (GPL-3+, so nothing of the
product may import it) and `sidereon` (MIT):

    python -m tests.reference.message_readers DIR

prints one line a file below DIR: name, then accept, refuse or - (a kind that the reader does
not know) for each reader; the first line names the versions. `accept` says that the call returned.
"""

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

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


def main(folder: Path) -> None:
    print(f"file\tccsds-ndm {version('ccsds-ndm')}\tsidereon {version('sidereon')}")
    for path in files(folder):
        print(path.relative_to(folder).as_posix(), ccsds_ndm(path), sidereon(path), sep="\t")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
