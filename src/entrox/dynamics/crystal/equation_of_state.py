r"""Energy against volume, and what follows: equilibrium volume, bulk modulus, its slope.

.. math:: E(V) = E_0 + \frac{9 V_0 B_0}{16} \left[ (\eta - 1)^3 B_0' + (\eta - 1)^2 (6 - 4 \eta) \right],
    \qquad \eta = (V_0 / V)^{2/3}

F. Birch, Phys. Rev. 71, 809 (1947). It is a cubic polynomial in :math:`x = V^{-2/3}`, so that the fit is linear and
:math:`V_0` the root of a quadratic. Units: angstrom, eV, GPa.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import ConvergenceError, InputError, Result, check_all_positive, check_shape, quantity
from entrox.core.linear_fit import fit_linear
from entrox.core.units import GIGAPASCAL_PER_EV_PER_ANGSTROM3

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

__all__ = ["EquationOfState", "birch_murnaghan", "equation_of_state", "fit_birch_murnaghan"]

Floats = NDArray[np.float64]

LINEAR_STRAINS = (-0.03, -0.02, -0.01, 0.0, 0.01, 0.02, 0.03)
FEWEST_POINTS = 5
LARGEST_EXTRAPOLATION = 0.4
"""A minimum may lie outside the volumes by this part of their range."""
MEV_PER_EV = 1000.0


@dataclass(frozen=True, kw_only=True)
class EquationOfState(Result):
    """A fit of energy against volume with its health.

    ``extrapolated`` says that the volume of lowest energy lies outside the given volumes.
    """

    volume_angstrom3: Floats = quantity("angstrom3", "volume", axes=("point",))
    energy_ev: Floats = quantity("eV", "energy", axes=("point",))
    equilibrium_volume_angstrom3: float = quantity("angstrom3", "equilibrium volume")
    equilibrium_energy_ev: float = quantity("eV", "energy at the equilibrium volume")
    bulk_modulus_gpa: float = quantity("GPa", "bulk modulus")
    bulk_modulus_slope: float = quantity("1", "derivative of the bulk modulus by pressure")
    residual_mev: float = quantity("meV", "root mean square residual of the fit")
    extrapolated: bool

    def edge_angstrom(self, n_cells: int = 1) -> float:
        """Edge of a cube of the equilibrium volume that holds ``n_cells`` cells [angstrom]."""
        return float((self.equilibrium_volume_angstrom3 / n_cells) ** (1.0 / 3.0))


def birch_murnaghan(volume: ArrayLike, energy_0: float, volume_0: float, modulus: float, slope: float) -> Floats:
    """Energy of the third-order equation [eV], for volumes [angstrom3] and a modulus in eV/angstrom3."""
    eta = (volume_0 / np.asarray(volume, dtype=float)) ** (2.0 / 3.0)
    return np.asarray(
        energy_0 + 9.0 * volume_0 * modulus / 16.0 * ((eta - 1.0) ** 3 * slope + (eta - 1.0) ** 2 * (6.0 - 4.0 * eta))
    )


def fit_birch_murnaghan(volume_angstrom3: ArrayLike, energy_ev: ArrayLike) -> EquationOfState:
    """Fit the third-order equation.

    Parameters
    ----------
    volume_angstrom3, energy_ev
        At least five points, shape ``(n_points,)``.

    Raises
    ------
    InputError
        If there are too few points or values.
    ConvergenceError
        If the energies have no minimum over the volume.
    """
    volumes = check_all_positive(volume_angstrom3, "volume_angstrom3", "angstrom3")
    if volumes.ndim != 1 or volumes.size < FEWEST_POINTS:
        raise InputError(f"an equation of state needs at least {FEWEST_POINTS} volumes; got {volumes.size}.")
    energies = check_shape(energy_ev, (volumes.size,), "energy_ev")
    middle = float(volumes.mean())
    # around one, so that the powers are well conditioned
    x = (middle / volumes) ** (2.0 / 3.0)
    fit = fit_linear(np.vander(x - 1.0, 4, increasing=True), energies - energies.mean())
    polynomial = np.polynomial.Polynomial(fit.coefficients)
    first, second, third = (polynomial.deriv(order) for order in (1, 2, 3))
    roots = [float(root.real) for root in first.roots() if abs(root.imag) < 1e-12 and second(root.real) > 0.0]
    # of a cubic at most one is a minimum; one far outside is an artifact of the polynomial
    volume_0 = middle * (1.0 + roots[0]) ** -1.5 if roots and roots[0] > -1.0 else np.inf
    reach = LARGEST_EXTRAPOLATION * np.ptp(volumes)
    if not volumes.min() - reach <= volume_0 <= volumes.max() + reach:
        raise ConvergenceError("the energies have no minimum near these volumes; give volumes around it.", fit)
    root, x_0 = roots[0], 1.0 + roots[0]
    # d2E/dV2 and d3E/dV3 by the chain rule, x = (middle / V)^(2/3)
    curvature = float(second(root)) * (2.0 * x_0 / (3.0 * volume_0)) ** 2
    cubic = -float(third(root)) * (2.0 * x_0 / (3.0 * volume_0)) ** 3 - float(second(root)) * (
        20.0 * x_0**2 / (9.0 * volume_0**3)
    )
    return EquationOfState(
        volume_angstrom3=volumes,
        energy_ev=energies,
        equilibrium_volume_angstrom3=float(volume_0),
        equilibrium_energy_ev=float(polynomial(root) + energies.mean()),
        bulk_modulus_gpa=float(volume_0 * curvature * GIGAPASCAL_PER_EV_PER_ANGSTROM3),
        bulk_modulus_slope=float(-1.0 - volume_0 * cubic / curvature),
        residual_mev=MEV_PER_EV * float(np.sqrt((fit.residuals**2).mean())),
        extrapolated=not volumes.min() <= volume_0 <= volumes.max(),
    )


def equation_of_state(
    atoms: Atoms, calculator: Calculator, linear_strains: Sequence[float] = LINEAR_STRAINS
) -> EquationOfState:
    """Equation of state of a structure whose shape and relative positions are kept.

    Parameters
    ----------
    atoms
        Periodic structure; it is not changed.
    calculator
        Force field.
    linear_strains
        Changes of all edges.

    Raises
    ------
    InputError
        If the structure is not periodic or the strains are too few.
    ConvergenceError
        If the energies have no minimum.
    """
    if not atoms.pbc.all():
        raise InputError(f"an equation of state needs a periodic structure; got pbc = {atoms.pbc.tolist()}.")
    volumes, energies = [], []
    for strain in linear_strains:
        strained = atoms.copy()
        strained.set_cell(atoms.cell.array * (1.0 + strain), scale_atoms=True)
        strained.calc = calculator
        volumes.append(strained.get_volume())
        energies.append(strained.get_potential_energy())
    return fit_birch_murnaghan(volumes, energies)
