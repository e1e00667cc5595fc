"""What happened in a contracting process that a release tells, each with a name of its own.

Occasions are read from what is kept, not from the message that made somebody look: a message that is repeated, late
or lost changes nothing of what is told. Names and money come from here in the one shape that `mapping` takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlmodel import Session, select

from catalog.ocds.mapping import Amount, Event, Party
from catalog.promise.tables import Agreement, AgreementTerms
from providers.tables import Provider
from space_hub.text import say
from space_hub.trust.organisations import Organisation

LANGUAGE = "en"
"""Of what is told: a release is in one language, and its readers are everywhere."""

SCHEME = "SPACE-HUB"
"""Organisations are named by the hub's own ids: a supplier's number in its register is not the hub's to publish."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that is told once. `amends` is the key of the occasion whose release it changes."""

    key: str
    event: Event
    at: datetime
    facts: Mapping[str, Any]
    amends: str | None = None


def ocid(prefix: str, process: str) -> str:
    """The name of a process, which is a lot, a competition or a call-off, given by its id."""
    return f"{prefix}-{process}"


def organisation(session: Session, organisation_id: str) -> Party:
    found = session.get_one(Organisation, organisation_id)
    return {"scheme": SCHEME, "legal_id": found.id, "name": found.name}


def supplier(session: Session, provider_id: str) -> Party:
    found = session.get_one(Provider, provider_id)
    return {"scheme": SCHEME, "legal_id": found.id, "name": found.legal_name}


def amount(given: str | Decimal, currency: str) -> Amount:
    """Money as it is paid, in hundredths: prices of one unit may be finer."""
    return {"amount": Decimal(given).quantize(Decimal("0.01"), ROUND_HALF_EVEN), "currency": currency}


def agreement_facts(session: Session, agreement: Agreement, title: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """An agreement as an award and as its contract, without their times."""
    value: dict[str, Any] = {}
    if agreement.ceiling is not None:
        currencies = select(AgreementTerms.currency).where(AgreementTerms.agreement_id == agreement.id)
        value = {"value": amount(agreement.ceiling, session.exec(currencies.limit(1)).one())}
    award = {
        "id": agreement.id,
        "title": title,
        "suppliers": [supplier(session, agreement.provider_id)],
        **value,
    }
    contract = {
        "id": agreement.id,
        "award_id": agreement.id,
        "title": title,
        "starts_at": agreement.period_from,
        "ends_at": agreement.period_to,
        **value,
    }
    return award, contract


def sentence(code: str, **params: object) -> str:
    return say(code, LANGUAGE, **params)
