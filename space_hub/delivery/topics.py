"""What the event log speaks of: every topic, in the past tense. Pure.

A topic that is not listed here cannot be appended and cannot be subscribed to.
"""

from collections.abc import Iterable

from space_hub.errors import Invalid

TOPICS: dict[str, str] = {
    "agreement.signed": "An assured-access agreement was signed by both sides.",
    "alert.raised": "A watch raised an alert.",
    "call_off.placed": "A contracting authority placed a call-off.",
    "conjunction.created": "A screening found an encounter that no earlier run had found.",
    "endpoint.disabled": "An endpoint was switched off, and why.",
    "endpoint.tested": "The owner asked for a test message to one endpoint.",
    "ingest.finished": "A file of element sets was read: one entry with its hash.",
    "match.computed": "A requirement was matched against the offerings.",
    "object.decayed": "A space object is no longer in orbit.",
    "offering.at_risk": "What an offering rests on is threatened.",
    "offering.published": "A version of an offering was published.",
    "offering.recovered": "The threat to an offering is over.",
    "order.status_changed": "An order took another status.",
    "outage.reported": "A provider reported that something does not work.",
    "provider.status_changed": "A provider took another status.",
    "run.published": "A screening run was published: one entry with its hash.",
}

TEST_TOPIC = "endpoint.tested"
DISABLED_TOPIC = "endpoint.disabled"


def check(topics: Iterable[str]) -> list[str]:
    """The topics of a subscription, sorted and without repeats; none means all. An unknown one is refused."""
    wanted = sorted(set(topics))
    for topic in wanted:
        if topic not in TOPICS:
            raise Invalid("delivery.topic_unknown", topic=topic, known=", ".join(sorted(TOPICS)))
    return wanted
