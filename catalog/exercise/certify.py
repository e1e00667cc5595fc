"""The one way out of an exercise: a real authority of the lead says that what its report shows shall count.

It has read the report with a key of the exercise, and names it by its hash: what is certified is what was
read. Each supplier's part becomes evidence of its readiness by value; the supplier reads it at once and may
reply before it counts.
"""

from collections.abc import Sequence

from sqlmodel import Session

from catalog.activation import evidence
from catalog.activation.readiness import Source
from catalog.activation.tables import ReadinessEvidence
from catalog.exercise import exercises
from catalog.exercise.report import shown_again
from catalog.promise.authority import Authority
from catalog.promise.tables import Agreement
from space_hub.clock import Clock
from space_hub.errors import Conflict
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal
from space_hub.vocabulary.phases import Phase


def certify(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    exercise_id: str,
    *,
    report_sha256: str,
    authority: Authority,
) -> Sequence[ReadinessEvidence]:
    """Evidence of every activation in the report that says something of its supplier. Once for one exercise."""
    exercise = exercises.led(session, principal, exercise_id)
    if exercise.report is None:
        raise Conflict("exercise.not_closed", exercise=exercise.name)
    if report_sha256 != exercise.report_sha256:
        raise Conflict("exercise.report_differs", given=report_sha256, expected=exercise.report_sha256 or "-")
    audit.record(
        session,
        clock,
        principal,
        "exercise.certify",
        exercise.id,
        report_sha256=report_sha256,
        authority=authority.name,
        office=authority.office,
    )
    return [
        evidence.note(
            session,
            clock,
            rng,
            principal,
            session.get_one(Agreement, each["agreement_id"]),
            Phase(each["phase"]),
            shown_again(each["shown"]),
            source=Source.DRILL,
            source_sha256=each["sha256"],
            authority=authority,
        )
        for each in exercise.report["activations"]
        if each["shown"] is not None
    ]
