"""The mass of a normal density in a disk, by one integral of differences of error functions; compiled.

Along x, the axis of the smaller sigma, the mass of a strip is the density in x times that
of an interval in y (Alfano 2005, J. Astronautical Sciences 53, 103). The strips are taken at x = R sin(phi),
which leaves no root at the ends, and summed by Gauss and Kronrod's rule of 15 points on
panels that are halved until the rule of 7 points agrees.

Nothing is lost far out: `nearest` gives the least squared Mahalanobis distance q of the disk, all
exponents are taken relative to q/2, and intervals beyond the mean use the scaled complementary
error function. So the integral is a number of order one and the probability is that times
exp(-q/2), good to its last digits until that underflows.
"""

import math

import numpy as np

from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.times import Floats

_SQRT2 = math.sqrt(2.0)
_SQRT_PI = math.sqrt(math.pi)
_HALF_PI = 0.5 * math.pi

FARTHEST = 1.5e3
"""A disk whose nearest squared Mahalanobis distance is beyond this has mass 0 in double precision (exp(-750))."""

_NODES = np.array(
    [
        0.9914553711208126,
        0.9491079123427585,
        0.8648644233597691,
        0.7415311855993945,
        0.5860872354676911,
        0.4058451513773972,
        0.2077849550078985,
        0.0,
    ]
)
_KRONROD = np.array(
    [
        0.02293532201052922,
        0.06309209262997855,
        0.10479001032225018,
        0.14065325971552592,
        0.16900472663926790,
        0.19035057806478541,
        0.20443294007529889,
        0.20948214108472783,
    ]
)
_GAUSS = np.array([0.1294849661688697, 0.2797053914892767, 0.3818300505051189, 0.4179591836734694])
"""Nodes and weights of the pair of rules (7 and 15 points), from the end to the middle."""

_AGREES = 1e-9
"""Panels are halved until both rules agree to this part of the whole; the better one is then good to 1e-13."""
_DEPTH = 60


@part
def scaled_erfc(x: float) -> float:
    """exp(x^2) erfc(x) for x > 0, to 1e-13."""
    if x < 20.0:
        return math.exp(x * x) * math.erfc(x)
    z = 0.5 / (x * x)
    series = 1.0 - z * (1.0 - 3.0 * z * (1.0 - 5.0 * z * (1.0 - 7.0 * z * (1.0 - 9.0 * z * (1.0 - 11.0 * z)))))
    return series / (x * _SQRT_PI)


@part
def interval(centre: float, half: float, sigma: float, less: float) -> float:
    """Mass between centre - half and centre + half (centre not negative), times exp(less) without overflow."""
    a = (centre - half) / (_SQRT2 * sigma)
    b = (centre + half) / (_SQRT2 * sigma)
    if b - a < 1e-3:  # A difference of error functions has few digits left; the density hardly bends.
        d = half / sigma
        z = d * centre / sigma
        bent = (1.0 + z * z / 6.0 * (1.0 + z * z / 20.0)) * (1.0 - d * d / 6.0)
        m = centre / sigma
        return math.exp(less - 0.5 * m * m) * bent * d * _SQRT2 / _SQRT_PI
    if a > 0.0:
        beyond = scaled_erfc(b) * math.exp((a - b) * (a + b))
        return math.exp(less - a * a) * 0.5 * (scaled_erfc(a) - beyond)
    return math.exp(less) * 0.5 * (math.erf(b) - math.erf(a))


@part
def nearest(x: float, y: float, small: float, large: float, radius: float) -> tuple[float, float]:
    """The least squared Mahalanobis distance within the disk, and the angle phi of where it is."""
    if x * x + y * y <= radius * radius:
        return 0.0, math.asin(min(1.0, x / radius))
    # Offsets (u, v) from the middle of the disk towards the mean, on its edge: u = a x / (a + t).
    a, b = 1.0 / (small * small), 1.0 / (large * large)
    t = 0.0
    u, v = x, y
    for _ in range(100):
        u, v = a * x / (a + t), b * y / (b + t)
        length = math.sqrt(u * u + v * v)
        slope = (u * u / (a + t) + v * v / (b + t)) / (length * length)
        step = (length / radius - 1.0) / slope
        t += step
        if step <= 1e-12 * t:
            break
    length = math.sqrt(u * u + v * v)
    u, v = u * radius / length, v * radius / length
    distance = ((x - u) / small) ** 2 + ((y - v) / large) ** 2
    return distance, math.asin(min(1.0, u / radius))


@part
def _strip(phi: float, x: float, y: float, small: float, large: float, radius: float, less: float) -> float:
    """The integrand in phi: mass of the strip at a distance of R sin(phi) from the middle, towards the mean."""
    turned = math.cos(phi)
    m = (x - radius * math.sin(phi)) / small
    return turned * interval(y, radius * turned, large, less - 0.5 * m * m)


@part
def _panel(
    low: float, high: float, x: float, y: float, small: float, large: float, radius: float, less: float
) -> tuple[float, float]:
    """Both rules on one panel: the sum of the better one and how far the other is from it."""
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    top = _strip(middle, x, y, small, large, radius, less)
    better, other = _KRONROD[7] * top, _GAUSS[3] * top
    for i in range(7):
        d = half * _NODES[i]
        both = _strip(middle - d, x, y, small, large, radius, less)
        both += _strip(middle + d, x, y, small, large, radius, less)
        better += _KRONROD[i] * both
        if i % 2 == 1:
            other += _GAUSS[i // 2] * both
    return better * half, abs(better - other) * half


@part
def _halved(
    left: float,
    right: float,
    allowed: float,
    x: float,
    y: float,
    small: float,
    large: float,
    radius: float,
    less: float,
) -> float:
    """The integral over a panel, cut in halves until both rules agree on each piece."""
    low, high = np.empty(_DEPTH + 2), np.empty(_DEPTH + 2)
    low[0], high[0] = left, right
    waiting, total = 1, 0.0
    while waiting > 0:
        waiting -= 1
        begin, end = low[waiting], high[waiting]
        better, apart = _panel(begin, end, x, y, small, large, radius, less)
        if apart <= allowed or waiting >= _DEPTH or end - begin < 1e-15:
            total += better
        else:
            middle = 0.5 * (begin + end)
            low[waiting], high[waiting] = begin, middle
            low[waiting + 1], high[waiting + 1] = middle, end
            waiting += 2
    return total


@part
def mass(x: float, y: float, small: float, large: float, radius: float) -> tuple[float, float]:
    """(integral, q): the mass of the disk is integral * exp(-q / 2)."""
    distance, peak = nearest(x, y, small, large, radius)
    less = 0.5 * distance
    edges = np.empty(2 * _DEPTH + 3)
    edges[0] = -_HALF_PI
    count = 1
    if radius > 0.5 * small:
        width = 0.25 * small / radius
        reach = width
        while reach < math.pi:
            reach *= 4.0
        while reach >= width:  # Panels grow by four on either side of where the density is highest.
            if peak - reach > -_HALF_PI:
                edges[count] = peak - reach
                count += 1
            reach *= 0.25
        if -_HALF_PI < peak < _HALF_PI:
            edges[count] = peak
            count += 1
        reach = width
        while peak + reach < _HALF_PI:
            edges[count] = peak + reach
            count += 1
            reach *= 4.0
    edges[count] = _HALF_PI
    sums, errors = np.empty(count), np.empty(count)
    whole = 0.0
    for i in range(count):
        sums[i], errors[i] = _panel(edges[i], edges[i + 1], x, y, small, large, radius, less)
        whole += sums[i]
    total = 0.0
    for i in range(count):
        if errors[i] <= _AGREES * whole:
            total += sums[i]
        else:
            total += _halved(edges[i], edges[i + 1], _AGREES * whole, x, y, small, large, radius, less)
    scale = radius / (math.sqrt(2.0 * math.pi) * small)
    return total * scale, distance


@kernel
def masses(x: Floats, y: Floats, small: Floats, large: Floats, radius: Floats, out: Floats) -> None:
    """The mass of each disk."""
    for i in range(len(out)):
        integral, distance = mass(x[i], y[i], small[i], large[i], radius[i])
        out[i] = min(1.0, integral * math.exp(-0.5 * distance))
