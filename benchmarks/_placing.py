"""Call-offs placed without HTTP: the route's own function, with its principal, validation, idempotency, audit and log.

What it leaves out beside `reservations` over HTTP is the server, the framework and the wire.
"""

import hashlib
from itertools import cycle
from time import process_time

from api.deps import Creation, House
from api.routes.call_offs import CallOffIn, place_call_off
from space_hub import db
from space_hub.clock import SystemClock
from space_hub.rng import SystemRng
from space_hub.settings import Settings


def placed(url: str, secret: str, bodies: list[str], name: str, seconds: int) -> tuple[int, float]:
    """How many were placed one after another in so many seconds, and the processor time that it took."""
    house = House(Settings(), db.connect(url), SystemClock(), SystemRng())
    until, spent, count = house.clock.monotonic() + seconds, process_time(), 0
    for body in cycle(bodies):
        if house.clock.monotonic() > until:
            break
        once = Creation(
            house=house,
            principal=house.ring.authenticate(house.database, house.clock, secret),
            language="en",
            key=f"{name}-{count}",
            route="POST /v1/call-offs",
            body_sha256=hashlib.sha256(body.encode()).hexdigest(),
        )
        place_call_off(CallOffIn.model_validate_json(body), once)
        count += 1
    house.database.engine.dispose()
    return count, process_time() - spent
