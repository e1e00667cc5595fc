"""What a whole message must have: sections, mandatory keywords, and what one keyword asks of others."""

from space_hub.errors import Invalid
from space_hub.orbit.ndm import rows
from space_hub.orbit.ndm.grammar import Section, Shape
from space_hub.orbit.ndm.message import Block, Entry, Message
from space_hub.orbit.ndm.tree import Watch


def _mandatory(section: Section, block: Block) -> None:
    for key in section.keys.values():
        stands = key.blank and any(isinstance(item, Entry) and item.keyword == key.name for item in block.items)
        if key.must and not stands and block.entry(key.name) is None:
            raise Invalid("ndm.keyword_missing", keyword=key.name, line=block.line, block=block.name)


def _need(block: Block | None, section: Section, parent: Block) -> None:
    if block is None:
        first = next((key.name for key in section.keys.values() if key.must), section.name)
        raise Invalid("ndm.keyword_missing", keyword=first, line=parent.line, block=section.name)


def _segment(shape: Shape, segment: Block) -> None:
    metadata = segment.block(shape.metadata.name)
    _need(metadata, shape.metadata, segment)
    data = segment.block("data") or Block("data", (), segment.line)
    for each in segment.blocks(shape.metadata.name):
        _mandatory(shape.metadata, each)
    for section in shape.data:
        for each in data.blocks(section.name):
            _mandatory(section, each)
        if section.must:
            _need(data.block(section.name), section, segment)
        if not section.many and len(data.blocks(section.name)) > 1:
            second = data.blocks(section.name)[1]
            raise Invalid("ndm.block_repeated", block=section.name, line=second.line)


def _cdm(message: Message, _: Watch) -> None:
    objects = []
    for segment in message.segments:
        metadata = segment.block("metadata")
        objects.append((metadata.text("OBJECT") or "").upper() if metadata else "")
    if objects != ["OBJECT1", "OBJECT2"]:
        raise Invalid("ndm.objects_wrong", given=", ".join(objects), line=message.segments[-1].line)
    relative = message.body.block("relativeMetadataData")
    if relative and relative.text("SCREEN_VOLUME_SHAPE"):
        for axis in "XYZ":
            if message.version == "1.0" and relative.entry(f"SCREEN_VOLUME_{axis}") is None:
                raise Invalid(
                    "ndm.keyword_missing", keyword=f"SCREEN_VOLUME_{axis}", line=relative.line, block=relative.name
                )


def _omm(message: Message, _: Watch) -> None:
    """Either a mean motion or an axis; with SGP4 the elements that SGP4 needs (502.0-B-3, table 4-3)."""
    for segment in message.segments:
        metadata, data = segment.block("metadata"), segment.block("data")
        mean = data.block("meanElements") if data else None
        if metadata is None or data is None or mean is None:
            continue
        if mean.entry("MEAN_MOTION") is None and mean.entry("SEMI_MAJOR_AXIS") is None:
            raise Invalid("ndm.keyword_missing", keyword="MEAN_MOTION", line=mean.line, block=mean.name)
        if (metadata.text("MEAN_ELEMENT_THEORY") or "").upper() in ("SGP", "SGP4", "SGP/SGP4"):
            tle = data.block("tleParameters") or Block("tleParameters", (), mean.line)
            for block, keyword in ((mean, "MEAN_MOTION"), (tle, "BSTAR"), (tle, "MEAN_MOTION_DOT")):
                if block.entry(keyword) is None:
                    raise Invalid("ndm.keyword_missing", keyword=keyword, line=block.line, block=block.name)


_OF_KIND = {"cdm": _cdm, "omm": _omm, "oem": rows.ephemeris, "ocm": rows.comprehensive, "tdm": rows.observations}


def check(shape: Shape, message: Message, watch: Watch) -> None:
    """Invalid with the first thing that `message` lacks; departures that are let pass go to `watch`."""
    _mandatory(shape.header, message.header)
    if shape.lead:
        _need(message.body.block(shape.lead.name), shape.lead, message.body)
        for block in message.body.blocks(shape.lead.name):
            _mandatory(shape.lead, block)
    count = len(message.segments)
    if count < shape.least or (shape.most is not None and count > shape.most):
        expected = str(shape.least) if shape.least == shape.most else f"{shape.least}…{shape.most or ''}"
        raise Invalid("ndm.segments_wrong", given=count, expected=expected)
    for segment in message.segments:
        _segment(shape, segment)
    if message.kind in _OF_KIND:
        _OF_KIND[message.kind](message, watch)
    rows.remark_order(shape, message, watch)
