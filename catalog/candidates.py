"""Offerings as matching sees them: what they say, what their suppliers show, and no more than this asker may know.

A datum that its owner keeps from the asker, or from matching, stands in a
candidate as if it had not been said: so it becomes a question and never a
refusal. Documents are for the hub's own eyes until their owner consents to more
(`evidence.document`, purpose `match`, for one document or for all). Read in a
number of queries that does not grow with the offerings but by the chunk.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlmodel import Session, col, select

from catalog.matching.values import Candidate, Dependency, Paper, UnitPrice
from catalog.shelf.content import measured_from_json
from catalog.shelf.names import name_key
from catalog.tables import Offering, OfferingDependency, OfferingVersion
from providers import consents
from providers.consents import Allowed, Purpose
from providers.tables import Evidence, EvidenceState, Provider
from space_hub.trust.principal import Principal
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

_CHUNK = 2_000
_COUNTS = (EvidenceState.SHOWN.value, EvidenceState.ACCEPTED.value)

Row = tuple[Offering, OfferingVersion, Provider]


def as_seen(
    session: Session, principal: Principal, rows: Sequence[Row], records: Mapping[str, tuple[int, int]] | None = None
) -> list[Candidate]:
    """The candidates of these rows for one asker; `records` of suppliers by their ids."""
    found: list[Candidate] = []
    for start in range(0, len(rows), _CHUNK):
        found += _chunk(session, principal, rows[start : start + _CHUNK], records or {})
    return found


def _chunk(
    session: Session, principal: Principal, rows: Sequence[Row], records: Mapping[str, tuple[int, int]]
) -> list[Candidate]:
    suppliers = {provider.id: provider for _, _, provider in rows}
    shown = _evidence(session, suppliers)
    resting = _dependencies(session, [version.id for _, version, _ in rows])
    owners = {provider.id: provider.organisation_id for provider in suppliers.values()}
    owners |= {offering.id: provider.organisation_id for offering, _, provider in rows}
    owners |= {each.id: suppliers[each.provider_id].organisation_id for each in shown}
    allowed = consents.allowed(session, principal, owners, Purpose.MATCH)
    papers: defaultdict[str, list[Evidence]] = defaultdict(list)
    for each in shown:
        if allowed.may(each.id, "evidence.document"):
            papers[each.provider_id].append(each)
    return [
        _seen(
            replace(
                candidate(offering, version, provider, records.get(provider.id, (0, 0))),
                papers=tuple(_paper(each) for each in papers[provider.id] if _speaks_for(each, offering)),
                dependencies=(*resting[version.id], *_of_company(provider, allowed)),
            ),
            provider,
            allowed,
        )
        for offering, version, provider in rows
    ]


def _seen(whole: Candidate, provider: Provider, allowed: Allowed) -> Candidate:
    """Without what this asker may not match by."""
    kept = whole
    if not allowed.may(provider.id, "profile.owner"):
        kept = replace(kept, owner_nation=None, name_keys=frozenset(filter(None, [name_key(provider.legal_name)])))
    if not allowed.may(whole.offering_id, "offering.attributes"):
        kept = replace(kept, attributes={})
    if not allowed.may(whole.offering_id, "offering.capacity"):
        kept = replace(kept, capacity={})
    if not allowed.may(whole.offering_id, "offering.prices"):
        kept = replace(kept, prices={})
    if not allowed.may(whole.offering_id, "offering.dependencies"):
        kept = replace(kept, dependencies=_of_company(provider, allowed))
    return kept


def _evidence(session: Session, suppliers: Iterable[str]) -> Sequence[Evidence]:
    found = select(Evidence).where(col(Evidence.provider_id).in_(sorted(suppliers)), col(Evidence.state).in_(_COUNTS))
    return session.exec(found.order_by(col(Evidence.id))).all()


def _dependencies(session: Session, versions: Sequence[str]) -> defaultdict[str, list[Dependency]]:
    found: defaultdict[str, list[Dependency]] = defaultdict(list)
    for row in session.exec(select(OfferingDependency).where(col(OfferingDependency.version_id).in_(versions))):
        found[row.version_id].append(Dependency(row.kind, row.name_key, row.name, row.nation or "", row.known))
    return found


def _of_company(provider: Provider, allowed: Allowed) -> tuple[Dependency, ...]:
    """What the company as a whole rests on."""
    if not allowed.may(provider.id, "profile.dependencies"):
        return ()
    return tuple(
        Dependency(each["kind"], name_key(each["name"]), each["name"], each["nation"] or "", True)
        for each in provider.dependencies
    )


def _speaks_for(paper: Evidence, offering: Offering) -> bool:
    return paper.mission_areas is None or offering.mission_area in paper.mission_areas


def _paper(row: Evidence) -> Paper:
    return Paper(row.id, row.kind, row.level, tuple(sorted(row.recognised_by)), row.valid_from, row.valid_to)


def candidate(
    offering: Offering, version: OfferingVersion, provider: Provider, record: tuple[int, int] = (0, 0)
) -> Candidate:
    """Everything that the offering itself says, as its owner reads it.

    `record`: deliveries of this supplier that were judged, and those that kept what was promised.
    """
    values = [measured_from_json(each) for each in version.attributes]
    return Candidate(
        offering_id=offering.id,
        version_id=version.id,
        content_sha256=version.content_sha256,
        provider_id=provider.id,
        title=version.title,
        nation=provider.nation,
        owner_nation=provider.owner_nation,
        capability=version.capability,
        modality=version.modality,
        attributes={value.attribute: value for value in values},
        capacity={Phase(each["phase"]): each["quantity"] for each in version.capacity},
        prices={
            Phase(each["phase"]): UnitPrice(
                money(each["unit_price"], each["currency"]).amount,
                money(each["retainer_per_day"] or 0, each["currency"]).amount,
                each["currency"],
            )
            for each in version.prices
        },
        standards=frozenset(version.standards),
        coverage=version.coverage,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
        deliveries=record[0],
        deliveries_met=record[1],
        release_to=None if version.release_to is None else frozenset(version.release_to),
        maturity=version.maturity,
        national=version.national,
        name_keys=frozenset(filter(None, (name_key(provider.legal_name), name_key(provider.owner_name)))),
    )
