"""Which organisations an organisation may know of: those it can deal with, not the whole market."""

from sqlalchemy import ColumnElement, or_, true
from sqlalchemy import select as sa_select
from sqlmodel import col

from catalog.ordering import orders
from catalog.ordering.tables import SupplyOrder
from catalog.promise import pools
from catalog.promise.tables import Pool
from providers.lifecycle import Status
from providers.tables import Provider
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind


def known_to(principal: Principal) -> ColumnElement[bool]:
    """A condition on `Organisation`.

    The broker knows all. A supplier knows itself, the broker's desk, the leads of the pools that it may see
    and whoever called off from it: never a rival. Who plans or watches knows everyone but suppliers that are
    not verified, as on the shelf.
    """
    if principal.kind is OrganisationKind.BROKER:
        return true()
    me = col(Organisation.id) == principal.organisation_id
    if principal.kind is OrganisationKind.PROVIDER:
        leads = sa_select(col(Pool.lead_organisation_id)).where(pools.visible(principal))
        callers = sa_select(col(SupplyOrder.organisation_id)).where(orders.visible(principal))
        return or_(
            me,
            col(Organisation.kind) == OrganisationKind.BROKER.value,
            col(Organisation.id).in_(leads),
            col(Organisation.id).in_(callers),
        )
    verified = sa_select(col(Provider.organisation_id)).where(col(Provider.status) == Status.VERIFIED.value)
    return or_(me, col(Organisation.kind) != OrganisationKind.PROVIDER.value, col(Organisation.id).in_(verified))
