"""The notice of a competition, frozen before any quote is made: deadline, criteria, openers. Pure.

Its SHA-256 is bound into every envelope, so that nothing of it can be changed afterwards without
every quote ceasing to open. Whoever seals or opens computes the hash from the notice that it was
given, and believes no hash that came along. What else the notice says (what is asked, the standstill) is
bound in the same way and not read here.

The openers' public keys stand in it too. Who seals compares their fingerprints with those that the authority
published by another way: a hub that named keys of its own could otherwise open alone.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from catalog.competition import scoring
from catalog.competition.canonical import canonical
from catalog.competition.scoring import Criterion, CriterionKind
from space_hub.errors import Forbidden, HubError, Invalid

MEMBERS = ("v", "competition", "quotes_until", "criteria", "openers")
"""What has to be in a notice; it may hold more."""

_HEX_32 = re.compile("[0-9a-f]{64}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Holder:
    """A named opener, as those who seal see it: a person and its public key."""

    id: str
    person: str
    public_key: bytes

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public_key)


@dataclass(frozen=True, slots=True)
class Notice:
    sha256: str
    competition_id: str
    quotes_until: datetime
    criteria: tuple[Criterion, ...]
    openers: tuple[Holder, ...]

    def holder(self, public_key: bytes) -> Holder:
        """The opener whose key this is; refused when the notice names another."""
        found = next((each for each in self.openers if each.public_key == public_key), None)
        if found is None:
            named = ", ".join(each.id for each in self.openers)
            raise Forbidden("opener.not_named", fingerprint=fingerprint(public_key), named=named)
        return found


def fingerprint(public_key: bytes) -> str:
    """128 bits of SHA-256 in groups of four, to be read out and compared by ear."""
    digest = hashlib.sha256(public_key).hexdigest()[:32]
    return " ".join(digest[place : place + 4] for place in range(0, 32, 4))


def compose(
    competition_id: str,
    quotes_until: datetime,
    criteria: Sequence[Criterion],
    openers: Sequence[Holder],
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The notice as it is frozen and handed out; `more` is bound with it."""
    scoring.freeze(criteria)
    content = {
        **(more or {}),
        "v": 1,
        "competition": competition_id,
        "quotes_until": quotes_until.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "criteria": scoring.frozen(criteria),
        "openers": [{"id": each.id, "person": each.person, "public_key": each.public_key.hex()} for each in openers],
    }
    return {"notice": content, "notice_sha256": sha256_of(content)}


def sha256_of(content: Any) -> str:
    return hashlib.sha256(canonical(content)).hexdigest()


def read(given: Any) -> Notice:
    """A notice as it was handed out; refused when it is not the one that its hash names, or does not read."""
    match given:
        case {"notice": dict(content), "notice_sha256": str(claimed)}:
            pass
        case {"notice": dict()}:
            raise Invalid("competition.notice_wrong", member="notice_sha256")
        case _:
            raise Invalid("competition.notice_wrong", member="notice")
    try:
        found = sha256_of(content)
    except (ValueError, RecursionError) as error:
        # A number that JSON does not know, half a character, or nesting without end: nothing that could be hashed.
        raise Invalid("competition.notice_wrong", member="notice") from error
    if found != claimed:
        raise Invalid("competition.notice_changed", given=claimed[:64], found=found)
    missing = [name for name in MEMBERS if name not in content]
    if missing or type(content["v"]) is not int or content["v"] != 1:
        raise Invalid("competition.notice_wrong", member=", ".join(missing) or "v")
    if not isinstance(content["competition"], str):
        raise Invalid("competition.notice_wrong", member="competition")
    criteria = criteria_of(content["criteria"])
    scoring.freeze(criteria)
    if scoring.frozen(criteria) != content["criteria"]:
        # Of two spellings one could be shown to people and the other judged by.
        raise Invalid("competition.notice_wrong", member="criteria")
    return Notice(
        found, content["competition"], _instant(content["quotes_until"]), criteria, _openers(content["openers"])
    )


def _instant(given: Any) -> datetime:
    try:
        at = datetime.fromisoformat(given)
    except (TypeError, ValueError) as error:
        raise Invalid("competition.notice_wrong", member="quotes_until") from error
    if at.tzinfo is None:
        raise Invalid("competition.notice_wrong", member="quotes_until")
    return at.astimezone(UTC)


def criteria_of(given: Any) -> tuple[Criterion, ...]:
    """Criteria as `scoring.frozen` wrote them."""
    try:
        return tuple(
            Criterion(
                str(each["name"]),
                CriterionKind(each["kind"]),
                _number(each["weight"]),
                _number(each["threshold"]),
                _number(each["objective"]),
                hard=each["hard"] is True,
                unit=str(each["unit"]),
            )
            for each in given
        )
    except (TypeError, KeyError, ValueError) as error:
        raise Invalid("competition.notice_wrong", member="criteria") from error


def _number(given: str) -> Decimal:
    if not _NUMBER.fullmatch(given):
        raise ValueError(given)
    return Decimal(given)


def _openers(given: Any) -> tuple[Holder, ...]:
    wrong: HubError = Invalid("competition.notice_wrong", member="openers")
    found = []
    for each in given if isinstance(given, list) else [None]:
        match each:
            case {"id": str(id), "person": str(person), "public_key": str(public)} if _HEX_32.fullmatch(public):
                found.append(Holder(id, person, bytes.fromhex(public)))
            case _:
                raise wrong
    if len({each.id for each in found}) < len(found) or len({each.public_key for each in found}) < len(found):
        raise wrong
    return tuple(found)
