"""The vetting rules in force and every version before them.

A rule set is never changed: a new one gets the next number, and an application
is judged by the one that it was made under. The first ships with the product.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from providers.tables import VettingRules
from providers.vetting import Rule, read_rules
from space_hub.clock import Clock
from space_hub.errors import Invalid
from space_hub.trust import audit, organisations
from space_hub.trust.principal import HUB, Principal

SHIPPED = Path(__file__).with_name("vetting_rules.json")


@cache
def shipped() -> tuple[dict[str, Any], ...]:
    """The rules of version 1, as they are stored."""
    return tuple(json.loads(SHIPPED.read_text("utf-8"))["rules"])


def current(session: Session) -> tuple[int, tuple[Rule, ...]]:
    """The newest version and its rules."""
    row = session.exec(select(VettingRules).order_by(col(VettingRules.version).desc()).limit(1)).first()
    return (1, read_rules(shipped())) if row is None else (row.version, read_rules(row.rules))


def of_version(session: Session, version: int) -> tuple[Rule, ...]:
    """The rules that an application was made under."""
    row = session.get(VettingRules, version)
    return read_rules(shipped() if row is None else row.rules)


def publish(session: Session, clock: Clock, principal: Principal, rules: list[dict[str, Any]]) -> VettingRules:
    """Put a new version in force; refused when it cannot be read or says what is in force already."""
    principal.require("admin")
    read_rules(rules)
    version, _ = current(session)
    if session.get(VettingRules, version) is None:
        organisations.ensure_hub(session, clock)
        _add(session, clock, HUB, 1, list(shipped()))
    newest = session.get_one(VettingRules, version)
    if newest.sha256 == _sha256(rules):
        raise Invalid("vetting.rules_unchanged", version=version)
    row = _add(session, clock, principal, version + 1, rules)
    audit.record(session, clock, principal, "vetting.publish", str(row.version), sha256=row.sha256)
    return row


def _add(session: Session, clock: Clock, by: Principal, version: int, rules: list[dict[str, Any]]) -> VettingRules:
    row = VettingRules(
        version=version,
        rules=rules,
        sha256=_sha256(rules),
        by_organisation_id=by.organisation_id,
        at=clock.now(),
    )
    session.add(row)
    session.flush()
    return row


def _sha256(rules: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()
