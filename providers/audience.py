"""Who is told of what happens on the shelf: the owner and the buyers, never a rival.

A marking by nations would reach every organisation of a nation, other suppliers
included. Events of the supply side are therefore marked with the organisations
that buy or plan, one by one. An organisation that joins later reads the
catalogue, not the old events.
"""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from space_hub.trust import markings
from space_hub.trust.organisations import Organisation
from space_hub.trust.scopes import OrganisationKind


def buyers(session: Session, owner: str, nations: Iterable[str] | None = None) -> str:
    """The owner and every organisation that is no provider, of these nations if given."""
    statement = select(Organisation.id).where(col(Organisation.kind) != OrganisationKind.PROVIDER.value)
    if nations is not None:
        statement = statement.where(col(Organisation.nation).in_(sorted(nations)))
    return markings.among(session, owner, session.exec(statement).all())


def brokers(session: Session, owner: str, others: Iterable[str] = ()) -> str:
    """The owner, the broker's organisations, and those named."""
    statement = select(Organisation.id).where(col(Organisation.kind) == OrganisationKind.BROKER.value)
    return markings.among(session, owner, [*session.exec(statement).all(), *others])
