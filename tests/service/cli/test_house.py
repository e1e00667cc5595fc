"""An installation: made once, one time for ever, one `up` at a time."""

import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlmodel import select

from jobs.proofs.service import free_port
from space_hub.cli import house
from space_hub.cli.health import Process, at_work
from space_hub.clock import ManualClock
from space_hub.errors import Conflict, Invalid, Unavailable
from space_hub.rng import SeededRng
from space_hub.settings import Settings
from space_hub.work.tables import Work
from tests.support.demand import state
from tests.support.hub import build

THEN = datetime(2024, 11, 2, tzinfo=UTC)


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Settings:
    """An installation's settings over a database that has tables and no row."""
    return Settings(data=tmp_path / "var", database_url=sqlite_url)


@pytest.fixture(autouse=True)
def _tables_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.migrations.upgrade", lambda database: False)


def close(made: house.House) -> house.House:
    made.database.engine.dispose()
    return made


def test_a_replay_begins_at_its_time_and_goes_on_after_a_restart(settings: Settings) -> None:
    """Sabotage seen: an offset of zero stored turned it red."""
    made = close(house.open_or_make(settings, THEN))
    assert made.made_now
    assert made.replayed
    assert made.began == THEN
    assert timedelta() <= made.clock.now() - THEN < timedelta(minutes=1)
    again = close(house.open_or_make(settings))
    assert not again.made_now
    assert again.began == THEN
    assert again.clock.now() > made.began


def test_a_start_queues_the_look_of_needs_that_nobody_has_looked_at(settings: Settings) -> None:
    """Sabotage seen: the start of an upgraded installation left them to the next offering that came."""
    made = house.open_or_make(settings, THEN)
    stated = state(build(made.database, ManualClock(THEN), SeededRng(1)).key("nation", "FR"))
    with made.database.write() as session:
        session.execute(delete(Work))
    close(made)
    again = house.open_or_make(settings)
    with again.database.read() as session:
        queued = session.exec(select(Work)).one()
        assert (queued.kind, queued.params) == ("need.look", {"requirement_id": stated})
    close(again)


def test_the_same_time_given_again_goes_on_and_another_is_refused(settings: Settings) -> None:
    """Sabotage seen: leaving out the comparison in `_existing` let the second `--now` pass in silence."""
    close(house.open_or_make(settings, THEN))
    assert not close(house.open_or_make(settings, THEN)).made_now
    with pytest.raises(Conflict) as refused:
        house.open_or_make(settings, THEN + timedelta(days=1))
    assert refused.value.code == "up.other_time"
    assert refused.value.params["began"] == "2024-11-02T00:00:00Z"


def test_an_installation_in_real_time_refuses_to_become_a_replay(settings: Settings) -> None:
    assert not close(house.open_or_make(settings)).replayed
    with pytest.raises(Conflict):
        house.open_or_make(settings, THEN)


def test_what_was_never_made_is_said_in_one_sentence(settings: Settings) -> None:
    with pytest.raises(Unavailable) as refused:
        house.open_existing(settings)
    assert refused.value.code == "database.not_installed"


def test_looking_at_what_was_never_made_makes_nothing(tmp_path: Path) -> None:
    """Sabotage seen: opening the database before looking for its file left an empty one behind."""
    with pytest.raises(Unavailable) as refused:
        house.open_existing(Settings(data=tmp_path / "var"))
    assert refused.value.code == "database.not_installed"
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("make", [house.open_existing, house.open_or_make])
def test_a_file_that_is_no_database_is_one_sentence(make: Callable[[Settings], object], tmp_path: Path) -> None:
    (tmp_path / "hub.sqlite").write_text("a letter that was saved under the wrong name" * 100)
    with pytest.raises(Unavailable) as refused:
        make(Settings(data=tmp_path))
    assert refused.value.code == "cli.database_unreachable"
    assert "not a database" in str(refused.value.params["reason"])


def test_a_folder_is_held_once_and_the_second_learns_by_whom(tmp_path: Path) -> None:
    """Sabotage seen: without LOCK_NB's error the second holder got in."""
    with house.locked(tmp_path, "http://127.0.0.1:8000", 8000):
        with pytest.raises(Invalid) as refused, house.locked(tmp_path, "http://127.0.0.1:9000", 9000):
            pytest.fail("held twice")
        assert refused.value.code == "up.already_running"
        assert refused.value.params["address"] == "http://127.0.0.1:8000"
    assert house.noted_port(tmp_path) is None
    with house.locked(tmp_path, "http://127.0.0.1:9000", 9000):
        assert house.noted_port(tmp_path) == 9000


def test_the_api_is_found_on_the_port_that_up_was_given(tmp_path: Path, settings: Settings) -> None:
    """Sabotage seen: asking only at the setting's port called a hub on another port not running."""

    class Healthy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    made = close(house.open_or_make(settings.model_copy(update={"data": tmp_path, "port": free_port()})))
    with HTTPServer(("127.0.0.1", 0), Healthy) as api:
        threading.Thread(target=api.serve_forever, daemon=True).start()
        assert not at_work(made, Process.SERVE)
        with house.locked(tmp_path, "https://hub.example", api.server_port):
            assert at_work(made, Process.SERVE)
        api.shutdown()


def test_a_new_data_folder_is_open_to_its_owner_only(tmp_path: Path) -> None:
    house.prepare_folder(tmp_path / "a" / "var")
    assert stat.S_IMODE((tmp_path / "a" / "var").stat().st_mode) == 0o700


def test_a_password_in_an_address_is_never_shown() -> None:
    settings = Settings(database_url="postgresql+psycopg://me:open-sesame@127.0.0.1:1/none")
    with pytest.raises(Unavailable) as refused:
        house.open_or_make(settings)
    assert refused.value.code == "cli.database_unreachable"
    assert "open-sesame" not in str(refused.value)


def test_a_setting_that_does_not_read_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    from space_hub import settings

    monkeypatch.setenv("SPACE_HUB_PORT", "eighty")
    settings.load.cache_clear()
    with pytest.raises(Invalid) as refused:
        house.settings()
    settings.load.cache_clear()
    assert "SPACE_HUB_PORT=eighty" in str(refused.value.params["faults"])
