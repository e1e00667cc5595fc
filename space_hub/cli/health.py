"""Whether the three processes of an installation are at work, asked from outside them."""

import http.client
from enum import StrEnum

from space_hub.cli.house import House, noted_port
from space_hub.settings import Settings

_LEASES = {"jobs": "react", "deliver": "deliver"}
"""The lease that a process of this name renews all the time."""


class Process(StrEnum):
    SERVE = "serve"
    JOBS = "jobs"
    DELIVER = "deliver"


def answers(settings: Settings, timeout_s: float = 2.0) -> bool:
    """Whether an API answers healthily where `settings` put it."""
    # An API that listens on every address is reached on loopback.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.port, timeout=timeout_s)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def at_work(house: House, process: Process) -> bool:
    """Whether some process of this kind works for the installation now."""
    if process is Process.SERVE:
        # `up --port` is not in the environment of whoever asks.
        noted = noted_port(house.settings.data)
        ports = {noted or house.settings.port, house.settings.port}
        return any(answers(house.settings.model_copy(update={"port": port})) for port in sorted(ports))
    from space_hub.work.tables import Lease

    with house.database.read() as session:
        lease = session.get(Lease, _LEASES[process.value])
    return lease is not None and lease.holder is not None and lease.until_wall > house.clock.wall()
