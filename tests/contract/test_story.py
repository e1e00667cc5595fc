"""The README's walkthrough and its three ways in, word for word, against a hub that `space-hub up` really runs."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from svix.webhooks import Webhook, WebhookVerificationError

from jobs.proofs.service import free_port
from tests.reference.running import stapi_reference
from tests.support import walkthrough
from tests.support.source import ROOT


@contextlib.contextmanager
def running(folder: Path, database_url: str, receiver_port: int) -> Iterator[dict[str, str]]:
    """A hub with the synthetic catalogue and its first run published; the variables a reader would have."""
    port = free_port()
    variables = {
        "SPACE_HUB_DATA": str(folder),
        "SPACE_HUB_DATABASE_URL": database_url,
        "SPACE_HUB_PORT": str(port),
        "SPACE_HUB_EGRESS_ALLOW": f"127.0.0.1:{receiver_port}",
        "RECEIVER_PORT": str(receiver_port),
    }
    folder.mkdir()
    log = folder.parent / "up.log"
    with log.open("wb") as sink:
        hub = subprocess.Popen(
            [sys.executable, "-m", "space_hub.cli", "up", "--now", "2024-11-02T00:00:00Z"],
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
        )
    try:
        deadline = time.monotonic() + 120
        with httpx.Client(trust_env=False) as client:
            while time.monotonic() < deadline:
                assert hub.poll() is None, log.read_text()
                with contextlib.suppress(httpx.TransportError):
                    if client.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200:
                        break
                time.sleep(0.2)
            else:
                raise AssertionError(log.read_text())
        yield variables
    finally:
        hub.send_signal(signal.SIGINT)
        status = hub.wait(timeout=20)
    assert status == 0, "Ctrl-C stops the hub cleanly"


@pytest.mark.xdist_group("story")
def test_the_walkthrough_holds_from_front_door_to_signed_alert_and_supply_at_risk(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage seen: leaving `catalog.risk.impact` out of the reactions ended it at the last block."""
    if database_url.startswith("sqlite"):
        database_url = ""  # A new installation, made by `up` itself.
    with running(tmp_path / "var", database_url, free_port()) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        left = walkthrough.run()
        left["receiver"].shutdown()
        left["receiver"].server_close()
        left["hub"].close()

    assert [step["status"] for step in left["order"]["history"]] == ["received", "accepted", "completed"]
    assert "not a basis for go/no-go" in left["alert"]["data"]["notice"]
    assert left["risk"]["evidence_id"] == left["alert"]["data"]["conjunction_id"]
    assert left["risk"]["affected"]["agreements"] == [left["agreement"]["id"]]

    # Signed by one Standard Webhooks library, verified by another; a changed byte is refused.
    headers = {name.lower(): value for name, value in left["headers"].items()}
    other = Webhook(left["endpoint"]["secret"])
    other.verify(left["body"], headers)
    with pytest.raises(WebhookVerificationError):
        other.verify(left["body"].replace(b"miss", b"Miss"), headers)


def in_a_checkout(folder: Path) -> None:
    """`./hub` and `.venv/bin/python` as a reader has them, but of the environment that the tests run in."""
    interpreter, shell = shlex.quote(sys.executable), "#!/bin/sh\n"
    for name, words in (("hub", f"{interpreter} -m space_hub.cli"), (".venv/bin/python", interpreter)):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'{shell}PYTHONPATH={shlex.quote(str(ROOT))} exec {words} "$@"\n')
        file.chmod(0o755)
    (folder / "LICENSE").write_bytes((ROOT / "LICENSE").read_bytes())


def typed(block: str, folder: Path, variables: Mapping[str, str]) -> str:
    """What a terminal shows of a block of commands, each of which has to succeed."""
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail"],
        input=block,
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.usefixtures("stapi_environment")
def test_a_newcomer_with_only_the_readme_comes_in_by_spreadsheet_and_by_url(tmp_path: Path) -> None:
    """Sabotage seen: in the README, no `--area` at `provider apply`; `radar.saar` as the row's capability."""
    _, sheet, _, _, door, _ = walkthrough.blocks("Three ways in", "sh")
    in_a_checkout(tmp_path)
    port = free_port()
    with running(tmp_path / "var", "", port) as variables:
        del variables[
            "SPACE_HUB_EGRESS_ALLOW"
        ]  # Another terminal than the hub's: what the block does not say is not there.
        told = typed(sheet, tmp_path, variables)
        assert "meets it" in told, "the gap report"
        assert "CS-1 meets the published need" in told, "the match notice"
        with stapi_reference(port):
            typed(door.replace("8766", str(port)), tmp_path, variables)
