"""Sealed quotes: whoever takes the whole installation and one private key reads none; two openers read all, once.

The whole proof, with 200 quotes and 100,000 prices guessed for each, is `./hub bench sealed`.
"""

from pathlib import Path

from anyio.from_thread import BlockingPortal
from fastapi import FastAPI

from benchmarks.sealed.campaign import Campaign
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from tests.support.hub import Hub, build


def test_who_takes_everything_but_two_openers_reads_no_quote_and_two_open_all_once(
    database: Database,
    clock: ManualClock,
    rng: SeededRng,
    tmp_path: Path,
    _standing: tuple[BlockingPortal, list[FastAPI]],
) -> None:
    """Sabotage seen, each by `./hub bench sealed --sabotage=NAME`: a route that takes quotes in clear; both shares for
    one opener; shares released as they were taken out; no deadline; the primary key of openings dropped."""
    portal, built = _standing
    hub = build(database, clock, rng, *built)
    built[:], hub.client.portal = [hub.app], portal
    figures = Campaign(hub, tmp_path, quotes=4, prices=20_000).run()
    assert figures["holds"], figures


def test_the_search_sees_a_hub_that_takes_quotes_in_clear(
    sqlite_database: Database, clock: ManualClock, rng: SeededRng, tmp_path: Path
) -> None:
    """The proof of the proof: nothing is opened, and every price is known to who hashes the likely ones."""
    hub: Hub = build(sqlite_database, clock, rng)
    figures = Campaign(hub, tmp_path, quotes=2, prices=30_000, sabotage="clear_route").run()
    assert (figures["before_confirmed"], figures["before_opened_without_a_key"], figures["holds"]) == (3, 0, False)
