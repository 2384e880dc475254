"""Result of a small-box fit.

Units: angstrom, 1/angstrom, deg; parameters in their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, nearest_names, quantity
from entrox.scattering.small_box.structure import describe_contents

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["SmallBoxFit"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SmallBoxFit(Result):
    """A small box, fitted.

    Errors count the points as what they are worth: ``n_independent`` = range of r times Qmax / pi, not the number of
    points; without Qmax every point counts. ``correlations`` are those above 0.9 between fitted numbers. ``derived``
    has the shift of the anions of each tilt [edges of the cubic cell], ``shares`` the elements on the sites of a label.
    ``faults`` are reasons not to believe the fit although the search ended: atoms on top of one another, or a curve
    that is not that of the data. A wrong structure leaves them, or a search that stopped beside the best fit.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    values: Floats = quantity("as parameter", "fitted values", axes=("parameter",))
    errors: Floats = quantity("as parameter", "standard errors; NaN: not determined", axes=("parameter",))
    covariance: Floats = quantity("as parameters", "covariance", axes=("parameter", "parameter_2"))
    correlations: Mapping[tuple[str, str], float] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)
    derived: Mapping[str, float] = field(default_factory=dict)
    form: str = ""
    r: Floats = quantity("angstrom", "distance", axes=("point",))
    observed: Floats = quantity("1/angstrom^2", "observed G_pdf", axes=("point",))
    calculated: Floats = quantity("1/angstrom^2", "fitted G_pdf", axes=("point",))
    fitted_point: NDArray[np.bool_] = quantity("1", "point that entered the fit", axes=("point",))
    rw: float = quantity("1", "weighted residual, sqrt(sum w (yo - yc)^2 / sum w yo^2)")
    n_points: int = quantity("1", "points fitted")
    n_independent: float = quantity("1", "independent numbers among them")
    qmax_per_angstrom: float | None = quantity("1/angstrom", "end of the data in Q", default=None)
    weighted: bool = False
    lattice: Floats = quantity("angstrom", "cell vectors", axes=("vector", "component"))
    lattice_parameters: Floats = quantity("angstrom and deg", "a, b, c, alpha, beta, gamma", axes=("number",))
    positions: Floats = quantity("1", "fractional coordinates", axes=("site", "component"))
    tensors: Floats = quantity("angstrom^2", "thermal motion U", axes=("site", "component", "component_2"))
    symbols: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    cells_per_edge: int = quantity("1", "cells of the start structure along each edge of the fitted one", default=1)
    number_density: float = quantity("1/angstrom3", "atoms per volume of the fitted cell", default=float("nan"))
    converged: bool = False
    n_evaluations: int = quantity("1", "evaluations of the model", default=0)
    message: str = ""
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether the search converged, and nothing speaks against what it found."""
        return self.converged and not self.faults

    @property
    def difference(self) -> Floats:
        """Observed minus fitted G_pdf [1/angstrom^2], shape ``(n_points,)``."""
        return np.asarray(self.observed - self.calculated)

    @property
    def structure(self) -> Atoms:
        """Fitted cell; sites that elements share are described as ase does it."""
        from ase import Atoms

        atoms = Atoms(list(self.symbols), scaled_positions=self.positions, cell=self.lattice, pbc=True)
        if self.shares:
            describe_contents(atoms, [dict(self.shares[label]) for label in self.labels])
        return atoms

    def value(self, name: str) -> float:
        """Value of a number of the model, fitted or fixed.

        Raises
        ------
        InputError
            If there is no such number.
        """
        if name in self.names:
            return float(self.values[self.names.index(name)])
        if name not in self.fixed:
            raise InputError(f"the model has no number {name!r}; {nearest_names(name, [*self.names, *self.fixed])}.")
        return float(self.fixed[name])

    def error(self, name: str) -> float | None:
        """Standard error of a fitted number; None for a fixed one."""
        return float(self.errors[self.names.index(name)]) if name in self.names else None
