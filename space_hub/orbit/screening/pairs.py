"""Pairs whose chords come within reach of each other in one slab.

The least distance of two chords is compared without a division or a square root, sixteen
partners at a time. Three searches share that test: regular objects among themselves, cell
by cell; each object set apart against the cells it crosses; and those set apart among
themselves, sorted by radius. Each pair is reported once.
"""

import numpy as np

from space_hub.orbit.kernels.jit import kernel, lanes, part
from space_hub.orbit.screening.bounds import DIRECTION_RAD, within
from space_hub.orbit.screening.chords import HALF, HIGH, LATITUDE, LONGITUDE, LOW, MX, MY, MZ, REST, WX, WY, WZ
from space_hub.orbit.screening.grid import Grid, step_of
from space_hub.orbit.times import Counts, Indices, Singles

LANES = 16
_NONE, _ONE, _TWO = np.float32(0.0), np.float32(1.0), np.float32(2.0)


@lanes
def run(
    kept: Singles,
    one: tuple[np.float32, np.float32, np.float32, np.float32, np.float32, np.float32],
    low: int,
    high: int,
    square: np.float32,
    hits: Counts,
) -> int:
    """Test one chord against those in places `low` to `high`; returns the number of hits, the places in `hits`.

    With b the squared half displacement, c the squared distance of the middles and a their
    product, the least squared distance of the chords times b is c b - s (2 a - s), s = min(a, b).
    """
    px, py, pz, vx, vy, vz = one
    any_ = _NONE
    # Whole blocks: what lies beyond the run is tested too, and not asked about below.
    for j in range(np.uint64(low), np.uint64(low + (high - low + LANES - 1) // LANES * LANES)):
        dx, dy, dz = kept[0, j] - px, kept[1, j] - py, kept[2, j] - pz
        ux, uy, uz = kept[3, j] - vx, kept[4, j] - vy, kept[5, j] - vz
        c = dx * dx + dy * dy + dz * dz
        b = ux * ux + uy * uy + uz * uz
        a = abs(dx * ux + dy * uy + dz * uz)
        s = min(a, b)
        any_ += _ONE if c * b - s * (_TWO * a - s) - square * b <= _NONE else _NONE
    if any_ == _NONE:
        return 0
    count = 0
    for j in range(low, high):
        dx, dy, dz = kept[0, j] - px, kept[1, j] - py, kept[2, j] - pz
        ux, uy, uz = kept[3, j] - vx, kept[4, j] - vy, kept[5, j] - vz
        c = dx * dx + dy * dy + dz * dz
        b = ux * ux + uy * uy + uz * uz
        a = abs(dx * ux + dy * uy + dz * uz)
        s = min(a, b)
        if c * b - s * (_TWO * a - s) - square * b <= _NONE:
            hits[count] = j
            count += 1
    return count


@lanes
def any_of_two(kept: Singles, first: int, low: int, high: int, square: np.float32) -> int:
    """Whether the entries `first` (1) and the one after it (2) have a hit in places `low` to `high`, or beyond: a sum.

    Two at a time, because it is the loading of partners that takes the time.
    """
    px, py, pz = kept[0, first], kept[1, first], kept[2, first]
    vx, vy, vz = kept[3, first], kept[4, first], kept[5, first]
    qx, qy, qz = kept[0, first + 1], kept[1, first + 1], kept[2, first + 1]
    wx, wy, wz = kept[3, first + 1], kept[4, first + 1], kept[5, first + 1]
    one, two = _NONE, _NONE
    for j in range(np.uint64(low), np.uint64(low + (high - low + LANES - 1) // LANES * LANES)):
        x, y, z, u, v, w = kept[0, j], kept[1, j], kept[2, j], kept[3, j], kept[4, j], kept[5, j]
        dx, dy, dz, ux, uy, uz = x - px, y - py, z - pz, u - vx, v - vy, w - vz
        c = dx * dx + dy * dy + dz * dz
        b = ux * ux + uy * uy + uz * uz
        a = abs(dx * ux + dy * uy + dz * uz)
        s = min(a, b)
        one += _ONE if c * b - s * (_TWO * a - s) - square * b <= _NONE else _NONE
        dx, dy, dz, ux, uy, uz = x - qx, y - qy, z - qz, u - wx, v - wy, w - wz
        c = dx * dx + dy * dy + dz * dz
        b = ux * ux + uy * uy + uz * uz
        a = abs(dx * ux + dy * uy + dz * uz)
        s = min(a, b)
        two += _ONE if c * b - s * (_TWO * a - s) - square * b <= _NONE else _NONE
    return (1 if one > _NONE else 0) + (2 if two > _NONE else 0)


@part
def _keep(count: int, one: int, hits: Counts, many: int, order: Counts, home: Counts, shell: int, found: Counts) -> int:
    """Put the partners of object `one` into `found` (2, room), each in the lowest shell that both touch."""
    for n in range(many):
        other = order[hits[n]]
        if max(home[one], home[other]) == shell and one != other:
            if count < found.shape[1]:
                found[0, count], found[1, count] = one, other
            count += 1
    return count


@kernel
def among(kept: Singles, order: Counts, start: Indices, home: Counts, grid: Grid, hits: Counts, found: Counts) -> int:
    """All pairs of regular objects that may come within reach; returns how many, also beyond the room of `found`."""
    count = 0
    for shell in range(len(grid.lower)):
        square, bands = grid.square[shell], grid.bands[shell]
        for band in range(grid.first_band[shell], grid.first_band[shell] + bands):
            bins, cell = grid.bins[band], grid.first_cell[band]
            if start[cell] == start[cell + bins]:
                continue
            width = 1.0 / grid.bin_scale[band]
            ahead = int(np.ceil(grid.spread[band] / width))
            last_band = band + 1 == grid.first_band[shell] + bands
            for place in range(bins):
                low, high = start[cell + place], start[cell + place + 1]
                if low == high:
                    continue
                # Ahead in the own band, and round the meridian; a band that meets itself is asked once.
                to = place + ahead
                own, wrapped = start[cell + min(to, bins - 1) + 1], start[cell]
                if 2 * ahead >= bins:
                    own = start[cell + bins]
                elif to >= bins:
                    wrapped = start[cell + to - bins + 1]
                near1 = near2 = near3 = near4 = 0
                if not last_band:
                    near1, near2, near3, near4 = _reach(
                        grid,
                        start,
                        band + 1,
                        place * width - grid.spread[band],
                        (place + 1) * width + grid.spread[band],
                    )
                for entry in range(low, high, 2):
                    alone = entry + 1 == high
                    if not alone and _meets(kept, entry, entry + 1, square):
                        hits[0] = entry + 1
                        count = _keep(count, order[entry], hits, 1, order, home, shell, found)
                    for which in range(4):
                        if which == 0:
                            from_, to = entry + (1 if alone else 2), own
                        elif which == 1:
                            from_, to = start[cell], wrapped
                        elif which == 2:
                            from_, to = near1, near2
                        else:
                            from_, to = near3, near4
                        if to <= from_:
                            continue
                        seen = 1 if alone else any_of_two(kept, entry, from_, to, square)
                        for one in range(entry, entry + 2):
                            if seen & (1 << (one - entry)):
                                many = run(kept, _chord(kept, one), from_, to, square, hits)
                                count = _keep(count, order[one], hits, many, order, home, shell, found)
    return count


@part
def _meets(kept: Singles, one: int, other: int, square: np.float32) -> bool:
    """The test of `run` for two entries."""
    dx, dy, dz = kept[0, one] - kept[0, other], kept[1, one] - kept[1, other], kept[2, one] - kept[2, other]
    ux, uy, uz = kept[3, one] - kept[3, other], kept[4, one] - kept[4, other], kept[5, one] - kept[5, other]
    c = dx * dx + dy * dy + dz * dz
    b = ux * ux + uy * uy + uz * uz
    a = abs(dx * ux + dy * uy + dz * uz)
    s = min(a, b)
    return bool(c * b - s * (_TWO * a - s) - square * b <= _NONE)


@part
def _chord(kept: Singles, entry: int) -> tuple[np.float32, np.float32, np.float32, np.float32, np.float32, np.float32]:
    return kept[0, entry], kept[1, entry], kept[2, entry], kept[3, entry], kept[4, entry], kept[5, entry]


@part
def _reach(grid: Grid, start: Indices, band: int, west: float, east: float) -> tuple[int, int, int, int]:
    """Entries of a band between two longitudes (counted from -pi), as one or two runs of places."""
    scale, bins, cell = grid.bin_scale[band], grid.bins[band], grid.first_cell[band]
    left, right = int(np.floor(west * scale)), int(np.floor(east * scale))
    if right - left >= bins - 1:
        return start[cell], start[cell + bins], 0, 0
    if left < 0:
        return (
            start[cell],
            start[cell + max(right, -1) + 1],
            start[cell + left + bins],
            start[cell + bins],
        )
    if right >= bins:
        return (
            start[cell + min(left, bins)],
            start[cell + bins],
            start[cell],
            start[cell + right - bins + 1],
        )
    return start[cell + left], start[cell + right + 1], 0, 0


@kernel
def beside(
    table: Singles,
    lonely: Counts,
    kept: Singles,
    order: Counts,
    start: Indices,
    home: Counts,
    grid: Grid,
    threshold: float,
    half_reach: float,
    step_s: float,
    rest_limit: float,
    hits: Counts,
    found: Counts,
    count: int,
) -> int:
    """Pairs of an object set apart (`lonely` lists them) with regular ones; adds to `found`, returns the new count."""
    for n in lonely:
        one = (table[MX, n], table[MY, n], table[MZ, n], table[WX, n], table[WY, n], table[WZ, n])
        first = home[n]
        last = grid.shell_of[step_of(table[HIGH, n] + half_reach)]
        half, low = table[HALF, n], table[LOW, n]
        turn = half + grid.longest[first]
        far = within(threshold, step_s, np.float64(low), np.float64(turn), np.float64(table[REST, n] + rest_limit))
        square = np.float32(far * far + 1e-6 * (turn + far) * (turn + far))
        chord = low - 1.1 * turn * turn / (8.0 * low)
        angle = 2.0 * np.arcsin(min(1.0, (turn + far) / (2.0 * chord))) * 1.001 + 2.0 * DIRECTION_RAD
        latitude, longitude = table[LATITUDE, n], table[LONGITUDE, n] + np.pi
        spread = np.pi
        if abs(latitude) + angle < 0.5 * np.pi:
            spread = np.arcsin(min(1.0, np.sin(angle) / np.cos(latitude))) * 1.001 + 2.0 * DIRECTION_RAD
        for shell in range(first, last + 1):
            bands, scale = grid.bands[shell], grid.band_scale[shell]
            bottom = max(0, int((latitude - angle + 0.5 * np.pi) * scale))
            top = min(bands - 1, int((latitude + angle + 0.5 * np.pi) * scale))
            for band in range(grid.first_band[shell] + bottom, grid.first_band[shell] + top + 1):
                near1, near2, near3, near4 = _reach(grid, start, band, longitude - spread, longitude + spread)
                if near2 > near1:
                    many = run(kept, one, near1, near2, square, hits)
                    count = _keep(count, n, hits, many, order, home, shell, found)
                if near4 > near3:
                    many = run(kept, one, near3, near4, square, hits)
                    count = _keep(count, n, hits, many, order, home, shell, found)
    return count


@kernel
def apart(
    table: Singles,
    lonely: Counts,
    threshold: float,
    radial_reach: float,
    step_s: float,
    sorted_: Singles,
    hits: Counts,
    found: Counts,
    count: int,
) -> int:
    """Pairs of objects set apart, `lonely` being sorted by LOW; adds to `found`, returns the new count."""
    longest, wildest = 0.0, 0.0
    for place in range(len(lonely)):
        n = lonely[place]
        for row in range(6):
            sorted_[row, place] = table[row, n]
        longest, wildest = max(longest, table[HALF, n]), max(wildest, table[REST, n])
    for place in range(len(lonely), len(lonely) + LANES):
        for row in range(6):
            sorted_[row, place] = 1e9 if row == 0 else 0.0
    for place in range(len(lonely)):
        n = lonely[place]
        one = (table[MX, n], table[MY, n], table[MZ, n], table[WX, n], table[WY, n], table[WZ, n])
        turn = table[HALF, n] + longest
        # Those after it in the list are at no smaller radius.
        far = within(
            threshold, step_s, np.float64(table[LOW, n]), np.float64(turn), np.float64(table[REST, n] + wildest)
        )
        square = np.float32(far * far + 1e-6 * (turn + far) * (turn + far))
        last = place + 1
        while last < len(lonely) and table[LOW, lonely[last]] <= table[HIGH, n] + radial_reach:
            last += 1
        for hit in range(run(sorted_, one, place + 1, last, square, hits)):
            if count < found.shape[1]:
                found[0, count], found[1, count] = n, lonely[hits[hit]]
            count += 1
    return count


@kernel
def toward(
    table: Singles,
    many: int,
    targets: Counts,
    threshold: float,
    step_s: float,
    chord: Singles,
    hits: Counts,
    found: Counts,
) -> int:
    """Pairs of each target with any of `many` objects; returns how many. `chord` (6, n + LANES) is room for a copy."""
    longest, wildest, lowest = 0.0, 0.0, 1e9
    for n in range(many):
        present = table[LOW, n] > 0.0
        for row in range(6):
            chord[row, n] = table[row, n] if present else np.float32(1e9 if row == 0 else 0.0)
        if present:
            longest, wildest = max(longest, table[HALF, n]), max(wildest, table[REST, n])
            lowest = min(lowest, table[LOW, n])
    for n in range(many, many + LANES):
        for row in range(6):
            chord[row, n] = np.float32(1e9 if row == 0 else 0.0)
    count = 0
    for place in range(len(targets)):
        n = targets[place]
        if table[LOW, n] <= 0.0:
            continue
        turn = table[HALF, n] + longest
        far = within(threshold, step_s, np.float64(lowest), np.float64(turn), np.float64(table[REST, n] + wildest))
        square = np.float32(far * far + 1e-6 * (turn + far) * (turn + far))
        one = (chord[0, n], chord[1, n], chord[2, n], chord[3, n], chord[4, n], chord[5, n])
        for hit in range(run(chord, one, 0, many, square, hits)):
            other = hits[hit]
            # A pair of two targets is asked once.
            if other == n or (other < n and _is_in(targets, other)):
                continue
            if count < found.shape[1]:
                found[0, count], found[1, count] = n, other
            count += 1
    return count


@part
def _is_in(targets: Counts, one: int) -> bool:
    return bool(targets[np.searchsorted(targets, one) % len(targets)] == one)
