"""Public registers: every row is a listing or a refusal with its reason, and a newer edition keeps what was claimed."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from catalog.shelf import registers
from catalog.shelf.register_tables import RegisterListing, RegisterRefusal
from providers.adapters.base import Refused
from providers.adapters.register_rows import SATELLITES, STATIONS, Registered, read_network, read_table
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


def load(
    database: Database,
    clock: ManualClock,
    rng: SeededRng,
    text: str,
    who: Principal = HUB,
    name: str = SATELLITES,
) -> registers.Report:
    with database.write() as session:
        return registers.import_register(
            session, clock, rng, who, name=name, edition="2023-05-01", licence_note="UCS", text=text
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
        rows = read_table(file.read())
    refused = [row for row in rows if isinstance(row, Refused)]
    codes = {code: sum(row.code == code for row in refused) for code in sorted({row.code for row in refused})}
    assert len(rows) == 7560
    assert any(row.code == "register.number_unreadable" and row.params["given"] == "62684" for row in refused) or any(
        "62684" in row.raw for row in refused
    )
    assert codes["register.not_commercial"] == 1291
    listed = [row for row in rows if isinstance(row, Registered)]
    assert len(listed) + len(refused) == 7560
    assert sum(row.operator_nation is None for row in listed) < 150
    assert sum(row.capability_guess is None for row in listed) < 500


def site(name: Any = "Svalbard", provider: Any = "Polar Ground AS", place: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [15.4, 78.2] if place is None else place},
        "properties": {"name": name, "provider": provider, "frequency_bands": ["S", "X", "Optical"], **more},
    }


def network(*features: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


def test_stations_are_listed_with_place_and_bands_and_bad_ones_set_aside(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotages seen: bands of any kind taken, which a number in their place ends; a name with NUL let in."""
    text = network(
        site(),
        site("Athens", frequency_bands=7),
        site("Cape", frequency_bands=[{"x": 1}, "Ka", "Ka"]),
        site("Pole", place=[15.4, 98.2]),
        site("Nowhere", place=["15", "78"]),
        site("Goldstone", "NASA DSN"),
        site("Svalbard", " Polar  Ground AS "),
        site("Svalbard", "Other Ground"),
        site({"en": "x"}),
        site("Bad\x00name"),
        "no feature",
    )
    done = load(any_database, clock, rng, text, name=STATIONS)
    assert (done.rows, done.listed) == (11, 4)
    assert done.refused == {
        "register.name_repeated": 1,
        "register.name_unprintable": 1,
        "register.no_place": 3,
        "register.not_commercial": 1,
        "register.operator_missing": 1,
    }
    with any_database.read() as session:
        rows = session.exec(select(RegisterListing).order_by(col(RegisterListing.line))).all()
        assert [(row.line, row.asset_name, row.purpose) for row in rows] == [
            (1, "Svalbard", "Ground station S X"),
            (2, "Athens", "Ground station"),
            (3, "Cape", "Ground station Ka"),
            (8, "Svalbard", "Ground station S X"),
        ]
        assert (rows[0].asset_kind, rows[0].capability_guess) == ("ground_station", "ground_station.contact")
        assert (rows[0].site, rows[0].operator_key) == ({"lon": 15.4, "lat": 78.2}, "polar ground")
        bad = session.exec(select(RegisterRefusal).where(RegisterRefusal.code == "register.name_repeated")).one()
        assert (bad.line, bad.params) == (7, {"name": "Svalbard", "row": 1})


def test_a_newer_network_moves_its_stations_and_does_not_double_them(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    load(any_database, clock, rng, network(site()), name=STATIONS)
    load(any_database, clock, rng, network(site("New"), site(place=[15.5, 78.3])), name=STATIONS)
    with any_database.read() as session:
        rows = session.exec(select(RegisterListing).order_by(col(RegisterListing.line))).all()
        assert [(row.asset_name, row.site) for row in rows] == [
            ("New", {"lon": 15.4, "lat": 78.2}),
            ("Svalbard", {"lon": 15.5, "lat": 78.3}),
        ]


@pytest.mark.parametrize("text", ["", "{}", "[]", "<html>", '{"features": 3}', "[" * 100_000])
def test_what_is_no_network_of_stations_is_refused_whole(
    any_database: Database, clock: ManualClock, rng: SeededRng, text: str
) -> None:
    with pytest.raises(Invalid, match="no_stations"):
        load(any_database, clock, rng, text, name=STATIONS)
    with pytest.raises(Invalid, match=r"register\.empty"):
        load(any_database, clock, rng, network(), name=STATIONS)


def test_the_real_networks_are_taken_whole(shared: Path) -> None:
    """Eight networks, 117 sites: those of NASA are nobody's to sell, all others are listed."""
    paths = sorted((shared / "data/catalogue/groundstations").glob("*.json"))
    rows = [row for path in paths for row in read_network(path.read_text("utf-8"))]
    refused = [row.code for row in rows if isinstance(row, Refused)]
    assert (len(paths), len(rows), len(refused)) == (8, 117, 21)
    assert set(refused) == {"register.not_commercial"}
