"""States of a pool and of a supplier in one of its lots, and the table of what may follow what. Pure.

Who is on a lot may always change: the way in never closes while the pool is open, and every way out but the
supplier's own has a reason. A supplier that was refused, removed or left may apply again; nothing is for ever.
"""

from space_hub.errors import Conflict
from space_hub.text import Word


class PoolKind(Word, of="pool_kind"):
    POOL = "pool"
    """Agreements with whom its lead chooses."""
    FRAMEWORK = "framework"
    """Agreements with admitted suppliers only."""


class PoolMethod(Word, of="pool_method"):
    """How a framework is called off from."""

    WITHOUT_COMPETITION = "without_competition"
    WITH_COMPETITION = "with_competition"
    MIXED = "mixed"


class PoolState(Word, of="pool_state"):
    OPEN = "open"
    CLOSED = "closed"
    """Nobody comes in any more; what is agreed goes on."""


class AgreementOrigin(Word, of="agreement_origin"):
    DIRECT = "direct"
    COMPETITION = "competition"
    REUSE = "reuse"
    """On the award that another body made by competition."""


class SupplierState(Word, of="pool_supplier_state"):
    APPLIED = "applied"
    ADMITTED = "admitted"
    REFUSED = "refused"
    SUSPENDED = "suspended"
    LEFT = "left"
    REMOVED = "removed"


class SupplierEvent(Word, of="pool_supplier_event"):
    APPLY = "apply"
    ADMIT = "admit"
    REFUSE = "refuse"
    SUSPEND = "suspend"
    REMOVE = "remove"
    LEAVE = "leave"


SUPPLIER: dict[tuple[SupplierState | None, SupplierEvent], SupplierState] = {
    (None, SupplierEvent.APPLY): SupplierState.APPLIED,
    (SupplierState.REFUSED, SupplierEvent.APPLY): SupplierState.APPLIED,
    (SupplierState.LEFT, SupplierEvent.APPLY): SupplierState.APPLIED,
    (SupplierState.REMOVED, SupplierEvent.APPLY): SupplierState.APPLIED,
    (SupplierState.APPLIED, SupplierEvent.ADMIT): SupplierState.ADMITTED,
    (SupplierState.APPLIED, SupplierEvent.REFUSE): SupplierState.REFUSED,
    (SupplierState.APPLIED, SupplierEvent.LEAVE): SupplierState.LEFT,
    (SupplierState.ADMITTED, SupplierEvent.SUSPEND): SupplierState.SUSPENDED,
    (SupplierState.ADMITTED, SupplierEvent.REMOVE): SupplierState.REMOVED,
    (SupplierState.ADMITTED, SupplierEvent.LEAVE): SupplierState.LEFT,
    (SupplierState.SUSPENDED, SupplierEvent.ADMIT): SupplierState.ADMITTED,
    (SupplierState.SUSPENDED, SupplierEvent.REMOVE): SupplierState.REMOVED,
    (SupplierState.SUSPENDED, SupplierEvent.LEAVE): SupplierState.LEFT,
}

DECISIONS = frozenset({SupplierEvent.ADMIT, SupplierEvent.REFUSE, SupplierEvent.SUSPEND, SupplierEvent.REMOVE})
"""What a named authority of the lead does; the rest is the supplier's own."""

REASONED = DECISIONS - {SupplierEvent.ADMIT}
"""Never without a reason, which the supplier reads; the database refuses it too."""


def next_supplier(state: SupplierState | None, event: SupplierEvent) -> SupplierState:
    """The state after `event`; refused when the table does not list it, naming what it does."""
    after = SUPPLIER.get((state, event))
    if after is None:
        possible = tuple(each for at, each in SUPPLIER if at is state)
        raise Conflict("lot.step_not_possible", event=event, state="-" if state is None else state, possible=possible)
    return after
