"""Who a command acts for: an organisation named by its id, its name or a part of its name.

The person at the terminal has the database itself; `--as` says in whose name
they act, and the audit trail keeps it, with the key left empty.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from space_hub.cli.speak import sentence
from space_hub.errors import Forbidden, Invalid, NotFound

if TYPE_CHECKING:
    from sqlmodel import Session

    from space_hub.trust.principal import Principal
    from space_hub.trust.tables import Organisation

As = Annotated[str, typer.Option("--as", metavar="ORGANISATION", help=sentence("cli.option.as"))]

_MOST_NAMED = 10


def organisation(session: "Session", given: str) -> "Organisation":
    """The organisation of this id, of this name, or the only one whose name holds these words."""
    from sqlmodel import col, select

    from space_hub.trust.tables import Organisation

    found = session.get(Organisation, given)
    if found is not None:
        return found
    wanted = given.strip().casefold()
    everyone = session.exec(select(Organisation.id, Organisation.name).order_by(col(Organisation.created_at))).all()
    alike = [(id, name) for id, name in everyone if wanted and wanted in name.casefold()]
    alike = [each for each in alike if each[1].casefold() == wanted] or alike
    if not alike:
        raise NotFound("cli.organisation_unknown", given=given)
    if len(alike) > 1:
        named = "; ".join(f"{name} = {id}" for id, name in alike[:_MOST_NAMED])
        raise Invalid("cli.organisation_ambiguous", given=given, number=len(alike), found=named)
    return session.get_one(Organisation, alike[0][0])


def acting_as(session: "Session", given: str, *scopes: str) -> "Principal":
    """The organisation with all that its kind may do; Forbidden when `scopes` are not among it."""
    from space_hub.trust.principal import Principal
    from space_hub.trust.scopes import SCOPES_OF, OrganisationKind

    found = organisation(session, given)
    kind = OrganisationKind(found.kind)
    missing = [scope for scope in scopes if scope not in SCOPES_OF[kind]]
    if missing:
        raise Forbidden("cli.organisation_may_not", name=found.name, kind=kind, scopes=", ".join(missing))
    return Principal(found.id, kind, found.nation, "", SCOPES_OF[kind])
