"""What a key may do: the scopes, and those that each kind of organisation may hold."""

from space_hub.text import Word


class OrganisationKind(Word, of="organisation_kind"):
    PROVIDER = "provider"
    NATION = "nation"
    OPERATIONS_CENTRE = "operations_centre"
    BROKER = "broker"


ALL_SCOPES = frozenset(
    {
        "activation:write",
        "admin",
        "agreement:write",
        "application:decide",
        "awareness:read",
        "awareness:write",
        "calloff:write",
        "catalog:read",
        "competition:write",
        "demand:write",
        "desk:answer",
        "desk:write",
        "endpoint:write",
        "event:read",
        "exercise:write",
        "finding:write",
        "match:write",
        "offering:write",
        "order:read",
        "outage:write",
        "pool:write",
        "provider:write",
        "quote:open",
        "quote:write",
        "register:write",
        "requirement:write",
        "settlement:write",
        "watch:write",
    }
)

IN_EXERCISES = frozenset(
    {"activation:write", "catalog:read", "endpoint:write", "event:read", "exercise:write", "pool:write"}
)
"""What the key of an exercise may carry; where it may go with them is the routes' to say."""

_EVERYONE = frozenset({"catalog:read", "endpoint:write", "event:read"})

SCOPES_OF: dict[OrganisationKind, frozenset[str]] = {
    OrganisationKind.PROVIDER: _EVERYONE
    | {"activation:write", "agreement:write", "exercise:write", "offering:write", "order:read", "outage:write"}
    | {"provider:write", "quote:write"},
    OrganisationKind.NATION: _EVERYONE
    | {
        "activation:write",
        "agreement:write",
        "application:decide",
        "awareness:read",
        "calloff:write",
        "competition:write",
        "demand:write",
        "desk:answer",
        "exercise:write",
        "finding:write",
        "match:write",
        # A nation's own capacities stand on the shelf beside commercial ones, under a profile of its own.
        "offering:write",
        "order:read",
        "pool:write",
        "provider:write",
        "quote:open",
        "requirement:write",
        "settlement:write",
        "watch:write",
    },
    OrganisationKind.OPERATIONS_CENTRE: _EVERYONE
    | {"awareness:read", "demand:write", "desk:answer", "outage:write", "quote:open", "watch:write"},
    OrganisationKind.BROKER: ALL_SCOPES,
}
