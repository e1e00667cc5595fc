"""The section of the market: every supplier that was looked at, and what was said of its offerings. Pure."""

from catalog.code_labels import label
from catalog.dossier.charts import Part, shares
from catalog.dossier.document import Block, Column, Figure, Line, Paragraph, Row, Section, Table, Tone
from catalog.dossier.study import RECORD, Study

VERDICTS: dict[str, Tone] = {"taken": "good", "reserve": "plain", "question": "care", "refused": "quiet"}
SUPPLIERS = 40
"""That the table names; the table beside the paper has all."""


def section(study: Study) -> Section:
    voice = study.voice
    suppliers = study.suppliers
    said = voice.say(
        "dossier.market.scope",
        offers=voice.many(len(study.offers)),
        suppliers=voice.many(len(suppliers)),
        organisation=study.material.organisation,
        day=voice.day(study.material.at),
    )
    blocks: list[Block] = [
        Paragraph(Line(said, (RECORD,))),
        Paragraph(Line(voice.say("dossier.market.same_terms"))),
    ]
    if study.offers:
        blocks += [_verdicts(study), _suppliers(study)]
    return Section("market", voice.say("dossier.market.title"), tuple(blocks))


def counts(study: Study) -> dict[str, int]:
    return {verdict: len(study.of(verdict)) for verdict in VERDICTS}


def _verdicts(study: Study) -> Figure:
    voice = study.voice
    parts = [
        Part(label("match_verdict", verdict, voice.language), count, format(voice.many(count), ""), VERDICTS[verdict])
        for verdict, count in counts(study).items()
    ]
    spoken = voice.say("dossier.market.verdicts_spoken", said=", ".join(f"{each.said} {each.name}" for each in parts))
    caption, source = voice.say("dossier.market.verdicts"), voice.say("dossier.source.result", part="offerings")
    return Figure("verdicts", caption, spoken, shares(parts, spoken), source)


def _suppliers(study: Study) -> Table:
    voice = study.voice
    rows = []
    for offers in list(study.suppliers.values())[:SUPPLIERS]:
        first = offers[0]
        owner = first.candidate["owner_nation"]
        found = {verdict: sum(each.verdict == verdict for each in offers) for verdict in VERDICTS}
        rows.append(
            Row(
                (
                    Line(first.supplier, (first.ref,)),
                    Line(voice.nation(first.candidate["nation"])),
                    Line("–" if owner is None else voice.nation(owner)),
                    *(Line(format(voice.many(count), "") if count else "·") for count in found.values()),
                ),
                tone="plain" if found["taken"] or found["reserve"] else "quiet",
            )
        )
    heads = (
        Column(voice.say("dossier.column.supplier"), share=3),
        Column(voice.say("dossier.column.nation"), share=1.4),
        Column(voice.say("dossier.column.owner_nation"), share=1.4),
        *(Column(voice.say(f"dossier.verdict.{verdict}"), "right", 0.9) for verdict in VERDICTS),
    )
    more = len(study.suppliers) - SUPPLIERS
    note = voice.say("dossier.market.more", count=voice.many(more)) if more > 0 else ""
    caption, source = voice.say("dossier.market.suppliers"), voice.say("dossier.source.result", part="offerings")
    return Table(caption, heads, tuple(rows), source, note)
