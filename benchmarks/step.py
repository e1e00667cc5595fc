"""The study behind the slab: processor time and candidates of a quarter of a day for slabs of 120 to 480 s."""

from datetime import timedelta
from statistics import median
from time import process_time

from benchmarks.screening.catalogue import real
from benchmarks.screening.window import START, THRESHOLD_KM
from space_hub.orbit.screening import canonical_sha256, screen
from space_hub.orbit.screening.bounds import within

STEPS_S = (120.0, 160.0, 200.0, 240.0, 300.0, 360.0, 480.0)
HOURS = 6.0
ROUNDS = 3
LOW_ORBIT_KM, HEAD_ON_KM_S = 6_900.0, 15.2


def run() -> dict[str, object]:
    """Each step in turn, three times over, in one thread; the result must be the same for all."""
    elements = real().elements
    ids = [one.catalog_number for one in elements]
    times: dict[float, list[float]] = {step: [] for step in STEPS_S}
    candidates: dict[float, int] = {}
    found: set[str] = set()
    for _ in range(ROUNDS):
        for step in STEPS_S:
            began = process_time()
            result = screen(elements, START, START + timedelta(hours=HOURS), step_s=step, threads=1)
            times[step].append(process_time() - began)
            candidates[step] = result.candidates
            found.add(canonical_sha256(result, ids))
    figures: dict[str, object] = {"objects": len(elements), "window_h": HOURS, "results": len(found)}
    for step in STEPS_S:
        name = f"{step:.0f}s"
        figures[f"{name}_processor_s_a_day"] = round(median(times[step]) * 24.0 / HOURS, 2)
        figures[f"{name}_candidates_a_slab"] = round(candidates[step] * step / (HOURS * 3600.0))
        reach = within(THRESHOLD_KM, step, LOW_ORBIT_KM, HEAD_ON_KM_S * step / 2.0, 1e-4)
        figures[f"{name}_margin_km"] = round(reach - THRESHOLD_KM, 1)
    figures["holds"] = len(found) == 1
    return figures
