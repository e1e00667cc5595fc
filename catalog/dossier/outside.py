"""The sections of who does not fit and what would let it in, of open questions, and of what cannot be met. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from catalog.dossier.asked import first_upper
from catalog.dossier.charts import Part, bars
from catalog.dossier.document import Block, Bullets, Column, Figure, Line, Notice, Paragraph, Row, Section, Table
from catalog.dossier.study import RECORD, Offer, Study
from catalog.matching.need_json import need_from_json
from catalog.matching.terms import terms
from catalog.matching.values import Gate, Outcome
from catalog.wording import barrier, counterfactual, impasse

NEAREST, ASKED, TERMS = 20, 30, 12
"""Rows that a page has room for: the nearest of the refused, questions, terms that refuse."""


def refused(study: Study) -> Section:
    voice, out = study.voice, study.of("refused")
    title = voice.say("dossier.out.title")
    if not out:
        return Section("out", title, (Paragraph(Line(voice.say("dossier.out.none"), (RECORD,))),))
    blocks: list[Block] = [
        Paragraph(Line(voice.say("dossier.out.count", count=voice.many(len(out))), (RECORD,))),
        _terms(study, out),
        _nearest(study, out),
    ]
    return Section("out", title, tuple(blocks))


def failed(offer: Offer) -> list[str]:
    """The terms that an offering does not meet, by their names."""
    return [term(gate) for gate in offer.judged["gates"] if gate["outcome"] == "fail"]


def term(gate: Mapping[str, Any]) -> str:
    return Gate(gate["gate"], Outcome(gate["outcome"]), gate["params"], gate["clause"]).term


def term_words(study: Study, names: Iterable[str]) -> dict[str, str]:
    asked = terms(need_from_json(study.need))
    found = {}
    for name in names:
        known = asked.get(name)
        said = study.reason(known.code, known.params) if known else study.voice.say(f"dossier.term.{name}")
        found[name] = first_upper(said)
    return found


def _terms(study: Study, out: tuple[Offer, ...]) -> Figure:
    voice = study.voice
    each_fails = [failed(each) for each in out]
    count = Counter(name for names in each_fails for name in names)
    alone = Counter(names[0] for names in each_fails if len(names) == 1)
    most = sorted(count, key=lambda name: (-count[name], name))[:TERMS]
    words = term_words(study, most)
    parts = [
        Part(
            words[name],
            count[name],
            voice.say("dossier.out.bar", count=voice.many(count[name]), alone=voice.many(alone[name])),
            "quiet",
        )
        for name in most
    ]
    spoken = voice.say("dossier.out.terms_spoken", said="; ".join(f"{each.name}: {each.said}" for each in parts))
    source = voice.say("dossier.source.result", part="offerings[].gates")
    return Figure("refusals", voice.say("dossier.out.terms"), spoken, bars(parts, spoken), source)


def _nearest(study: Study, out: tuple[Offer, ...]) -> Table:
    voice = study.voice
    nearest = sorted(out, key=lambda each: (len(failed(each)), each.number))[:NEAREST]
    rows = []
    for each in nearest:
        enter = each.judged["counterfactual"]
        gates = [gate for gate in each.judged["gates"] if gate["outcome"] == "fail"]
        refs = tuple(dict.fromkeys(ref for gate in gates for ref in study.gate_refs(gate)))
        said = first_upper("; ".join(study.gate(gate).text for gate in gates))
        would = (
            voice.set(counterfactual(enter, voice.language, capacity_unit=study.unit))
            if enter
            else voice.say("dossier.out.no_way")
        )
        rows.append(
            Row(
                (
                    Line(each.ref.label, strong=True),
                    Line(f"{each.title} ({each.supplier})"),
                    Line(said, refs),
                    Line(would),
                )
            )
        )
    heads = (
        Column(""),
        Column(voice.say("dossier.column.offering"), share=2),
        Column(voice.say("dossier.column.not_met"), share=2.6),
        Column(voice.say("dossier.column.would_enter"), share=2.6),
    )
    more = len(out) - len(nearest)
    note = voice.say("dossier.out.more", count=voice.many(more)) if more > 0 else ""
    source = voice.say("dossier.source.result", part="offerings[].gates, counterfactual")
    return Table(voice.say("dossier.out.nearest"), heads, tuple(rows), source, note)


def questions(study: Study) -> Section:
    voice, asked = study.voice, study.of("question")
    title = voice.say("dossier.questions.title")
    if not asked:
        return Section("questions", title, (Paragraph(Line(voice.say("dossier.questions.none"), (RECORD,))),))
    rows = []
    for each in asked[:ASKED]:
        for place, gate in enumerate(gate for gate in each.judged["gates"] if gate["outcome"] == "unknown"):
            said = study.gate(gate)
            head = (Line(each.ref.label, strong=True), Line(each.supplier)) if place == 0 else (Line(""), Line(""))
            rows.append(Row((*head, said)))
    heads = (
        Column(""),
        Column(voice.say("dossier.column.supplier"), share=1),
        Column(voice.say("dossier.column.question"), share=3.2),
    )
    suppliers = len({each.judged["provider_id"] for each in asked})
    said_of = voice.say("dossier.questions.count", offers=voice.many(len(asked)), suppliers=voice.many(suppliers))
    more = len(asked) - ASKED
    note = voice.say("dossier.questions.more", count=voice.many(more)) if more > 0 else ""
    source = voice.say("dossier.source.result", part="offerings[].gates")
    table = Table(voice.say("dossier.questions.table"), heads, tuple(rows), source, note)
    blocks = (Paragraph(Line(said_of, (RECORD,))), Paragraph(Line(voice.say("dossier.questions.rule"))), table)
    return Section("questions", title, blocks)


def gaps(study: Study) -> Section:
    """What is not covered, and the least that would have to be given up; one supplier alone is a gap of the market."""
    voice = study.voice
    blocks: list[Block] = []
    for each in study.result["phases"]:
        if float(each["shortfall"]):
            missing = voice.say(
                "dossier.gaps.short",
                phase=voice.phase(each["phase"]),
                missing=voice.quantity(each["shortfall"], study.unit),
                needed=voice.quantity(each["needed"], study.unit),
            )
            blocks.append(Paragraph(Line(missing, (RECORD,)), "bad"))
    found = study.result.get("impasse")
    if not blocks and found is None:
        blocks.append(Paragraph(Line(voice.say("dossier.gaps.none"), (RECORD,)), "good"))
    elif not blocks:
        blocks.append(Paragraph(Line(voice.say("dossier.gaps.set"), (RECORD,)), "care"))
    if found is not None:
        said = voice.set(impasse(found, voice.language))
        if said:
            blocks.append(Notice(voice.say("dossier.gaps.impasse"), (Line(said, (RECORD,)),)))
        if found["relaxation"] is not None:
            blocks.append(_eased(study, found["relaxation"]))
    sole = study.result.get("sole")
    if sole is not None:
        head = voice.say("dossier.gaps.sole", supplier=study.supplier(sole["provider_id"]))
        again = [Line(voice.say("dossier.gaps.sole_again"), (RECORD,))]
        if sole["might_join"]:
            again.append(Line(voice.say("dossier.gaps.might_join", count=sole["might_join"])))
        blocks.append(Notice(head, tuple(again), "bad"))
        if sole["barriers"]:
            blocks.append(Paragraph(Line(voice.say("dossier.gaps.barriers"))))
            blocks.append(
                Bullets(
                    tuple(
                        Line(first_upper(voice.set(barrier(each, voice.language))), (RECORD,))
                        for each in sole["barriers"]
                    )
                )
            )
    return Section("gaps", voice.say("dossier.gaps.title"), tuple(blocks))


def _eased(study: Study, relaxation: Mapping[str, Any]) -> Table:
    voice = study.voice
    rows = tuple(
        Row(
            (
                Line(first_upper(study.reason(each["reason"]["code"], each["reason"]["params"])), (RECORD,)),
                Line(voice.share(each["share"])),
            )
        )
        for each in relaxation["eased"]
    )
    heads = (
        Column(voice.say("dossier.column.change"), share=4),
        Column(voice.say("dossier.column.share_of_way"), "right", 1),
    )
    source = voice.say("dossier.source.result", part="impasse.relaxation")
    note = voice.say("dossier.gaps.eased_note" if relaxation["proven"] else "dossier.gaps.eased_unproven")
    return Table(voice.say("dossier.gaps.eased"), heads, rows, source, note)
