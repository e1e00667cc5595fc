"""The lines of tables: ephemerides, observations, trajectories; and the order of keywords, which is only remarked.

The standard fixes the order of keywords within a block. Real messages do not keep it, and nothing
is lost by that, as each keyword says what it is.
"""

from datetime import datetime

from space_hub.errors import Invalid
from space_hub.orbit.gp_fields import shown
from space_hub.orbit.ndm.fields import moment, number
from space_hub.orbit.ndm.grammar import Section, Shape
from space_hub.orbit.ndm.message import Block, Entry, Message, Row
from space_hub.orbit.ndm.tables.comprehensive import WIDTHS
from space_hub.orbit.ndm.tables.orbit import COVARIANCE
from space_hub.orbit.ndm.tables.tracking import OBSERVATIONS
from space_hub.orbit.ndm.tree import Watch

_EPHEMERIS_WIDTHS = (7, 10)
"""An epoch with position and velocity, and with acceleration."""


def _epoch(text: str, keyword: str, line: int) -> datetime:
    found = moment(text)
    if found is None:
        raise Invalid("ndm.not_time", keyword=keyword, line=line, given=shown(text))
    return found


def _numbers(row: Row, keyword: str, first: int = 1) -> None:
    for value in row.values[first:]:
        if number(value) is None:
            raise Invalid("ndm.not_number", keyword=keyword, line=row.line, given=shown(value))


def ephemeris(message: Message, watch: Watch) -> None:
    """Each line of an OEM has an epoch later than the one before, and 6 or 9 numbers; a segment has at least one.

    A line that says the same again is remarked; another state at the same instant is refused.
    """
    for segment in message.segments:
        before: datetime | None = None
        said: tuple[str, ...] = ()
        data = segment.block("data") or Block("data", (), segment.line)
        if not data.rows:
            raise Invalid("ndm.keyword_missing", keyword="EPOCH", line=data.line, block="stateVector")
        for row in data.rows:
            if len(row.values) not in _EPHEMERIS_WIDTHS:
                expected = ", ".join(map(str, _EPHEMERIS_WIDTHS))
                raise Invalid("ndm.row_width", line=row.line, given=len(row.values), expected=expected)
            epoch = _epoch(row.values[0], "EPOCH", row.line)
            if before is not None and epoch <= before:
                if row.values != said:
                    raise Invalid("ndm.epoch_order", line=row.line, given=row.values[0])
                watch.remark("ndm.remark_repeated", "EPOCH", row.line)
            before, said = epoch, row.values
            _numbers(row, "stateVector")
        for matrix in data.blocks("covarianceMatrix"):
            _in_place(matrix)


def _in_place(matrix: Block) -> None:
    """KVN says by their place what the terms of a covariance are, so that they must stand in their order."""
    terms = [item for item in matrix.items if isinstance(item, Entry) and item.keyword in COVARIANCE]
    for term, expected in zip(terms, COVARIANCE, strict=False):
        if term.keyword != expected:
            raise Invalid("ndm.keyword_order", keyword=term.keyword, line=term.line, block=expected)


def observations(message: Message, _: Watch) -> None:
    """Each line of a TDM has a known keyword, an epoch and a number."""
    for segment in message.segments:
        data = segment.block("data") or Block("data", (), segment.line)
        for row in data.rows:
            key = OBSERVATIONS.get(row.keyword)
            if key is None:
                raise Invalid("ndm.keyword_unknown", keyword=shown(row.keyword), line=row.line, block="observation")
            if len(row.values) != 2:
                raise Invalid("ndm.row_width", line=row.line, given=len(row.values), expected=2)
            _epoch(row.values[0], row.keyword, row.line)
            _numbers(row, row.keyword)


def comprehensive(message: Message, _: Watch) -> None:
    """Each line of an OCM begins with a time; a trajectory or covariance has numbers, as many as its type says."""
    for segment in message.segments:
        data = segment.block("data") or Block("data", (), segment.line)
        for block in (item for item in data.items if isinstance(item, Block)):
            kind = (block.text("TRAJ_TYPE") or "CARTPV").upper()
            width = WIDTHS.get(kind) if block.name == "traj" else None
            for row in block.rows:
                if not row.values or (moment(row.values[0]) is None and number(row.values[0]) is None):
                    raise Invalid("ndm.line_wrong", line=row.line, given=shown(" ".join(row.values)))
                if block.name != "man":
                    _numbers(row, block.name)
                if width is not None and len(row.values) != width + 1:
                    raise Invalid("ndm.row_width", line=row.line, given=len(row.values), expected=width + 1)


def _in_order(section: Section, block: Block, watch: Watch) -> None:
    order = {keyword: at for at, keyword in enumerate(section.keys)}
    last = -1
    for item in block.items:
        if isinstance(item, Entry) and item.keyword in order:
            if order[item.keyword] < last:
                watch.remark("ndm.remark_order", item.keyword, item.line)
            last = max(last, order[item.keyword])


def remark_order(shape: Shape, message: Message, watch: Watch) -> None:
    """Remark keywords out of order, and an interpolation without its degree."""
    _in_order(shape.header, message.header, watch)
    for segment in message.segments:
        for section in (shape.metadata, *shape.data):
            blocks = (
                *segment.blocks(section.name),
                *(b for d in segment.blocks("data") for b in d.blocks(section.name)),
            )
            for block in blocks:
                _in_order(section, block, watch)
                if block.entry("INTERPOLATION") and not block.entry("INTERPOLATION_DEGREE"):
                    watch.remark("ndm.remark_no_degree", "INTERPOLATION_DEGREE", block.line)
