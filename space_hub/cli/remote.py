"""A hub elsewhere, asked over HTTP by somebody who holds a service key in a file of their own.

The key goes over TLS, or to this machine itself. Nothing that came is believed here: who asks
checks the hash of a notice, and the time by an own clock.
"""

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from space_hub.cli import private_files
from space_hub.cli.speak import language, sentence
from space_hub.errors import Conflict, Invalid, Unavailable

if TYPE_CHECKING:
    from catalog.competition.notice import Notice

Address = Annotated[str, typer.Option("--hub", metavar="URL", help=sentence("cli.option.hub"))]
ServiceKey = Annotated[Path, typer.Option("--service-key", metavar="FILE", help=sentence("cli.option.service_key"))]

_TIMEOUT_S = 60.0
_LONGEST_KEY = 200
_HERE = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class Hub:
    url: str
    key: str

    def get(self, path: str) -> Any:
        return self._ask("GET", path)

    def put(self, path: str, body: Any) -> Any:
        return self._ask("PUT", path, body)

    def post(self, path: str, body: Any) -> Any:
        """A create. Its name follows from what is sent, so that a repetition after a lost answer is the same one."""
        name = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([path, body], sort_keys=True)).hex
        return self._ask("POST", path, body, {"Idempotency-Key": name})

    def _ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        import httpx

        sent = {"Authorization": f"Bearer {self.key}", "Accept-Language": language(), **(headers or {})}
        try:
            with httpx.Client(base_url=self.url, timeout=_TIMEOUT_S, trust_env=False) as client:
                answer = client.request(method, path, headers=sent, json=body)
                found = answer.json()
        except httpx.HTTPError as error:
            raise Unavailable("cli.hub_unreachable", hub=self.url, reason=type(error).__name__) from error
        except ValueError as error:
            raise Unavailable("cli.hub_unreachable", hub=self.url, reason=str(answer.status_code)) from error
        if answer.is_success:
            return found
        said = found if isinstance(found, dict) else {}
        detail = [str(said.get("detail", "")), *(str(each.get("detail", "")) for each in said.get("errors", []))]
        raise Conflict(
            "cli.hub_refused", refusal=str(said.get("code", answer.status_code)), detail=" ".join(filter(None, detail))
        )


def connect(address: str, key_file: Path) -> Hub:
    import httpx

    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise Invalid("cli.hub_address_wrong", given=address) from error
    if not (url.scheme == "https" or (url.scheme == "http" and url.host in _HERE)):
        raise Invalid("cli.hub_address_wrong", given=address)
    key = private_files.read(key_file, _LONGEST_KEY).decode("ascii", "replace").strip()
    if not key.startswith("sh_") or not key.isprintable() or not key.isascii():
        raise Invalid("cli.service_key_wrong", path=str(key_file))
    return Hub(str(url), key)


def notice(hub: Hub, competition_id: str) -> "tuple[dict[str, Any], Notice]":
    """The notice as the hub hands it out, and as it reads once its hash was computed here."""
    from catalog.competition import notice as notices

    given = hub.get(f"/v1/competitions/{part(competition_id)}/notice")
    return given, notices.read(given)


def part(given: str) -> str:
    """An id as part of a path, and nothing else."""
    if not given.replace("_", "").isalnum():
        raise Invalid("cli.id_wrong", given=given)
    return given
