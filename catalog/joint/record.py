"""The record of a joint match: what it was made from and what it said, with hashes, and each need for its owner. Pure.

A need stands in the inputs by a hash of its content and of a salt, so that whoever reads the record can check it
whole and nobody can guess at another's need. The contents are kept beside it, each for its owner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from catalog.joint.plan import Common, Party
from catalog.matching import fit, plan
from catalog.matching.need_json import amount, need_from_json, need_to_json
from catalog.matching.record import Record, candidate_from_json, candidate_to_json
from catalog.matching.values import Candidate
from catalog.portfolio.values import ZERO, Failure, Plan
from catalog.shelf.content import fingerprint
from catalog.together.economy import ShareMethod
from catalog.together.shares import COIN, Shares
from space_hub.vocabulary.phases import Phase

if TYPE_CHECKING:
    from catalog.portfolio.resilience import Price

METHOD = "joint-match/1"
"""Raised whenever the same inputs could give another result."""
EXACT = 6
"""Needs up to which every group is planned for the shares: 63 plans."""
PAIRS = 8
"""Drawn orders of joining beyond, each with its reverse."""

Contents = Mapping[str, Mapping[str, Any]]
"""By party: `need` and `salt`."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the cost is divided, and for which joint buy; `quotas` by party, for that method alone."""

    method: ShareMethod
    joint_buy_id: str | None = None
    quotas: Mapping[str, Decimal] | None = None


def contents(parties: Sequence[Party], salts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {each.id: {"salt": salts.get(each.id, ""), "need": need_to_json(each.need)} for each in parties}


def ties(kept: Contents) -> dict[str, str]:
    """The order of needs of one priority, as if by lot: by a hash of their contents, names and salts."""
    return {name: fingerprint({"id": name, **each}) for name, each in kept.items()}


def inputs(common: Common, kept: Contents, terms: Terms) -> dict[str, Any]:
    """All that the result depends on; the needs by their hashes."""
    return {
        "method": METHOD,
        "neutral_record": fit.NEUTRAL_RECORD,
        "prior_deliveries": fit.PRIOR_DELIVERIES,
        "record_weight": fit.RECORD_WEIGHT,
        "optimiser": plan.settings(),
        "shares": {"method": terms.method.value, "exact_up_to": EXACT, "pairs": PAIRS},
        "quotas": None if terms.quotas is None else {name: amount(each) for name, each in sorted(terms.quotas.items())},
        "joint_buy_id": terms.joint_buy_id,
        "currency": common.parties[0].need.currency,
        "parties": [
            {
                "id": each.id,
                "organisation_id": each.organisation_id,
                "requirement_id": each.requirement_id,
                "nation": each.need.nation,
                "need_sha256": fingerprint(kept[each.id]),
            }
            for each in common.parties
        ],
        "candidates": [candidate_to_json(each) for each in sorted(common.candidates, key=lambda one: one.offering_id)],
    }


def freeze(given: dict[str, Any], result: dict[str, Any]) -> Record:
    digest = fingerprint(given)
    return Record(given, result, digest, fingerprint({"inputs_sha256": digest, "result": result}))


def thaw(given: Mapping[str, Any], kept: Contents) -> tuple[list[Party], list[Candidate], Terms]:
    parties = [
        Party(each["id"], each["organisation_id"], need_from_json(kept[each["id"]]["need"]), each["requirement_id"])
        for each in given["parties"]
    ]
    quotas = given["quotas"]
    terms = Terms(
        ShareMethod(given["shares"]["method"]),
        given["joint_buy_id"],
        None if quotas is None else {name: Decimal(each) for name, each in quotas.items()},
    )
    return parties, [candidate_from_json(each) for each in given["candidates"]], terms


def result(
    common: Common, made: Plan, price: "Price | None", alone: Mapping[str, Decimal], shares: Shares
) -> dict[str, Any]:
    """`price` as `Common.price` gives it; amounts of money in whole coins."""
    bill = sum(shares.amounts.values(), ZERO)
    by_itself = sum(alone.values(), ZERO)
    needs = [_need(common, made, each, alone[each.id], shares) for each in common.parties]
    titles = {each.offering_id: each for each in common.candidates}
    return {
        "covered": not made.shortfall,
        "cost_per_day": amount(bill),
        "alone": amount(by_itself),
        "saved": amount(by_itself - bill),
        "comparable": all(each["comparable"] for each in needs),
        "needs": needs,
        "offerings": [
            {
                "offering_id": name,
                "version_id": titles[name].version_id,
                "provider_id": titles[name].provider_id,
                "title": titles[name].title,
                "quantities": _by_need(made, name),
            }
            for name in made.retained
        ],
        "plan": {
            "protects": sorted(kind.value for kind in common.market(common.everybody).rules.protect),
            "gap": made.gap,
            "service": _service(common, made),
        },
        "resilience": None if price is None else _resilience(common, price),
    }


def _need(common: Common, made: Plan, party: Party, alone: Decimal, shares: Shares) -> dict[str, Any]:
    by_itself = common.plan(frozenset({party.id}))
    phases = []
    for asked in party.need.phases:
        needed, key = plan.exact(asked.quantity), (party.id, asked.phase)
        missing = made.shortfall.get(key, ZERO)
        phases.append(
            {
                "phase": asked.phase.value,
                "needed": amount(needed),
                "covered": amount(needed - missing),
                "shortfall": amount(missing),
                "shortfall_alone": amount(by_itself.shortfall.get(key, ZERO)),
            }
        )
    share = shares.amounts[party.id]
    return {
        "id": party.id,
        "organisation_id": party.organisation_id,
        "requirement_id": party.requirement_id,
        "nation": party.need.nation,
        "capability": party.need.capability,
        "phases": phases,
        "alone": amount(alone),
        "bill": amount(share),
        "saved": amount(alone - share),
        "comparable": all(
            made.shortfall.get((party.id, asked.phase), ZERO) == by_itself.shortfall.get((party.id, asked.phase), ZERO)
            for asked in party.need.phases
        ),
        "stderr": None if shares.error is None else amount(shares.error[party.id]),
    }


def _by_need(made: Plan, name: str) -> dict[str, dict[str, str | None]]:
    """By party and phase; nothing: it is kept ready."""
    found: dict[str, dict[str, str | None]] = {}
    for phase in Phase:
        for (party, offering, at), size in sorted(made.use.items()):
            if offering == name and at is phase:
                found.setdefault(party, {})[phase.value] = amount(size)
    return dict(sorted(found.items()))


def _service(common: Common, made: Plan) -> list[dict[str, Any]]:
    names = {each.group: each.name for one in common.candidates for each in sorted(one.dependencies) if each.known}
    return [
        {"failure": _failure(failure), "name": _name(failure, names), "phase": phase.value, "share": share}
        for failure, phase, share in common.left(made)
    ]


def _failure(failure: Failure) -> dict[str, list[str]]:
    return {"suppliers": list(failure.suppliers), "groups": list(failure.groups)}


def _name(failure: Failure, names: Mapping[str, str]) -> str:
    return failure.suppliers[0] if failure.suppliers else names[failure.groups[0]]


def _resilience(common: Common, price: "Price") -> dict[str, Any]:
    found = price.premium
    return {
        "least": float(max(common.market(common.everybody).rules.service.values())),
        "cheapest": {"cost_per_day": amount(price.cheapest.plan.cost)},
        "secured": {
            "cost_per_day": amount(price.secured.plan.cost),
            "service": _service(common, price.secured.plan),
        },
        "premium": {
            "base": amount(price.cheapest.plan.cost),
            "low": amount(_coins(found.low)),
            "high": amount(_coins(found.high)),
            "stated": found.stated,
            "share": round(found.share, 6),
        },
    }


def _coins(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(COIN)
