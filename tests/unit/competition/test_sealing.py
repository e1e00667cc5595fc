"""Sealed quotes: two implementations read each other, two openers open, one does not, changes are refused."""

import copy
import json
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations, permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl import bindings as na
from nacl import exceptions as sodium
from nacl import utils

from catalog.competition import notice, sealing
from catalog.competition.canonical import canonical
from catalog.competition.sealing import Envelope
from space_hub.errors import Forbidden, HubError, Invalid, Unavailable
from tests.support.source import ROOT
from tests.unit.competition import second_sealer

NOTICE, OTHER_NOTICE = "4f" * 32, "70" * 32
INVITATION = "inv_harbour"
DESCRIPTION = (ROOT / "catalog/competition/README.md").read_text("utf-8")
EXAMPLE = b'{"v":1,"lines":[{"criterion":"total","value":"48117.25","unit":"EUR"}]}'
QUOTE = b'{"price":"48117.25","currency":"EUR","start_h":36}'
NAMES = ("opn_haag", "opn_lyon", "opn_oslo", "opn_rome", "opn_york")


def keys(number: int) -> second_sealer.Keys:
    return {name: na.crypto_box_keypair() for name in NAMES[:number]}


def public(made: second_sealer.Keys) -> list[tuple[str, bytes]]:
    return [(name, pair[0]) for name, pair in made.items()]


def opened(envelope: Envelope, first: str, second: str, made: second_sealer.Keys) -> bytes:
    """The way of the product: the first releases to the second, who joins; the server reads."""
    released = sealing.release(envelope, first, made[first][1], second, made[second][0])
    return sealing.unseal(envelope, sealing.combine(envelope, second, made[second][1], first, released))


@pytest.mark.parametrize("number", [2, 3, 5])
def test_any_two_of_the_openers_open_what_was_sealed_in_either_order(number: int) -> None:
    """Sabotage seen: both shares of a pair sealed to its first opener; the place in the pair not turned round."""
    made = keys(number)
    envelope = sealing.seal(NOTICE, INVITATION, 2, QUOTE, public(made))
    for first, second in permutations(made, 2):
        assert opened(envelope, first, second, made) == QUOTE


@given(plain=st.binary(max_size=9000) | st.sampled_from([b"", bytes(4095), bytes(4096), b"\x80" * 4097]))
@settings(max_examples=25)
def test_a_second_implementation_opens_ours_and_we_open_its(plain: bytes) -> None:
    """Sabotage seen: the nonce left out of the JSON; another form of `revision` in `aad`; padding to 2,048."""
    made = keys(3)
    ours = json.loads(json.dumps(sealing.to_json(sealing.seal(NOTICE, INVITATION, 7, plain, public(made)))))
    assert second_sealer.unseal(ours, "opn_oslo", "opn_haag", made) == plain
    theirs = sealing.from_json(second_sealer.seal(NOTICE, INVITATION, 7, plain, public(made)))
    assert opened(theirs, "opn_lyon", "opn_oslo", made) == plain


@pytest.mark.parametrize(("side", "byte"), [(0, 0), (1, 31), (0, 32), (1, 47)])
def test_a_share_that_was_garbled_before_it_was_sealed_is_found_in_whichever_pair(side: int, byte: int) -> None:
    """Sabotage seen: only the first pair rebuilt; the tags not compared."""
    made = keys(3)
    envelope = sealing.seal(NOTICE, INVITATION, 1, QUOTE, public(made))
    copies = {
        (i, j): (na.crypto_box_seal_open(one, *made[NAMES[i]]), na.crypto_box_seal_open(other, *made[NAMES[j]]))
        for (i, j), (one, other) in envelope.shares.items()
    }
    sealing.rebuild(envelope, copies, QUOTE)
    for first, second in combinations(range(3), 2):
        garbled = [bytearray(each) for each in copies[first, second]]
        garbled[side][byte] ^= 1
        with pytest.raises(Unavailable) as refused:
            one, other = map(bytes, garbled)
            sealing.rebuild(envelope, {**copies, (first, second): (one, other)}, QUOTE)
        assert refused.value.code == "quote.not_rebuilt"
        assert (refused.value.params["first"], refused.value.params["second"]) == (NAMES[first], NAMES[second])
    with pytest.raises(Unavailable):
        sealing.rebuild(envelope, copies, QUOTE.replace(b"8", b"9"))


def test_what_the_description_shows_as_bound_is_what_is_bound() -> None:
    """The one line of the README that others will compare theirs with, byte for byte."""
    envelope = sealing.seal(NOTICE, "inv_1", 1, QUOTE, public(keys(2)))
    assert f"\n   {envelope.aad.decode()}\n" in DESCRIPTION


def _seconds(notice: str, to: list[tuple[str, bytes]], draw: Callable[[int], bytes]) -> dict[str, Any]:
    return second_sealer.seal(notice, "inv_1", 1, EXAMPLE, to, draw)


def _ours(notice: str, to: list[tuple[str, bytes]], draw: Callable[[int], bytes]) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "random", draw)
        return sealing.to_json(sealing.seal(notice, "inv_1", 1, EXAMPLE, to))


@pytest.mark.parametrize("make", [_ours, _seconds])
def test_both_implementations_come_to_the_values_of_the_description(make: Callable[..., dict[str, Any]]) -> None:
    """Sabotage seen: `b"space-hub quote v2"` in ours; the tag's first 16 bytes taken from its end in the second."""
    told = dict(re.findall(r"^\| ([^|]+) \| `([^`]+)` \|$", DESCRIPTION, re.MULTILINE))
    made = {name: na.crypto_box_seed_keypair(bytes([number]) * 32) for number, name in enumerate(NAMES[:2], 1)}
    drawn = iter([bytes(range(32)), bytes(range(64, 88)), bytes(range(96, 128))])
    envelope = make(told["hash of the notice"], public(made), lambda size: next(drawn))
    body = b64decode(envelope["body"])
    found = {
        "its fingerprint": notice.fingerprint(made["opn_haag"][0]),
        "`tag`": sealing.from_json(envelope).tag.hex(),
        "`commitment`": envelope["commitment"],
        "first 16 bytes of `body`": body[:16].hex(),
        "MAC, its last 16 of 4,112": body[-16:].hex(),
    }
    assert len(body) == 4112
    for (name, pair), sealed in zip(made.items(), envelope["shares"][0]["sealed"], strict=True):
        found[f"public key of `{name}`"] = pair[0].hex()
        found[f"share of `{name}`"] = na.crypto_box_seal_open(b64decode(sealed), *pair).hex()
        assert (
            na.crypto_box_seal_open(b64decode(told[f"sealed to `{name}`"]), *pair).hex() == told[f"share of `{name}`"]
        )
    assert {name: told[name] for name in found} == found


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(content=st.dictionaries(st.text(), _JSON, max_size=4))
@settings(max_examples=60)
def test_both_spell_a_notice_alike(content: dict[str, Any]) -> None:
    """Whatever a lead writes into it: quotation marks, line ends, letters beyond the first plane.

    Sabotage seen: letters beyond ASCII escaped; U+007F taken for one that has to be.
    """
    assert second_sealer.canonical(content).encode() == canonical(content)


def test_with_three_openers_one_key_may_be_lost() -> None:
    """Each of the three in turn loses its key: what is left opens, and what is lost is needed by no step."""
    made = keys(3)
    envelope = sealing.seal(NOTICE, INVITATION, 1, QUOTE, public(made))
    for lost in made:
        left = {name: pair for name, pair in made.items() if name != lost}
        first, second = left
        assert opened(envelope, first, second, left) == QUOTE


def test_one_private_key_and_the_whole_envelope_open_nothing() -> None:
    """All that one opener can take out is tried as the key, alone and joined with all else of 32 bytes.

    Sabotage seen: the key itself sealed to the second of each pair; one `a` for every pair.
    """
    made = keys(3)
    for _ in range(20):
        envelope = sealing.seal(NOTICE, INVITATION, 1, QUOTE, public(made))
        for own_public, private in made.values():
            found = {bytes.fromhex(envelope.commitment), bytes.fromhex(NOTICE), private, own_public, bytes(32)}
            for pair in envelope.shares.values():
                for sealed in pair:
                    found.add(sealed[:32])
                    try:
                        found.add(na.crypto_box_seal_open(sealed, own_public, private)[:32])
                    except sodium.CryptoError:
                        continue
            tried = found | {bytes(x ^ y for x, y in zip(*two, strict=True)) for two in combinations(found, 2)}
            for key in tried:
                with pytest.raises(Invalid):
                    sealing.unseal(envelope, key)
                with pytest.raises(sodium.CryptoError):
                    na.crypto_aead_xchacha20poly1305_ietf_decrypt(envelope.body, envelope.aad, envelope.nonce, key)


def test_a_share_is_uniformly_random_whichever_side_of_the_pair_it_is() -> None:
    """With the key held fixed, each of the 256 values of each byte comes as often as chance lets it.

    Chi-squared over 255 degrees of freedom; 5 standard deviations off is 255 + 5 * sqrt(510) = 368. Sabotage
    seen: `a` drawn with its lowest bit cleared, and `a` the same in every envelope, turned it red.
    """
    made = keys(2)
    fixed, drawn = bytes(range(32)), utils.random
    counts: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
    with pytest.MonkeyPatch.context() as patch:
        given: Iterator[bytes] = iter(())

        def first_fixed(size: int) -> bytes:
            return next(given, None) or drawn(size)

        patch.setattr(utils, "random", first_fixed)
        for _ in range(400):
            given = iter((fixed,))
            envelope = sealing.seal(NOTICE, INVITATION, 1, b"", public(made))
            for side, (pair, count) in enumerate(zip(made.values(), counts, strict=True)):
                count.update(na.crypto_box_seal_open(envelope.shares[0, 1][side], *pair)[:32])
    for count in counts:
        expected = sum(count.values()) / 256
        assert sum((count[value] - expected) ** 2 / expected for value in range(256)) < 368


def test_a_garbled_share_is_refused_and_another_pair_still_opens() -> None:
    made = keys(3)
    envelope = sealing.seal(NOTICE, INVITATION, 1, QUOTE, public(made))
    one, other = envelope.shares[0, 1]
    garbled = replace(envelope, shares={**envelope.shares, (0, 1): (one[:-1] + bytes([one[-1] ^ 1]), other)})
    with pytest.raises(Invalid) as refused:
        opened(garbled, "opn_haag", "opn_lyon", made)
    assert refused.value.code == "quote.share_unreadable"
    assert opened(garbled, "opn_haag", "opn_oslo", made) == QUOTE


@pytest.mark.parametrize("moved", [{"notice_sha256": OTHER_NOTICE}, {"invitation_id": "inv_rival"}, {"revision": 2}])
def test_a_quote_moved_elsewhere_opens_neither_by_its_shares_nor_by_its_key(moved: dict[str, Any]) -> None:
    """Sabotage seen: the tag not compared (the share was released); each member left out of `aad` (it opened)."""
    made = keys(2)
    envelope = sealing.seal(NOTICE, INVITATION, 1, QUOTE, public(made))
    released = sealing.release(envelope, "opn_haag", made["opn_haag"][1], "opn_lyon", made["opn_lyon"][0])
    key = sealing.combine(envelope, "opn_lyon", made["opn_lyon"][1], "opn_haag", released)
    elsewhere = replace(envelope, **moved)
    with pytest.raises(Invalid) as refused:
        sealing.release(elsewhere, "opn_haag", made["opn_haag"][1], "opn_lyon", made["opn_lyon"][0])
    assert refused.value.code == "quote.share_of_another_quote"
    with pytest.raises(Invalid) as refused:
        sealing.unseal(elsewhere, key)
    assert refused.value.code == "quote.unreadable"


def test_a_share_released_for_another_quote_is_refused() -> None:
    made = keys(2)
    one, other = (sealing.seal(NOTICE, name, 1, QUOTE, public(made)) for name in (INVITATION, "inv_rival"))
    released = sealing.release(other, "opn_haag", made["opn_haag"][1], "opn_lyon", made["opn_lyon"][0])
    with pytest.raises(Invalid) as refused:
        sealing.combine(one, "opn_lyon", made["opn_lyon"][1], "opn_haag", released)
    assert refused.value.code == "quote.share_of_another_quote"


def test_a_second_key_with_a_fitting_tag_is_not_the_key_that_was_committed_to() -> None:
    """A supplier that seals another key to one pair, to have two quotes to choose from. Sabotage seen: the commitment
    not checked in `combine`; not checked in `unseal`."""
    made = keys(3)
    envelope = sealing.seal(NOTICE, INVITATION, 1, QUOTE, public(made))
    second, a = na.randombytes(32), na.randombytes(32)
    b = bytes(x ^ y for x, y in zip(second, a, strict=True))
    forged = (
        na.crypto_box_seal(a + envelope.tag, made["opn_haag"][0]),
        na.crypto_box_seal(b + envelope.tag, made["opn_lyon"][0]),
    )
    double = replace(envelope, shares={**envelope.shares, (0, 1): forged})
    released = sealing.release(double, "opn_haag", made["opn_haag"][1], "opn_lyon", made["opn_lyon"][0])
    with pytest.raises(Invalid) as refused:
        sealing.combine(double, "opn_lyon", made["opn_lyon"][1], "opn_haag", released)
    assert refused.value.code == "quote.key_not_committed"
    with pytest.raises(Invalid) as refused:
        sealing.unseal(double, second)
    assert refused.value.code == "quote.key_not_committed"
    assert opened(double, "opn_oslo", "opn_lyon", made) == QUOTE


def test_the_release_can_be_taken_out_by_the_second_opener_alone() -> None:
    """Sabotage seen: `release` gave the share as it was taken out."""
    made = keys(3)
    envelope = sealing.seal(NOTICE, INVITATION, 1, QUOTE, public(made))
    released = sealing.release(envelope, "opn_haag", made["opn_haag"][1], "opn_lyon", made["opn_lyon"][0])
    share = na.crypto_box_seal_open(envelope.shares[0, 1][0], *made["opn_haag"])
    assert share[:32] not in released
    for name in ("opn_haag", "opn_oslo"):
        with pytest.raises(Invalid) as refused:
            sealing.combine(envelope, name, made[name][1], "opn_lyon", released)
        assert refused.value.code == "quote.share_unreadable"


def test_nobody_else_and_nobody_twice_opens() -> None:
    made = keys(3)
    envelope = sealing.seal(NOTICE, INVITATION, 1, QUOTE, public(made)[:2])
    for first, second in (("opn_haag", "opn_haag"), ("opn_oslo", "opn_haag"), ("opn_haag", "opn_oslo")):
        with pytest.raises(Forbidden) as refused:
            sealing.release(envelope, first, made[first][1], second, made[second][0])
        assert refused.value.code == "quote.not_sealed_for_these_openers"
    with pytest.raises(Invalid) as wrong:
        sealing.release(envelope, "opn_haag", made["opn_oslo"][1], "opn_lyon", made["opn_lyon"][0])
    assert wrong.value.code == "quote.share_unreadable"
    with pytest.raises(Invalid) as wrong:
        sealing.release(envelope, "opn_haag", b"short", "opn_lyon", made["opn_lyon"][0])
    assert wrong.value.code == "opener.key_wrong"


def test_the_length_of_a_quote_is_told_in_steps_only() -> None:
    made = keys(2)
    lengths = {len(sealing.seal(NOTICE, INVITATION, 1, bytes(size), public(made)).body) for size in range(0, 4096, 455)}
    assert lengths == {4096 + 16}
    longest = sealing.seal(NOTICE, INVITATION, 1, bytes(65535), public(made))
    assert opened(longest, "opn_lyon", "opn_haag", made) == bytes(65535)
    with pytest.raises(Invalid) as refused:
        sealing.seal(NOTICE, INVITATION, 1, bytes(65536), public(made))
    assert refused.value.code == "quote.too_long"


@pytest.mark.parametrize(
    ("openers", "code"),
    [
        ([("opn_haag", b"\x09" + bytes(31))], "quote.openers_wrong"),
        ([("opn_haag", b"\x09" + bytes(31)), ("opn_haag", b"\x10" + bytes(31))], "quote.openers_wrong"),
        ([("opn_haag", b"\x09" + bytes(31)), ("opn_lyon", b"\x09" + bytes(31))], "quote.openers_wrong"),
        ([("opn_haag", b"\x09" + bytes(31)), ("opn_lyon", b"\x09")], "opener.key_wrong"),
        ([("opn_haag", b"\x09" + bytes(31)), ("opn_lyon", bytes(32))], "opener.key_wrong"),
    ],
)
def test_nothing_is_sealed_for_one_opener_or_one_key_twice_or_a_key_that_is_none(
    openers: list[tuple[str, bytes]], code: str
) -> None:
    """Sabotage seen: the comparison of keys left out sealed both shares to one person."""
    with pytest.raises(HubError) as refused:
        sealing.seal(NOTICE, INVITATION, 1, QUOTE, openers)
    assert refused.value.code == code


CHANGES: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("v", lambda each: each.update(v=2)),
    ("notice", lambda each: each.update(notice=NOTICE.upper())),
    ("invitation", lambda each: each.update(invitation="\ud800")),
    ("revision", lambda each: each.update(revision=True)),
    ("openers", lambda each: each.update(openers=["opn_haag"])),
    ("openers", lambda each: each.update(openers=["opn_haag", 7])),
    ("nonce", lambda each: each.update(nonce="AAAA")),
    ("nonce", lambda each: each.update(nonce="é")),
    ("body", lambda each: each.update(body=each["body"][:-4])),
    ("commitment", lambda each: each.update(commitment="00")),
    ("shares", lambda each: each.update(shares={})),
    ("shares", lambda each: each["shares"].append(each["shares"][0])),
    ("shares", lambda each: each["shares"][0].update(pair=[1, 0])),
    ("shares", lambda each: each["shares"][0].update(more="")),
    ("shares", lambda each: each["shares"][0].update(sealed=["AAAA", "AAAA"])),
    ("shares", lambda each: each["shares"][0].update(sealed=[None, None])),
]


@pytest.mark.parametrize(("member", "change"), CHANGES)
def test_an_envelope_of_the_wrong_form_is_refused_by_its_member(
    member: str, change: Callable[[dict[str, Any]], object]
) -> None:
    sent = copy.deepcopy(sealing.to_json(sealing.seal(NOTICE, INVITATION, 1, QUOTE, public(keys(2)))))
    change(sent)
    with pytest.raises(Invalid) as refused:
        sealing.from_json(sent)
    assert refused.value.params["member"] == member


@pytest.mark.parametrize("given", [None, [], {}, {"v": 1}])
def test_what_is_no_envelope_at_all_is_refused_with_the_members_expected(given: Any) -> None:
    with pytest.raises(Invalid) as refused:
        sealing.from_json(given)
    assert refused.value.code == "quote.envelope_members_wrong"
