"""Covariances that are not positive definite, mended by clipping eigenvalues.

Interpolation and rounding in messages leave covariances with a negative or vanishing eigenvalue. Where
one is used, eigenvalues below a floor are raised to it (Hall, Hejduk, Johnson 2017, AAS 17-567, with a floor of
(1e-4 of the combined radius)^2 for positions), and it is said.
"""

import numpy as np

from space_hub.orbit.times import Floats

CLIP = 1e-4
"""The least sigma of a position, in combined hard-body radii."""


def clipped(covariance: Floats, floor: float) -> tuple[Floats, bool]:
    """A symmetric matrix (n, n) with no eigenvalue below `floor`, and whether one had to be raised."""
    values, axes = np.linalg.eigh(covariance)
    if values[0] >= floor:
        return covariance, False
    mended = (axes * np.maximum(values, floor)) @ axes.T
    return 0.5 * (mended + mended.T), True


def clipped_many(covariance: Floats, floor: Floats) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """N matrices (N, 2, 2) with floors (N,), and which were mended; only those are taken apart."""
    a, b, c = covariance[:, 0, 0], covariance[:, 0, 1], covariance[:, 1, 1]
    low = ~(((a - floor) * (c - floor) - b * b > 0.0) & (a > floor))
    if not low.any():
        return covariance, low
    mended = covariance.copy()
    values, axes = np.linalg.eigh(covariance[low])
    raised = np.maximum(values, floor[low, None])
    mended[low] = np.einsum("nij,nj,nkj->nik", axes, raised, axes)
    return mended, low


def factor(covariance: Floats) -> tuple[Floats, bool]:
    """A square root L (n, n) with L L^T the matrix, negative eigenvalues taken as zero, and whether there were any.

    Scaled to correlations first, because units differ by orders of magnitude: an eigenvalue counts as negative
    below -1e-10 of the largest.
    """
    sigma = np.sqrt(np.diag(covariance))
    sigma = np.where(sigma > 0.0, sigma, 1.0)
    values, axes = np.linalg.eigh(covariance / np.outer(sigma, sigma))
    negative = bool(values[0] < -1e-10 * values[-1])
    return (sigma[:, None] * axes) * np.sqrt(np.maximum(values, 0.0)), negative
