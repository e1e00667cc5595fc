"""What suppliers and openers fetch from a hub and send to it; between the two everything is done on files, here.

A hub that is asked hands out a notice: its hash is computed here, and the deadline is compared with this machine's
clock before anything is released or opened. What is sent was sealed before it left.
"""

import base64
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from space_hub.cli import opener, options, private_files, quote, remote
from space_hub.cli.opener import Key, Passphrase
from space_hub.cli.options import AsJson, Offset
from space_hub.cli.remote import Address, ServiceKey
from space_hub.cli.speak import OK, Voice, sentence
from space_hub.errors import Invalid

openers, quotes = opener.app, quote.app

Competition = Annotated[str, typer.Argument(metavar="COMPETITION", help=sentence("cli.option.competition"))]
SentFile = Annotated[Path, typer.Argument(metavar="FILE", help=sentence("cli.option.sent_file"))]


@quotes.command("fetch", help=sentence("cli.help.quote_fetch"))
def fetch_notice(
    invitation: Annotated[str, typer.Argument(metavar="INVITATION", help=sentence("cli.option.invitation"))],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help=sentence("cli.option.notice_out"))],
    hub: Address,
    service_key: ServiceKey,
    as_json: AsJson = False,
) -> int:
    voice, at = Voice(as_json), remote.connect(hub, service_key)
    mine = at.get(f"/v1/invitations/{remote.part(invitation)}")
    given, read = remote.notice(at, mine["competition_id"])
    if mine["notice_sha256"] != read.sha256:
        raise Invalid("competition.notice_changed", given=str(mine["notice_sha256"])[:64], found=read.sha256)
    private_files.make(out, _spelt(given))
    voice.tell("cli.notice_read", sha256=read.sha256, until=read.quotes_until.isoformat())
    voice.table(
        "cli.title.sealed_for",
        ("cli.column.id", "cli.column.name", "cli.column.fingerprint"),
        [[each.id, each.person, each.fingerprint] for each in read.openers],
    )
    voice.tell("cli.compare_fingerprints")
    voice.answer(
        {
            "notice_sha256": read.sha256,
            "competition": read.competition_id,
            "invitation": mine["id"],
            "revision": None if mine["quote"] is None else mine["quote"]["revision"],
            "file": str(out),
        }
    )
    return OK


@quotes.command("send", help=sentence("cli.help.quote_send"))
def send_quote(file: SentFile, hub: Address, service_key: ServiceKey, as_json: AsJson = False) -> int:
    from catalog.competition import opening, sealing

    voice, at = Voice(as_json), remote.connect(hub, service_key)
    envelope = sealing.from_json(options.content(file))  # A quote in clear goes no further than here.
    kept = at.put(f"/v1/invitations/{remote.part(envelope.invitation_id)}/quote", sealing.to_json(envelope))
    if kept["envelope_sha256"] != opening.envelope_sha256(envelope):
        raise Invalid("cli.hub_kept_another", given=opening.envelope_sha256(envelope))
    voice.tell("cli.quote_sent", sha256=kept["envelope_sha256"], at=kept["received_at"])
    voice.answer(kept)
    return OK


@openers.command("register", help=sentence("cli.help.opener_register"))
def register(
    person: Annotated[str, typer.Argument(metavar="NAME", help=sentence("cli.option.person"))],
    key: Key,
    hub: Address,
    service_key: ServiceKey,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> int:
    from nacl import bindings

    from catalog.competition import keyfile

    voice, at = Voice(as_json), remote.connect(hub, service_key)
    public = keyfile.public_key(private_files.read(key, keyfile.LONGEST))
    private = opener.private_key(key, passphrase_file)
    made = at.post("/v1/openers", {"person": person, "public_key": public.hex()})
    answer = bindings.crypto_box_seal_open(base64.b64decode(made["challenge"]), public, private)
    path = f"/v1/openers/{remote.part(made['id'])}/confirmation"
    done = at.post(path, {"answer": base64.b64encode(answer).decode()})
    voice.tell("cli.opener_registered", opener=done["id"], fingerprint=done["fingerprint"])
    voice.answer(done)
    return OK


@openers.command("fetch", help=sentence("cli.help.opener_fetch"))
def fetch_envelopes(
    competition: Competition,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help=sentence("cli.option.fetched_out"))],
    hub: Address,
    service_key: ServiceKey,
    offset: Offset = 0,
    as_json: AsJson = False,
) -> int:
    from catalog.competition import opening

    voice, at = Voice(as_json), remote.connect(hub, service_key)
    given, read = remote.notice(at, competition)
    voice.tell("cli.notice_read", sha256=read.sha256, until=read.quotes_until.isoformat())
    opening.due(read, options.shifted(offset).now())
    handed = at.get(f"/v1/competitions/{remote.part(competition)}/envelopes")
    out.mkdir(mode=0o700, exist_ok=True)
    contents = {"notice.json": given, "envelopes.json": handed["envelopes"]}
    contents |= {f"release-{remote.part(each['from'])}.json": each for each in handed["releases"]}
    for name, content in contents.items():
        private_files.make(out / name, _spelt(content))
    voice.tell("cli.fetched", count=len(handed["envelopes"]), path=str(out))
    voice.answer(
        {
            "notice_sha256": read.sha256,
            "opener": handed["opener_id"],
            "envelopes": len(handed["envelopes"]),
            "files": [str(out / name) for name in contents],
        }
    )
    return OK


@openers.command("send", help=sentence("cli.help.opener_send"), epilog=sentence("cli.help.opener_send.form"))
def send(
    file: SentFile,
    competition: Annotated[str, typer.Option("--competition", metavar="ID", help=sentence("cli.option.competition"))],
    hub: Address,
    service_key: ServiceKey,
    authority: Annotated[str, typer.Option("--authority", metavar="NAME", help=sentence("cli.option.authority"))] = "",
    office: Annotated[str, typer.Option("--office", metavar="NAME", help=sentence("cli.option.authority_office"))] = "",
    as_json: AsJson = False,
) -> int:
    voice, at = Voice(as_json), remote.connect(hub, service_key)
    given: Any = options.content(file)
    path = f"/v1/competitions/{remote.part(competition)}"
    match given:
        case {"shares": list(), "to": str(to)}:
            done = at.post(f"{path}/releases", given)
            voice.tell("cli.release_sent", opener=to)
        case {"opened": list(opened), "aside": list(aside), "from": str(first)}:
            if not authority.strip() or not office.strip():
                raise Invalid("authority.name_missing")
            done = at.post(
                f"{path}/opening",
                {
                    "first_opener_id": first,
                    "keys": [{"envelope": each["envelope"], "key": each["key"]} for each in opened],
                    "unreadable": aside,
                    "decided_by": {"name": authority, "office": office},
                },
            )
            voice.tell("cli.opening_sent", opened=done["opened"], unreadable=done["unreadable"])
        case _:
            raise Invalid("cli.not_an_openers_file", path=str(file))
    voice.answer(done)
    return OK


def _spelt(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"
