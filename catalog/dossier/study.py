"""What a market study is made of: the kept record with the names, dates and readers that stand beside it. Pure.

`Material` is all that comes from the database; `Study` reads it: offerings in
the order of the record, numbered as the annex numbers them, documents numbered
as they are first named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from catalog.dossier.document import Line, Ref
from catalog.dossier.voice import Voice, unit_in_words
from catalog.matching import older
from catalog.wording import sentence
from space_hub.vocabulary.capabilities import CAPABILITIES

LISTED = 500
"""Offerings that the annex of a paper lists; the table beside the paper holds them all."""

RECORD = Ref("R", "record")

PARTS = (
    *("need", "market", "fit", "out", "questions", "answers", "gaps"),
    *("prices", "plan", "resilience", "physics", "supply", "risks", "dates"),
)
ANNEXES = ("gates", "offerings", "documents", "record")
"""Anchors of the sections in reading order: by their places they are numbered, the annexes by letters."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One of the three clocks of a need: what must be reached, within how many months, by when."""

    step: str
    months: int
    due: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Material:
    """A kept match and what it is called by. `steps` are those dated until the match; `marking` is in words."""

    match_id: str
    at: datetime
    inputs: Mapping[str, Any]
    result: Mapping[str, Any]
    inputs_sha256: str
    record_sha256: str
    requirement_id: str
    requirement_sha256: str
    title: str
    description: str
    organisation: str
    suppliers: Mapping[str, str]
    level: str
    readers: tuple[str, ...]
    """Names of the organisations that may read it; with no `nations` either, everybody may who holds a key."""
    nations: tuple[str, ...] = ()
    steps: tuple[tuple[str, datetime], ...] = ()
    clocks: tuple[Clock, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """One offering as it was judged, and as it was offered."""

    number: int
    supplier: str
    judged: Mapping[str, Any]
    candidate: Mapping[str, Any]

    @property
    def ref(self) -> Ref:
        return Ref(f"O{self.number}", f"o{self.number}" if self.number <= LISTED else "")

    @property
    def verdict(self) -> str:
        return str(self.judged["verdict"])

    @property
    def title(self) -> str:
        return str(self.judged["title"])

    def price(self, phase: str, currency: str) -> Decimal | None:
        """For one unit for one day, where it is in the currency asked for."""
        unit, _, of = self.candidate["prices"].get(phase, (None, None, None))
        return Decimal(unit) if unit is not None and of == currency else None

    def retainer(self, phase: str) -> Decimal:
        return Decimal(self.candidate["prices"][phase][1])

    def charged(self, phase: str, currency: str) -> Decimal:
        """What is paid a day for having it, used or not: nothing in a phase in which it could not be used."""
        usable = self.price(phase, currency) is not None and self.capacity(phase) > 0
        return self.retainer(phase) if usable else Decimal(0)

    def capacity(self, phase: str) -> Decimal:
        return Decimal(str(self.candidate["capacity"].get(phase, 0)))

    def taken(self, phase: str) -> Decimal:
        return Decimal(self.judged["quantities"].get(phase) or 0)


@dataclass
class Study:
    material: Material
    voice: Voice
    _papers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    @property
    def need(self) -> Mapping[str, Any]:
        need: Mapping[str, Any] = self.material.inputs["need"]
        return need

    @property
    def result(self) -> Mapping[str, Any]:
        return self.material.result

    @property
    def answers(self) -> Sequence[Mapping[str, Any]] | None:
        """What suppliers were asked and said; None where the asker let nobody be asked."""
        kept: Sequence[Mapping[str, Any]] | None = (self.material.inputs.get("physics") or {}).get("answers")
        return kept

    @property
    def supply(self) -> Mapping[str, Mapping[str, Any]] | None:
        """By offering taken, what was known to threaten it; None in a record that does not say."""
        kept: Mapping[str, Mapping[str, Any]] | None = self.material.inputs.get("supply_at_risk")
        return kept

    @property
    def currency(self) -> str:
        return str(self.need["currency"])

    @cached_property
    def unit(self) -> str:
        known = CAPABILITIES.get(self.need["capability"])
        return unit_in_words(known.capacity_unit if known else "")

    @cached_property
    def phases(self) -> tuple[str, ...]:
        return tuple(each["phase"] for each in self.need["phases"])

    @cached_property
    def offers(self) -> tuple[Offer, ...]:
        candidates = {each["offering_id"]: each for each in self.material.inputs["candidates"]}
        for each in candidates.values():
            self._papers.update({paper["id"]: paper for paper in each.get("papers", ())})
        return tuple(
            Offer(number, self.supplier(judged["provider_id"]), judged, candidates[judged["offering_id"]])
            for number, judged in enumerate(older.offerings(self.material.inputs, self.result), start=1)
        )

    @cached_property
    def by_id(self) -> dict[str, Offer]:
        return {str(each.judged["offering_id"]): each for each in self.offers}

    @cached_property
    def fitting(self) -> tuple[Offer, ...]:
        return self.of("taken", "reserve")

    @cached_property
    def suppliers(self) -> dict[str, list[Offer]]:
        """By provider, its offerings; in the order of its best one."""
        found: dict[str, list[Offer]] = {}
        for each in self.offers:
            found.setdefault(str(each.judged["provider_id"]), []).append(each)
        return found

    @cached_property
    def group_names(self) -> dict[str, str]:
        """By group of common mode, the name of what its members rest on."""
        return {
            f"{kind}:{key}": name
            for each in self.material.inputs["candidates"]
            for kind, key, name, _, known in each.get("dependencies", ())
            if known
        }

    def of(self, *verdicts: str) -> tuple[Offer, ...]:
        return tuple(each for each in self.offers if each.verdict in verdicts)

    def supplier(self, provider_id: str) -> str:
        return self.material.suppliers.get(provider_id, provider_id)

    def evidence(self, paper_id: str) -> Ref:
        """A document, numbered when it is first named."""
        number = self._numbers.setdefault(paper_id, len(self._numbers) + 1)
        return Ref(f"E{number}", f"e{number}")

    @property
    def cited(self) -> Sequence[tuple[Ref, str, Mapping[str, Any] | None]]:
        """The documents named so far: reference, id, and what the record holds of each."""
        return [
            (Ref(f"E{number}", f"e{number}"), each, self._papers.get(each)) for each, number in self._numbers.items()
        ]

    def reason(self, code: str, params: Mapping[str, Any]) -> str:
        said = sentence(code, params, self.voice.language, capacity_unit=self.unit)
        return self.voice.set(said)

    def gate(self, gate: Mapping[str, Any]) -> Line:
        """How one condition was answered, with its clause and its document."""
        said = self.reason(f"match.{gate['gate']}.{gate['outcome']}", gate["params"])
        return Line(said, self.gate_refs(gate))

    def gate_refs(self, gate: Mapping[str, Any]) -> tuple[Ref, ...]:
        refs = []
        if gate["clause"] is not None:
            refs.append(clause(gate["clause"]))
        if gate["evidence"] is not None:
            refs.append(self.evidence(gate["evidence"]))
        return tuple(refs)


def clause(place: int) -> Ref:
    return Ref(f"C{place + 1}", f"c{place + 1}")


def part(anchor: str) -> Ref:
    """Another section of the paper, by its number."""
    number = "ABCD"[ANNEXES.index(anchor)] if anchor in ANNEXES else PARTS.index(anchor) + 1
    return Ref(f"§ {number}", anchor)


def window(study: Study) -> tuple[datetime, datetime | None]:
    start, stop = study.need["window"]
    return datetime.fromisoformat(start), None if stop is None else datetime.fromisoformat(stop)
