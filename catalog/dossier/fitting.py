"""The section of who fits, and why: score, margins, how firm the order is, what would change it. Pure."""

from catalog.dossier.charts import Place, scores
from catalog.dossier.considered import VERDICTS
from catalog.dossier.document import Block, Column, Figure, Line, Notice, Paragraph, Row, Section, Table
from catalog.dossier.study import RECORD, Offer, Study, clause, part
from catalog.wording import counterfactual

SHOWN = 20
"""Offerings that the section looks at one by one; the annex goes on."""
_CLAUSES = 6
"""Columns of margins that a page has room for."""


def section(study: Study) -> Section:
    voice, fitting = study.voice, study.fitting
    title = voice.say("dossier.fit.title")
    if not fitting:
        notice = Notice(voice.say("dossier.fit.none"), (Line(voice.say("dossier.fit.none_next"), (RECORD,)),))
        return Section("fit", title, (notice,))
    suppliers = len({each.judged["provider_id"] for each in fitting})
    said = voice.say("dossier.fit.count", offers=voice.many(len(fitting)), suppliers=voice.many(suppliers))
    blocks: list[Block] = [
        Paragraph(Line(said, (RECORD, part("gates")))),
        Paragraph(Line(voice.say("dossier.fit.score_meaning"))),
        _scores(study, fitting[:SHOWN]),
        _reasons(study, fitting[:SHOWN]),
    ]
    if study.need["clauses"]:
        blocks.append(_margins(study, fitting[:SHOWN]))
    return Section("fit", title, tuple(blocks))


def _scores(study: Study, fitting: tuple[Offer, ...]) -> Figure:
    voice = study.voice
    places = [
        Place(
            f"{each.ref.label}  {each.supplier}",
            each.judged["score"],
            voice.number(each.judged["score"], 2),
            None if each.judged.get("stability") is None else each.judged["stability"]["keeps_place"],
            "" if each.judged.get("stability") is None else voice.share(each.judged["stability"]["keeps_place"]),
            VERDICTS[each.verdict],
        )
        for each in fitting
    ]
    spoken = voice.say("dossier.fit.scores_spoken", said="; ".join(f"{each.name}: {each.said}" for each in places))
    heads = (voice.say("dossier.fit.axis_score"), voice.say("dossier.fit.axis_firm"))
    caption = voice.say("dossier.fit.scores")
    return Figure(
        "scores",
        caption,
        spoken,
        scores(places, heads, spoken),
        voice.say("dossier.source.result", part="offerings[].score, stability"),
    )


def _reasons(study: Study, fitting: tuple[Offer, ...]) -> Table:
    voice = study.voice
    rows = []
    for each in fitting:
        said = _said(study, each)
        if each.judged["counterfactual"]:
            said.append(
                voice.set(counterfactual(each.judged["counterfactual"], voice.language, capacity_unit=study.unit))
            )
        refs = tuple(dict.fromkeys(ref for gate in each.judged["gates"] for ref in study.gate_refs(gate)))
        rows.append(
            Row(
                (
                    Line(each.ref.label, strong=True),
                    Line(each.title),
                    Line(each.supplier),
                    Line(voice.say(f"dossier.verdict.{each.verdict}"), strong=each.verdict == "taken"),
                    Line(" ".join(said), refs),
                ),
                tone="good" if each.verdict == "taken" else "plain",
            )
        )
    heads = (
        Column(""),
        Column(voice.say("dossier.column.offering"), share=2),
        Column(voice.say("dossier.column.supplier"), share=1.6),
        Column(voice.say("dossier.column.verdict")),
        Column(voice.say("dossier.column.why"), share=3.4),
    )
    more = len(study.fitting) - len(fitting)
    note = voice.say("dossier.fit.more", count=voice.many(more)) if more > 0 else ""
    source = voice.say("dossier.source.result", part="offerings[].reasons, gates, counterfactual")
    return Table(voice.say("dossier.fit.reasons"), heads, tuple(rows), source, note)


def _said(study: Study, offer: Offer) -> list[str]:
    """Why it is taken, in one sentence for all phases, or why it is not."""
    if offer.verdict != "taken":
        return [study.reason(reason["code"], reason["params"]) for reason in offer.judged["reasons"]]
    voice = study.voice
    bought = [
        f"{voice.phase(phase)} {voice.quantity(offer.taken(phase), study.unit)}"
        for phase in study.phases
        if offer.taken(phase)
    ]
    return [voice.say("dossier.fit.taken", bought="; ".join(bought)) if bought else voice.say("dossier.fit.ready")]


def _margins(study: Study, fitting: tuple[Offer, ...]) -> Table:
    """How far each goes from threshold to objective, clause by clause, with the record of its supplier."""
    voice = study.voice
    places = range(min(len(study.need["clauses"]), _CLAUSES))
    rows = []
    for each in fitting:
        margins = {margin["clause"]: margin["margin"] for margin in each.judged["margins"]}
        candidate = each.candidate
        record = voice.number(each.judged["record"], 2)
        known = voice.say("dossier.fit.record", met=candidate["deliveries_met"], of=candidate["deliveries"])
        rows.append(
            Row(
                (
                    Line(each.ref.label, strong=True),
                    Line(each.supplier),
                    *(Line("–" if margins.get(place) is None else voice.share(margins[place])) for place in places),
                    Line(
                        f"{record} ({known})"
                        if candidate["deliveries"]
                        else f"{record} ({voice.say('dossier.fit.newcomer')})"
                    ),
                    Line(voice.number(each.judged["score"], 2), strong=True),
                )
            )
        )
    heads = (
        Column(""),
        Column(voice.say("dossier.column.supplier"), share=2),
        *(Column(clause(place).label, "right") for place in places),
        Column(voice.say("dossier.column.record"), "right", 1.3),
        Column(voice.say("dossier.column.score"), "right"),
    )
    source = voice.say("dossier.source.result", part="offerings[].margins, record, score")
    note, more = voice.say("dossier.fit.margins_note"), len(study.need["clauses"]) - len(places)
    if more > 0:
        note = f"{note} {voice.say('dossier.fit.clauses_more', count=voice.many(more))}"
    return Table(voice.say("dossier.fit.margins"), heads, tuple(rows), source, note)
