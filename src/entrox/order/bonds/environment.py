r"""What the neighbors have to do with it: a quantity of each cation against the kinds of cations around it.

.. math:: y_i = y_0 + \sum_e b_e k_{ie} + \varepsilon_i, \qquad
          \operatorname{var} \varepsilon_i = \tau^2 + s_i^2

k are counts among the six like or the eight unlike neighboring cations, s the time error of y from blocks, tau the
scatter between sites that the counts leave, chosen so that the weighted residuals have their expected sum of squares
(Paule and Mandel, J. Res. Natl. Bur. Stand. 87, 377 (1982)). All sites of a fit share one box, so that the mean lattice
constant cannot mimic a slope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.order.displacement.cages import Site
from entrox.order.lattice import LatticeMap

__all__ = ["EnvironmentFit", "environment_counts", "fit_environment"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class EnvironmentFit(Result):
    """Slopes of a quantity of the cations with the numbers of given neighbors."""

    subject: str
    terms: tuple[str, ...]
    intercept_angstrom: float = quantity("angstrom", "value without any of the neighbors named")
    intercept_error_angstrom: float = quantity("angstrom", "standard error of the intercept")
    slopes_angstrom: Floats = quantity("angstrom", "change per neighbor", axes=("term",))
    slope_errors_angstrom: Floats = quantity("angstrom", "standard error of the change per neighbor", axes=("term",))
    site_scatter_angstrom: float = quantity("angstrom", "scatter between sites that the neighbors leave")
    time_error_angstrom: float | None = quantity("angstrom", "root mean square time error of a site")
    n_sites: int = quantity("1", "cations in the fit")
    warnings: tuple[str, ...] = ()


def environment_counts(lattice_map: LatticeMap, site: Site, by: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """Numbers of given elements around each cation.

    Parameters
    ----------
    lattice_map
        Sites and neighbors.
    site
        Site of the cations in the center.
    by
        Elements to count, among the six nearest cations of the same site and the eight of the other, wherever the
        element occurs; an element on both sites gives two terms.

    Returns
    -------
    terms, counts
        For example ``("Sn on B", "Ca on A")`` and shape ``(N, n_terms)``.

    Raises
    ------
    InputError
        If an element is on neither site.
    """
    symbols = {"A": np.array(lattice_map.a_symbols), "B": np.array(lattice_map.b_symbols)}
    # the eight unlike cations are given as atoms, the six like ones as cells
    atoms = np.append(np.array(lattice_map.symbols, dtype=object), "")
    unlike = lattice_map.a_b if site == "A" else lattice_map.b_a
    around = {site: np.append(symbols[site], "")[lattice_map.neighbors], ("B" if site == "A" else "A"): atoms[unlike]}
    terms, columns = [], []
    for name in by:
        homes = [kind for kind in ("A", "B") if (symbols[kind] == name).any()]
        if not homes:
            present = ", ".join(sorted({*lattice_map.a_symbols, *lattice_map.b_symbols} - {""}))
            raise InputError(f"{name}: not on a cation site of this structure; it has {present}.")
        for kind in homes:
            terms.append(f"{name} on {kind}")
            columns.append((around[kind] == name).sum(axis=1))
    counts: Ints = np.stack(columns, axis=1).astype(np.int64) if columns else np.empty((len(lattice_map), 0), np.int64)
    return tuple(terms), counts


def fit_environment(
    subject: str, values: Floats, time_variance: Floats | None, terms: tuple[str, ...], counts: Ints
) -> EnvironmentFit | None:
    """Fit a quantity of the cations by the numbers of their neighbors.

    Parameters
    ----------
    subject
        What ``values`` are.
    values
        One time mean per cation [angstrom], shape ``(n,)``.
    time_variance
        Squared time error of each [angstrom^2], shape ``(n,)``; None for a single frame.
    terms, counts
        From :func:`environment_counts`, the rows of these cations.

    Returns
    -------
    EnvironmentFit or None
        None where no count varies, or there are no more cations than unknowns. Terms that do not vary independently are
        left out and named in ``warnings``.
    """
    kept, left_out = _independent(counts)
    columns = np.column_stack([np.ones(len(values)), counts[:, kept]])
    if not kept or len(values) <= columns.shape[1]:
        return None
    own = np.zeros(len(values)) if time_variance is None else time_variance
    between = _between_sites(columns, values, own)
    coefficients, covariance = _weighted(columns, values, own + between)
    errors = np.sqrt(covariance.diagonal())
    return EnvironmentFit(
        subject=subject,
        terms=tuple(terms[k] for k in kept),
        intercept_angstrom=float(coefficients[0]),
        intercept_error_angstrom=float(errors[0]),
        slopes_angstrom=coefficients[1:],
        slope_errors_angstrom=errors[1:],
        site_scatter_angstrom=float(np.sqrt(between)),
        time_error_angstrom=None if time_variance is None else float(np.sqrt(own.mean())),
        n_sites=len(values),
        warnings=tuple(f"no_contrast: {terms[k]} does not vary independently and is left out" for k in left_out),
    )


def _independent(counts: Ints) -> tuple[list[int], list[int]]:
    kept: list[int] = []
    for k in range(counts.shape[1]):
        columns = np.column_stack([np.ones(len(counts)), counts[:, [*kept, k]]])
        if np.linalg.matrix_rank(columns) == columns.shape[1]:
            kept.append(k)
    return kept, [k for k in range(counts.shape[1]) if k not in kept]


def _weighted(columns: Floats, values: Floats, variance: Floats) -> tuple[Floats, Floats]:
    weights = 1.0 / np.maximum(variance, 1e-30)
    covariance: Floats = np.linalg.inv(columns.T @ (weights[:, None] * columns)).astype(np.float64)
    return covariance @ (columns.T @ (weights * values)), covariance


def _between_sites(columns: Floats, values: Floats, own: Floats) -> float:
    """Variance between sites for which the weighted sum of squared residuals is the number of degrees of freedom."""
    freedom = len(values) - columns.shape[1]

    def excess(between: float) -> float:
        rest = values - columns @ _weighted(columns, values, own + between)[0]
        return float((rest**2 / np.maximum(own + between, 1e-30)).sum() - freedom)

    low, high = 0.0, float(np.var(values)) * len(values) / freedom + 1e-12
    if excess(low) <= 0.0:
        return 0.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    return float(high)
