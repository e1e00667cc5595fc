"""From XML elements to the tree of a message: the blocks are there by name, and only their keywords are looked up."""

from space_hub.errors import Invalid
from space_hub.orbit.gp_fields import shown
from space_hub.orbit.ndm.fields import USER_DEFINED, same_unit
from space_hub.orbit.ndm.grammar import Section, Shape, implied_unit
from space_hub.orbit.ndm.markup import Element
from space_hub.orbit.ndm.message import Block, Row
from space_hub.orbit.ndm.tables.orbit import EPHEMERIS_STATE
from space_hub.orbit.ndm.tree import Draft, Watch


def _unknown(element: Element, parent: str) -> Invalid:
    return Invalid("ndm.keyword_unknown", keyword=shown(element.name), line=element.line, block=parent)


def fill(draft: Draft, section: Section, element: Element, watch: Watch) -> Draft:
    """Take every child of `element` into `draft` as the keywords, comments and rows of `section`."""
    if element.text:
        raise Invalid("ndm.line_wrong", line=element.line, given=shown(element.text))
    for child in element.children:
        if child.name == "COMMENT":
            draft.items.append(watch.comment(child.text, child.line))
        elif section.group and child.name == section.group[0]:
            fill(draft, section, child, watch)
        elif section.row and child.name == section.row:
            draft.items.append(watch.row(tuple(child.text.split()), child.line))
        elif child.children:
            raise _unknown(child, section.name)
        else:
            users = child.name == USER_DEFINED.removesuffix("_")
            keyword = USER_DEFINED + child.attributes.get("parameter", "") if users else child.name
            unit = child.attributes.get("units", "").strip() or implied_unit(section, keyword)
            draft.add(watch.entry(section, keyword, child.text, unit, child.line), watch, many=users)
    return draft


def _state(element: Element, watch: Watch) -> Row:
    """A stateVector of an OEM as its line in KVN: epoch, position, velocity, and acceleration where given."""
    given = {child.name: child for child in element.children}
    if len(given) != len(element.children):
        raise Invalid("ndm.block_repeated", block=element.children[-1].name, line=element.line)
    for child in element.children:
        key = EPHEMERIS_STATE.get(child.name)
        if key is None:
            raise _unknown(child, element.name)
        unit = child.attributes.get("units", "")
        if unit and not same_unit(unit, key.unit):
            raise Invalid("ndm.unit_wrong", keyword=key.name, line=child.line, given=shown(unit), expected=key.unit)
    for key in EPHEMERIS_STATE.values():
        if key.must and key.name not in given:
            raise Invalid("ndm.keyword_missing", keyword=key.name, line=element.line, block=element.name)
    return watch.row(tuple(given[name].text for name in EPHEMERIS_STATE if name in given), element.line)


def _observation(element: Element, watch: Watch) -> Row:
    if len(element.children) != 2 or element.children[0].name != "EPOCH":
        raise Invalid("ndm.row_width", line=element.line, given=len(element.children), expected=2)
    epoch, what = element.children
    return watch.row((epoch.text, what.text), element.line, what.name)


def _data(shape: Shape, element: Element, watch: Watch) -> Block:
    draft = Draft("data", element.line)
    sections = {section.name: section for section in shape.data}
    for child in element.children:
        if child.name == "COMMENT":
            draft.items.append(watch.comment(child.text, child.line))
        elif child.name == "stateVector" and shape.table == "ephemeris":
            draft.items.append(_state(child, watch))
        elif child.name == "observation" and shape.table == "observations":
            draft.items.append(_observation(child, watch))
        elif child.name in sections:
            draft.items.append(fill(Draft(child.name, child.line), sections[child.name], child, watch).block())
        else:
            raise _unknown(child, element.name)
    return draft.block()


def _segment(shape: Shape, element: Element, watch: Watch) -> Block:
    draft = Draft("segment", element.line)
    for child in element.children:
        if child.name == "metadata":
            draft.items.append(fill(Draft("metadata", child.line), shape.metadata, child, watch).block())
        elif child.name == "data":
            draft.items.append(_data(shape, child, watch))
        else:
            raise _unknown(child, element.name)
    if [item.name for item in draft.items if isinstance(item, Block)] not in (["metadata", "data"], ["metadata"]):
        raise Invalid("ndm.block_repeated", block="metadata", line=element.line)
    return draft.block()


def read(shape: Shape, root: Element, watch: Watch) -> tuple[Block, Block]:
    """Header and body of the message that `root` is."""
    parts = {child.name: child for child in root.children}
    for child in root.children:
        if child.name not in ("header", "body") or parts[child.name] is not child:
            raise _unknown(child, root.name)
    for name in ("header", "body"):
        if name not in parts:
            raise Invalid("ndm.keyword_missing", keyword=name, line=root.line, block=root.name)
    header = fill(Draft("header", parts["header"].line), shape.header, parts["header"], watch)
    body = Draft("body", parts["body"].line)
    for child in parts["body"].children:
        if shape.lead and child.name == shape.lead.name:
            body.items.append(fill(Draft(child.name, child.line), shape.lead, child, watch).block())
        elif child.name == "segment":
            body.items.append(_segment(shape, child, watch))
        else:
            raise _unknown(child, "body")
    return header.block(), body.block()


def kept(element: Element, watch: Watch) -> Block:
    """An element of a kind that is named and kept, as it stands."""
    draft = Draft(element.name, element.line)
    for child in element.children:
        if child.name == "COMMENT":
            draft.items.append(watch.comment(child.text, child.line))
        elif child.children:
            draft.items.append(kept(child, watch))
        else:
            draft.items.append(watch.kept(child.name, child.text, child.attributes.get("units", ""), child.line))
    return draft.block()
