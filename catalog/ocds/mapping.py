"""What happened to a buy, told in the Open Contracting Data Standard: releases and packages. Pure.

A release tells one event of one contracting process, in what was known then; releases are numbered and never
changed. A package carries releases, a record all releases of one process, oldest first.

Version 1.1 (https://standard.open-contracting.org/1.1/en/), written so that the development text of 1.2 takes it
too: no field that 1.2 deprecates stands in a release but `initiationType`, which both require, so
states are told by tags and milestones and not by `status`; `standstillPeriod` is new in 1.2, and an extension of 1.1.
A package has the `uri`, `publishedDate` and `publisher` that 1.1 requires.

What is not known is left out, never null. Facts are taken by name and no others are: a rival's figures
have no name here, so they cannot come in. A framework is the process of one lot; a call-off points to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

from catalog.competition.canonical import canonical
from space_hub.errors import Conflict, Invalid

VERSION = "1.1"


class Event(StrEnum):
    LOT_PUBLISHED = "lot_published"
    LOT_CHANGED = "lot_changed"
    COMPETITION_PUBLISHED = "competition_published"
    COMPETITION_CLOSED = "competition_closed"
    COMPETITION_OPENED = "competition_opened"
    COMPETITION_UNSUCCESSFUL = "competition_unsuccessful"
    COMPETITION_CANCELLED = "competition_cancelled"
    AWARDED = "awarded"
    SIGNED = "signed"
    ENDED = "ended"
    CALL_OFF_PLACED = "call_off_placed"
    CALL_OFF_PRE_EMPTED = "call_off_pre_empted"
    CALL_OFF_CANCELLED = "call_off_cancelled"
    PERFORMED = "performed"
    """A delivery, its acceptance, a credit or a payment."""


class Party(TypedDict):
    """An organisation by its legal id in `scheme`, a code of org-id.guide."""

    scheme: str
    legal_id: str
    name: str


class Amount(TypedDict):
    amount: Decimal
    currency: str


class Document(TypedDict):
    """Evidence by its hash; the document itself stays where it is."""

    id: str
    title: str
    sha256: str
    kind: NotRequired[str]


class Tender(TypedDict):
    id: str
    title: str
    method: str
    """`selective`, or `limited` where an award is reused."""
    rationale: NotRequired[str]
    criteria: NotRequired[list[dict[str, Any]]]
    """As `scoring.frozen` gives them."""
    submission: NotRequired[str]
    opens_at: NotRequired[datetime]
    closes_at: NotRequired[datetime]
    standstill_from: NotRequired[datetime]
    standstill_until: NotRequired[datetime]
    tenderers: NotRequired[int]
    """Their number, once the quotes are open; never who they were."""
    value: NotRequired[Amount]
    documents: NotRequired[list[Document]]
    change: NotRequired[str]
    """What this release changes and why."""


class Award(TypedDict):
    id: str
    title: str
    decided_at: datetime
    suppliers: list[Party]
    value: NotRequired[Amount]
    documents: NotRequired[list[Document]]


class Contract(TypedDict):
    id: str
    award_id: str
    title: str
    signed_at: NotRequired[datetime]
    value: NotRequired[Amount]
    starts_at: NotRequired[datetime]
    ends_at: NotRequired[datetime]


class Amendment(TypedDict):
    """Why the contract is not what release `amends` said."""

    id: str
    at: datetime
    rationale: str
    amends: int


class Milestone(TypedDict):
    """`status` is `scheduled`, `met`, `notMet` or `partiallyMet`, as it stood at `at`."""

    id: str
    title: str
    status: str
    at: datetime
    due_at: NotRequired[datetime]
    met_at: NotRequired[datetime]


class Transaction(TypedDict):
    id: str
    at: datetime
    value: Amount
    payer: Party
    payee: Party


class Facts(TypedDict):
    """What is known of the process at the event."""

    ocid: str
    language: str
    buyer: Party
    framework: NotRequired[str]
    """The ocid of the lot that a call-off or competition stands under."""
    tender: NotRequired[Tender]
    award: NotRequired[Award]
    contract: NotRequired[Contract]
    amendment: NotRequired[Amendment]
    milestones: NotRequired[list[Milestone]]
    transactions: NotRequired[list[Transaction]]


TOLD: dict[Event, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Event.LOT_PUBLISHED: (("tender",), ("tender",)),
    Event.LOT_CHANGED: (("tenderUpdate",), ("tender",)),
    Event.COMPETITION_PUBLISHED: (("tender",), ("tender",)),
    Event.COMPETITION_CLOSED: (("tenderUpdate",), ("tender",)),
    Event.COMPETITION_OPENED: (("tenderUpdate",), ("tender",)),
    Event.COMPETITION_UNSUCCESSFUL: (("tenderCancellation",), ("tender",)),
    Event.COMPETITION_CANCELLED: (("tenderCancellation",), ("tender",)),
    Event.AWARDED: (("award",), ("award",)),
    Event.SIGNED: (("contract",), ("contract",)),
    Event.ENDED: (("contractTermination",), ("contract", "amendment")),
    Event.CALL_OFF_PLACED: (("award", "contract"), ("award", "contract")),
    Event.CALL_OFF_PRE_EMPTED: (("contractAmendment",), ("contract", "amendment")),
    Event.CALL_OFF_CANCELLED: (("contractTermination",), ("contract", "amendment")),
    Event.PERFORMED: (("implementation",), ("contract",)),
}
"""Tags of each event and the facts it cannot be told without.

A call-off is award and contract at once: without the award its contract would point to none.
"""


def release(event: Event, facts: Facts, number: int, at: datetime) -> dict[str, Any]:
    """Release `number` of a process (from 1): `event`, told from `facts`."""
    tags, needed = TOLD[event]
    _check(event, facts, (*needed, "ocid", "language", "buyer"))
    parties: dict[str, dict[str, Any]] = {}
    made: dict[str, Any] = {
        "ocid": facts["ocid"],
        "id": f"{facts['ocid']}-{number}",
        "date": _time(at),
        "tag": list(tags),
        "initiationType": "tender",
        "language": facts["language"],
        "buyer": _party(facts["buyer"], ("buyer", "procuringEntity"), parties),
    }
    if (tender := facts.get("tender")) is not None:
        made["tender"] = _tender(tender, made["buyer"], at)
    if (award := facts.get("award")) is not None:
        made["awards"] = [_award(award, parties)]
    if (contract := facts.get("contract")) is not None:
        made["contracts"] = [_contract(contract, facts, parties)]
    if (framework := facts.get("framework")) is not None:
        made["relatedProcesses"] = [
            {"id": "1", "relationship": ["framework"], "scheme": "ocid", "identifier": framework}
        ]
    made["parties"] = [parties[key] for key in sorted(parties)]
    return made


def release_package(
    releases: Sequence[Mapping[str, Any]], publisher: str, uri: str, published_at: datetime
) -> dict[str, Any]:
    """Releases as they were written, each once, by date."""
    return {**_package(publisher, uri, published_at), "releases": _in_order(releases)}


def record_package(
    releases: Sequence[Mapping[str, Any]], publisher: str, uri: str, published_at: datetime
) -> dict[str, Any]:
    """One record for each process of which there are releases, each with all of them."""
    by_process: dict[str, list[Mapping[str, Any]]] = {}
    for each in _in_order(releases):
        by_process.setdefault(each["ocid"], []).append(each)
    return {
        **_package(publisher, uri, published_at),
        "records": [{"ocid": ocid, "releases": by_process[ocid]} for ocid in sorted(by_process)],
    }


def _check(event: Event, facts: Mapping[str, Any], needed: Iterable[str]) -> None:
    for name in needed:
        if not facts.get(name):
            raise Invalid("ocds.fact_missing", key=event.value, expected=name)
    for shape, given in (
        (Facts, [facts]),
        (Tender, [facts.get("tender")]),
        (Award, [facts.get("award")]),
        (Contract, [facts.get("contract")]),
        (Amendment, [facts.get("amendment")]),
        (Milestone, facts.get("milestones", [])),
        (Transaction, facts.get("transactions", [])),
    ):
        for each in given:
            unknown = set(each or ()) - set(shape.__annotations__)
            if unknown:
                raise Invalid("ocds.fact_unknown", key=event.value, given=", ".join(sorted(unknown)))


def _tender(tender: Tender, buyer: dict[str, Any], at: datetime) -> dict[str, Any]:
    criteria = tender.get("criteria")
    made: dict[str, Any] = {
        "id": tender["id"],
        "title": tender["title"],
        "procuringEntity": buyer,
        "procurementMethod": tender["method"],
        "procurementMethodRationale": tender.get("rationale"),
        "mainProcurementCategory": "services",
        "submissionMethodDetails": tender.get("submission"),
        "tenderPeriod": _period(tender.get("opens_at"), tender.get("closes_at")),
        "standstillPeriod": _period(tender.get("standstill_from"), tender.get("standstill_until")),
        "numberOfTenderers": tender.get("tenderers"),
        "value": _value(tender.get("value")),
        "documents": _documents(tender),
    }
    if criteria is not None:
        price_alone = {each["kind"] for each in criteria} == {"price"}
        made["awardCriteria"] = "priceOnly" if price_alone else "ratedCriteria"
        made["awardCriteriaDetails"] = canonical(criteria).decode()
    if change := tender.get("change"):
        made["amendments"] = [{"id": _time(at), "date": _time(at), "rationale": change}]
    return _known(made)


def _award(award: Award, parties: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return _known(
        {
            "id": award["id"],
            "title": award["title"],
            "date": _time(award["decided_at"]),
            "value": _value(award.get("value")),
            "suppliers": [_party(each, ("supplier",), parties) for each in award["suppliers"]],
            "documents": _documents(award),
        }
    )


def _contract(contract: Contract, facts: Facts, parties: dict[str, dict[str, Any]]) -> dict[str, Any]:
    implementation = {
        "milestones": [_milestone(each) for each in facts.get("milestones", [])],
        "transactions": [
            {
                "id": each["id"],
                "date": _time(each["at"]),
                "value": _value(each["value"]),
                "payer": _party(each["payer"], ("payer",), parties),
                "payee": _party(each["payee"], ("payee",), parties),
            }
            for each in facts.get("transactions", [])
        ],
    }
    made: dict[str, Any] = {
        "id": contract["id"],
        "awardID": contract["award_id"],
        "title": contract["title"],
        "period": _period(contract.get("starts_at"), contract.get("ends_at")),
        "value": _value(contract.get("value")),
        "dateSigned": _perhaps(contract.get("signed_at")),
        "implementation": _known(implementation),
    }
    if (amendment := facts.get("amendment")) is not None:
        made["amendments"] = [
            {
                "id": amendment["id"],
                "date": _time(amendment["at"]),
                "rationale": amendment["rationale"],
                "amendsReleaseID": f"{facts['ocid']}-{amendment['amends']}",
            }
        ]
    return _known(made)


def _milestone(milestone: Milestone) -> dict[str, Any]:
    return _known(
        {
            "id": milestone["id"],
            "title": milestone["title"],
            "type": "delivery",
            "status": milestone["status"],
            "dateModified": _time(milestone["at"]),
            "dueDate": _perhaps(milestone.get("due_at")),
            "dateMet": _perhaps(milestone.get("met_at")),
        }
    )


def _documents(holder: Tender | Award) -> list[dict[str, str]]:
    return [
        {
            "id": each["id"],
            "title": each["title"],
            "documentType": each.get("kind", "evaluationReports"),
            "description": f"SHA-256 {each['sha256']}",
        }
        for each in holder.get("documents", [])
    ]


def _party(party: Party, roles: Iterable[str], parties: dict[str, dict[str, Any]]) -> dict[str, str]:
    """A reference to `party`, which stands once among the parties, with every role that it has."""
    key = f"{party['scheme']}-{party['legal_id']}"
    kept = parties.setdefault(
        key,
        {
            "id": key,
            "name": party["name"],
            "identifier": {"scheme": party["scheme"], "id": party["legal_id"], "legalName": party["name"]},
            "roles": [],
        },
    )
    kept["roles"] = sorted({*kept["roles"], *roles})
    return {"id": key, "name": party["name"]}


def _package(publisher: str, uri: str, published_at: datetime) -> dict[str, Any]:
    return {"version": VERSION, "uri": uri, "publishedDate": _time(published_at), "publisher": {"name": publisher}}


def _in_order(releases: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    if not releases:
        raise Invalid("ocds.no_releases")
    found: dict[str, Mapping[str, Any]] = {}
    for each in releases:
        if found.setdefault(each["id"], each) is not each:
            raise Conflict("ocds.release_twice", given=each["id"])
    return sorted(releases, key=lambda each: (datetime.fromisoformat(each["date"]), each["ocid"], _number(each)))


def _number(made: Mapping[str, Any]) -> int:
    return int(str(made["id"]).rpartition("-")[2])


def _value(amount: Amount | None) -> dict[str, Any] | None:
    """A JSON number that reads back as the same decimal, or an error: an amount is not rounded on its way out."""
    if amount is None:
        return None
    given = amount["amount"]
    number = float(given)
    if not given.is_finite() or Decimal(repr(number)) != given or given != round(given, 6):
        raise Invalid("ocds.amount_wrong", given=f"{given} {amount['currency']}")
    return {"amount": int(number) if number.is_integer() else number, "currency": amount["currency"]}


def _period(start: datetime | None, end: datetime | None) -> dict[str, Any] | None:
    return _known({"startDate": _perhaps(start), "endDate": _perhaps(end)}) or None


def _perhaps(moment: datetime | None) -> str | None:
    return None if moment is None else _time(moment)


def _time(moment: datetime) -> str:
    """RFC 3339 in UTC; a time without a zone is refused, because nobody knows when it is."""
    if moment.tzinfo is None:
        raise Invalid("ocds.time_without_zone", given=moment.isoformat())
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _known(made: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in made.items() if value is not None and value != [] and value != {}}
