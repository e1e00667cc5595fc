"""YAML as plain data: mappings, lists, text, numbers, true, false and null. Pure.

A file from outside may not name our types, repeat itself without end, or say two
things at once: tags, anchors, aliases and repeated keys are refused, with their
line and column. `no`, `on` and times stay the text they are, because NO is Norway.
"""

import re
from typing import Any

import yaml
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from space_hub.errors import Invalid

_PLAIN: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][+-]?[0-9]+)?")


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Composes nodes of a file that holds neither anchors, aliases nor tags."""

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _refused("manifest.yaml_alias", event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise _refused("manifest.yaml_tag", event.start_mark)
        node: Node | None = super().compose_node(parent, index)
        return node


def _refused(code: str, mark: Any) -> Invalid:
    return Invalid(code, line=mark.line + 1, column=mark.column + 1)


def read_yaml(text: str) -> tuple[Any, "Lines"]:
    """The data of one YAML document, and on which lines its list entries begin. Invalid for anything else."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines = Lines()
        return (None if node is None else _value(node, lines)), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark is None:
            raise Invalid("providers.manifest_unreadable", reason=str(error.problem)[:200]) from error
        # The parser's own words are English and speak of its tokens; the place is what helps.
        raise Invalid("manifest.yaml_wrong", line=mark.line + 1, column=mark.column + 1) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise Invalid("providers.manifest_unreadable", reason=str(error)[:200]) from error
    finally:
        loader.dispose()


class Lines:
    """The line on which each entry of each list begins, found again by the identity of the list."""

    def __init__(self) -> None:
        self._starts: dict[int, tuple[list[Any], list[int]]] = {}

    def keep(self, entries: list[Any], starts: list[int]) -> None:
        self._starts[id(entries)] = (entries, starts)

    def of(self, entries: list[Any]) -> list[int]:
        return self._starts[id(entries)][1]


def _value(node: Node, lines: Lines) -> Any:
    if isinstance(node, SequenceNode):
        entries = [_value(each, lines) for each in node.value]
        lines.keep(entries, [each.start_mark.line + 1 for each in node.value])
        return entries
    if isinstance(node, MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise _refused("manifest.yaml_key", key.start_mark)
            if key.value in found:
                raise Invalid(
                    "manifest.yaml_key_repeated",
                    key=key.value[:80],
                    line=key.start_mark.line + 1,
                    column=key.start_mark.column + 1,
                )
            found[key.value] = _value(value, lines)
        return found
    return _scalar(node)


def _scalar(node: Node) -> Any:
    text: str = node.value
    if node.style is not None:  # Written in quotes or as a block: text, whatever it looks like.
        return text
    if text in _PLAIN:
        return _PLAIN[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
