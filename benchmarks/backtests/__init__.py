"""What a plan would have been worth when supply really was lost: cheapest and N-1 side by side.

Three histories (`histories`): a sole awardee, an owner who withdraws, an authority that cuts off access.
For each the plans that were to be had before: the sole award, the cheapest, one that survives any
supplier, one that survives anything shared as well; and what each keeps of the service on the day,
at which price before and after.
"""

OPTIONS: dict[str, str] = {}


def run() -> dict[str, object]:
    from benchmarks.backtests import trial

    return trial.run()
