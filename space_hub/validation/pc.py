"""Is the probability of collision right? Real messages, an independent integral, Chan's map of error, slow encounters.

Messages: NASA CARA's released CDMs, each with the probability its operators computed in the plane (Foster 1992). The
tests of use are computed first; a message that passes them must come out with the printed digits. What is
expected of a pair without relative speed is said here beforehand: it must be flagged, and the figure of
the plane (which the message states) must not be the answer.

Integral: random encounters by each method against `pc_integral`. Map: Chan's true error by the
radius in sigmas and the aspect ratio, and whether it refuses. Slow: `pc_slow`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import product
from math import isfinite, pi
from pathlib import Path

import numpy as np

from space_hub.errors import HubError
from space_hub.orbit.ndm import read
from space_hub.orbit.ndm.cdm import Side, conjunction
from space_hub.orbit.probability.alfano import alfano_2005
from space_hub.orbit.probability.assess import assess
from space_hub.orbit.probability.chan import ALLOWED, estimated_error, series
from space_hub.orbit.probability.foster import foster_1992
from space_hub.orbit.probability.given import principal
from space_hub.orbit.probability.laas import laas_2015
from space_hub.orbit.probability.state import State
from space_hub.orbit.times import Floats
from space_hub.rng import SeededRng
from space_hub.validation.pc_integral import adaptive
from space_hub.validation.pc_slow import CASES, made, plain

ENCOUNTERS, TRUTH_SAMPLES = 1_000, 400_000
AGREE = 1e-6
STILL_M_S = 1.0
"""Below this relative speed a pair counts as one without."""
_ALIKE = 4.0
"""Standard errors by which an answer may differ from a truth of samples."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class MessageRow:
    message: str
    relative_speed_m_s: float
    flags: tuple[str, ...]
    stated: str
    plane: str
    equal: bool
    pc: float
    method: str

    @property
    def holds(self) -> bool:
        """Without flags the printed digits; without relative speed a flag and another answer than the plane's."""
        if self.relative_speed_m_s < STILL_M_S:
            return bool(self.flags) and self.method != "foster-1992"
        return bool(self.flags) or (self.equal and self.method == "foster-1992")


@dataclass(frozen=True, slots=True)
class MethodRow:
    method: str
    encounters: int
    worst: float
    refused: int


@dataclass(frozen=True, slots=True)
class ChanRow:
    radius_in_sigmas: float
    aspect: float
    error: float
    answered: str
    """`all`, `none` or `some` of the misses of this cell."""
    error_answered: float


@dataclass(frozen=True, slots=True)
class SlowRow:
    case: str
    plane: float
    pc: float
    method: str
    flags: tuple[str, ...]
    truth: float
    truth_error: float
    holds: bool


@dataclass(slots=True)
class PcReport:
    """It holds when every part does; a part without cases does not."""

    source: str
    messages: list[MessageRow] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    methods: list[MethodRow] = field(default_factory=list)
    undecided: int = 0
    """Encounters for which the independent integral did not reach its tolerance."""
    chan: list[ChanRow] = field(default_factory=list)
    slow: list[SlowRow] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        messages = not self.unread and all(one.holds for one in self.messages) if self.source != "none" else True
        methods = bool(self.methods) and all(one.worst <= AGREE and one.refused == 0 for one in self.methods)
        chan = bool(self.chan) and all(not one.error_answered > ALLOWED for one in self.chan)
        return messages and methods and self.undecided == 0 and chan and all(one.holds for one in self.slow)

    def as_dict(self) -> dict[str, object]:
        """Everything, for a program."""
        equal = sum(one.equal for one in self.messages)
        unflagged = sum(not one.flags for one in self.messages)
        return {**asdict(self), "unflagged": unflagged, "equal_to_the_digit": equal, "holds": self.holds}

    def rows(self) -> list[dict[str, object]]:
        """One row a case, for a table."""
        rows: list[dict[str, object]] = []

        def row(part: str, case: str, known: object, ours: object, method: str, note: str) -> None:
            rows.append({"part": part, "case": case, "known": known, "ours": ours, "method": method, "note": note})

        for one in self.messages:
            note = f"{', '.join(one.flags) or '-'}; {one.pc:.3e}"
            row("CDM", one.message, one.stated, one.plane, one.method, note)
        for each in self.methods:
            row("integral", f"{each.encounters}", f"{AGREE:.0e}", f"{each.worst:.1e}", each.method, "")
        for cell in self.chan:
            case = f"R/sigma {cell.radius_in_sigmas:g}, aspect {cell.aspect:g}"
            row("Chan", case, f"{cell.error:.1e}", f"{cell.error_answered:.1e}", "chan-1997", cell.answered)
        for slow in self.slow:
            note = f"{', '.join(slow.flags)}; plane {slow.plane:.1e}"
            row("slow", slow.case, f"{slow.truth:.3e} +- {slow.truth_error:.0e}", f"{slow.pc:.3e}", slow.method, note)
        return rows


def run(
    data: Path | None,
    *,
    encounters: int = ENCOUNTERS,
    truth_samples: int = TRUTH_SAMPLES,
    progress: Progress | None = None,
) -> PcReport:
    """The whole, on the messages (`*.cdm`) below a folder; without one, everything but the messages."""
    report = PcReport("none" if data is None else "NASA CARA, released CDMs")
    files = [] if data is None else messages_below(data)
    steps = len(files) + 3
    for number, file in enumerate(files):
        judge(report, file)
        if progress:
            progress(number + 1, steps)
    against_the_integral(report, encounters)
    chan_map(report)
    if progress:
        progress(steps - 1, steps)
    for case in CASES:
        slowly(report, CASES.index(case), truth_samples)
    if progress:
        progress(steps, steps)
    return report


def messages_below(folder: Path) -> list[Path]:
    """Files named `*.cdm`, in the folder of CARA's messages where there is one."""
    known = folder / "messages" / "cara_real_cdms"
    return sorted((known if known.is_dir() else folder).rglob("*.cdm"))


def state_of(side: Side) -> State:
    return State(side.position_km, side.velocity_km_s, side.covariance_km())


def judge(report: PcReport, file: Path) -> None:
    """One message into the report; what cannot be judged is named with its reason."""
    try:
        about = conjunction(read(file.read_bytes()))
        stated, radius = about.collision_probability_printed, about.hard_body_radius_m
        if stated is None or radius is None:
            report.unread.append(f"{file.name}: no probability or no radius stated")
            return
        risk = assess(state_of(about.one), state_of(about.other), radius * 1e-3)
    except HubError as error:
        report.unread.append(f"{file.name}: {error}")
        return
    digits = len(stated.lower().split("e")[0].replace("-", "").replace(".", "").lstrip("0")) - 1
    ours = "none" if risk.pc_2d is None else f"{risk.pc_2d:.{digits}e}"
    equal = ours != "none" and float(ours) == float(f"{float(stated):.{digits}e}")
    speed = 1e3 * risk.relative_speed_km_s
    report.messages.append(MessageRow(file.stem, speed, risk.flags, stated, ours, equal, risk.pc, risk.method))


def drawn(count: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Radii of 1 to 30 m, sigmas from a third of that to 300 of it, aspects to 1,000, misses to six sigma."""
    scope = SeededRng(seed).scope("pc", "encounters")
    bits = np.frombuffer(scope.token_bytes(8 * 6 * count), dtype=np.uint64).reshape(6, count)
    u = bits.astype(np.float64) * 2.0**-64
    radius = 10.0 ** (-3.0 + 1.5 * u[0])
    small = radius * 0.3 * 1_000.0 ** u[1]
    sigma = np.stack([small, small * 1_000.0 ** u[2]], axis=1)
    turn = np.array([[np.cos(pi * u[3]), -np.sin(pi * u[3])], [np.sin(pi * u[3]), np.cos(pi * u[3])]]).transpose(
        2, 0, 1
    )
    bearing = 2.0 * pi * u[4]
    away = 6.0 * u[5, :, None] * np.stack([np.cos(bearing), np.sin(bearing)], axis=1) * sigma
    covariance = np.einsum("nij,nj,nkj->nik", turn, sigma**2, turn)
    return np.einsum("nij,nj->ni", turn, away), covariance, radius


def against_the_integral(report: PcReport, count: int) -> None:
    miss, covariance, radius = drawn(count, 20241102)
    truth = np.array([adaptive(m, c, float(r)) for m, c, r in zip(miss, covariance, radius, strict=True)])
    report.undecided = int(np.isnan(truth).sum())
    for name, method in (("foster-1992", foster_1992), ("alfano-2005", alfano_2005), ("laas-2015", laas_2015)):
        found = method(miss, covariance, radius)
        worst = float(np.nanmax(np.abs(found / truth - 1.0)))
        report.methods.append(MethodRow(name, count, worst, int(np.isnan(found).sum())))


def chan_map(report: PcReport) -> None:
    """Error of Chan's series over radius and aspect, the worst over misses of zero to five sigma."""
    far, bearing = (each.ravel() for each in np.meshgrid(np.linspace(0.0, 5.0, 11), np.linspace(0.0, pi / 2, 8)))
    for size, aspect in product((0.01, 0.1, 0.3, 1.0, 3.0), (1.0, 3.0, 30.0, 1_000.0)):
        sigma = np.array([0.01 / size, aspect * 0.01 / size])
        miss = far[:, None] * np.stack([np.cos(bearing), np.sin(bearing)], axis=1) * sigma
        covariance = np.broadcast_to(np.diag(sigma**2), (len(miss), 2, 2))
        at = principal(miss, covariance, 0.01)
        error = np.abs(series(at) / alfano_2005(miss, covariance, 0.01) - 1.0)
        answered = estimated_error(at) <= ALLOWED
        how = "all" if answered.all() else "some" if answered.any() else "none"
        within = float(error[answered].max(initial=0.0))
        report.chan.append(ChanRow(size, aspect, float(error.max()), how, within))


def slowly(report: PcReport, number: int, samples: int) -> None:
    """One slow encounter: the plane must be seen to be wrong, and the answer must be that of plain draws."""
    case = CASES[number]
    one, other = made(case)
    radius = case.radius_m * 1e-3
    risk = assess(one, other, radius)
    truth, error = plain(one, other, radius, case.reach_s, samples, 7)
    apart = abs(risk.pc - truth) <= _ALIKE * np.hypot(error, risk.standard_error) + 0.02 * truth
    known = risk.pc_2d is not None and isfinite(risk.pc_2d)
    holds = bool(risk.flags and "unconfirmed" not in risk.flags and apart and known and truth > 0.0)
    plane = risk.pc_2d or 0.0
    report.slow.append(SlowRow(case.name, plane, risk.pc, risk.method, risk.flags, truth, error, holds))
