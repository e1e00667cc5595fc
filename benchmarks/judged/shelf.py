"""The demonstration's shelf in a hub of its own, and a planner who reads and searches it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jobs import migrations
from jobs.demo import companies, seed
from space_hub import db
from space_hub.clock import ManualClock
from space_hub.rng import SeededRng
from space_hub.trust import keys, organisations
from tests.support.hub import Hub, build


@dataclass
class Planner:
    hub: Hub
    secret: str

    def every(self, path: str) -> list[dict[str, Any]]:
        """All items of a list."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            asked = {"limit": 200} | ({} if cursor is None else {"cursor": cursor})
            page = self._good(self.hub.client.get(path, params=asked, headers=self._headers("en")))
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found

    def search(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """The first hits of a judged query, in the language in which it is written."""
        body = {"text": query["text"], "limit": 10}
        answer = self.hub.client.post("/v1/catalogue/search", json=body, headers=self._headers(query["language"]))
        hits: list[dict[str, Any]] = self._good(answer)["items"]
        return hits

    def _headers(self, language: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}", "Accept-Language": language}

    @staticmethod
    def _good(answer: Any) -> Any:
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.request.url}: {answer.status_code} {answer.text[:300]}")
        return answer.json()


@contextmanager
def demonstration() -> Iterator[Planner]:
    with TemporaryDirectory() as folder:
        database = db.connect(f"sqlite:///{Path(folder) / 'hub.sqlite'}")
        migrations.upgrade(database)
        clock, rng = ManualClock(datetime(2024, 11, 2, tzinfo=UTC)), SeededRng(1)
        hub = build(database, clock, rng)
        with database.write() as session:
            organisations.ensure_hub(session, clock)
            secrets = seed.seed(session, clock, rng)
            companies.seed(session, clock, rng, keys.authenticate(session, clock, secrets["broker"]))
        yield Planner(hub, secrets["nation"])
        database.engine.dispose()
