"""Lives of frameworks, competitions and call-offs, every release and package of which is valid by the shared schema.

Each life is drawn from its own number: who applies, is refused, suspended and removed, which agreements are made and
end, what is called off, delivered, rejected, cancelled, pre-empted and given back, which competitions are opened,
awarded, without a fit or cancelled. Releases are written at moments drawn too, so that most processes are told
in several goes. The shared examples then give the verdicts that were noted beforehand: the validator refuses.
"""

import tempfile
from pathlib import Path
from random import Random
from time import perf_counter

from benchmarks import _campaign
from benchmarks._shared import shared_folder
from benchmarks.ocds.competitions import compete
from benchmarks.ocds.frameworks import live
from benchmarks.ocds.judge import Tally, judge
from benchmarks.ocds.world import START, World
from jobs import migrations
from jobs.proofs import supply
from space_hub import db
from space_hub.clock import ManualClock
from space_hub.rng import SeededRng
from space_hub.trust.scopes import OrganisationKind
from tests.support.ocds import COUNTED, examples

OPTIONS = {"--lives=N": "how many lives are led (300)", "--seed=N": "what they are drawn from (1)"}

_A_PART = 10
_ALL_OCCUR = 100
"""From so many lives on every tag is expected."""
_COMPETES = 5
"""Every so many lives one is of a competition."""


def run(*options: str) -> dict[str, object]:
    """Lead the lives, tell them, hold everything against the schema."""
    asked = _campaign.numbers(options, lives=300, seed=1)
    lives, seed = asked["lives"], asked["seed"]
    shared = shared_folder()
    parts = [(seed, first, min(_A_PART, lives - first), str(shared)) for first in range(0, lives, _A_PART)]
    began = perf_counter()
    whole = Tally()
    for found in _campaign.shared("lives told", part, parts, _campaign.cores()):
        whole.releases += found.releases
        whole.processes += found.processes
        whole.told_twice += found.told_twice
        whole.names_leaked += found.names_leaked
        whole.invalid += found.invalid
        whole.set_aside += found.set_aside
        whole.tags += found.tags
    counted, surprises = examples(shared)
    every_tag = {
        *("tender", "tenderUpdate", "tenderCancellation", "award", "contract"),
        *("contractAmendment", "contractTermination", "implementation"),
    }
    return {
        "lives": lives,
        "processes": whole.processes,
        "releases": whole.releases,
        **{f"tag_{tag}": whole.tags[tag] for tag in sorted(every_tag)},
        "invalid": whole.invalid[:10],
        "set_aside": whole.set_aside[:10],
        "told_twice": whole.told_twice,
        "names_leaked": whole.names_leaked,
        "examples": counted,
        "examples_with_another_verdict": surprises,
        "seconds": round(perf_counter() - began, 1),
        "holds": not (whole.invalid or whole.set_aside or whole.told_twice or whole.names_leaked or surprises)
        and counted == COUNTED
        and (lives < _ALL_OCCUR or every_tag <= set(whole.tags)),
    }


def part(seed: int, first: int, count: int, shared: str) -> Tally:
    """Some lives in a hub of their own."""
    found = Tally()
    with tempfile.TemporaryDirectory() as folder:
        database = db.connect(f"sqlite:///{folder}/hub.sqlite")
        migrations.upgrade(database)
        clock, rng = ManualClock(START), SeededRng(seed * 1_000_003 + first)
        with database.write() as session:
            lead = supply.principal(session, clock, rng, OrganisationKind.NATION, "FR", "Lead")
            member = supply.principal(session, clock, rng, OrganisationKind.NATION, "DE", "Member")
            suppliers = [
                supply.supplier(session, clock, rng, name=f"Firm {name}", reference=name, offered=1e6, simulated=False)
                for name in ("Alder", "Birch", "Cedar")
            ]
        for number in range(first, first + count):
            draw = Random(f"{seed}/{number}")
            with database.write() as session:
                # Every life begins on the same day: papers and clearances of the suppliers end one day.
                world = World(session, ManualClock(START), rng, draw, lead, member, suppliers)
                if number % _COMPETES == 0:
                    compete(world)
                else:
                    live(world)
                judge(world, Path(shared), found)
        database.engine.dispose()
    return found
