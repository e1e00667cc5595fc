"""The annexes: every gate of what is taken, all offerings, the documents named, how it was made. Pure."""

from collections import Counter

from catalog.code_labels import label
from catalog.dossier.asked import first_upper
from catalog.dossier.document import Block, Bullets, Column, Facts, Line, Paragraph, Row, Section, Table, Tone
from catalog.dossier.outside import failed, term, term_words
from catalog.dossier.study import LISTED, Study
from catalog.dossier.voice import short

GATED = 8
"""Offerings taken whose every gate is written out."""
_TONES: dict[str, Tone] = {"taken": "good", "reserve": "plain", "question": "care", "refused": "quiet"}
_REASONS = 15


def gates(study: Study) -> Section:
    """Why each offering that is taken fits, gate by gate."""
    voice = study.voice
    taken = study.of("taken")
    blocks: list[Block] = [Paragraph(Line(voice.say("dossier.gates.said" if taken else "dossier.gates.none")))]
    for each in taken[:GATED]:
        rows = tuple(
            Row(
                (
                    Line(study.gate(gate).text, study.gate_refs(gate)),
                    Line(label("gate_outcome", gate["outcome"], voice.language)),
                )
            )
            for gate in each.judged["gates"]
        )
        heads = (
            Column(voice.say("dossier.column.gate"), share=5),
            Column(voice.say("dossier.column.outcome"), share=1),
        )
        source = voice.say(
            "dossier.gates.source", version=each.judged["version_id"], digest=each.candidate["content_sha256"]
        )
        blocks.append(Table(f"{each.ref.label} · {each.title} · {each.supplier}", heads, rows, source, small=True))
    if len(taken) > GATED:
        blocks.append(Paragraph(Line(voice.say("dossier.gates.more", count=len(taken) - GATED))))
    return Section("gates", voice.say("dossier.gates.title"), tuple(blocks), annex=True)


def offerings(study: Study) -> Section:
    voice = study.voice
    rows = tuple(
        Row(
            (
                Line(each.ref.label, strong=True),
                Line(each.title),
                Line(each.supplier),
                Line(voice.say(f"dossier.verdict.{each.verdict}")),
                Line("–" if each.judged["score"] is None else voice.number(each.judged["score"], 2)),
                Line(each.judged["version_id"], code=True),
                Line(short(each.candidate["content_sha256"]), code=True),
            ),
            anchor=each.ref.target,
            tone=_TONES[each.verdict],
        )
        for each in study.offers[:LISTED]
    )
    heads = (
        Column(""),
        Column(voice.say("dossier.column.offering"), share=2.4),
        Column(voice.say("dossier.column.supplier"), share=1.7),
        Column(voice.say("dossier.column.verdict"), share=1.1),
        Column(voice.say("dossier.column.score"), "right"),
        Column(voice.say("dossier.column.version"), share=1.8),
        Column(voice.say("dossier.column.hash")),
    )
    shown, whole = voice.many(len(rows)), voice.many(len(study.offers))
    said = voice.say(
        "dossier.offerings.all" if len(rows) == len(study.offers) else "dossier.offerings.first",
        shown=shown,
        count=whole,
    )
    source = voice.say("dossier.source.result", part="offerings")
    blocks: list[Block] = [Paragraph(Line(said))]
    if rows:
        blocks.append(Table(voice.say("dossier.offerings.table"), heads, rows, source, small=True))
    if len(rows) < len(study.offers):
        blocks.append(_counts(study))
    return Section("offerings", voice.say("dossier.offerings.title"), tuple(blocks), annex=True)


def _counts(study: Study) -> Table:
    """What is said of the offerings that are not listed, by what is open or not met."""
    voice = study.voice
    count: Counter[tuple[str, str]] = Counter()
    for each in study.offers[LISTED:]:
        if each.verdict == "refused":
            names = failed(each)
        else:
            names = [term(gate) for gate in each.judged["gates"] if gate["outcome"] == "unknown"]
        count.update((each.verdict, name) for name in names or [""])
    most = sorted(count, key=lambda key: (-count[key], key))[:_REASONS]
    words = term_words(study, {name for _, name in most if name})
    rows = tuple(
        Row(
            (
                Line(voice.say(f"dossier.verdict.{verdict}")),
                Line(words.get(name, "–")),
                Line(format(voice.many(count[verdict, name]), "")),
            )
        )
        for verdict, name in most
    )
    heads = (
        Column(voice.say("dossier.column.verdict"), share=1),
        Column(voice.say("dossier.column.term"), share=4),
        Column(voice.say("dossier.column.offers"), "right", 1),
    )
    source = voice.say("dossier.source.result", part="offerings[].gates")
    return Table(voice.say("dossier.offerings.counts"), heads, rows, source, voice.say("dossier.offerings.counts_note"))


def documents(study: Study) -> Section:
    """The documents of suppliers that statements rest on. To be made last: it lists what was named before."""
    voice = study.voice
    rows = []
    for ref, paper_id, kept in study.cited:
        if kept is None:
            cells = [Line("–")] * 4
        else:
            until = "" if kept["valid_to"] is None else kept["valid_to"][:10]
            cells = [
                Line(first_upper(label("evidence_kind", kept["kind"], voice.language))),
                Line(kept["level"] or "–"),
                Line(voice.nations(kept["recognised_by"]) or "–"),
                Line(f"{kept['valid_from'][:10]} – {until}".strip()),
            ]
        rows.append(Row((Line(ref.label, strong=True), *cells, Line(paper_id, code=True)), anchor=ref.target))
    title = voice.say("dossier.documents.title")
    if not rows:
        return Section("documents", title, (Paragraph(Line(voice.say("dossier.documents.none"))),), annex=True)
    heads = (
        Column(""),
        Column(voice.say("dossier.column.document"), share=2),
        Column(voice.say("dossier.column.level"), share=0.8),
        Column(voice.say("dossier.column.recognised"), share=1.4),
        Column(voice.say("dossier.column.valid"), share=1.6),
        Column(voice.say("dossier.column.evidence"), share=1.8),
    )
    source = voice.say("dossier.source.inputs", part="candidates[].papers")
    table = Table(voice.say("dossier.documents.table"), heads, tuple(rows), source, small=True)
    return Section("documents", title, (Paragraph(Line(voice.say("dossier.documents.said"))), table), annex=True)


def record(study: Study) -> Section:
    """Hashes, method, limits, how to replay, and what this paper does not say."""
    voice, material = study.voice, study.material
    inputs = material.inputs
    facts = [
        (voice.say("dossier.fact.match"), Line(material.match_id, code=True)),
        (voice.say("dossier.fact.requirement"), Line(material.requirement_id, code=True)),
        (voice.say("dossier.fact.requirement_sha256"), Line(material.requirement_sha256, code=True)),
        (voice.say("dossier.fact.inputs_sha256"), Line(material.inputs_sha256, code=True)),
        (voice.say("dossier.fact.record_sha256"), Line(material.record_sha256, code=True)),
        (voice.say("dossier.fact.method"), Line(inputs["method"], code=True)),
    ]
    if "stability" in inputs:
        kept = inputs["stability"]
        said = voice.say(
            "dossier.record.firmness",
            samples=voice.many(kept["samples"]),
            spread=voice.share(kept["spread"]),
            seed=kept["seed"],
        )
        facts.append((voice.say("dossier.fact.firmness"), Line(said)))
    prior = voice.say(
        "dossier.record.prior",
        neutral=voice.number(inputs["neutral_record"]),
        prior=inputs["prior_deliveries"],
        weight=voice.number(inputs["record_weight"]),
    )
    facts.append((voice.say("dossier.fact.prior"), Line(prior)))
    if "most_states" in inputs:
        said = voice.say("dossier.record.states", count=voice.many(inputs["most_states"]))
        facts.append((voice.say("dossier.fact.relaxation"), Line(said)))
    replay = [
        voice.say("dossier.record.replay_get", match=material.match_id),
        voice.say("dossier.record.replay_hash"),
        voice.say("dossier.record.replay_same"),
    ]
    limits = [voice.say(f"dossier.limit.{name}") for name in ("award", "seen", "claims", "prices", "moment")]
    blocks: tuple[Block, ...] = (
        Facts(tuple(facts)),
        Paragraph(Line(voice.say("dossier.record.path"), strong=True)),
        Bullets(tuple(map(Line, replay))),
        Paragraph(Line(voice.say("dossier.record.signs"), strong=True)),
        Bullets(
            tuple(Line(voice.say(f"dossier.sign.{name}")) for name in ("clause", "offering", "document", "record"))
        ),
        Paragraph(Line(voice.say("dossier.record.limits"), strong=True)),
        Bullets(tuple(map(Line, limits))),
    )
    return Section("record", voice.say("dossier.record.title"), blocks, annex=True)
