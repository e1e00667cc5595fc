"""The words for the codes of demand, in both languages: steps, levels, states and kinds."""

from catalog.adoption import Step
from catalog.demand import Confidence, Kind, Level
from catalog.opportunities import Asking
from catalog.opportunities import Kind as OpportunityKind
from catalog.opportunities import State as OpportunityState
from catalog.standings import Event, State
from space_hub.text import say

OUTCOMES = ("meets", "misses", "unknown", "closed")
"""How an offering stands to a published need."""


def labels(language: str) -> dict[str, dict[str, str]]:
    """List -> code -> label."""

    return {
        "adoption_steps": {each.value: say(f"adoption.step.{each.value}", language) for each in Step},
        "confidences": {each.value: say(f"demand.confidence.{each.value}", language) for each in Confidence},
        "demand_kinds": {each.value: say(f"demand.kind.{each.value}", language) for each in Kind},
        "levels": {each.value: say(f"demand.level.{each.value}", language) for each in Level},
        "need_events": {each.value: say(f"need.event.{each.value}", language) for each in Event},
        "need_states": {each.value: say(f"need.state.{each.value}", language) for each in State},
        "opportunity_kinds": {each.value: say(f"opportunity.kind.{each.value}", language) for each in OpportunityKind},
        "opportunity_states": {
            each.value: say(f"opportunity.state.{each.value}", language) for each in OpportunityState
        },
        "opportunity_askings": {each.value: say(f"opportunity.asking.{each.value}", language) for each in Asking},
        "outcomes": {name: say(f"gap.outcome.{name}", language) for name in OUTCOMES},
    }
