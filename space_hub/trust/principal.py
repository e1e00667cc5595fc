"""Who is asking: a value that every room takes as an argument."""

from dataclasses import dataclass

from space_hub.errors import Forbidden, Unauthenticated
from space_hub.trust.labels import REAL
from space_hub.trust.scopes import ALL_SCOPES, OrganisationKind


@dataclass(frozen=True, slots=True)
class Principal:
    """An organisation acting through one of its service keys."""

    organisation_id: str
    kind: OrganisationKind
    nation: str
    key_id: str
    scopes: frozenset[str]
    mode: str = REAL
    """Real, or the one exercise that its key was issued for."""

    @property
    def is_anonymous(self) -> bool:
        return not self.organisation_id

    @property
    def is_broker_staff(self) -> bool:
        """Whether every provider's file is open to it. A nation decides only what stands with its own offices."""
        return self.kind is OrganisationKind.BROKER and "application:decide" in self.scopes

    def require(self, scope: str) -> None:
        """Refuse unless the key carries `scope`; an unknown scope is a programming error."""
        if scope not in ALL_SCOPES:
            raise KeyError(scope)
        if self.is_anonymous:
            raise Unauthenticated("trust.key_missing")
        if scope not in self.scopes:
            raise Forbidden("trust.scope_missing", scope=scope)


HUB_ID = "org_hub"

HUB = Principal(HUB_ID, OrganisationKind.BROKER, "", "", ALL_SCOPES)
"""The hub acting by itself: its jobs."""

ANONYMOUS = Principal("", OrganisationKind.PROVIDER, "", "", frozenset())
"""Nobody known: may reach only what is public."""
