"""Momenta at the start of a run, and the temperature of momenta.

The center of mass rests, so N atoms have 3 N - 3 degrees of freedom. Units: K, u; momenta in those of ASE, sqrt(eV u).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_all_positive, check_positive, generator
from entrox.core.units import BOLTZMANN_EV_PER_K
from entrox.dynamics.protocols import MdProtocol

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["draw_momenta", "starting_momenta", "temperature_of"]

Floats = NDArray[np.float64]


def draw_momenta(masses: ArrayLike, temperature_k: float, rng: np.random.Generator) -> Floats:
    """Draw momenta of Maxwell and Boltzmann, at rest as a whole and at exactly the temperature.

    Parameters
    ----------
    masses
        Shape ``(n_atoms,)``, at least two [u].
    temperature_k
        Temperature [K].
    rng
        Draws them.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_atoms, 3)`` [sqrt(eV u)].

    Raises
    ------
    InputError
        If there are fewer than two atoms, or a mass or the temperature is not positive.
    """
    mass = check_all_positive(masses, "masses", "u")
    target = check_positive(temperature_k, "temperature_k", "K")
    if mass.ndim != 1 or len(mass) < 2:
        raise InputError(
            f"velocities need at least two atoms, since the center of mass rests; got masses of shape {mass.shape}. "
            "Repeat the cell."
        )
    momenta = rng.standard_normal((len(mass), 3)) * np.sqrt(mass)[:, None]
    momenta -= mass[:, None] * (momenta.sum(axis=0) / mass.sum())
    # a drawn temperature scatters by sqrt(2 / (3 N - 3)), too much for short runs of small boxes
    return np.asarray(momenta * np.sqrt(target / temperature_of(mass, momenta)))


def starting_momenta(atoms: Atoms, protocol: MdProtocol, seed: int) -> Floats:
    """Momenta with which a run starts: drawn from its seed, or those of the atoms where the protocol keeps them.

    Parameters
    ----------
    atoms
        Starting structure; it is not changed.
    protocol
        Says which, and the temperature.
    seed
        Seed of the draw.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_atoms, 3)`` [sqrt(eV u)]; a copy.

    Raises
    ------
    InputError
        If the structure has constraints, fewer than two atoms, or no momenta to keep.
    """
    if atoms.constraints:
        kinds = ", ".join(sorted({type(constraint).__name__ for constraint in atoms.constraints}))
        raise InputError(
            f"molecular dynamics moves all atoms; the structure has the constraints {kinds}. "
            "Take them off: atoms.set_constraint()."
        )
    if not protocol.keep_velocities:
        return draw_momenta(atoms.get_masses(), protocol.start_k, generator(seed))
    if not atoms.has("momenta"):
        raise InputError(
            "the protocol keeps the velocities of the structure, which has none. Give it momenta, or set "
            "keep_velocities = False."
        )
    return np.array(atoms.get_momenta(), dtype=float)


def temperature_of(masses: ArrayLike, momenta: ArrayLike) -> float:
    """Temperature of 3 N - 3 degrees of freedom [K]; what is not finite stays so.

    Parameters
    ----------
    masses
        Shape ``(n_atoms,)``, at least two [u].
    momenta
        Shape ``(n_atoms, 3)`` [sqrt(eV u)].

    Examples
    --------
    Two atoms that fly apart with 1 eV together have 1 eV in three degrees of freedom:

    >>> round(temperature_of([1.0, 1.0], [[1.0, 0, 0], [-1.0, 0, 0]]) * 8.617333262e-5, 6)
    0.666667
    """
    mass, values = np.asarray(masses, dtype=float), np.asarray(momenta, dtype=float)
    # a run that explodes overflows here; it is recognized by a temperature that is not finite
    with np.errstate(over="ignore", invalid="ignore"):
        twice_kinetic = float((values**2 / mass[:, None]).sum())
    return twice_kinetic / ((3 * len(mass) - 3) * BOLTZMANN_EV_PER_K)
