"""A paper as one HTML file: no script, nothing fetched, readable aloud, and printing as it looks. Pure.

All that comes from elsewhere is escaped; drawings are put in as they are, for
`svg` has escaped their words.
"""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Any

from catalog.dossier.document import (
    Block,
    Bullets,
    Document,
    Facts,
    Figure,
    Line,
    Notice,
    Paragraph,
    Ref,
    Row,
    Section,
    Table,
    Tiles,
)


def html(paper: Document) -> str:
    """The whole page; the same bytes from the same paper."""
    return _Page(paper).whole()


class _Page:
    """Numbers tables and figures as they come."""

    def __init__(self, paper: Document) -> None:
        self.paper = paper
        self.tables = 0
        self.figures = 0
        self._ways: Mapping[type, Callable[[Any], str]] = {
            Paragraph: _paragraph,
            Bullets: lambda block: _list(map(_line, block.lines)),
            Notice: _notice,
            Facts: _facts,
            Tiles: _tiles,
            Table: self._table,
            Figure: self._figure,
        }

    def whole(self) -> str:
        paper = self.paper
        style = files("catalog.dossier").joinpath("paper.css").read_text("utf-8")
        numbered = _numbered(paper)
        body = [
            f'<p class="marking">{escape(paper.marking)}</p>',
            f'<header><p class="kind">{escape(paper.kind)} · {escape(paper.issued)}</p><h1>{escape(paper.title)}</h1>',
            f'<p class="subtitle">{escape(paper.subtitle)}</p></header>',
            _facts(paper.facts),
            *map(self._block, paper.brief),
            f'<p class="maxim">{escape(paper.maxim)}</p>',
            self._contents(numbered),
            "<main>",
            *(self._section(number, section) for number, section in numbered),
            "</main>",
            f"<footer><span>{escape(paper.reference)}</span>",
            f'<span class="marking">{escape(paper.marking)}</span></footer>',
        ]
        return (
            f'<!doctype html>\n<html lang="{paper.language}">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(paper.title)} – {escape(paper.kind)}</title>\n"
            f'<meta name="author" content="{escape(paper.author)}">\n<style>\n{style}</style>\n</head>\n<body>\n'
            + "\n".join(body)
            + "\n</body>\n</html>\n"
        )

    def _contents(self, numbered: Iterable[tuple[str, Section]]) -> str:
        lines = "".join(
            f'<li><a href="#{escape(section.anchor)}"><span>{number}</span> {escape(section.title)}</a></li>'
            for number, section in numbered
        )
        name = escape(self.paper.words["contents"])
        return f'<nav aria-labelledby="contents"><h2 id="contents">{name}</h2><ol>{lines}</ol></nav>'

    def _section(self, number: str, section: Section) -> str:
        blocks = "\n".join(map(self._block, section.blocks))
        anchor = escape(section.anchor)
        head = f'<h2 id="{anchor}"><span>{number}</span> {escape(section.title)}</h2>'
        return f'<section aria-labelledby="{anchor}">\n{head}\n{blocks}\n</section>'

    def _block(self, block: Block) -> str:
        return self._ways[type(block)](block)

    def _table(self, table: Table) -> str:
        self.tables += 1
        caption = self._caption("table", self.tables, table.caption)
        heads = "".join(
            f'<th scope="col" class="{column.align}">{escape(column.head)}</th>' for column in table.columns
        )
        aligned = [column.align for column in table.columns]
        rows = "\n".join(_row(row, aligned) for row in table.rows)
        note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
        kind = ' class="small"' if table.small else ""
        return (
            f'<div class="scroll"><table{kind}><caption>{caption}</caption>\n<thead><tr>{heads}</tr></thead>\n'
            f"<tbody>\n{rows}\n</tbody></table></div>{note}{self._source(table.source)}"
        )

    def _figure(self, figure: Figure) -> str:
        self.figures += 1
        caption = self._caption("figure", self.figures, figure.caption)
        return f"<figure><figcaption>{caption}</figcaption>\n{figure.svg}\n{self._source(figure.source)}</figure>"

    def _caption(self, word: str, number: int, caption: str) -> str:
        return f"<b>{escape(self.paper.words[word])} {number}</b> {escape(caption)}"

    def _source(self, source: str) -> str:
        colon = "\u00a0:" if self.paper.language == "fr" else ":"
        return f'<p class="source">{escape(self.paper.words["source"])}{colon} {escape(source)}</p>' if source else ""


def _numbered(paper: Document) -> list[tuple[str, Section]]:
    body = [section for section in paper.sections if not section.annex]
    annexes = [section for section in paper.sections if section.annex]
    return [
        *((str(number), section) for number, section in enumerate(body, start=1)),
        *((chr(ord("A") + place), section) for place, section in enumerate(annexes)),
    ]


def _line(line: Line) -> str:
    said = escape(line.text)
    if line.code:
        said = f"<code>{said}</code>"
    elif line.strong and said:
        said = f"<strong>{said}</strong>"
    return f"{said}{_refs(line.refs)}"


def _refs(refs: tuple[Ref, ...]) -> str:
    if not refs:
        return ""
    named = (
        f'<a href="#{escape(each.target)}">{escape(each.label)}</a>' if each.target else escape(each.label)
        for each in refs
    )
    return f' <span class="refs">[{", ".join(named)}]</span>'


def _paragraph(block: Paragraph) -> str:
    kind = "" if block.tone == "plain" else f' class="{block.tone}"'
    return f"<p{kind}>{_line(block.line)}</p>"


def _notice(block: Notice) -> str:
    said = "".join(f"<p>{_line(line)}</p>" for line in block.lines)
    return f'<div class="notice {block.tone}" role="note"><p><strong>{escape(block.head)}</strong></p>{said}</div>'


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"


def _facts(block: Facts) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{_line(line)}</dd>" for name, line in block.rows)
    return f"<dl>{rows}</dl>"


def _tiles(block: Tiles) -> str:
    made = "".join(
        f'<div class="tile {tile.tone}"><b>{escape(tile.value)}</b><span>{escape(tile.label)}</span></div>'
        for tile in block.tiles
    )
    return f'<div class="tiles">{made}</div>'


def _row(row: Row, aligned: list[Any]) -> str:
    anchor = f' id="{escape(row.anchor)}"' if row.anchor else ""
    kind = "" if row.tone == "plain" else f' class="{row.tone}"'
    cells = "".join(f'<td class="{align}">{_line(cell)}</td>' for cell, align in zip(row.cells, aligned, strict=True))
    return f"<tr{anchor}{kind}>{cells}</tr>"
