"""What a key may do: the scopes, and those that each kind of organisation may hold."""

from enum import StrEnum


class OrganisationKind(StrEnum):
    PROVIDER = "provider"
    NATION = "nation"
    OPERATIONS_CENTRE = "operations_centre"
    BROKER = "broker"


ALL_SCOPES = frozenset(
    {
        "admin",
        "agreement:write",
        "awareness:read",
        "awareness:write",
        "broker:verify",
        "calloff:write",
        "catalog:read",
        "endpoint:write",
        "event:read",
        "match:write",
        "offering:write",
        "order:read",
        "outage:write",
        "pool:write",
        "provider:write",
        "requirement:write",
        "watch:write",
    }
)

_EVERYONE = frozenset({"catalog:read", "endpoint:write", "event:read"})

SCOPES_OF: dict[OrganisationKind, frozenset[str]] = {
    OrganisationKind.PROVIDER: _EVERYONE
    | {"agreement:write", "offering:write", "order:read", "outage:write", "provider:write"},
    OrganisationKind.NATION: _EVERYONE
    | {
        "agreement:write",
        "awareness:read",
        "calloff:write",
        "match:write",
        "order:read",
        "pool:write",
        "requirement:write",
        "watch:write",
    },
    OrganisationKind.OPERATIONS_CENTRE: _EVERYONE | {"awareness:read", "outage:write", "watch:write"},
    OrganisationKind.BROKER: ALL_SCOPES,
}
