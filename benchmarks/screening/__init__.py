"""All-on-all screening of the real catalogue: this engine, SatrecArray + cKDTree, astroz; time, memory, who found what.

Seven days from 2024-11-02 at 5 km, sets older than 15 days left out. Each run of a contestant is a process of its own.
All that anybody finds is refined by direct SGP4 into one set of true encounters; recall and spurious rows are counted
against it. The full measurement takes about twenty minutes; its parts (`parts`) are kept in
`benchmarks/results/screening.json` with the conditions they were measured in, and figures, plots and the table
of `space_hub/orbit/README.md` are drawn from there.

Nothing is imported before `run`: a contestant's process must not carry what only the harness needs.
"""

OPTIONS = {
    "--quick": "one day only, three interleaved runs; writes nothing",
    "--only=PART,...": "measure only these of day, week, growth, one_on_all, start, states; the rest as kept",
    "--redraw": "measure nothing; figures, plots and table from what is kept",
}


def run(*options: str) -> dict[str, object]:
    """Measure what the options ask for; the figures of all parts at hand."""
    from benchmarks.screening.measurement import measure

    return measure(options)
