"""The market study of a kept match: who may read the match may have it, as a paper or as a table of all offerings.

What is read here are the names, the dates and the readers that stand beside the
record; `dossier` makes the paper of them. Steps that were taken after the match
are left out, so that a paper says the same on every day; only another name of a
supplier or of the asker makes another paper of the same match.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from catalog import matches
from catalog.demand import adoption, requirements
from catalog.dossier.study import Clock, Material
from catalog.tables import MatchRecord
from providers.tables import Provider
from space_hub.errors import NotFound
from space_hub.trust import markings
from space_hub.trust.markings import MarkingRow
from space_hub.trust.principal import Principal
from space_hub.trust.tables import Organisation

_AT_ONCE = 500


def material(session: Session, principal: Principal, match_id: str) -> Material:
    """All that a market study is made of; a match that the principal may not read is unknown."""
    row = matches.get(session, principal, match_id)
    if not markings.reads(session, principal.organisation_id, row.marking_id, principal.mode):
        raise NotFound("catalog.match_unknown", match_id=match_id)
    requirement = requirements.get(session, principal, row.requirement_id)
    marking = session.get_one(MarkingRow, row.marking_id).value()
    readers = {marking.owner, *marking.organisations} - {""}
    named = _organisations(session, {*readers, row.organisation_id})
    clocks, steps = _dates(session, row)
    return Material(
        match_id=row.id,
        at=row.at,
        inputs=row.inputs,
        result=row.result,
        inputs_sha256=row.inputs_sha256,
        record_sha256=row.record_sha256,
        requirement_id=requirement.id,
        requirement_sha256=requirement.content_sha256,
        title=requirement.title,
        description=requirement.description,
        organisation=named[row.organisation_id],
        suppliers=_suppliers(session, row),
        level=marking.level,
        readers=() if marking.nations is None else tuple(sorted(named[each] for each in readers)),
        nations=tuple(sorted(marking.nations or ())),
        steps=steps,
        clocks=clocks,
    )


def _dates(session: Session, row: MatchRecord) -> tuple[tuple[Clock, ...], tuple[tuple[str, datetime], ...]]:
    taken = [(step, at) for step, at in adoption.taken_by(session, row.requirement_id) if at <= row.at]
    if not taken:
        return (), ()
    found = adoption.clocks(taken, row.at)
    clocks = tuple(Clock(each.step.value, each.months, each.due, each.done_at) for each in found)
    return clocks, tuple((step.value, at) for step, at in taken)


def _organisations(session: Session, ids: Iterable[str]) -> dict[str, str]:
    found = select(Organisation.id, Organisation.name).where(col(Organisation.id).in_(list(ids)))
    return dict(session.exec(found).all())


def _suppliers(session: Session, row: MatchRecord) -> dict[str, str]:
    """The legal names of the suppliers of a match, some hundred to a statement."""
    ids = sorted({str(each["provider_id"]) for each in row.result["offerings"]})
    found: dict[str, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        wanted = col(Provider.id).in_(ids[start : start + _AT_ONCE])
        found.update(session.exec(select(Provider.id, Provider.legal_name).where(wanted)).all())
    return found
