"""The two steps of an opening, over all quotes of a notice: one opener releases, another opens. Pure.

An envelope that is damaged, belongs to another notice or was made for other openers is set aside with its
reason, and the others go on. Of one invitation only the highest revision counts: what a
supplier has replaced is read by nobody.

Both steps recompute what they rest on: the notice's hash, the opener's own place in it, the hash of each
envelope. They refuse before the notice's deadline by the time that they are given, whoever asks.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from nacl import bindings

from catalog.competition import quotes, sealing, states
from catalog.competition.canonical import canonical
from catalog.competition.notice import Holder, Notice
from catalog.competition.sealing import Envelope
from space_hub.errors import HubError, Invalid

_RELEASE = frozenset({"v", "notice", "from", "to", "shares"})


@dataclass(frozen=True, slots=True)
class Aside:
    """What was left out: its place in what was given, from 1, and why."""

    number: int
    reason: HubError


@dataclass(frozen=True, slots=True)
class Opened:
    """A quote that was opened; `fault` where it says nothing that can be judged."""

    envelope_sha256: str
    invitation_id: str
    revision: int
    key: bytes
    plain_sha256: str
    content: Mapping[str, Any] | None
    fault: HubError | None


@dataclass(slots=True)
class Found:
    """What one step made of all that it was given."""

    own: Holder
    other: Holder
    release: dict[str, Any] = field(default_factory=dict)
    opened: list[Opened] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)


def due(notice: Notice, now: datetime) -> None:
    """Refuses before the deadline; the deadline itself is the first moment at which quotes may be opened."""
    states.openable(states.State.OPEN, states.Clocks(notice.quotes_until), now)


def envelope_sha256(envelope: Envelope) -> str:
    return sha256_of(sealing.to_json(envelope))


def sha256_of(envelope: Any) -> str:
    """The hash of an envelope as it is handed from hand to hand, also of one that does not read."""
    return hashlib.sha256(canonical(envelope)).hexdigest()


def release(notice: Notice, given: Sequence[Any], own_private: bytes, to_public: bytes, now: datetime) -> Found:
    """Own shares of every quote, sealed again to the opener whose public key is `to_public`."""
    found = _begun(notice, own_private, to_public, now)
    shares = []
    for number, envelope in _standing(notice, given, found.aside):
        try:
            share = sealing.release(envelope, found.own.id, own_private, found.other.id, to_public)
        except HubError as error:
            found.aside.append(Aside(number, error))
            continue
        shares.append({"envelope": envelope_sha256(envelope), "sealed": base64.b64encode(share).decode()})
    found.release = {
        "v": 1,
        "notice": notice.sha256,
        "from": found.own.id,
        "to": found.other.id,
        "shares": shares,
    }
    return found


def open_all(notice: Notice, given: Sequence[Any], released: Any, own_private: bytes, now: datetime) -> Found:
    """Every quote that `released` and the own key open together."""
    shares = shares_of(notice, released)
    other = next((each for each in notice.openers if each.id == released["from"]), None)
    if other is None:
        raise Invalid("opener.release_wrong", member="from")
    found = _begun(notice, own_private, other.public_key, now)
    if released["to"] != found.own.id:
        raise Invalid("opener.release_to_another", given=str(released["to"])[:80], own=found.own.id)
    for number, envelope in _standing(notice, given, found.aside):
        digest = envelope_sha256(envelope)
        try:
            if digest not in shares:
                raise Invalid("quote.not_released", invitation=envelope.invitation_id)
            key = sealing.combine(envelope, found.own.id, own_private, other.id, shares[digest])
            plain = sealing.unseal(envelope, key)
        except HubError as error:
            found.aside.append(Aside(number, error))
            continue
        content, fault = judged(plain, notice)
        plain_sha256 = hashlib.sha256(plain).hexdigest()
        found.opened.append(
            Opened(digest, envelope.invitation_id, envelope.revision, key, plain_sha256, content, fault)
        )
    return found


def to_json(found: Opened) -> dict[str, Any]:
    return {
        "envelope": found.envelope_sha256,
        "invitation": found.invitation_id,
        "revision": found.revision,
        "key": base64.b64encode(found.key).decode(),
        "plain_sha256": found.plain_sha256,
        "quote": found.content,
        "fault": None if found.fault is None else found.fault.code,
    }


def _begun(notice: Notice, own_private: bytes, other_public: bytes, now: datetime) -> Found:
    due(notice, now)
    own, other = notice.holder(bindings.crypto_scalarmult_base(own_private)), notice.holder(other_public)
    if own is other:
        raise Invalid("competition.opener_twice", first=own.id, second=other.id)
    return Found(own, other)


def _standing(notice: Notice, given: Sequence[Any], aside: list[Aside]) -> Iterator[tuple[int, Envelope]]:
    """The envelopes that count, with their places; the others are put into `aside`."""
    named = tuple(each.id for each in notice.openers)
    latest: dict[str, list[tuple[int, Envelope]]] = {}
    for number, each in enumerate(given, 1):
        try:
            envelope = sealing.from_json(each)
            if envelope.notice_sha256 != notice.sha256:
                raise Invalid("quote.of_another_notice", invitation=envelope.invitation_id)
            if envelope.openers != named:
                raise Invalid("quote.for_other_openers", invitation=envelope.invitation_id)
        except HubError as error:
            aside.append(Aside(number, error))
            continue
        latest.setdefault(envelope.invitation_id, []).append((number, envelope))
    for invitation, versions in latest.items():
        highest = max(envelope.revision for _, envelope in versions)
        several = sum(envelope.revision == highest for _, envelope in versions) > 1
        for number, envelope in versions:
            if envelope.revision < highest:
                aside.append(Aside(number, Invalid("quote.replaced", invitation=invitation, revision=highest)))
            elif several:
                aside.append(Aside(number, Invalid("quote.revision_twice", invitation=invitation, revision=highest)))
            else:
                yield number, envelope


def shares_of(notice: Notice, given: Any) -> dict[str, bytes]:
    """The sealed shares of a release, by the hash of their envelope."""
    if not isinstance(given, Mapping) or set(given) != _RELEASE or given["v"] != 1:
        raise Invalid("opener.release_wrong", member=", ".join(sorted(_RELEASE)))
    if given["notice"] != notice.sha256:
        raise Invalid("opener.release_of_another_notice")
    found = {}
    for each in given["shares"] if isinstance(given["shares"], list) else [None]:
        match each:
            case {"envelope": str(digest), "sealed": str(sealed)}:
                try:
                    found[digest] = base64.b64decode(sealed, validate=True)
                except (binascii.Error, ValueError) as error:
                    raise Invalid("opener.release_wrong", member="shares") from error
            case _:
                raise Invalid("opener.release_wrong", member="shares")
    return found


def judged(plain: bytes, notice: Notice) -> tuple[Mapping[str, Any] | None, HubError | None]:
    """Whoever sealed it could write anything into it; a fault of one is no fault of the others."""
    try:
        return quotes.read(json.loads(plain, parse_float=Decimal), notice.criteria).content, None
    except HubError as fault:
        return None, fault
    except (ValueError, RecursionError):
        return None, Invalid("quote.members_wrong", expected="JSON")
