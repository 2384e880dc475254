r"""Threshold law: the onset field of a perfect crystal in closed form.

All ions of a kind multiply together, so the first bond breaks when

.. math:: A^2 + 2 c A B + B^2 = W_b, \quad A = a_A e^{g_A}, \; B = a_O e^{g_O}, \; g = \nu_0 q \lambda E^2 / (2 k W_i)

with the amplitudes :math:`a` of the cation and anion patterns [sqrt(eV)] and the coupling c, the cosine between their
fields over the region of the bond; c = 1 is the plain square of the sum. With one kind the law is explicit,
:math:`E = \sqrt{k W_i \ln(W_b / a_A^2) / (\nu_0 q \lambda)}`: inverse root of the mean free path, root of the
ionization energy, and only a weak logarithm of the bond energy. It never turns negative.
Units: V/m, angstrom, eV, V/(m s).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.breakdown.ionization import growth_coefficient
from entrox.core import ConvergenceError, InputError, check_in_range, check_positive

__all__ = ["seitz_field", "single_kind_threshold_field", "threshold_field"]

Floats = NDArray[np.float64]


def single_kind_threshold_field(
    ionization_energy: ArrayLike,
    mean_free_path: ArrayLike,
    bond_energy: ArrayLike,
    *,
    ramp_rate: float,
    amplitude: float,
) -> Floats:
    """Onset field of a crystal in which one kind of ion multiplies [V/m].

    Parameters
    ----------
    ionization_energy, mean_free_path, bond_energy
        [eV], [angstrom], [eV]; broadcast against one another.
    ramp_rate
        [V/(m s)].
    amplitude
        Root of the bond's electric energy before any field [sqrt(eV)].

    Raises
    ------
    InputError
        If a quantity is not positive, or a bond energy does not exceed the initial electric energy.
    """
    check_positive(amplitude, "amplitude", "sqrt(eV)")
    growth = growth_coefficient(mean_free_path, ionization_energy, ramp_rate)
    energy = np.asarray(bond_energy, dtype=float)
    if not (np.isfinite(energy).all() and (energy > amplitude**2).all()):
        raise InputError(
            f"bond_energy must exceed the electric energy before any field, {amplitude**2:.3g} eV; "
            f"got {np.min(energy):g} eV."
        )
    return np.asarray(np.sqrt(np.log(energy / amplitude**2) / (2.0 * growth)))


def threshold_field(
    ionization_energy: ArrayLike,
    mean_free_path: ArrayLike,
    bond_energy: ArrayLike,
    *,
    ramp_rate: float,
    amplitude_cation: float,
    amplitude_anion: float,
    anion_ionization_energy: ArrayLike,
    coupling: float = 1.0,
) -> Floats:
    """Onset field of a perfect crystal with cations and anions [V/m].

    Parameters
    ----------
    ionization_energy, mean_free_path, bond_energy
        Of the cation [eV], of both [angstrom], of the bond [eV]; broadcast against one another.
    ramp_rate
        [V/(m s)].
    amplitude_cation, amplitude_anion
        Roots of the electric energies of the two patterns before any field [sqrt(eV)].
    anion_ionization_energy
        [eV].
    coupling
        Cosine between the two fields over the bond's region, in [0, 1].

    Raises
    ------
    InputError
        If a quantity is out of range, or a bond is broken before any field.
    ConvergenceError
        If Newton's method has not settled after 100 steps.
    """
    coupling = check_in_range(coupling, "coupling", low=0.0, high=1.0)
    upper = single_kind_threshold_field(
        ionization_energy, mean_free_path, bond_energy, ramp_rate=ramp_rate, amplitude=amplitude_cation
    )
    growth_a = growth_coefficient(mean_free_path, ionization_energy, ramp_rate)
    growth_o = growth_coefficient(mean_free_path, anion_ionization_energy, ramp_rate)
    log_a, log_o = np.log(amplitude_cation), np.log(check_positive(amplitude_anion, "amplitude_anion", "sqrt(eV)"))
    initial = amplitude_cation**2 + 2 * coupling * amplitude_cation * amplitude_anion + amplitude_anion**2
    target = np.log(np.asarray(bond_energy, dtype=float))
    if not (target > np.log(initial)).all():
        raise InputError(f"bond_energy must exceed the electric energy before any field, {initial:.3g} eV.")
    # ln W is convex and increasing in E^2: Newton from the upper bound (cation alone) falls monotonically to the root.
    square = upper**2
    for _ in range(100):
        ratio = np.exp(log_o - log_a + (growth_o - growth_a) * square)
        form = 1.0 + 2.0 * coupling * ratio + ratio**2
        value = 2.0 * (log_a + growth_a * square) + np.log(form) - target
        slope = 2.0 * growth_a + (2.0 * coupling * ratio + 2.0 * ratio**2) * (growth_o - growth_a) / form
        step = value / slope
        square = square - step
        if (np.abs(step) <= 1e-13 * square).all():
            return np.asarray(np.sqrt(square))
    raise ConvergenceError("threshold_field did not settle within 100 Newton steps; this is a defect.", square)


def seitz_field(ionization_energy: ArrayLike, mean_free_path: ArrayLike, *, ramp_rate: float) -> Floats:
    """Field of forty generations of electrons, g = 40 ln 2 [V/m].

    The criterion of Seitz, Phys. Rev. 76, 1376 (1949): an avalanche of 2^40 electrons destroys the lattice. With the
    same ramp it lies about 2.5 times above the threshold law; it is drawn beside it and checks nothing.
    """
    growth = growth_coefficient(mean_free_path, ionization_energy, ramp_rate)
    return np.asarray(np.sqrt(40.0 * np.log(2.0) / growth))
