"""Public registers: every row is a listing or a refusal with its reason, and a newer edition keeps what was claimed."""

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from catalog import registers, ucs
from catalog.register_tables import RegisterListing, RegisterRefusal
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Forbidden, Invalid
from space_hub.rng import SeededRng
from space_hub.trust.principal import HUB, Principal
from tests.service.catalog.test_intake import supplier

HEADER = [
    *("Current Official Name of Satellite", "Country of Operator/Owner", "Operator/Owner", "Users", "Purpose"),
    *("Detailed Purpose", "Class of Orbit", "Date of Launch", "COSPAR Number", "NORAD Number"),
]


def table(*rows: dict[str, Any]) -> str:
    usual = {
        "Current Official Name of Satellite": "Eye",
        "Country of Operator/Owner": "France",
        "Operator/Owner": "Eye Space S.A.",
        "Users": "Commercial",
        "Purpose": "Earth Observation",
        "Detailed Purpose": "Radar Imaging",
        "Class of Orbit": "LEO",
        "Date of Launch": "12/11/2019",
        "COSPAR Number": "2019-089H",
    }
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADER)
    writer.writeheader()
    for place, row in enumerate(rows):
        writer.writerow({**usual, "NORAD Number": str(44_000 + place), **row})
    return out.getvalue()


def load(database: Database, clock: ManualClock, rng: SeededRng, text: str, who: Principal = HUB) -> registers.Report:
    with database.write() as session:
        return registers.import_register(
            session, clock, rng, who, name=ucs.NAME, edition="2023-05-01", licence_note="UCS", text=text
        )


def test_every_row_is_listed_or_refused_with_its_reason(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: the ceiling left out let 62684 in."""
    text = table(
        {},
        {"Users": "Military/Commercial", "Detailed Purpose": "", "Purpose": "Communications"},
        {"Users": "Military"},
        {"Operator/Owner": " "},
        {"NORAD Number": "62684"},
        {"NORAD Number": "44000"},
        {"NORAD Number": "4400O"},
        {"Country of Operator/Owner": "France/Italy", "Class of Orbit": "LEo", "Date of Launch": "soon"},
    )
    done = load(any_database, clock, rng, text)
    assert (done.rows, done.listed) == (8, 3)
    assert done.refused == {
        "register.not_commercial": 1,
        "register.number_unreadable": 2,
        "register.operator_missing": 1,
        "register.repeated": 1,
    }
    with any_database.read() as session:
        first, second, last = session.exec(select(RegisterListing).order_by(col(RegisterListing.line))).all()
        assert (first.operator_key, first.operator_nation, first.capability_guess) == ("eye space", "FR", "radar.sar")
        assert (first.state, first.orbit, str(first.launched)) == ("unclaimed", "LEO", "2019-12-11")
        assert second.capability_guess == "satcom.end_to_end"
        assert (last.operator_nation, last.orbit, last.launched) == (None, "LEO", None)
        assert len(session.exec(select(RegisterRefusal)).all()) == 5


def test_the_same_table_again_writes_nothing_and_a_newer_one_keeps_claims(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: listings of the edition before not looked up, a claim stood beside a new unclaimed row."""
    load(any_database, clock, rng, table({}, {}))
    assert load(any_database, clock, rng, table({}, {})).again
    with any_database.write() as session:
        for row in session.exec(select(RegisterListing)):
            row.state = "claimed"
    done = load(any_database, clock, rng, table({"Current Official Name of Satellite": "Eye One"}, {}, {}))
    assert (done.listed, done.again) == (3, False)
    with any_database.read() as session:
        rows = session.exec(select(RegisterListing).order_by(col(RegisterListing.catalog_number))).all()
        assert [(row.state, row.asset_name) for row in rows] == [
            ("claimed", "Eye One"),
            ("claimed", "Eye"),
            ("unclaimed", "Eye"),
        ]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "<html>"])
def test_what_is_no_table_of_the_register_is_refused_whole(
    any_database: Database, clock: ManualClock, rng: SeededRng, text: str
) -> None:
    with pytest.raises(Invalid, match="column_missing"):
        load(any_database, clock, rng, text)


def test_only_the_desk_imports(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    with pytest.raises(Forbidden):
        load(any_database, clock, rng, table({}), supplier(any_database, clock, rng))


def test_the_real_table_is_taken_whole(shared: Path) -> None:
    """UCS Satellite Database, edition of 1 May 2023: 7,560 rows, 6,268 with a commercial user."""
    with gzip.open(shared / "data/catalogue/ucs_satellite_database.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(ucs.read(file.read()))
    refused = [row for row in rows if isinstance(row, ucs.Refusal)]
    codes = {code: sum(row.code == code for row in refused) for code in sorted({row.code for row in refused})}
    assert len(rows) == 7560
    assert any(row.code == "register.number_unreadable" and row.params["given"] == "62684" for row in refused) or any(
        "62684" in row.raw for row in refused
    )
    assert codes["register.not_commercial"] == 1291
    listed = [row for row in rows if isinstance(row, ucs.Listed)]
    assert len(listed) + len(refused) == 7560
    assert sum(row.operator_nation is None for row in listed) < 150
    assert sum(row.capability_guess is None for row in listed) < 500
