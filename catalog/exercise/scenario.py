"""What a drill is written down as: a file, or part of a planned exercise.

It stands for itself: agreements are called in the order in which they are written, each
with its promise and with how its supplier behaves, and no agreement of the hub is looked
up. Quantities are in one unit of capacity, durations in ISO 8601, times with their zone.
`played` gives the drill by the same draws wherever it is played.
"""

from datetime import UTC
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from catalog.activation.rules import Entry, Person, Promise, Ramp
from catalog.capacity.rules import parts, units
from catalog.exercise.play import Agreement, Behaviour, Report, Scenario, play
from catalog.promise.access import notice as duration
from space_hub.rng import SeededRng

MOST_AGREEMENTS = 200

Share = Annotated[float, Field(ge=0, le=1)]
Pace = Annotated[float, Field(ge=0)]
Quantity = Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=3)]
Duration = Annotated[str, Field(max_length=40)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)


class SupplierIn(_Written):
    """Chances and bounds; what is left out is punctual and accepts everything."""

    refuses: Share = 0.0
    unreached: Share = Field(default=0.0, description="How likely the notice does not arrive.")
    answers: tuple[Duration, Duration] = Field(default=("PT0S", "PT0S"), description="After the notice.")
    accepts: tuple[Share, Share] = (1.0, 1.0)
    pace: tuple[Pace, Pace] = Field(default=(1.0, 1.0), description="1 is punctual, 2 takes twice as long.")

    def value(self) -> Behaviour:
        low, high = map(duration, self.answers)
        return Behaviour(self.refuses, self.unreached, (low, high), self.accepts, self.pace)


class StepIn(_Written):
    after: Duration
    share: Annotated[Decimal, Field(gt=0, le=1)]


class CalledIn(_Written):
    name: str = Field(min_length=1, max_length=100)
    capacity: Quantity
    acknowledge: Duration
    notice: Duration
    ramp: list[StepIn] = Field(default=[], max_length=20)
    supplier: SupplierIn = SupplierIn()

    def value(self) -> Agreement:
        ramp = tuple(Ramp(duration(each.after), Fraction(each.share)) for each in self.ramp)
        return Agreement(
            parts(self.capacity, of="capacity"),
            Promise(duration(self.acknowledge), duration(self.notice), ramp),
        )


class ScenarioIn(_Written):
    """So much is wanted from `begins_at`, and who would be asked for it, in this order."""

    seed: int = Field(default=1, ge=0, le=2**31 - 1, description="The same seed plays the same drill.")
    wanted: Quantity
    begins_at: AwareDatetime
    ends_at: AwareDatetime
    approvals: tuple[Duration, Duration] = Field(
        default=("PT0S", "PT0S"), description="How long after a call its first and its second person approve."
    )
    agreements: list[CalledIn] = Field(min_length=1, max_length=MOST_AGREEMENTS)

    def value(self) -> Scenario:
        first, second = map(duration, self.approvals)
        return Scenario(
            wanted=parts(self.wanted, of="wanted"),
            rank=tuple(each.name for each in self.agreements),
            begins_at=self.begins_at.astimezone(UTC),
            ends_at=self.ends_at.astimezone(UTC),
            persons=(Person("first", "first"), Person("second", "second")),
            asker=Person("asker", "asker"),
            approvals=(first, second),
            behaviour={each.name: each.supplier.value() for each in self.agreements},
        )


def played(written: ScenarioIn) -> Report:
    rng = SeededRng(written.seed)
    state = {each.name: each.value() for each in written.agreements}
    return play(written.value(), state, {name: rng.scope(name, "drill").uniform for name in state})


def steps(report: Report) -> list[tuple[str, Entry]]:
    """Every entry with its agreement, by time; of one second in the order in which they were called."""
    found = [(name, entry) for name, each in report.played.items() for entry in each.activation.entries]
    return sorted(found, key=lambda step: step[1].at)


def told(report: Report) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "agreements": [
            {
                "name": name,
                "outcome": each.outcome,
                "called_at": each.called_at.isoformat(),
                "entries": [entry_told(entry) for entry in each.activation.entries],
            }
            for name, each in report.played.items()
        ],
        "levels": [{"at": each.at.isoformat(), "quantity": units(each.parts)} for each in report.levels],
        "uncovered": units(report.uncovered),
        "reached_at": None if report.reached_at is None else report.reached_at.isoformat(),
    }


def entry_told(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "event": entry.event.value,
        "state": entry.state.value,
        "quantity": None if entry.parts is None else units(entry.parts),
        "clock": entry.clock,
        "due_at": None if entry.due_at is None else entry.due_at.isoformat(),
        "late_s": None if entry.late is None else int(entry.late.total_seconds()),
    }
