"""What is shipped: names, locks, the container files."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest

from tests.support.source import PACKAGES, ROOT, files

LOCKS = ("requirements.lock", "requirements-dev.lock")
BESIDE = "tests/reference/stapi.lock"
"""Of the reference server, in an environment of its own."""

# Written in two halves, so that this file does not name what no file may name.
HOSTS = re.compile(
    "|".join(
        re.escape(left + right)
        for left, right in (
            *(("pypi", ".org"), ("files.python", "hosted.org")),
            *(("registry.npm", "js.org"), ("registry.", "yarnpkg.com")),
            *(("docker", ".io"), ("ghcr", ".io"), ("quay", ".io"), ("gcr", ".io"), ("mcr.micro", "soft.com")),
        )
    )
)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_one_of_our_names(package: str) -> None:
    """The five names are common words. Sabotage seen: a distribution with a module `catalog` on the path."""
    assert set(packages_distributions().get(package, [])) <= {"space-hub"}


@pytest.mark.parametrize("lock", [*LOCKS, BESIDE])
def test_a_lock_pins_by_hash_and_names_no_address(lock: str) -> None:
    """Sabotage seen: a comment with an address; the hashes of one package removed."""
    text = (ROOT / lock).read_text("utf-8")
    assert not re.search(r"https?://", text)
    pinned = re.findall(r"^([a-z0-9][a-z0-9._-]*)==.*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
    entries = re.split(r"\n(?=[a-z0-9])", text)
    hashed = [entry for entry in entries if re.match(r"[a-z0-9]", entry) and "--hash=sha256:" in entry]
    assert len(pinned) == len(hashed) > 20


def test_what_is_installed_for_use_is_installed_for_tests() -> None:
    use, tests = (set(re.findall(r"^[a-z0-9][^\s;\\]*==\S+", (ROOT / lock).read_text("utf-8"), re.M)) for lock in LOCKS)
    assert use
    assert use <= tests


def test_no_file_names_a_registry() -> None:
    """Registries are the site's choice. Sabotage seen: an image written with its host in the compose file."""
    found = []
    for path in files():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found += [f"{path.relative_to(ROOT)}: {each}" for each in HOSTS.findall(text)]
    assert found == []


def test_the_compose_file_is_valid() -> None:
    """Sabotage seen: `helthcheck:` for `healthcheck:`."""
    words = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
