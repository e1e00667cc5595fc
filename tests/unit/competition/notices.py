"""A notice with its openers and a quote that answers it, as files hold them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from catalog.competition import notice
from catalog.competition.notice import Holder
from catalog.competition.scoring import Criterion, CriterionKind
from tests.unit.competition.second_sealer import Keys

DEADLINE = datetime(2027, 3, 4, 15, 0, tzinfo=UTC)
CRITERIA = (
    Criterion("total", CriterionKind.PRICE, Decimal("0.5"), Decimal(80000), Decimal(40000), unit="EUR"),
    Criterion("start", CriterionKind.TIME, Decimal("0.3"), Decimal(72), Decimal(12), hard=True, unit="h"),
    Criterion("swath", CriterionKind.ATTRIBUTE, Decimal("0.15"), Decimal(20), Decimal(50), unit="km"),
    Criterion("record", CriterionKind.READINESS, Decimal("0.05"), Decimal(0), Decimal(1)),
)
PEOPLE = {"opn_haag": "Mila de Vries", "opn_lyon": "Paul Morel", "opn_oslo": "Kari Dahl"}


def handed_out(
    keys: Keys, deadline: datetime = DEADLINE, criteria: Sequence[Criterion] = CRITERIA, title: str = "Harbour images"
) -> dict[str, Any]:
    holders = [Holder(name, PEOPLE[name], pair[0]) for name, pair in keys.items()]
    return notice.compose("cmp_harbour", deadline, criteria, holders, {"title": {"en": title}})


def quote(price: str = "48117.25", note: str = "") -> dict[str, Any]:
    return {
        "v": 1,
        "lines": [
            {"criterion": "total", "value": price, "unit": "EUR"},
            {"criterion": "start", "value": 2160, "unit": "min"},
            {"criterion": "swath", "value": "29", "unit": "km"},
        ],
        "capacity": [{"phase": "crisis", "quantity": 200}],
        "valid_until": "2027-06-01T00:00:00Z",
        "note": note,
    }
