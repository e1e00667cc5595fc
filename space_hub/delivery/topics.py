"""What the event log speaks of: every topic, in the past tense. Pure.

A topic that is not listed here cannot be appended and cannot be subscribed to.
"""

from collections.abc import Iterable

from space_hub.errors import Invalid

TOPICS = frozenset(
    {
        "agreement.signed",
        "alert.raised",
        "call_off.placed",
        "endpoint.disabled",
        "endpoint.tested",
        "ingest.finished",
        "match.computed",
        "object.decayed",
        "offering.at_risk",
        "offering.published",
        "offering.recovered",
        "order.status_changed",
        "outage.reported",
        "provider.status_changed",
        "run.published",
    }
)
"""What each means stands in the message catalogue as `topic.<topic>`."""

TEST_TOPIC = "endpoint.tested"
DISABLED_TOPIC = "endpoint.disabled"


def check(topics: Iterable[str]) -> list[str]:
    """The topics of a subscription, sorted and without repeats; none means all. An unknown one is refused."""
    wanted = sorted(set(topics))
    for topic in wanted:
        if topic not in TOPICS:
            raise Invalid("delivery.topic_unknown", topic=topic, known=", ".join(sorted(TOPICS)))
    return wanted
