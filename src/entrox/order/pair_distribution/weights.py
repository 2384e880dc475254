r"""How much each pair of elements contributes to a total pair distribution, by what is scattered.

.. math:: w_{ij}(Q) = (2 - \delta_{ij}) \, c_i c_j \frac{f_i f_j}{\langle f \rangle^2}

Neutron lengths b do not depend on Q and may be negative; the form factors of x-rays and electrons fall with Q, so that
their totals must be made in Q. Units: Q in 1/angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_finite, nearest_names

__all__ = ["PROBES", "pair_weights", "scattering_strengths"]

Floats = NDArray[np.float64]

PROBES = ("neutron", "xray", "electron")


def scattering_strengths(
    probe: str,
    elements: Sequence[str],
    q_per_angstrom: ArrayLike,
    *,
    table: str = "sears1992",
    lengths_fm: Mapping[str, float] | None = None,
    factors: str = "lobato",
) -> Floats:
    """Scattering length or form factor of elements at each Q.

    Parameters
    ----------
    probe
        ``"neutron"`` [fm], ``"xray"`` [electrons] or ``"electron"`` [angstrom].
    elements
        Symbols.
    q_per_angstrom
        Momentum transfer, shape ``(n,)``.
    table, lengths_fm
        Table of neutron lengths, and lengths that replace those of the table.
    factors
        Electron form factors: ``"lobato"`` or ``"mott-bethe"``.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_elements, n)``.

    Raises
    ------
    InputError
        If there is no such probe, an element has no length or factor, or Q is outside the tables.

    Examples
    --------
    >>> scattering_strengths("neutron", ["Mn", "O"], [0.0, 9.0]).tolist()
    [[-3.73, -3.73], [5.803, 5.803]]
    """
    q = np.atleast_1d(check_finite(q_per_angstrom, "q_per_angstrom"))
    if probe == "neutron":
        from entrox.composition.scattering_factors import lengths_of

        lengths = lengths_of(elements, table, lengths_fm)
        return np.tile(np.array([[lengths[name]] for name in elements]), (1, len(q)))
    if probe == "xray":
        from entrox.composition.scattering_factors import x_ray_form_factors

        return x_ray_form_factors(elements, q)
    if probe == "electron":
        from entrox.composition.electron_factors import electron_form_factors

        return electron_form_factors(elements, q / (2.0 * np.pi), factors=factors)
    raise InputError(f"There is no probe {probe!r}; {nearest_names(probe, PROBES)}.")


def pair_weights(strengths: ArrayLike, fractions: ArrayLike, pairs: ArrayLike) -> Floats:
    """Weights of pairs of elements at each Q; over all unordered pairs they sum to one.

    Parameters
    ----------
    strengths
        Lengths or form factors, shape ``(n_elements, n_q)``.
    fractions
        Atomic fractions, shape ``(n_elements,)``.
    pairs
        Indices of the elements of each pair, shape ``(n_pairs, 2)``; a pair of two elements is given once.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_pairs, n_q)``.

    Raises
    ------
    InputError
        If the mean length vanishes.

    Examples
    --------
    >>> pair_weights([[1.0], [3.0]], [0.5, 0.5], [(0, 0), (0, 1), (1, 1)]).ravel().tolist()
    [0.0625, 0.375, 0.5625]
    """
    f, c = np.asarray(strengths, dtype=float), np.asarray(fractions, dtype=float)
    first, second = np.asarray(pairs, dtype=np.int64).T
    scattered = c[:, None] * f
    mean = scattered.sum(axis=0)
    if (np.abs(mean) < 1e-12 * np.abs(scattered).max()).any():
        raise InputError("the mean scattering length is zero: no pair distribution is normalized by it.")
    twice = np.where(first == second, 1.0, 2.0)[:, None]
    return np.asarray(twice * scattered[first] * scattered[second] / mean**2)
