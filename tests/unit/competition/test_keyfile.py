"""An opener's key file: the passphrase opens it, damage is told from a wrong passphrase, nothing lies bare."""

import base64
import json

import pytest
from nacl import bindings as na

from catalog.competition import keyfile
from catalog.competition.keyfile import Cost
from space_hub.errors import Forbidden, HubError, Invalid

CHEAP = Cost(1, 8192)
PASSPHRASE = "harbour lantern four"


def test_the_file_gives_its_key_back_for_its_passphrase_and_its_public_key_for_none() -> None:
    raw = keyfile.new(PASSPHRASE, CHEAP)
    private = keyfile.private_key(raw, PASSPHRASE)
    assert keyfile.public_key(raw) == na.crypto_scalarmult_base(private)
    assert raw == json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":")).encode() + b"\n"
    for form in (private, private.hex().encode(), base64.b64encode(private)):
        assert form not in raw
    assert keyfile.new(PASSPHRASE, CHEAP) != raw


def test_an_accent_typed_in_two_ways_is_one_passphrase() -> None:
    """Sabotage seen: the passphrase not normalised."""
    raw = keyfile.new("d\u00e9barcad\u00e8re du soir", CHEAP)
    assert keyfile.private_key(raw, "de\u0301barcade\u0300re du soir")


def test_a_usual_file_costs_a_guess_a_quarter_of_a_gibibyte() -> None:
    content = json.loads(keyfile.new(PASSPHRASE))
    assert (content["ops"], content["mem"]) == (3, 256 * 1024 * 1024)


def test_a_wrong_passphrase_is_not_called_damage() -> None:
    raw = keyfile.new(PASSPHRASE, CHEAP)
    with pytest.raises(Forbidden) as refused:
        keyfile.private_key(raw, PASSPHRASE + " ")
    assert refused.value.code == "opener.passphrase_wrong"


def test_every_single_changed_byte_is_called_damage_and_never_a_wrong_passphrase() -> None:
    """Sabotage seen: `sha256` not compared, and a change called a wrong passphrase."""
    raw = keyfile.new(PASSPHRASE, CHEAP)
    assert keyfile.private_key(raw, PASSPHRASE)
    codes = set()
    for place in range(len(raw) - 1):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(HubError) as refused:
            keyfile.private_key(bytes(changed), PASSPHRASE)
        codes.add(refused.value.code)
    assert codes == {"opener.file_damaged", "opener.file_wrong"}
    for cut in range(0, len(raw) - 1, 7):
        with pytest.raises(Invalid) as wrong:
            keyfile.public_key(raw[:cut])
        assert wrong.value.code == "opener.file_wrong"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("mem", 1 << 40),
        ("mem", True),
        ("ops", 1 << 30),
        ("ops", 0),
        ("salt", "AAAA"),
        ("sealed", ""),
        ("public", "00"),
        ("v", 2),
    ],
)
def test_a_file_that_holds_by_its_own_sum_and_asks_for_the_impossible_is_refused(member: str, value: object) -> None:
    """Sabotage seen: without the upper bounds the test did not end."""
    content = json.loads(keyfile.new(PASSPHRASE, CHEAP))
    del content["sha256"]
    content[member] = value
    content["sha256"] = keyfile._sum(content)
    with pytest.raises(Invalid) as refused:
        keyfile.private_key(json.dumps(content).encode(), PASSPHRASE)
    assert refused.value.code == "opener.file_damaged"


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b"{}", b"[" * 4000, b" " * 5000, b'{"v": 1}'])
def test_what_is_no_key_file_is_said_to_be_none(raw: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        keyfile.public_key(raw)
    assert refused.value.code == "opener.file_wrong"


def test_a_short_passphrase_is_refused_before_a_key_is_made() -> None:
    with pytest.raises(Invalid) as refused:
        keyfile.new("a" * 11, CHEAP)
    assert refused.value.params == {"given": 11, "fewest": 12}
