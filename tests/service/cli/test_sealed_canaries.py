"""200 quotes sealed by the command: nothing that was sealed is found anywhere, until two openers open all of them."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from nacl import bindings as na
from nacl import exceptions as sodium

from catalog.competition import keyfile
from catalog.competition.keyfile import Cost
from tests.support import canaries
from tests.support.source import ROOT
from tests.support.terminal import answer
from tests.unit.competition import notices, second_sealer
from tests.unit.competition.second_sealer import Keys

NUMBER = 200
PASSPHRASE = "harbour lantern four"
AFTER = ("--hub-offset", str(3 * 24 * 3600))

SEAL_ALL = """
import json, os, sys
written = set()
def watch(event, given):
    if event == "open" and isinstance(given[0], (str, bytes, os.PathLike)):
        if given[2] & (os.O_WRONLY | os.O_RDWR) or (given[1] and set(given[1]) & set("wax+")):
            written.add(os.fsdecode(given[0]))
sys.addaudithook(watch)
from space_hub.cli.app import run
for number in range(int(sys.argv[1])):
    as_json = ["--json"] if number % 2 else []
    words = ["quote", "seal", f"quotes/{number}", "--notice", "notice.json", "--invitation", f"inv_{number}"]
    assert run([*words, "--out", f"envelopes/{number}", *as_json]) == 0
assert run(["quote", "seal", "quotes/bad", "--notice", "notice.json", "--invitation", "i", "--out", "no"]) == 2
print(json.dumps(sorted(written)))
"""


def price(number: int) -> str:
    return f"{40000 + 173 * number}.{(number * 7919 + 4729) % 10**5:05d}7"


def word(number: int) -> str:
    return f"canary-{hashlib.sha256(str(number).encode()).hexdigest()[:20]}"


WORDS = [said for number in range(NUMBER) for said in (price(number), word(number))]


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("reversed_too", [False, True])
def test_the_search_finds_a_word_in_every_spelling(place: int, reversed_too: bool) -> None:
    """The proof of the proof: each spelling is planted at each alignment."""
    said = word(7)
    for spelt in (
        said.encode(),
        said.encode().hex().encode(),
        said.encode("utf-16-le"),
        said.encode("utf-16-be"),
        base64.b64encode(b"x" * place + said.encode() + b"yz"),
        json.dumps({"a": [base64.b64encode(b"x" * place + said.encode()).decode()]}).encode(),
        json.dumps({"a": (b"x" + said.encode()).hex()}).encode(),
    ):
        text = spelt[::-1] if reversed_too else spelt
        assert canaries.found([said], {"it": b"before" + text + b"after" if spelt[:1] != b"{" else spelt}) == {"it"}
    assert canaries.found([said], {"it": word(8).encode()}) == set()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("quotes", "envelopes", "tmp", "home"):
        (tmp_path / name).mkdir()
    return tmp_path


def opens(envelope: dict[str, Any], tried: set[bytes]) -> bool:
    """Whether one of `tried`, or two of them joined, is the key."""
    names = envelope["openers"]
    aad = second_sealer.associated(envelope["notice"], envelope["invitation"], envelope["revision"], names)
    joined = {bytes(x ^ y for x, y in zip(*two, strict=True)) for two in combinations(tried, 2)}
    body, nonce = base64.b64decode(envelope["body"]), base64.b64decode(envelope["nonce"])
    for key in tried | joined:
        try:
            na.crypto_aead_xchacha20poly1305_ietf_decrypt(body, aad, nonce, key)
        except sodium.CryptoError:
            continue
        return True
    return False


def taken_out(envelope: dict[str, Any], shares: dict[str, list[bytes]], keys: Keys, name: str) -> set[bytes]:
    """All of 32 bytes that the holder of one private key finds in an envelope and in what was released."""
    public, private = keys[name]
    found = {bytes.fromhex(envelope["notice"]), bytes.fromhex(envelope["commitment"]), public, private}
    digest = hashlib.sha256(json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    sealed = [base64.b64decode(each) for share in envelope["shares"] for each in share["sealed"]]
    for each in [*sealed, *shares.get(digest, [])]:
        found.add(each[:32])
        try:
            found.add(na.crypto_box_seal_open(each, public, private)[:32])
        except sodium.CryptoError:
            continue
    return found


def test_two_hundred_sealed_quotes_say_nothing_to_one_opener_and_everything_to_two(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage seen: the quote's own SHA-256 in the envelope; the total in the command's last sentence; the quote kept
    beside the envelope while it is sealed; shares released as they were taken out, which two releases in a database
    then open for the third key; the key itself sealed to the second of each pair."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SPACE_HUB_LANG", "en")
    keys: Keys = {}
    secret = folder / "secret"
    secret.touch(0o600)
    secret.write_text(PASSPHRASE)
    for name in notices.PEOPLE:
        raw = keyfile.new(PASSPHRASE, Cost(1, 8192))
        (folder / name).touch(0o600)
        (folder / name).write_bytes(raw)
        keys[name] = keyfile.public_key(raw), keyfile.private_key(raw, PASSPHRASE)
    notice = notices.handed_out(keys, datetime.now(UTC) + timedelta(days=2))
    (folder / "notice.json").write_text(json.dumps(notice))
    for number in range(NUMBER):
        content = notices.quote(price(number), word(number))
        (folder / "quotes" / str(number)).write_text(json.dumps(content))
    wrong = {**notices.quote(price(3), word(3)), "valid_until": word(4)}
    (folder / "quotes" / "bad").write_text(json.dumps(wrong))

    done = subprocess.run(
        [sys.executable, "-B", "-c", SEAL_ALL, str(NUMBER)],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
        },
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    written = json.loads(done.stdout.splitlines()[-1])
    assert set(written) - {os.devnull} == {f"envelopes/{number}" for number in range(NUMBER)}
    places = {"output": done.stdout, "errors": done.stderr}
    for file in folder.rglob("*"):
        if file.is_file() and file.parent.name != "quotes":
            places[str(file.relative_to(folder))] = file.read_bytes()
    assert len(places) > NUMBER
    assert canaries.found(WORDS, places) == set()

    envelopes = [json.loads(places[f"envelopes/{number}"]) for number in range(NUMBER)]
    hidden = {hashlib.sha256(said.encode()).hexdigest() for said in WORDS}
    for number, envelope in enumerate(envelopes):
        plain = second_sealer.unseal(envelope, "opn_haag", "opn_oslo", keys)
        assert json.loads(plain)["note"] == word(number)
        hidden.add(hashlib.sha256(plain).hexdigest())
    everything = b"\n".join(places.values())
    assert [digest for digest in hidden if digest.encode() in everything] == []
    assert len({len(envelope["body"]) for envelope in envelopes}) == 1

    for name in keys:
        assert not any(opens(envelope, taken_out(envelope, {}, keys, name)) for envelope in envelopes)

    Path("envelopes.json").write_text(json.dumps(envelopes))
    files = ("notice.json", "envelopes.json")
    pass_by = ("--passphrase-file", "secret", *AFTER)
    released: dict[str, list[bytes]] = {}
    for one, other in (("opn_haag", "opn_lyon"), ("opn_lyon", "opn_haag")):
        to = ("--to", keys[other][0].hex(), "--out", f"released-by-{one}.json")
        answer(capsys, "opener", "release", *files, "--key", one, *to, *pass_by)
        for each in json.loads(Path(f"released-by-{one}.json").read_bytes())["shares"]:
            released.setdefault(each["envelope"], []).append(base64.b64decode(each["sealed"]))
        if one == "opn_haag":
            assert len(released) == NUMBER
            assert not any(opens(envelope, taken_out(envelope, released, keys, one)) for envelope in envelopes)
            assert all(opens(envelope, taken_out(envelope, released, keys, other)) for envelope in envelopes)
    assert not any(opens(envelope, taken_out(envelope, released, keys, "opn_oslo")) for envelope in envelopes)

    opening = (
        "opener",
        "open",
        *files,
        "released-by-opn_haag.json",
        "--key",
        "opn_lyon",
        "--out",
        "opened.json",
        *pass_by,
    )
    figures = answer(capsys, *opening)
    assert (figures["opened"], figures["faults"], figures["aside"]) == (NUMBER, [], [])
    opened = json.loads(Path("opened.json").read_bytes())["opened"]
    assert [each["quote"]["lines"][0]["value"] for each in opened] == [price(number) for number in range(NUMBER)]
    assert canaries.found(WORDS, {"answer": json.dumps(figures).encode()}) == set()
    again = answer(capsys, *opening, status=2)
    assert again["error"]["code"] == "cli.file_unwritable"
