r"""A core-shell model of BaTiO3: polarizable ions, whose shells are relaxed for every structure.

An ion is a core and a massless shell on a spring, :math:`k_2 r^2 / 2 + k_4 r^4 / 24`. All charges interact by Coulomb's
law except a core with its own shell; the shells also by :math:`A e^{-r/\rho} - C / r^6`, which is taken smoothly to
zero between 6 and 8 angstrom. The energy is the least one over the positions of the shells, so the forces on the ions
are the derivatives at fixed shell displacements (Hellmann and Feynman).

Parameters as found in public inputs, where they are attributed to J. Appl. Phys. 114, 174108; that attribution is
unchecked. Units: eV, eV/angstrom, eV/angstrom3, angstrom, e.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from entrox.core import ConvergenceError, InputError
from entrox.core.units import COULOMB_EV_ANGSTROM
from entrox.dynamics.calculators.answers import ForceAnswer, voigt_of_strain_derivative
from entrox.potentials.teachers.ewald import (
    EwaldSplit,
    check_neutral,
    reciprocal_part,
    screened_coulomb,
    self_energy,
)
from entrox.potentials.teachers.periodic_pairs import periodic_pairs

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

__all__ = ["SHELL_ELEMENTS", "shell_answer", "shell_calculator"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHELL_ELEMENTS = ("Ba", "Ti", "O")
CORE_CHARGES_E = np.array([5.042, 4.616, 0.970])
SHELL_CHARGES_E = np.array([-2.870, -1.544, -2.718])
SPRINGS = np.array([298.51, 306.14, 36.93])
"""Springs k2 [eV/angstrom2]."""
QUARTIC_SPRINGS = np.array([0.0, 500.0, 5000.0])
"""Springs k4 [eV/angstrom4]."""
BUCKINGHAM: Mapping[tuple[str, str], tuple[float, float, float]] = {
    ("Ba", "O"): (7149.81, 0.3019, 0.0),
    ("Ti", "O"): (7200.27, 0.2303, 0.0),
    ("O", "O"): (3719.60, 0.3408, 597.17),
}
"""A [eV], rho [angstrom], C [eV angstrom6]."""

TAPER_ANGSTROM, CUTOFF_ANGSTROM = 6.0, 8.0
LARGEST_DISPLACEMENT_ANGSTROM = 0.8
"""A shell further from its core has broken away."""
SHELL_FORCE_EV_PER_ANGSTROM = 1e-8
MAX_ITERATIONS = 200
HISTORY = 12
NEAR_CORE = 1e-3
"""Below this alpha d the error function over d is a series."""


_Part = tuple[float, Floats, Floats, Floats]
"""Energy, gradients by the charges of ions at both ends, and strain derivative of one kind of pairs."""


@dataclass(frozen=True)
class _Lattice:
    """What does not depend on the shells: ions, each pair within reach once, the split of the Coulomb sum.

    ``cores`` are energy, gradient and strain derivative of the pairs of cores in the sum in space.
    """

    positions: Floats
    volume: float
    kinds: Ints
    first: Ints
    second: Ints
    ways: Floats
    buckingham: tuple[Floats, Floats, Floats]
    split: EwaldSplit
    cores: _Part | None = None


@dataclass(frozen=True)
class _State:
    """Energy, gradients by the ions and by the displacements of their shells, and derivative by strain."""

    energy: float
    ion_gradient: Floats
    shell_gradient: Floats
    strain_derivative: Floats


def shell_answer(atoms: Atoms) -> ForceAnswer:
    """Energy, forces and stress at relaxed shells.

    Raises
    ------
    InputError
        If an element is not one of :data:`SHELL_ELEMENTS`, the cell is not periodic or not neutral.
    ConvergenceError
        If the shells find no minimum: the ions are too close.
    """
    lattice = _lattice(atoms)
    state = _relaxed(lattice)
    stress = voigt_of_strain_derivative(state.strain_derivative, lattice.volume)
    return ForceAnswer(state.energy, -state.ion_gradient, stress)


def shell_calculator() -> Calculator:
    """Return the core-shell model as a calculator of ASE."""
    from entrox.dynamics.calculators.function_calculator import FunctionCalculator

    return FunctionCalculator(shell_answer)


def _lattice(atoms: Atoms) -> _Lattice:
    symbols = atoms.get_chemical_symbols()
    if unknown := sorted(set(symbols) - set(SHELL_ELEMENTS)):
        raise InputError(
            f"the shell model knows {', '.join(SHELL_ELEMENTS)}; the structure also has {', '.join(unknown)}."
        )
    if not atoms.pbc.all():
        raise InputError("the shell model needs a cell that is periodic in all directions.")
    kinds = np.array([SHELL_ELEMENTS.index(symbol) for symbol in symbols])
    check_neutral((CORE_CHARGES_E + SHELL_CHARGES_E)[kinds])
    cell = atoms.cell.array
    reach = CUTOFF_ANGSTROM + 2.0 * LARGEST_DISPLACEMENT_ANGSTROM
    first, second, ways = _each_once(*periodic_pairs(atoms.positions, cell, atoms.pbc, reach))
    table = np.zeros((3, 3, 3))
    table[1] = 1.0  # any decay length, where A is zero
    for (one, other), values in BUCKINGHAM.items():
        i, j = SHELL_ELEMENTS.index(one), SHELL_ELEMENTS.index(other)
        table[:, i, j] = table[:, j, i] = values
    amplitude, decay, dispersion = table[:, kinds[first], kinds[second]]
    lattice = _Lattice(
        positions=atoms.positions.copy(),
        volume=atoms.get_volume(),
        kinds=kinds,
        first=first,
        second=second,
        ways=ways,
        buckingham=(amplitude, decay, dispersion),
        split=EwaldSplit.of_cell(cell, CUTOFF_ANGSTROM),
    )
    still = np.zeros((len(kinds), 3))
    return replace(lattice, cores=_pair_part(lattice, still, from_shell=False, to_shell=False))


def _each_once(first: Ints, second: Ints, ways: Floats) -> tuple[Ints, Ints, Floats]:
    """Return one of the two directions of each pair; of an ion and its image, the one that points up."""
    x, y, z = ways.T
    upward = np.where(x != 0, x, np.where(y != 0, y, z)) > 0
    kept = (first < second) | ((first == second) & upward)
    return first[kept], second[kept], ways[kept]


def _relaxed(lattice: _Lattice) -> _State:
    """Return the state at the displacements that leave no force on any shell."""
    n_ions = len(lattice.kinds)
    # a stiffer step than the bare spring: neighbors hold the shells of oxygen about as strongly
    step = 1.0 / np.repeat(SPRINGS[lattice.kinds] + SPRINGS.min(), 3)

    def slope(displacement: Floats) -> tuple[_State, Floats]:
        state = _state(lattice, displacement.reshape(n_ions, 3))
        return state, state.shell_gradient.ravel()

    return _root(slope, np.zeros(3 * n_ions), step)


def _root(slope: Callable[[Floats], tuple[_State, Floats]], start: Floats, step: Floats) -> _State:
    """Return the state without slope, by Anderson's mixing of the last steps (J. ACM 12, 547 (1965))."""
    place, places, slopes = start, [start], []
    for _ in range(MAX_ITERATIONS):
        state, gradient = slope(place)
        slopes.append(gradient)
        largest = float(np.abs(gradient).max())
        if largest < SHELL_FORCE_EV_PER_ANGSTROM:
            return state
        if not np.isfinite(largest) or np.abs(place).max() > LARGEST_DISPLACEMENT_ANGSTROM:
            break
        place = place - step * gradient
        if len(slopes) > 1:
            moves, changes = np.diff(places, axis=0).T, np.diff(slopes, axis=0).T
            weights = np.linalg.lstsq(step[:, None] * changes, step * gradient, rcond=None)[0]
            place = place - (moves - step[:, None] * changes) @ weights
        places, slopes = [*places, place][-HISTORY:], slopes[-HISTORY + 1 :]
        places = places[-len(slopes) - 1 :]
    raise ConvergenceError(
        f"the shells of the core-shell model find no minimum: the largest force is {largest:.3g} eV/angstrom. "
        "Ions are too close to one another.",
        state=place,
    )


def _state(lattice: _Lattice, displacement: Floats) -> _State:
    """Return energy and derivatives at given displacements of the shells."""
    n_ions = len(lattice.kinds)
    core, shell = CORE_CHARGES_E[lattice.kinds], SHELL_CHARGES_E[lattice.kinds]
    charges = np.concatenate([core, shell])
    places = np.concatenate([lattice.positions, lattice.positions + displacement])
    energy, gradient, derivative = reciprocal_part(places, charges, lattice.split, lattice.volume)
    energy -= self_energy(charges, lattice.split)
    on_core, on_shell = gradient[:n_ions], gradient[n_ions:]
    for from_shell, to_shell in ((False, False), (False, True), (True, False), (True, True)):
        part = None if from_shell or to_shell else lattice.cores
        change, near, far, stretch = part or _pair_part(lattice, displacement, from_shell=from_shell, to_shell=to_shell)
        energy += change
        (on_shell if from_shell else on_core)[:] += near
        (on_shell if to_shell else on_core)[:] += far
        derivative += stretch
    spring, pull = _spring_part(lattice, displacement, core * shell)
    energy += spring
    derivative += displacement.T @ pull
    # at fixed displacements an ion moves with its shell
    return _State(energy, on_core + on_shell, on_shell + pull, derivative)


def _pair_part(lattice: _Lattice, displacement: Floats, *, from_shell: bool, to_shell: bool) -> _Part:
    """Return what one kind of pairs gives: core or shell at the near end, core or shell at the far one."""
    first, second = lattice.first, lattice.second
    ways = lattice.ways
    if to_shell:
        ways = ways + displacement[second]
    if from_shell:
        ways = ways - displacement[first]
    distance = np.linalg.norm(ways, axis=1)
    near = (SHELL_CHARGES_E if from_shell else CORE_CHARGES_E)[lattice.kinds[first]]
    far = (SHELL_CHARGES_E if to_shell else CORE_CHARGES_E)[lattice.kinds[second]]
    energy, slope = screened_coulomb(distance, lattice.split.alpha)
    energy, slope = near * far * energy, near * far * slope
    if from_shell and to_shell:
        extra, extra_slope = _buckingham(distance, *lattice.buckingham)
        energy, slope = energy + extra, slope + extra_slope
    inside = distance < CUTOFF_ANGSTROM
    energy, slope = np.where(inside, energy, 0.0), np.where(inside, slope, 0.0)
    pull = (slope / distance)[:, None] * ways
    return float(energy.sum()), -_summed(first, pull, lattice), _summed(second, pull, lattice), pull.T @ ways


def _summed(ends: Ints, pull: Floats, lattice: _Lattice) -> Floats:
    """Return the sum of the pulls that end at each ion."""
    columns = [np.bincount(ends, pull[:, axis], len(lattice.kinds)) for axis in range(3)]
    return np.stack(columns, axis=1).astype(float)


def _buckingham(distance: Floats, amplitude: Floats, decay: Floats, dispersion: Floats) -> tuple[Floats, Floats]:
    """Return energy and slope of pairs of shells, taken to zero with two continuous derivatives."""
    repulsion, attraction = amplitude * np.exp(-distance / decay), dispersion / distance**6
    bare, bare_slope = repulsion - attraction, -repulsion / decay + 6.0 * attraction / distance
    u = np.clip((distance - TAPER_ANGSTROM) / (CUTOFF_ANGSTROM - TAPER_ANGSTROM), 0.0, 1.0)
    taper = u**3 * (-6.0 * u**2 + 15.0 * u - 10.0) + 1.0
    taper_slope = -30.0 * u**2 * (1.0 - u) ** 2 / (CUTOFF_ANGSTROM - TAPER_ANGSTROM)
    return bare * taper, bare_slope * taper + bare * taper_slope


def _spring_part(lattice: _Lattice, displacement: Floats, charge_product: Floats) -> tuple[float, Floats]:
    """Return energy and gradient of the springs, less the Coulomb energy of a core with its own shell.

    The reciprocal sum counts that pair as Gaussians, so erf(alpha d) / d is what is taken back.
    """
    square = np.einsum("ia,ia->i", displacement, displacement)
    stiff, quartic = SPRINGS[lattice.kinds], QUARTIC_SPRINGS[lattice.kinds]
    alpha, distance = lattice.split.alpha, np.sqrt(square)
    gauss = 2.0 * alpha / math.sqrt(math.pi)
    x2 = alpha**2 * square
    with np.errstate(divide="ignore", invalid="ignore"):
        over = erf(alpha * distance) / distance
        over_slope = (gauss * np.exp(-x2) - over) / square
    close = x2 < NEAR_CORE**2
    over = np.where(close, gauss * (1.0 - x2 / 3.0), over)
    over_slope = np.where(close, gauss * alpha**2 * (-2.0 / 3.0 + 0.4 * x2), over_slope)
    taken = COULOMB_EV_ANGSTROM * charge_product
    energies = stiff * square / 2.0 + quartic * square**2 / 24.0 - taken * over
    slopes = stiff + quartic * square / 6.0 - taken * over_slope
    return float(energies.sum()), slopes[:, None] * displacement
