r"""Free energy of vibrations: quantum oscillators of given frequencies, or of a spectrum of them.

.. math:: F = \sum_k \left[ \tfrac{1}{2} h \nu_k + k_\mathrm{B} T \ln (1 - e^{-h \nu_k / k_\mathrm{B} T}) \right]

An imaginary frequency, given as a negative number, has no such energy. What is done with it is asked for, never chosen
in silence. Units: THz, K, eV.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_all_positive, check_finite, check_integer, check_positive, check_shape
from entrox.core.units import EV_PER_TERAHERTZ
from entrox.thermo.nucleation import thermal_energy

__all__ = [
    "Imaginary",
    "einstein_free_energy",
    "free_energy_per_atom",
    "harmonic_free_energy",
    "spectrum_free_energy",
    "vibrating_modes",
]

Floats = NDArray[np.float64]

Imaginary = Literal["refuse", "absolute", "omit"]
IMAGINARY: tuple[str, ...] = get_args(Imaginary)
MODES_PER_ATOM = 3
TRANSLATIONS = 3
UNSTABLE_BELOW_THZ = -0.1
"""As for phonons: what lies above is the noise of a mode at zero."""


def einstein_free_energy(frequency_thz: ArrayLike, temperature_k: float) -> Floats:
    """Free energy of quantum oscillators [eV], the shape of ``frequency_thz``, all > 0.

    Examples
    --------
    Far below its quantum an oscillator has its zero-point energy alone:

    >>> round(float(einstein_free_energy(10.0, 1.0)), 5)
    0.02068
    """
    quantum = check_all_positive(frequency_thz, "frequency_thz", "THz") * EV_PER_TERAHERTZ
    thermal = thermal_energy(temperature_k)
    # log(1 - e^-x) without the loss of digits at small x
    return np.asarray(0.5 * quantum + thermal * np.log(-np.expm1(-quantum / thermal)))[()]


def harmonic_free_energy(
    frequencies_thz: ArrayLike,
    temperature_k: float,
    *,
    translations: int = TRANSLATIONS,
    imaginary: Imaginary = "refuse",
) -> tuple[float, int]:
    """Free energy of the modes of a box, and how many of them are imaginary.

    Parameters
    ----------
    frequencies_thz
        All modes, shape ``(n_modes,)``, imaginary ones negative.
    temperature_k
        Temperature.
    translations
        Modes nearest to zero that are left out: a periodic box moves freely along three axes.
    imaginary
        ``refuse``; ``absolute`` takes the modulus of the frequency, ``omit`` leaves the mode out.

    Returns
    -------
    tuple
        Free energy [eV] of the whole box, and the number of imaginary modes beside the translations.

    Raises
    ------
    InputError
        If there are imaginary modes and nothing was decided, or a mode is zero.

    Examples
    --------
    >>> energy, count = harmonic_free_energy([0.0, 0.01, -0.02, 4.0, 6.0], 300.0)
    >>> round(energy, 4), count
    (-0.0112, 0)
    """
    if imaginary not in IMAGINARY:
        raise InputError(f"imaginary must be one of {', '.join(IMAGINARY)}; got {imaginary!r}.")
    rest = vibrating_modes(frequencies_thz, translations)
    count = int((rest < 0.0).sum())
    if count and imaginary == "refuse":
        raise InputError(
            f"{count} of {len(rest) + translations} modes are imaginary, down to {rest.min():.3g} THz: the structure "
            "is at no minimum. Relax it, or choose imaginary = 'absolute' or 'omit' and look at both."
        )
    kept = np.abs(rest) if imaginary == "absolute" else rest[rest >= 0.0]
    if (kept == 0.0).any():
        raise InputError(
            f"a mode of 0 THz beside {translations} translations has no free energy. Is translations right? A box that "
            "is periodic along all three axes has 3, a molecule 6."
        )
    return float(einstein_free_energy(kept, temperature_k).sum()) if len(kept) else 0.0, count


def free_energy_per_atom(
    frequencies_thz: ArrayLike, temperature_k: float, *, imaginary: Imaginary = "refuse"
) -> tuple[float, int]:
    """Free energy per atom of a periodic box, and how many of its modes are imaginary.

    Three times the mean over the modes that vibrate: the three translations are no modes of a large solid, and divided
    by all atoms their absence would pass for a difference of two boxes of unequal size, or of a box and a spectrum.

    Parameters
    ----------
    frequencies_thz
        All modes, three for each atom, shape ``(3 n_atoms,)``, n_atoms >= 2, imaginary ones negative.
    temperature_k, imaginary
        As in :func:`harmonic_free_energy`.

    Returns
    -------
    tuple
        Free energy [eV per atom], and the number of imaginary modes beside the translations.

    Raises
    ------
    InputError
        If the modes are not three for each of two or more atoms, or as in :func:`harmonic_free_energy`.

    Examples
    --------
    >>> small, large = [0.0] * 3 + [5.0] * 3, [0.0] * 3 + [5.0] * 300
    >>> [round(free_energy_per_atom(modes, 300.0)[0], 6) for modes in (small, large)]
    [-0.015262, -0.015262]
    """
    modes = check_shape(frequencies_thz, (None,), "frequencies_thz")
    if len(modes) % MODES_PER_ATOM or len(modes) <= TRANSLATIONS:
        raise InputError(f"{len(modes)} frequencies are not three for each of two or more atoms.")
    energy, count = harmonic_free_energy(modes, temperature_k, imaginary=imaginary)
    return MODES_PER_ATOM * energy / (len(modes) - TRANSLATIONS), count


def vibrating_modes(frequencies_thz: ArrayLike, translations: int = TRANSLATIONS) -> Floats:
    """Modes of a box without the ``translations`` nearest to zero [THz], imaginary ones negative.

    Examples
    --------
    >>> vibrating_modes([-1.0, 1e-7, 0.0, -1e-6, 5.0]).tolist()
    [-1.0, 5.0]
    """
    modes = check_shape(frequencies_thz, (None,), "frequencies_thz")
    skipped = check_integer(translations, "translations", low=0, high=len(modes) - 1)
    return np.asarray(modes[np.argsort(np.abs(modes), kind="stable")[skipped:]])


def spectrum_free_energy(frequency_thz: ArrayLike, density: ArrayLike, temperature_k: float) -> float:
    r"""Free energy per atom of a spectrum of vibrations [eV], as a run of molecular dynamics gives it.

    .. math:: F = 3 \int g(\nu) f(\nu) \, d\nu \Big/ \int g(\nu) \, d\nu

    with the quantum oscillator f.

    Parameters
    ----------
    frequency_thz
        Rising frequencies >= 0, shape ``(n,)``; a point at zero, where the oscillator has no free energy and a solid
        no density, is left out.
    density
        Density of states g >= 0 in any unit, shape ``(n,)``.
    temperature_k
        Temperature.

    Notes
    -----
    A classical run of an anharmonic solid is taken as a set of harmonic oscillators of its own frequencies; Berens et
    al., J. Chem. Phys. 79, 2375 (1983).

    Examples
    --------
    A narrow line is an Einstein solid:

    >>> nu = np.linspace(4.9, 5.1, 201)
    >>> line = np.exp(-(((nu - 5.0) / 0.02) ** 2))
    >>> bool(abs(spectrum_free_energy(nu, line, 300.0) / (3.0 * einstein_free_energy(5.0, 300.0)) - 1.0) < 1e-4)
    True
    """
    places = check_shape(frequency_thz, (None,), "frequency_thz")
    weights = check_shape(density, (len(places),), "density")
    check_positive(temperature_k, "temperature_k", "K")
    if len(places) < 2 or (np.diff(places) <= 0.0).any() or places[0] < 0.0 or (weights < 0.0).any():
        raise InputError("a spectrum needs rising frequencies >= 0 and densities >= 0, at least two points.")
    inside = places > 0.0
    places, weights = places[inside], weights[inside]
    area = float(np.trapezoid(weights, places))
    if area <= 0.0:
        raise InputError("the density of states is zero everywhere.")
    values = check_finite(einstein_free_energy(places, temperature_k), "free energy")
    return MODES_PER_ATOM * float(np.trapezoid(weights * values, places)) / area
