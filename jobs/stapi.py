"""Puts a search for opportunities to its supplier, with no transaction open while it thinks."""

from typing import Any

from catalog.ordering import searches
from catalog.search import shelf
from jobs.task import Task
from providers import doors


def search(task: Task) -> dict[str, Any]:
    """What the supplier says to one search.

    What left the shelf of the asker meanwhile is not asked about, and without a
    consent on record nobody is asked, whatever door was opened since.
    """
    product_id = task.params["product_id"]
    with task.database.read() as session:
        offering, version, provider = shelf.one(session, task.principal, task.clock.now(), product_id)
        ask = searches.ask_of(offering, version, task.params["search"])
    adapter = None
    if task.params["consented"]:
        adapter = doors.adapter_of(task.database, task.clock, provider.id, task.settings.egress_allow)
    return searches.put(adapter, ask)
