"""The terms of a requirement: each thing that it asks of an offering, by a name and in words. Pure.

The names are those of `Gate.term`. What no requirement can do without (its
capability, some capacity, a price that can be read) is no term.
"""

from catalog.matching.eligibility import asked_params
from catalog.matching.values import Gate, Need, Outcome
from space_hub.text import Reason


def terms(need: Need) -> dict[str, Reason]:
    """Every term with its words, in the order of the gates."""
    found: dict[str, Reason] = {}

    def term(name: str, **params: object) -> None:
        found[name] = Reason(f"match.term.{name}", params)

    if need.modalities:
        term("modality", asked=", ".join(need.modalities))
    if need.nations or need.excluded_nations:
        term("nation", **_nations(need.nations, need.excluded_nations))
    if need.owner_nations or need.excluded_owner_nations:
        term("owner_nation", **_nations(need.owner_nations, need.excluded_owner_nations))
    if need.sanctioned_nations or need.sanctioned_names:
        term("sanctions", barred=", ".join([*sorted(need.sanctioned_nations), *sorted(need.sanctioned_names)]))
    if need.users:
        term("release", asked=", ".join(sorted(need.users)))
    if need.least_maturity is not None:
        term("maturity", asked=need.least_maturity)
    for paper in need.papers:
        params = {"kind": paper.kind, "levels": ", ".join(paper.levels)}
        found[Gate("paper", Outcome.UNKNOWN, params).term] = Reason("match.term.paper", params)
    if need.standards:
        term("standards", asked=", ".join(need.standards))
    term("validity")
    if need.area is not None:
        term("coverage")
    for place, clause in enumerate(need.clauses):
        if clause.hard:
            name = Gate("clause", Outcome.UNKNOWN, clause=place).term
            found[name] = Reason("gap.asked.clause", {**asked_params(clause), "offered": None})
    return found


def _nations(allowed: frozenset[str], excluded: frozenset[str]) -> dict[str, str]:
    return {"allowed": ", ".join(sorted(allowed)) or "-", "excluded": ", ".join(sorted(excluded)) or "-"}
