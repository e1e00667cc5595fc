"""A supplier's sealed quote: checked against the frozen criteria, sealed here, and sent as an envelope only.

Nothing of the quote's values is printed, logged or written elsewhere: what has not been said cannot be found.
"""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from space_hub.cli import options, private_files
from space_hub.cli.options import AsJson, Offset
from space_hub.cli.speak import OK, Voice, sentence
from space_hub.errors import Invalid

app = typer.Typer(help=sentence("cli.help.quote"), no_args_is_help=True, rich_markup_mode=None)


def _print_example(wanted: bool) -> None:
    """By invented criteria; those of a real notice have other names and units."""
    if not wanted:
        return
    from catalog.competition import quotes
    from catalog.competition.scoring import Criterion, CriterionKind

    criteria = (
        Criterion("total", CriterionKind.PRICE, Decimal("0.6"), Decimal(80000), Decimal(40000), unit="EUR"),
        Criterion("start", CriterionKind.TIME, Decimal("0.4"), Decimal(72), Decimal(12), unit="h"),
    )
    valid_until = options.shifted(0).now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=90)
    print(json.dumps(quotes.example(criteria, valid_until), indent=1))
    raise typer.Exit


Example = Annotated[
    bool,
    typer.Option(
        "--example",
        is_eager=True,
        callback=_print_example,
        help=sentence("cli.option.example"),
        show_default=False,
    ),
]


@app.command("seal", help=sentence("cli.help.quote_seal"), epilog=sentence("cli.help.quote_seal.form"))
def seal(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=sentence("cli.option.quote"))],
    notice: Annotated[Path, typer.Option("--notice", metavar="FILE", help=sentence("cli.option.notice"))],
    invitation: Annotated[str, typer.Option("--invitation", metavar="ID", help=sentence("cli.option.invitation"))],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help=sentence("cli.option.envelope_out"))],
    revision: Annotated[int, typer.Option("--revision", min=1, help=sentence("cli.option.revision"))] = 1,
    offset: Offset = 0,
    example: Example = False,
    as_json: AsJson = False,
) -> int:
    from catalog.competition import notice as notices
    from catalog.competition import opening, quotes, sealing, states

    del example  # Answered before the command begins.
    voice = Voice(as_json)
    read = notices.read(options.content(notice))
    states.quotable(states.State.OPEN, states.Clocks(read.quotes_until), options.shifted(offset).now())
    made = quotes.read(options.content(file, Decimal), read.criteria)
    quotes.check(made, read.criteria)
    valid_until = made.content.get("valid_until")
    if valid_until is not None and datetime.fromisoformat(valid_until).astimezone(UTC) <= read.quotes_until:
        raise Invalid("quote.ends_before_opening", until=read.quotes_until.isoformat())
    openers = [(each.id, each.public_key) for each in read.openers]
    envelope = sealing.seal(read.sha256, invitation, revision, made.plain, openers)
    private_files.make(out, json.dumps(sealing.to_json(envelope), indent=1).encode() + b"\n")
    digest = opening.envelope_sha256(envelope)
    voice.tell("cli.notice_read", sha256=read.sha256, until=read.quotes_until.isoformat())
    voice.table(
        "cli.title.sealed_for",
        ("cli.column.id", "cli.column.name", "cli.column.fingerprint"),
        [[each.id, each.person, each.fingerprint] for each in read.openers],
    )
    voice.tell("cli.compare_fingerprints")
    voice.tell("cli.quote_sealed", path=str(out), sha256=digest)
    voice.answer(
        {
            "notice_sha256": read.sha256,
            "invitation": invitation,
            "revision": revision,
            "envelope_sha256": digest,
            "openers": [
                {"id": each.id, "person": each.person, "fingerprint": each.fingerprint} for each in read.openers
            ],
            "file": str(out),
        }
    )
    return OK
