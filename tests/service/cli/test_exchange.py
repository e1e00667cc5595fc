"""A competition by commands alone, over a real connection: what is fetched is checked, what is sent is sealed."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from sqlmodel import select

from catalog.competition import keyfile
from catalog.competition.keyfile import Cost
from catalog.competition.tables import OpenedQuote, Opener, SealedQuote
from jobs.proofs.competing import quote
from tests.support.competing import Competing, begun
from tests.support.hub import Hub
from tests.support.terminal import answer

PASSPHRASE = "harbour lantern four"


@contextmanager
def listening(hub: Hub) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(hub.app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)


def secret(folder: Path, name: str, content: bytes) -> str:
    path = folder / name
    path.touch(0o600)
    path.write_bytes(content)
    return str(path)


def by(folder: Path, scene: Competing, who: int | str) -> tuple[str, ...]:
    """The options by which the lead, a supplier (0, 1, ...) or an opener ("0", "1", ...) is known to the hub."""
    caller = scene.opener(int(who)) if isinstance(who, str) else scene.supplier(who)
    path = folder / f"{'opener' if isinstance(who, str) else 'supplier'}-{who}.key"
    return "--service-key", str(path) if path.exists() else secret(folder, path.name, caller.secret.encode())


def test_a_competition_goes_from_notice_to_opening_by_commands(
    hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that runs ahead gets no envelopes: the hub refuses too."""
    monkeypatch.chdir(tmp_path)
    scene = begun(hub, 2)
    pass_by = ("--passphrase-file", secret(tmp_path, "words", PASSPHRASE.encode()))
    for place in range(3):
        person = scene.person(place)
        secret(tmp_path, f"key-{place}", keyfile.sealed(person.public, person.private, PASSPHRASE, Cost(1, 8192)))
    with listening(hub) as address:
        at = ("--hub", address)
        for number in range(2):
            known = (*at, *by(tmp_path, scene, number))
            fetched = answer(
                capsys, "quote", "fetch", scene.invitation(number), "--out", f"notice-{number}.json", *known
            )
            assert (fetched["notice_sha256"], fetched["revision"]) == (scene.notice.sha256, None)
            (tmp_path / "quote.json").write_text(json.dumps(quote(f"5{number}117")))
            made = ("--notice", f"notice-{number}.json", "--invitation", scene.invitation(number))
            answer(capsys, "quote", "seal", "quote.json", *made, "--out", f"envelope-{number}", *offset(scene))
            clear = answer(capsys, "quote", "send", "quote.json", *known, status=2)
            assert clear["error"]["code"] == "quote.envelope_members_wrong"
            sent = answer(capsys, "quote", "send", f"envelope-{number}", *known)
            assert answer(capsys, "quote", "send", f"envelope-{number}", *known) == sent
        first, second = ((*at, *by(tmp_path, scene, who)) for who in ("0", "1"))
        early = answer(capsys, "opener", "fetch", scene.id, "--out", "one", *first, *offset(scene), status=1)
        assert early["error"]["code"] == "competition.not_due" and not (tmp_path / "one").exists()
        ahead = ("--hub-offset", str(int(offset(scene)[1]) + 30 * 86400))
        refused = answer(capsys, "opener", "fetch", scene.id, "--out", "one", *first, *ahead, status=1)
        assert refused["error"]["code"] == "cli.hub_refused" and "competition.not_due" in refused["error"]["detail"]
        scene.due()
        clock = ("--hub-offset", str(int(offset(scene)[1]) + 60))
        answer(capsys, "opener", "fetch", scene.id, "--out", "one", *first, *clock)
        to = ("--to", scene.person(1).public.hex(), "--key", "key-0", "--out", "release.json", *pass_by, *clock)
        answer(capsys, "opener", "release", "one/notice.json", "one/envelopes.json", *to)
        answer(capsys, "opener", "send", "release.json", "--competition", scene.id, *first)
        answer(capsys, "opener", "fetch", scene.id, "--out", "two", *second, *clock)
        released = f"two/release-{scene.person(0).opener_id}.json"
        given = ("two/notice.json", "two/envelopes.json", released, "--key", "key-1", "--out", "opened.json")
        answer(capsys, "opener", "open", *given, *pass_by, *clock)
        send = ("opener", "send", "opened.json", "--competition", scene.id, *second)
        assert answer(capsys, *send, status=2)["error"]["code"] == "authority.name_missing"
        done = answer(capsys, *send, "--authority", "A. Lambert", "--office", "Procurement")
        assert (done["opened"], done["unreadable"]) == (2, 0)
        assert answer(capsys, *send, "--authority", "A. Lambert", "--office", "Procurement") == done, "sent twice"
        other = ("--authority", "B. Other", "--office", "Procurement")
        assert "already_opened" in answer(capsys, *send, *other, status=1)["error"]["detail"]
    with hub.database.read() as session:
        assert len(session.exec(select(SealedQuote)).all()) == len(session.exec(select(OpenedQuote)).all()) == 2


def test_an_opener_registers_and_proves_its_key_by_one_command(
    hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lead = hub.key("nation", "FR")
    pass_by = ("--passphrase-file", secret(tmp_path, "words", PASSPHRASE.encode()))
    key = secret(tmp_path, "opener.key", keyfile.new(PASSPHRASE, Cost(1, 8192)))
    known = ("--service-key", secret(tmp_path, "service.key", lead.secret.encode()))
    with listening(hub) as address:
        words = ("opener", "register", "Mila de Vries", "--key", key, *known, *pass_by)
        done = answer(capsys, *words, "--hub", address)
        assert done["confirmed_at"] is not None
        assert answer(capsys, *words, "--hub", address) == done
        wrong = answer(capsys, *words, "--hub", "http://hub.example", status=2)
        assert wrong["error"]["code"] == "cli.hub_address_wrong"
    gone = answer(capsys, *words, "--hub", address, status=1)
    assert gone["error"]["code"] == "cli.hub_unreachable"
    with hub.database.read() as session:
        assert [each.person_name for each in session.exec(select(Opener)).all()] == ["Mila de Vries"]


def offset(scene: Competing) -> tuple[str, str]:
    """How far the hub's clock is from this machine's."""
    return "--hub-offset", str(int((scene.hub.clock.now() - datetime.now(UTC)).total_seconds()))
