"""Which data of an offering fewer may see than the offering itself, by its owner's choice.

A choice for one offering goes before a choice for all of a provider's. What is
withheld stays out of the index and is null, with its name, in an answer to
anyone but its owner and the broker.
"""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from providers.tables import Consent, Provider
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind

_WIDE = frozenset({"public", "planners"})
"""Audiences as wide as the shelf."""
_ALL_OF_OWNER = ""
"""The subject of a choice for all that a provider has."""

_MOST_SUBJECTS = 500


def withheld(session: Session, provider: Provider, offering_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Offering -> names of the data that its owner keeps from the shelf or from search."""
    asked = list(offering_ids)
    rows: dict[str, dict[str, bool]] = {}
    for start in range(0, len(asked), _MOST_SUBJECTS):
        subjects = [_ALL_OF_OWNER, *asked[start : start + _MOST_SUBJECTS]]
        found = select(Consent).where(Consent.owner_id == provider.organisation_id, col(Consent.subject).in_(subjects))
        for row in session.exec(found.where(col(Consent.datum).startswith("offering.", autoescape=True))):
            narrow = row.audience not in _WIDE or "search" not in row.purposes
            rows.setdefault(row.subject, {})[row.datum] = narrow
    general = rows.get(_ALL_OF_OWNER, {})
    return {
        each: tuple(sorted(datum for datum, narrow in (general | rows.get(each, {})).items() if narrow))
        for each in asked
    }


def sees_all(principal: Principal, provider: Provider) -> bool:
    """Whether the asker reads what is withheld: the owner and the broker do."""
    return principal.organisation_id == provider.organisation_id or principal.kind is OrganisationKind.BROKER
