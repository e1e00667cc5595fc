"""What a person does who opens sealed quotes: make a key, release the own shares, open with another's.

It works on files: the key never leaves this machine, and the time that counts is this machine's. What goes to a hub
and comes from one is `exchange`'s affair.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from space_hub.cli import options, private_files
from space_hub.cli.options import AsJson, Offset
from space_hub.cli.speak import FAILED, OK, Voice, sentence
from space_hub.errors import HubError, Invalid

if TYPE_CHECKING:
    from catalog.competition.notice import Notice
    from catalog.competition.opening import Found

app = typer.Typer(help=sentence("cli.help.opener"), no_args_is_help=True, rich_markup_mode=None)

KeyFile = Annotated[Path, typer.Argument(metavar="FILE", help=sentence("cli.option.key_file"))]
Key = Annotated[Path, typer.Option("--key", metavar="FILE", help=sentence("cli.option.key_file"))]
NoticeFile = Annotated[Path, typer.Argument(metavar="NOTICE", help=sentence("cli.option.notice"))]
Envelopes = Annotated[Path, typer.Argument(metavar="ENVELOPES", help=sentence("cli.option.envelopes"))]
Passphrase = Annotated[
    Path | None, typer.Option("--passphrase-file", metavar="FILE", help=sentence("cli.option.passphrase_file"))
]

_LONGEST_PASSPHRASE = 1024


@app.command("new", help=sentence("cli.help.opener_new"), epilog=sentence("cli.help.opener_new.form"))
def new(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help=sentence("cli.option.key_out"))],
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> int:
    from catalog.competition import keyfile

    voice = Voice(as_json)
    made = keyfile.new(_passphrase(passphrase_file, twice=True))
    private_files.make(out, made)
    voice.tell("cli.opener_made", path=str(out))
    _tell_key(voice, keyfile.public_key(made))
    return OK


@app.command("show", help=sentence("cli.help.opener_show"))
def show(file: KeyFile, as_json: AsJson = False) -> int:
    from catalog.competition import keyfile

    _tell_key(Voice(as_json), keyfile.public_key(private_files.read(file, keyfile.LONGEST)))
    return OK


@app.command("release", help=sentence("cli.help.opener_release"), epilog=sentence("cli.help.opener_release.form"))
def release(
    notice: NoticeFile,
    envelopes: Envelopes,
    key: Key,
    to: Annotated[str, typer.Option("--to", metavar="PUBLIC", help=sentence("cli.option.to_public"))],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help=sentence("cli.option.release_out"))],
    passphrase_file: Passphrase = None,
    offset: Offset = 0,
    as_json: AsJson = False,
) -> int:
    from catalog.competition import opening

    voice = Voice(as_json)
    clock = options.shifted(offset)
    read = _notice(voice, notice)
    opening.due(read, clock.now())
    other = read.holder(_public(to))
    given = _envelopes(envelopes)
    found = opening.release(read, given, private_key(key, passphrase_file), other.public_key, clock.now())
    private_files.make(out, _spelt(found.release))
    voice.tell("cli.released", count=len(found.release["shares"]), person=found.other.person, path=str(out))
    aside = _tell_aside(voice, found)
    voice.answer(
        {
            "notice_sha256": read.sha256,
            "from": found.own.id,
            "to": found.other.id,
            "released": len(found.release["shares"]),
            "aside": aside,
            "file": str(out),
        }
    )
    return FAILED if aside else OK


@app.command("open", help=sentence("cli.help.opener_open"), epilog=sentence("cli.help.opener_open.form"))
def open_quotes(
    notice: NoticeFile,
    envelopes: Envelopes,
    released: Annotated[Path, typer.Argument(metavar="RELEASE", help=sentence("cli.option.release"))],
    key: Key,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help=sentence("cli.option.opened_out"))],
    passphrase_file: Passphrase = None,
    offset: Offset = 0,
    as_json: AsJson = False,
) -> int:
    from catalog.competition import opening

    voice = Voice(as_json)
    clock = options.shifted(offset)
    read = _notice(voice, notice)
    opening.due(read, clock.now())
    given, theirs = _envelopes(envelopes), options.content(released)
    found = opening.open_all(read, given, theirs, private_key(key, passphrase_file), clock.now())
    content = {
        "v": 1,
        "notice": read.sha256,
        "from": found.other.id,
        "by": found.own.id,
        "opened": [opening.to_json(each) for each in found.opened],
        "aside": [
            {"envelope": opening.sha256_of(given[each.number - 1]), "code": each.reason.code} for each in found.aside
        ],
    }
    private_files.make(out, _spelt(content))
    voice.tell("cli.opened", count=len(found.opened), path=str(out))
    faults = [
        {"invitation": each.invitation_id, "code": each.fault.code, "reason": _said(each.fault)}
        for each in found.opened
        if each.fault is not None
    ]
    if faults:
        heads = ("cli.column.invitation", "cli.column.reason")
        voice.table("cli.title.faulty_quotes", heads, [[each["invitation"], each["reason"]] for each in faults])
    aside = _tell_aside(voice, found)
    voice.answer(
        {
            "notice_sha256": read.sha256,
            "opened": len(found.opened),
            "faults": faults,
            "aside": aside,
            "file": str(out),
        }
    )
    return FAILED if aside else OK


def _notice(voice: Voice, file: Path) -> "Notice":
    from catalog.competition import notice

    read = notice.read(options.content(file))
    voice.tell("cli.notice_read", sha256=read.sha256, until=read.quotes_until.isoformat())
    return read


def _envelopes(file: Path) -> list[Any]:
    """A list of envelopes, or one."""
    given = options.content(file)
    return given if isinstance(given, list) else [given]


def _public(given: str) -> bytes:
    try:
        public = bytes.fromhex(given)
    except ValueError:
        public = b""
    if len(public) != 32:
        raise Invalid("opener.key_wrong", opener="--to")
    return public


def private_key(file: Path, passphrase_file: Path | None) -> bytes:
    from catalog.competition import keyfile

    raw = private_files.read(file, keyfile.LONGEST)
    keyfile.public_key(raw)  # A damaged file is told before anybody types.
    return keyfile.private_key(raw, _passphrase(passphrase_file))


def _passphrase(file: Path | None, *, twice: bool = False) -> str:
    """From a file of its owner's, else typed without being shown. Never from a variable or an argument."""
    if file is not None:
        try:
            return private_files.read(file, _LONGEST_PASSPHRASE).decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise Invalid("cli.file_unreadable", path=str(file), reason="UTF-8") from error
    if not sys.stdin.isatty():
        raise Invalid("cli.no_passphrase")
    asked = sentence("cli.passphrase_prompt")
    again = sentence("cli.passphrase_again") if twice else False
    typed: str = typer.prompt(asked, hide_input=True, confirmation_prompt=again, err=True)
    return typed


def _tell_key(voice: Voice, public: bytes) -> None:
    from catalog.competition.notice import fingerprint

    voice.tell("cli.opener_key", public=public.hex(), fingerprint=fingerprint(public))
    voice.answer({"public_key": public.hex(), "fingerprint": fingerprint(public)})


def _tell_aside(voice: Voice, found: "Found") -> list[dict[str, Any]]:
    aside = [
        {"number": each.number, "code": each.reason.code, "reason": _said(each.reason)}
        for each in sorted(found.aside, key=lambda each: each.number)
    ]
    if aside:
        heads = ("cli.column.line", "cli.column.reason")
        voice.table("cli.title.quotes_aside", heads, [[each["number"], each["reason"]] for each in aside])
    return aside


def _said(error: HubError) -> str:
    return "\n".join(sentence(each.code, **each.params) for each in (error, *error.causes))


def _spelt(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"
