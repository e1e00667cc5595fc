"""An adapter says beforehand what it can do, in its capabilities and in the README."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from providers.adapters import http_contract
from providers.adapters.base import Adapter, Capabilities, FeasibilityAsk, Repeats, Tier
from providers.adapters.client import Client
from providers.adapters.http_contract import HttpSupplier
from providers.adapters.manifest import ManifestAdapter
from providers.adapters.simulated import SimulatedSupplier
from providers.adapters.stac import StacCatalogue
from providers.adapters.stapi import StapiSupplier
from providers.doors import ADAPTERS, Means, SupplierDoor
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import HubError, NotFound, Unavailable
from tests.support.doors import AREA, BENCHES, WINDOW, Bench, order
from tests.support.suppliers import URL, Served


@pytest.mark.parametrize("bench", BENCHES, indirect=True)
def test_it_says_beforehand_what_it_cannot_do(bench: Bench) -> None:
    can = bench.adapter.capabilities
    ask = FeasibilityAsk("A", 1.0, "km2/d", WINDOW, area=AREA)
    tries: dict[str, Callable[[], Any]] = {
        "feasibility": lambda: bench.adapter.feasibility(ask),
        "quote": lambda: bench.adapter.quote(ask),
        "order": lambda: order(bench),
        "status": lambda: bench.adapter.status("x"),
        "cancel": lambda: bench.adapter.cancel("x"),
        "find": lambda: bench.adapter.find("x"),
        "deliveries": lambda: bench.adapter.deliveries("x"),
    }
    for name, attempt in tries.items():
        if getattr(can, name):
            continue
        with pytest.raises(HubError) as caught:
            attempt()
        assert isinstance(caught.value, NotFound | Unavailable), name
    assert can.order == (can.tier is Tier.ORDERS)
    assert can.find or can.repeats is not Repeats.LOOKUP
    assert can.order or can.repeats is Repeats.NEVER


def test_the_readme_says_what_each_door_can_do(clock: ManualClock, any_database: Database) -> None:
    """Sabotage seen: `deliveries` of the simulated supplier left out; a row left out of the table."""
    client = Client(Served(lambda *_: (404, None)), URL)
    kinds: dict[str, Adapter] = {
        "`manifest`": ManifestAdapter(""),
        "`stac`": StacCatalogue(client),
        "`stapi`": StapiSupplier(client, clock),
        "`stapi` with `reference_parameter`": StapiSupplier(client, clock, {"reference_parameter": "ref"}),
        "`http`": HttpSupplier(client),
        "`http` with `repeats: lookup`": HttpSupplier(client, {"repeats": "lookup"}),
        "`http` with `repeats: never`": HttpSupplier(client, {"repeats": "never"}),
        "`simulated`": SimulatedSupplier(any_database, clock),
    }
    text = (Path(http_contract.__file__).parents[1] / "README.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    names, said = rows[0][1:], {row[0]: row[1:] for row in rows[2:]}
    assert said == {
        kind: [
            found.value if isinstance(found, Repeats) else "yes" if found else "-"
            for found in (getattr(adapter.capabilities, name) for name in names)
        ]
        for kind, adapter in kinds.items()
    }
    assert {"tier", *names} == {each.name for each in fields(Capabilities)}


def test_every_kind_of_door_stands_in_this_suite(clock: ManualClock, any_database: Database) -> None:
    for name, kind in ADAPTERS.items():
        url = URL if kind.reached_by_url else None
        door = SupplierDoor(provider_id="prv_x", adapter=name, url=url, settings={}, at=clock.now())
        made = kind.make(Means(any_database, clock, door, ()))
        assert made.name == name
        assert name in BENCHES
