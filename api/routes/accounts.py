"""Accounts: what a call-off came to."""

from pydantic import Field

from api.deps import Asked
from api.models import Out
from api.policy import Router, scope
from catalog.ordering import accounts
from catalog.ordering.tables import OptionState

router = Router(prefix="/v1/call-offs", tags=["call-offs"])


class AccountLineOut(Out):
    rank: int
    agreement_id: str
    order_id: str | None
    state: OptionState
    price: str = Field(description="Owed for what was delivered; 0 where nothing was.")
    fee: str
    credits: str
    won: bool


class AccountOut(Out):
    success: bool
    currency: str
    paid: str
    fees: str = Field(description="Charged by suppliers whose order was cancelled.")
    surplus: str = Field(description="Paid to suppliers that delivered beside the winner.")
    credits: str = Field(description="Given back because a service level was not kept.")
    due: str = Field(description="Paid, fees and surplus without the credits.")
    seconds: int | None = Field(description="From the first placing to the win.")
    pending: list[int] = Field(description="Ranks of orders that are not over: more fees and surplus may follow.")
    lines: list[AccountLineOut]


@router.get("/{call_off_id}/account", policy=scope("order:read"))
def get_account(call_off_id: str, asked: Asked) -> AccountOut:
    """For the nation that called off and the pool's lead."""
    with asked.read() as session:
        said = accounts.of_call_off(session, asked.principal, call_off_id)
    return AccountOut(
        success=said.account.success,
        currency=said.currency,
        paid=f"{said.account.paid:f}",
        fees=f"{said.account.fees:f}",
        surplus=f"{said.account.surplus:f}",
        credits=f"{said.credits:f}",
        due=f"{said.due:f}",
        seconds=said.account.seconds,
        pending=list(said.account.pending),
        lines=[
            AccountLineOut(
                rank=line.rank,
                agreement_id=line.agreement_id,
                order_id=line.order_id,
                state=OptionState(line.state),
                price=f"{line.price:f}",
                fee=f"{line.fee:f}",
                credits=f"{line.credits:f}",
                won=line.won,
            )
            for line in said.lines
        ],
    )
