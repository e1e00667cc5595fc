"""Message files: is each read or refused as the standard has it, and does nothing get lost on the way out and in?

The verdicts stand in `message_verdicts.tsv`, written from the standard before our reader was asked, with what two
other readers say (`tests/reference/message_readers.py` made those columns). A file without a verdict is read all the
same: it must not crash, and what is accepted must come back as it was. A folder may bring verdicts of its own, as
`verdicts.tsv` with a name and a verdict a line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from space_hub.errors import Invalid
from space_hub.orbit.ndm import Form, Message, read, write

FORMS: tuple[Form, ...] = ("kvn", "xml", "json")
_NOT_MESSAGES = {".gz", ".csv", ".tsv", ".md"}


@dataclass(frozen=True, slots=True)
class MessageRead:
    """One file. `expected` and `verdict` are accept or refuse (`expected` is empty where nobody said).

    `same` is the forms in which it was written and read again with nothing changed; `changed` those in which
    something did. `code`, `keyword` and `line` say why it was refused.
    """

    name: str
    verdict: str
    expected: str = ""
    kind: str = ""
    form: str = ""
    code: str = ""
    keyword: str = ""
    line: int = 0
    remarks: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    crashed: str = ""

    @property
    def failed(self) -> bool:
        return bool(self.changed or self.crashed) or self.expected not in ("", self.verdict)


def _table(text: str) -> Mapping[str, str]:
    cells = [line.split("\t") for line in text.splitlines() if line]
    return {row[0]: row[1] for row in cells if len(row) > 1 and row[1] in ("accept", "refuse")}


def verdicts(folder: Path | None = None) -> Mapping[str, str]:
    """Verdict by name below the folder of messages."""
    ours = _table(resources.files("space_hub.validation").joinpath("message_verdicts.tsv").read_text("utf-8"))
    own = folder / "verdicts.tsv" if folder else None
    return {**ours, **_table(own.read_text("utf-8"))} if own and own.is_file() else ours


def _again(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Forms that bring the message back as it was, and those that do not."""
    same: list[str] = []
    changed: list[str] = []
    for form in FORMS:
        try:
            text = write(message, form)
        except Invalid as refused:
            # A combined or kept message has not every form, but it has its own.
            if refused.code != "ndm.form_none" or form == message.form:
                changed.append(form)
            continue
        try:
            found = read(text.encode())
        except Invalid:
            changed.append(form)
            continue
        kept = found == message if form == message.form else found.content() == message.content()
        (same if kept else changed).append(form)
    return tuple(same), tuple(changed)


def judge(name: str, data: bytes, expected: str = "") -> MessageRead:
    """Read one file, and where it is accepted write and read it in every form."""
    try:
        message = read(data)
        same, changed = _again(message)
    except Invalid as refused:
        keyword, line = refused.params.get("keyword", ""), refused.params.get("line", 0)
        number = line if isinstance(line, int) else 0
        return MessageRead(name, "refuse", expected, code=refused.code, keyword=str(keyword), line=number)
    except Exception as error:  # A crash on a file is a finding; the next file is read.
        return MessageRead(name, "crash", expected, crashed=repr(error)[:200])
    remarks = tuple(f"{one.code} {one.keyword}".strip() for one in message.remarks)
    return MessageRead(
        name, "accept", expected, message.kind, message.form, remarks=remarks, same=same, changed=changed
    )


def read_messages(folder: Path) -> Iterator[MessageRead]:
    """Every message file below `folder`, in the order of names."""
    said = verdicts(folder)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix.lower() not in _NOT_MESSAGES:
            name = path.relative_to(folder).as_posix()
            yield judge(name, path.read_bytes(), said.get(name, ""))
