"""Fixtures of the whole suite: a standing clock, repeatable draws, two databases, the shared data.

Each test gets a fresh database with all tables: on SQLite a copy of one file, on
PostgreSQL a copy of one template database. A worker of the test run makes the
file, the template and its server once, and only when a test asks for them. All of
it lies in memory where there is room (`support/scratch.py`).
"""

import gc
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from jobs import migrations
from space_hub import db
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from tests.reference import environment
from tests.support import postgres, scratch
from tests.support.hub import Hub, Standing, stood
from tests.support.moving import Moving

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--on",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="database of the tests that run on one kind only; the others run on both anyway",
    )


def pytest_configure() -> None:
    scratch.choose()


def pytest_collection_finish() -> None:
    """What collecting made stays to the end: to look for garbage among it again and again is in vain."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def make_tables(database: Database) -> None:
    migrations.upgrade(database)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2024, 11, 2, tzinfo=UTC))


@pytest.fixture
def rng() -> SeededRng:
    return SeededRng(20241102)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "hub.sqlite"
    database = db.connect(f"sqlite:///{path}")
    make_tables(database)
    database.engine.dispose()
    assert not path.with_name("hub.sqlite-wal").exists(), "the last connection closes the log into the file"
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a server where databases may be made: SPACE_HUB_TEST_DATABASE_URL, else one of our own."""
    given = os.environ.get("SPACE_HUB_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    name = postgres.name("template")
    with postgres.Made(postgres_server, name) as url:
        database = db.connect(url)
        make_tables(database)
        database.engine.dispose()
        yield name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'hub.sqlite')}"


@pytest.fixture
def postgresql_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    with postgres.Made(postgres_server, postgres.name("test"), postgres_template) as url:
        yield url


@pytest.fixture(scope="session")
def moving(request: pytest.FixtureRequest) -> Moving:
    """The engine of tests that run on one kind of database."""
    return Moving(request.config.getoption("--on"))


@pytest.fixture
def any_database(request: pytest.FixtureRequest, moving: Moving) -> Iterator[Database]:
    """A fresh database for a test that need not run on both kinds: SQLite, or what `--on` names."""
    with moving.to(request.getfixturevalue(f"{moving.kind}_url")) as database:
        yield database


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """For what concerns SQLite alone: the embedded installation, its query plans."""
    database = db.connect(sqlite_url)
    yield database
    database.engine.dispose()


@pytest.fixture
def postgres_database(postgresql_url: str) -> Iterator[Database]:
    database = db.connect(postgresql_url)
    yield database
    database.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh database with all tables, for tests that open it from several processes."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgresql_url"}[request.param])
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = db.connect(database_url)
    yield database
    database.engine.dispose()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data; without it the test is skipped aloud, or fails where it is required."""
    folder = Path(os.environ.get("SPACE_HUB_SHARED") or ROOT.parent / "shared").resolve()
    if (folder / "data").is_dir():
        return folder
    missing = f"shared data not found in {folder}: set SPACE_HUB_SHARED to the folder that holds data/"
    if os.environ.get("SPACE_HUB_REQUIRE_SHARED") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def stapi_environment() -> None:
    """Makes the environment of the reference server; where that is not to be had, as for shared data."""
    try:
        environment.python()
    except environment.NotMade as reason:
        if os.environ.get("SPACE_HUB_REQUIRE_SHARED") == "1":
            pytest.fail(f"the reference server cannot be installed: {reason}")
        pytest.skip(f"the reference server cannot be installed: {reason}")


@pytest.fixture(scope="session")
def _standing() -> Iterator[Standing]:
    """One loop for all requests, where a client alone starts one for each, and the application once it is built."""
    with start_blocking_portal() as portal:
        yield portal, []


@pytest.fixture
def hub(any_database: Database, clock: ManualClock, rng: SeededRng, _standing: Standing) -> Hub:
    """The hub of this test, on one kind of database."""
    return stood(any_database, clock, rng, _standing)


@pytest.fixture
def hub_on_both(database: Database, clock: ManualClock, rng: SeededRng, _standing: Standing) -> Hub:
    """The hub of this test, on both kinds of database in turn."""
    return stood(database, clock, rng, _standing)
