"""What the event log speaks of: every topic, in the past tense. Pure.

A topic that is not listed here cannot be appended and cannot be subscribed to.
"""

from collections.abc import Iterable

from space_hub.errors import Invalid

TOPICS = frozenset(
    {
        "activation.changed",
        "activation.late",
        "agreement.cut_off",
        "agreement.ended",
        "agreement.signed",
        "alert.raised",
        "application.status_changed",
        "award.reused",
        "call_off.placed",
        "call_off.pre_empted",
        "capacity.replanned",
        "clearance.changed",
        "commitment.at_risk",
        "competition.decided",
        "competition.opened",
        "competition.published",
        "conjunction.told",
        "consent.changed",
        "delivery.decided",
        "delivery.noted",
        "demand.released",
        "endpoint.disabled",
        "endpoint.tested",
        "evidence.expiring",
        "exercise.changed",
        "finding.closed",
        "finding.noted",
        "gap.changed",
        "ingest.finished",
        "joint_buy.changed",
        "joint_match.computed",
        "listing.claimed",
        "lot.published",
        "match.computed",
        "need.met",
        "need.sole_supplier",
        "object.decay_watch",
        "object.decayed",
        "object.manoeuvre_suspected",
        "offering.at_risk",
        "offering.published",
        "offering.recovered",
        "offering.withdrawn",
        "opportunity.answered",
        "opportunity.opened",
        "order.doubtful",
        "order.placed",
        "order.status_changed",
        "outage.reported",
        "pool_supplier.changed",
        "provider.status_changed",
        "quota.transferred",
        "readiness.noted",
        "source.overdue",
        "source.stopped",
        "run.published",
        "search.matched",
        "settlement.agreed",
        "submission.status_changed",
        "supplier.sync_finished",
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
