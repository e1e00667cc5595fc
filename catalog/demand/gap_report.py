"""What one offering lacks for each published need, and the least that would get it in. Pure.

The needs are the published ones only: coarsened, without their asker. So a
report tells a supplier nothing that the list of published needs does not, and
nothing of any other offering enters. What coarsening has blurred is judged with
care: an offering misses a region, a quarter or a band only when it misses it
wherever in the region, the quarter or the band the need may lie; what then
stays open is a question. Prices are not compared: a published need has none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from catalog.demand.coarsen import ELSEWHERE, REGIONS, SEVERAL, quarter_ends, quarter_starts
from catalog.matching.counterfactual import mended
from catalog.matching.eligibility import clause_gate
from catalog.matching.values import Candidate, Clause, Gate, Operator, Outcome
from catalog.wording import sentence
from space_hub.text import Word, say
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.codes import Modality
from space_hub.vocabulary.geometry import GLOBAL, covers
from space_hub.vocabulary.phases import Phase

_PASS, _FAIL, _UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
MOST_CHANGES = 3
"""With more misses than these, an offering is another one: no change is proposed."""


@dataclass(frozen=True, slots=True)
class CoarseNeed:
    """A need as everybody may read it."""

    id: str
    title: str
    capability: str
    clauses: tuple[Clause, ...]
    phases: tuple[Phase, ...]
    regions: tuple[str, ...]
    quarter_from: str
    quarter_to: str
    standards: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    as_of: str = ""
    office: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to change of an offering: an attribute's value, or what one gate asks.

    `gates` are the failed ones that it mends; `distance` is how far it goes,
    as a part of what is asked, 1 where there is no number to tell.
    """

    subject: str
    gates: tuple[Gate, ...]
    distance: float
    value: Measured | None = None


class Stands(Word, of="gap_outcome"):
    """How an offering stands to a published need; `closed`: the need is over."""

    MEETS = "meets"
    MISSES = "misses"
    UNKNOWN = "unknown"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Judgement:
    need: CoarseNeed
    gates: tuple[Gate, ...]
    changes: tuple[Change, ...]
    """The smallest set that leaves no gate failed; empty when none fails."""

    @property
    def misses(self) -> tuple[Gate, ...]:
        return tuple(gate for gate in self.gates if gate.outcome is _FAIL)

    @property
    def open(self) -> tuple[Gate, ...]:
        return tuple(gate for gate in self.gates if gate.outcome is _UNKNOWN)

    @property
    def outcome(self) -> Stands:
        return Stands.MISSES if self.misses else Stands.UNKNOWN if self.open else Stands.MEETS


def need_from_json(
    *, id: str, title: str, capability: str, clauses: Iterable[Mapping[str, Any]], **more: Any
) -> CoarseNeed:
    """A published need from the list that `coarsen.clauses` made."""
    named: dict[str, tuple[str, ...]] = {"standards": (), "modality": ()}
    found = []
    for each in clauses:
        if "gate" in each:
            named[each["gate"]] = tuple(each["values"])
        else:
            found.append(Clause(**{**each, "operator": Operator(each["operator"]), "codes": tuple(each["codes"])}))
    return CoarseNeed(
        id, title, capability, tuple(found), standards=named["standards"], modalities=named["modality"], **more
    )


def report(candidate: Candidate, published: Iterable[CoarseNeed]) -> tuple[Judgement, ...]:
    """Every published need of the offering's capability: met, then missed by the fewest, then those with questions."""
    order = (Stands.MEETS, Stands.MISSES, Stands.UNKNOWN)
    found = [judge(candidate, need) for need in published if need.capability == candidate.capability]
    return tuple(sorted(found, key=lambda each: (order.index(each.outcome), len(each.misses), each.need.id)))


def judge(candidate: Candidate, need: CoarseNeed) -> Judgement:
    gates = _gates(candidate, need)
    return Judgement(need, gates, _changes(candidate, need, [gate for gate in gates if gate.outcome is _FAIL]))


def _gates(candidate: Candidate, need: CoarseNeed) -> tuple[Gate, ...]:
    gates = []
    if need.modalities:
        met = candidate.modality in need.modalities
        params = {"asked": ", ".join(need.modalities), "offered": candidate.modality}
        gates.append(Gate("modality", _PASS if met else _FAIL, params))
    if need.standards:
        missing = ", ".join(sorted(set(need.standards) - candidate.standards))
        params = {"missing": missing, "asked": ", ".join(need.standards)}
        gates.append(Gate("standards", _FAIL if missing else _PASS, params))
    gates.append(_validity(candidate, need))
    if need.regions:
        gates.append(Gate("region", _covered(candidate.coverage, need.regions), {"regions": list(need.regions)}))
    gates.append(_capacity(candidate, need))
    for place, clause in enumerate(need.clauses):
        if clause.hard:
            gates.append(clause_gate(place, clause, candidate.attributes.get(clause.attribute)))
    return tuple(gates)


def _validity(candidate: Candidate, need: CoarseNeed) -> Gate:
    """The window begins somewhere in its first quarter and ends somewhere in its last."""
    first, last = need.quarter_from, need.quarter_to
    outcomes = []
    if candidate.valid_from is not None:
        late, safe = candidate.valid_from >= quarter_ends(first), candidate.valid_from <= quarter_starts(first)
        outcomes.append(_FAIL if late else _PASS if safe else _UNKNOWN)
    if candidate.valid_to is not None:
        early, safe = candidate.valid_to <= quarter_starts(last), candidate.valid_to >= quarter_ends(last)
        outcomes.append(_FAIL if early else _PASS if safe else _UNKNOWN)
    return Gate("window", _worst(outcomes), {"first": first, "last": last})


def _covered(coverage: Any, regions: Sequence[str]) -> Outcome:
    """Missed only where the coverage touches none of the regions; met only where it holds them whole."""
    if coverage == GLOBAL:
        return _PASS
    if coverage is None or {SEVERAL, ELSEWHERE} & set(regions):
        return _UNKNOWN
    held = [covers(coverage, _rectangle(name)) for name in regions]
    return _FAIL if all(each is False for each in held) else _PASS if all(held) else _UNKNOWN


def _rectangle(name: str) -> dict[str, Any]:
    west, south, east, north = REGIONS[name]
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _capacity(candidate: Candidate, need: CoarseNeed) -> Gate:
    phases = ", ".join(phase.value for phase in need.phases)
    if any(candidate.capacity.get(phase, 0) > 0 for phase in need.phases):
        return Gate("capacity", _PASS, {"phases": phases})
    said = all(phase in candidate.capacity for phase in need.phases)
    return Gate("capacity", _FAIL if said else _UNKNOWN, {"phases": phases})


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    return _FAIL if _FAIL in outcomes else _UNKNOWN if _UNKNOWN in outcomes else _PASS


def _changes(candidate: Candidate, need: CoarseNeed, failed: Sequence[Gate]) -> tuple[Change, ...]:
    """One change for each attribute and each gate that fails: several clauses on one attribute are mended together.

    No smaller set exists: what fails stays failed until its own subject changes.
    """
    by_subject: dict[str, list[Gate]] = {}
    for gate in failed:
        subject = gate.name if gate.clause is None else need.clauses[gate.clause].attribute
        by_subject.setdefault(subject, []).append(gate)
    found = []
    for subject, gates in by_subject.items():
        offered = candidate.attributes.get(subject)
        if gates[0].clause is None or offered is None:
            found.append(Change(subject, tuple(gates), 1.0))
            continue
        asked = [clause for clause in need.clauses if clause.attribute == subject and clause.hard]
        value = mended(offered, asked)
        found.append(Change(subject, _needed(gates, need), _distance(offered, value), value))
    return tuple(sorted(found, key=lambda each: (each.distance, each.subject)))


def _needed(gates: Sequence[Gate], need: CoarseNeed) -> tuple[Gate, ...]:
    """The gates to be named: of several bounds on one side only the tightest, which implies the others."""
    tightest: dict[Operator, Gate] = {}
    named = []
    for gate in gates:
        clause = need.clauses[gate.clause or 0]
        if clause.operator not in (Operator.AT_MOST, Operator.AT_LEAST):
            named.append(gate)
            continue
        other = tightest.get(clause.operator)
        bound = clause.threshold or 0.0
        known = None if other is None else need.clauses[other.clause or 0].threshold or 0.0
        if known is None or (bound < known) is (clause.operator is Operator.AT_MOST):
            tightest[clause.operator] = gate
    return (*named, *tightest.values())


def _distance(offered: Measured, value: Measured) -> float:
    pairs = ((offered.low, value.low), (offered.high, value.high))
    moves = [
        abs(was - wanted) / max(abs(wanted), abs(was))
        for was, wanted in pairs
        if was is not None and wanted is not None and was != wanted
    ]
    return max(moves, default=1.0)


def applied(candidate: Candidate, changes: Iterable[Change], need: CoarseNeed) -> Candidate:
    """The offering as it would be with these changes: what a proposal promises, so that it can be judged again."""
    changed = candidate
    for change in changes:
        if change.value is not None:
            attributes = {**changed.attributes, change.subject: change.value}
            changed = replace(changed, attributes=attributes)
        elif change.subject == "modality":
            changed = replace(changed, modality=need.modalities[0])
        elif change.subject == "standards":
            changed = replace(changed, standards=changed.standards | set(need.standards))
        elif change.subject == "window":
            changed = replace(changed, valid_from=None, valid_to=None)
        elif change.subject == "region":
            changed = replace(changed, coverage=GLOBAL)
        else:
            changed = replace(changed, capacity={**changed.capacity, need.phases[0]: 1.0})
    return changed


def in_words(judgement: Judgement, language: str, *, capacity_unit: str = "") -> dict[str, Any]:
    """One entry of a gap report as a supplier reads it."""
    need, misses = judgement.need, judgement.misses
    changes = [_change_words(change, language) for change in judgement.changes]
    return {
        "need": need.id,
        "title": need.title,
        "outcome": judgement.outcome.value,
        "met": sum(gate.outcome is _PASS for gate in judgement.gates),
        "misses": [
            {
                "clause": _asked(gate, language),
                "yours": _offered(gate, language),
                "text": _gate_words(gate, language, capacity_unit),
            }
            for gate in misses
        ],
        "one_change": changes[0] if len(changes) == 1 else None,
        "smallest_set": changes if 1 < len(changes) <= MOST_CHANGES else None,
        "questions": [_gate_words(gate, language, capacity_unit) for gate in judgement.open],
        "as_of": need.as_of,
        "office": None if need.office is None else dict(need.office),
    }


def _change_words(change: Change, language: str) -> dict[str, str]:
    code = "gap.change.clause" if change.gates[0].clause is not None else f"gap.change.{change.subject}"
    said = [sentence(code, _named(gate, language), language) for gate in change.gates]
    return {"subject": change.subject, "text": " ".join(said)}


def _gate_words(gate: Gate, language: str, capacity_unit: str) -> str:
    own = gate.name in {"region", "window"}
    code = f"gap.{gate.name}.{gate.outcome.value}" if own else f"match.{gate.name}.{gate.outcome.value}"
    return sentence(code, _named(gate, language), language, capacity_unit=capacity_unit)


def _named(gate: Gate, language: str) -> dict[str, Any]:
    """The parameters of a gate's sentence, with the names of regions."""
    params = dict(gate.params)
    if "regions" in params:
        params["regions"] = ", ".join(say(f"demand.region.{name}", language) for name in params["regions"])
    return params


def _asked(gate: Gate, language: str) -> str:
    """What is asked, in a few words."""
    if gate.clause is not None:
        return sentence("gap.asked.clause", gate.params, language)
    return sentence(f"gap.asked.{gate.name}", _named(gate, language), language)


def _offered(gate: Gate, language: str) -> str | None:
    if "offered" not in gate.params:
        return None
    if gate.clause is not None:
        return sentence("gap.yours.clause", gate.params, language)
    offered = str(gate.params["offered"])
    return Modality(offered).label(language) if gate.name == "modality" else offered
