"""How awards fell: quarter by quarter, never of fewer than five."""

from api.deps import Asked
from api.models import Out
from api.policy import Router, any_key
from catalog.competition import award_shares

router = Router(prefix="/v1/award-shares", tags=["competitions"])


class AwardShareOut(Out):
    period: str
    dimension: str
    value: str
    awards: int
    amount: str
    currency: str


class AwardSharesOut(Out):
    least: int
    items: list[AwardShareOut]


@router.get("", policy=any_key())
def list_award_shares(asked: Asked) -> AwardSharesOut:
    """First awards of each quarter by size, nation and newcomers, in its commonest currency."""
    with asked.read() as session:
        rows = [AwardShareOut.model_validate(row) for row in award_shares.published(session)]
    return AwardSharesOut(least=award_shares.LEAST, items=rows)
