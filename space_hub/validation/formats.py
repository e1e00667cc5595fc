"""Do damaged element sets get in, and do messages come through? Mutations of real lines, whole files, hostile messages.

Two questions, two kinds of damage:

* A line that is cut, lengthened or has one digit damaged must never be accepted with
  another value, nor cost a neighbour its place. Each damaged set stands between two
  sound ones, as two-line and as three-line sets in turn.
* Two swapped characters or two wrong digits can pass the checksum and the grammar of a
  TLE; no reader can know. What lands farther than the limit from the undamaged set must
  then be flagged by `orbit.plausibility`. Whether it lands there is asked of another
  reader and another propagation call: the TLE parser of the sgp4 package.

Messages (CDM, OEM and the like) are in `messages` and `hostile`.
"""

import gzip
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from math import dist, isfinite
from pathlib import Path

from sgp4.api import Satrec

from space_hub.errors import Invalid
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp import read_text
from space_hub.orbit.plausibility import judge
from space_hub.orbit.sample import sample_catalogue, to_tle
from space_hub.rng import Scope, SeededRng
from space_hub.validation.hostile import Hostile, attacks
from space_hub.validation.messages import MessageRead, read_messages
from space_hub.validation.mutations import DISGUISED, SEEN, Change, Pair, below, in_one_line, number_swapped

_REAL = "spacetrack_20240705.tle.gz"
_NOW = datetime(2024, 11, 2, tzinfo=UTC)
"""Decides only the flag of forward-dated sets, which this campaign does not look at."""

_SAMPLE_SHIFT = 899_700_000
"""Sample numbers less this fit Alpha-5 (300001 onwards)."""


@dataclass(slots=True)
class Damage:
    """Damage that must be seen: `same_value` was accepted and means what it meant before (a blank for a zero)."""

    kind: str
    cases: int = 0
    refused: int = 0
    same_value: int = 0
    another_value: int = 0
    neighbours_lost: int = 0

    @property
    def failed(self) -> int:
        return self.another_value + self.neighbours_lost


@dataclass(slots=True)
class Disguise:
    """Damage that can pass the reader: of what passed, `departed` landed beyond the limit, `unflagged` without a flag.

    `other_object` passed with another catalogue number: a set of another object, with no predecessor to judge by.
    """

    kind: str
    cases: int = 0
    passed: int = 0
    same_value: int = 0
    other_object: int = 0
    departed: int = 0
    flagged: int = 0
    unflagged: int = 0

    @property
    def failed(self) -> int:
        return self.unflagged


@dataclass(frozen=True, slots=True)
class FileRead:
    """One file of the data folder; `refused` is the code when it is no file of element sets."""

    name: str
    form: str = ""
    offered: int = 0
    accepted: int = 0
    rejected: int = 0
    refused: str = ""
    crashed: str = ""


@dataclass(slots=True)
class FormatsReport:
    """What the campaign saw; it holds when nothing failed and nothing crashed."""

    seed: int
    lines: str
    departure_km: float
    damages: list[Damage]
    disguises: list[Disguise]
    files: list[FileRead] = field(default_factory=list)
    messages: list[MessageRead] = field(default_factory=list)
    hostile: list[Hostile] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return sum(one.cases for one in self.damages) + sum(one.cases for one in self.disguises)

    @property
    def failed(self) -> int:
        of_lines = sum(one.failed for one in self.damages) + sum(one.failed for one in self.disguises)
        return of_lines + sum(one.failed for one in self.messages) + sum(one.failed for one in self.hostile)

    @property
    def crashed(self) -> int:
        whole: list[FileRead | MessageRead | Hostile] = [*self.files, *self.messages, *self.hostile]
        return len(self.crashes) + sum(bool(one.crashed) for one in whole)

    @property
    def holds(self) -> bool:
        return self.cases > 0 and self.failed == 0 and self.crashed == 0

    def as_dict(self) -> dict[str, object]:
        """Everything, for a program."""
        return {
            **asdict(self),
            "cases": self.cases,
            "message_files": len(self.messages),
            "messages_with_a_verdict": sum(bool(one.expected) for one in self.messages),
            "messages_accepted": sum(one.verdict == "accept" for one in self.messages),
            "messages_failed": ", ".join(one.name for one in self.messages if one.failed),
            "hostile_failed": ", ".join(one.name for one in self.hostile if one.failed),
            "hostile_worst_cpu_s": max((one.seconds for one in self.hostile), default=0.0),
            "hostile_worst_mib": round(max((one.peak_octets for one in self.hostile), default=0) / 2**20, 1),
            "failed": self.failed,
            "crashed": self.crashed,
            "holds": self.holds,
        }

    def rows(self) -> list[dict[str, object]]:
        """One row a kind of damage, for a table; nothing is in two columns.

        refused: seen by the reader. same_value: read, and means what it meant. held_back: read, lands beyond
        the limit and is flagged. unseen: read and within the limit, or of another object, so that nobody can
        know. failed: what must not be. Of a message file, same_value says that it came back unchanged
        from every form that it has. `kind` has its label in the message catalogue, as `formats.<kind>`.
        """
        return [
            *(
                {"kind": one.kind, "cases": one.cases, "refused": one.refused, "same_value": one.same_value}
                | {"held_back": None, "unseen": None, "failed": one.failed}
                for one in self.damages
            ),
            *(
                {"kind": one.kind, "cases": one.cases, "refused": one.cases - one.passed, "same_value": one.same_value}
                | {"held_back": one.flagged, "unseen": one.passed - one.same_value - one.departed}
                | {"failed": one.failed}
                for one in self.disguises
            ),
            *self._message_rows(),
        ]

    def _message_rows(self) -> list[dict[str, object]]:
        nothing = {"held_back": None, "unseen": None}
        kinds = sorted({one.kind for one in self.messages if one.kind})
        groups = {f"message_{kind}": [one for one in self.messages if one.kind == kind] for kind in kinds}
        refused = [one for one in self.messages if not one.kind]
        rows: list[dict[str, object]] = [
            {"kind": name, "cases": len(each), "refused": 0, "same_value": sum(not one.changed for one in each)}
            | nothing
            | {"failed": sum(one.failed for one in each)}
            for name, each in groups.items()
        ]
        for name, each in (("message_refused", refused), ("message_hostile", self.hostile)):
            if each:
                failed = sum(one.failed for one in each)
                count = len(each)
                rows.append({"kind": name, "cases": count, "refused": count - failed, "same_value": 0} | nothing)
                rows[-1]["failed"] = failed
        return rows


def _read(pairs: Sequence[Pair], named: bool) -> list[ElementSet]:
    lines: list[str] = []
    for place, pair in enumerate(pairs):
        lines += [f"OBJECT {place}", *pair] if named else pair
    try:
        return [line.elements for line in read_text("\n".join(lines) + "\n", now=_NOW).accepted]
    except Invalid:
        return []


def _try_damage(count: Damage, scope: Scope, change: Change, before: Pair, pair: Pair, after: Pair) -> None:
    count.cases += 1
    named = count.cases % 2 == 0
    sound = _read((before, pair, after), named)
    damaged = in_one_line(scope, pair, change)
    found = _read((before, damaged, after), named)
    strangers = [one for one in found if one not in sound]
    count.another_value += bool(strangers)
    count.same_value += not strangers and sound[1] in found
    count.refused += not strangers and sound[1] not in found
    count.neighbours_lost += sound[0] not in found or sound[2] not in found


def _lands_km(damaged: Pair, sound: Pair) -> float:
    """Distance at the epoch of the damaged set, by the sgp4 package alone; infinite where it fails."""
    new, old = Satrec.twoline2rv(*damaged), Satrec.twoline2rv(*sound)
    when = new.jdsatepoch, new.jdsatepochF
    (error, here, _), (old_error, there, _) = new.sgp4(*when), old.sgp4(*when)
    apart = dist(here, there)
    return apart if not error and not old_error and isfinite(apart) else float("inf")


def _try_disguise(count: Disguise, damaged: Pair, pair: Pair, departure_km: float) -> None:
    count.cases += 1
    found, sound = _read((damaged,), False), _read((pair,), False)
    if not found:
        return
    count.passed += 1
    if found == sound:
        count.same_value += 1
    elif found[0].catalog_number != sound[0].catalog_number:
        count.other_object += 1
    # A millimetre of slack, for the two propagations round differently.
    elif _lands_km(damaged, pair) > departure_km + 1e-6:
        count.departed += 1
        flagged = judge(found[0], sound[0], limit_km=departure_km).doubt is not None
        count.flagged += flagged
        count.unflagged += not flagged


def _sample_pairs(seed: int) -> list[Pair]:
    sets = sample_catalogue(_NOW, seed)
    return [to_tle(replace(one, catalog_number=one.catalog_number - _SAMPLE_SHIFT)) for one in sets]


def campaign(
    seed: int,
    mutations: int = 20_000,
    real_lines: Sequence[Pair] | None = None,
    *,
    departure_km: float = 25.0,
) -> FormatsReport:
    """Damage `mutations` lines that must be refused, and as many again in ways a checksum misses.

    `real_lines` are pairs of sound element lines; without them the pairs come from the
    synthetic catalogue. The same arguments give the same report.
    """
    pairs = list(real_lines) if real_lines is not None else _sample_pairs(seed)
    scope = SeededRng(seed).scope("hub", "formats")
    report = FormatsReport(
        seed=seed,
        lines="given" if real_lines is not None else "synthetic",
        departure_km=departure_km,
        damages=[Damage(kind) for kind in SEEN],
        disguises=[Disguise(kind) for kind in (*DISGUISED, "number_swapped")],
    )

    def guarded(kind: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # A crash on hostile input is a finding; the campaign goes on to count them all.
            report.crashes.append(f"{kind}: {error!r}")

    for case in range(mutations):
        damage = report.damages[case % len(report.damages)]
        start = below(scope, len(pairs))
        before, pair, after = (pairs[(start + offset) % len(pairs)] for offset in range(3))
        guarded(damage.kind, lambda: _try_damage(damage, scope, SEEN[damage.kind], before, pair, after))  # noqa: B023
    for case in range(mutations):
        disguise = report.disguises[2 if case % 10 == 9 else case % 2]
        pair = pairs[below(scope, len(pairs))]
        change = DISGUISED.get(disguise.kind)
        damaged = in_one_line(scope, pair, change) if change else number_swapped(scope, pair)
        guarded(disguise.kind, lambda: _try_disguise(disguise, damaged, pair, departure_km))  # noqa: B023
    return report


def _text(path: Path) -> str:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return content.decode("utf-8", "surrogateescape")


def read_files(folder: Path) -> Iterator[FileRead]:
    """Read every file of a folder, in the order of names."""
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        try:
            found = read_text(_text(path), now=_NOW)
        except Invalid as refused:
            yield FileRead(path.name, refused=refused.code)
        except Exception as error:  # As above: counted, shown, and the next file is read.
            yield FileRead(path.name, crashed=repr(error))
        else:
            yield FileRead(path.name, found.form, found.offered, len(found.accepted), len(found.rejected))


def real_pairs(data: Path) -> list[Pair] | None:
    """The sound pairs of the full catalogue of 2024-07-05 in `data`/gp, or None where that file is not there."""
    path = data / "gp" / _REAL
    if not path.exists():
        return None
    accepted = read_text(_text(path), form="tle", now=_NOW).accepted
    return [(first, second) for first, second in (line.raw.split("\n") for line in accepted)]


def run(
    seed: int, data: Path | None, mutations: int = 20_000, *, departure_km: float = 25.0, scale: int = 1_000_000
) -> FormatsReport:
    """The whole validation: mutations on the real lines of `data`, else synthetic ones; its files of element sets
    in `data`/gp and of messages in `data`/messages; hostile messages with `scale` of what they are made of."""
    report = campaign(seed, mutations, real_pairs(data) if data else None, departure_km=departure_km)
    if data and (data / "gp").is_dir():
        report.files = list(read_files(data / "gp"))
    if data and (data / "messages").is_dir():
        report.messages = list(read_messages(data / "messages"))
    report.hostile = list(attacks(scale))
    return report
