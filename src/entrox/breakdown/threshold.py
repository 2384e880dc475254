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
from entrox.core import ConvergenceError, InputError, check_all_positive, check_in_range

__all__ = ["seitz_field", "single_kind_threshold_field", "threshold_field"]

Floats = NDArray[np.float64]


def single_kind_threshold_field(
    ionization_energy: ArrayLike,
    mean_free_path: ArrayLike,
    bond_energy: ArrayLike,
    *,
    ramp_rate: ArrayLike,
    amplitude: ArrayLike,
) -> Floats:
    """Onset field of a crystal in which one kind of ion multiplies [V/m].

    Parameters
    ----------
    ionization_energy, mean_free_path, bond_energy
        [eV], [angstrom], [eV]; broadcast against one another.
    ramp_rate
        [V/(m s)].
    amplitude
        Root of the bond's electric energy before any field [sqrt(eV)]; broadcasts as well.

    Raises
    ------
    InputError
        If a quantity is not positive, or a bond energy does not exceed the initial electric energy.
    """
    initial = check_all_positive(amplitude, "amplitude", "sqrt(eV)") ** 2
    growth = growth_coefficient(mean_free_path, ionization_energy, ramp_rate)
    energy = check_all_positive(bond_energy, "bond_energy", "eV")
    if not (energy > initial).all():
        raise InputError(
            f"bond_energy must exceed the electric energy before any field, {initial.max():.3g} eV; "
            f"got {energy.min():g} eV."
        )
    return np.asarray(np.sqrt(np.log(energy / initial) / (2.0 * growth)))


def threshold_field(
    ionization_energy: ArrayLike,
    mean_free_path: ArrayLike,
    bond_energy: ArrayLike,
    *,
    ramp_rate: ArrayLike,
    amplitude_cation: ArrayLike,
    amplitude_anion: ArrayLike,
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
        Roots of the electric energies of the two patterns before any field [sqrt(eV)]; broadcast as well.
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
    cation = check_all_positive(amplitude_cation, "amplitude_cation", "sqrt(eV)")
    anion = check_all_positive(amplitude_anion, "amplitude_anion", "sqrt(eV)")
    initial = cation**2 + 2 * coupling * cation * anion + anion**2
    target = np.log(check_all_positive(bond_energy, "bond_energy", "eV"))
    if not (target > np.log(initial)).all():
        raise InputError(f"bond_energy must exceed the electric energy before any field, {initial.max():.3g} eV.")
    # Either kind alone would need a higher field: the smaller of the two bounds the root from above.
    upper = np.minimum(
        *(
            single_kind_threshold_field(energy, mean_free_path, bond_energy, ramp_rate=ramp_rate, amplitude=amplitude)
            for energy, amplitude in (
                (ionization_energy, cation),
                (anion_ionization_energy, anion),
            )
        )
    )
    growth_a = growth_coefficient(mean_free_path, ionization_energy, ramp_rate)
    growth_o = growth_coefficient(mean_free_path, anion_ionization_energy, ramp_rate)
    log_a, log_o = np.log(cation), np.log(anion)
    # ln W is convex and increasing in E^2: Newton from the upper bound falls monotonically to the root.
    square = upper**2
    for _ in range(100):
        a, o = np.exp(log_a + growth_a * square), np.exp(log_o + growth_o * square)
        energy = a**2 + 2.0 * coupling * a * o + o**2
        value = np.log(energy) - target
        slope = 2.0 * (growth_a * a**2 + coupling * (growth_a + growth_o) * a * o + growth_o * o**2) / energy
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
