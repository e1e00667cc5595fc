"""The demonstration alliance: forty companies and two hundred offerings over all eleven mission areas.

The companies are invented and say so. Each file under `alliance/` is one of
them: its profile, what it shows, and its offerings as any supplier's YAML. Sixty
satellites in these files are real ones of the public catalogue; where the
catalogue does not hold them, as in a synthetic one, others of its own take
their places, so that what happens in the sky reaches the shelf.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from jobs.demo.seed import Shown, admit, satellites_of
from providers.adapters.base import AssetRef, Listed, Listing
from providers.adapters.table import read_rows
from providers.adapters.yaml_file import read_yaml
from providers.onboarding import Contact, EvidenceKind, Profile, SizeClass
from space_hub.awareness.tables import ElementSetRow
from space_hub.clock import Clock
from space_hub.rng import Rng
from space_hub.trust.principal import Principal

FILES = Path(__file__).with_name("alliance")


def load() -> list[tuple[dict[str, Any], list[Shown], Listing]]:
    """Profile, evidence and offerings of each company, in the order of their files."""
    found = []
    for path in sorted(FILES.glob("*.yaml")):
        given, lines = read_yaml(path.read_text("utf-8"))
        rows = given["offerings"]
        evidence = [
            Shown(EvidenceKind(each["kind"]), each["issuer"], each["scope"], each["valid_days"])
            for each in given["evidence"]
        ]
        found.append((given["provider"], evidence, read_rows(zip(lines.of(rows), rows, strict=True))))
    return found


def seed(session: Session, clock: Clock, rng: Rng, broker: Principal) -> dict[str, str]:
    """Bring every company to the shelf in the caller's transaction; the secrets of their keys by legal name."""
    companies = load()
    places = _places(session, companies)
    secrets: dict[str, str] = {}
    for given, evidence, listing in companies:
        profile = Profile(
            legal_name=given["legal_name"],
            legal_id=given["legal_id"],
            nation=given["nation"],
            owner_nation=given["owner_nation"],
            size_class=SizeClass(given["size_class"]),
            contacts=(Contact("Front desk", given["email"]),),
        )
        moved = Listing(tuple(_placed(each, places) for each in listing.offered), listing.refused)
        secrets[profile.legal_name] = admit(session, clock, rng, broker, profile, evidence, moved)
    return secrets


def _places(session: Session, companies: list[tuple[dict[str, Any], list[Shown], Listing]]) -> dict[int, int]:
    """Number in the files -> number that stands for it in this catalogue. Empty where the catalogue is the real one."""
    drafts = [draft for _, _, listing in companies for draft in listing.drafts]
    numbers = sorted({asset.catalog_number for draft in drafts for asset in draft.assets if asset.catalog_number})
    wanted = col(ElementSetRow.catalog_number).in_(numbers)
    known = set(session.exec(select(ElementSetRow.catalog_number).where(wanted, col(ElementSetRow.is_current))).all())
    missing = [number for number in numbers if number not in known]
    others = [number for number in satellites_of(session, 2 * len(numbers)) if number not in known]
    return dict(zip(missing, others, strict=False))


def _placed(listed: Listed, places: Mapping[int, int]) -> Listed:
    assets = tuple(sorted((_moved(each, places) for each in listed.draft.assets), key=lambda each: each.name))
    return replace(listed, draft=replace(listed.draft, assets=assets))


def _moved(asset: AssetRef, places: Mapping[int, int]) -> AssetRef:
    number = places.get(asset.catalog_number or 0)
    return asset if number is None else replace(asset, name=f"catalogue number {number}", catalog_number=number)
