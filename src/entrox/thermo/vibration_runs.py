r"""Frequencies of a box: from forces of displaced atoms, or from the velocities of a run.

The spectrum of a run is that of its velocities, weighted by mass:

.. math:: g(\nu) \propto \sum_i m_i \left| \int v_i(t)\, e^{2 \pi i \nu t} dt \right|^2, \qquad \int g \, d\nu = 3

per atom. Units: THz, fs, u.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_all_positive, check_integer, check_positive, check_shape, quantity
from entrox.dynamics.crystal.phonons import DISPLACEMENT_ANGSTROM, force_constants, phonon_frequencies

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

__all__ = ["VibrationalSpectrum", "cell_frequencies", "velocity_spectrum"]

Floats = NDArray[np.float64]

FEMTOSECONDS_PER_CYCLE = 1e3
"""A frequency of 1 THz has a period of so many fs."""
FEWEST_SAMPLES = 16


@dataclass(frozen=True, kw_only=True)
class VibrationalSpectrum(Result):
    """Density of states of the vibrations of a run; its integral over frequency is 3."""

    frequency_thz: Floats = quantity("THz", "frequency", axes=("frequency",))
    density_per_thz: Floats = quantity("1/THz", "density of states per atom", axes=("frequency",))
    resolution_thz: float = quantity("THz", "resolution, one over the length of a segment")
    n_segments: int = quantity("1", "segments that are averaged")
    share_at_zero: float = quantity("1", "share of the first two points: atoms that diffuse")
    share_at_end: float = quantity("1", "share of the upper tenth: large where samples are too far apart")


def cell_frequencies(
    atoms: Atoms, calculator: Calculator, displacement_angstrom: float = DISPLACEMENT_ANGSTROM
) -> tuple[Floats, float]:
    """Frequencies of all modes that repeat with the box, by central differences: two force calls per coordinate.

    Parameters
    ----------
    atoms
        Periodic box at rest; it is not changed.
    calculator
        Force field.
    displacement_angstrom
        Displacement in both directions.

    Returns
    -------
    tuple
        Frequencies [THz], rising, imaginary ones negative, shape ``(3 n_atoms,)``; and the largest violation of the
        acoustic sum [eV/angstrom2], which says how exact the forces are.

    Notes
    -----
    Modes that do not repeat with the box are missing: compare boxes of one size.
    """
    constants = force_constants(atoms, calculator, (1, 1, 1), displacement_angstrom)
    return phonon_frequencies(constants, (0.0, 0.0, 0.0)), constants.sum_rule_ev_per_angstrom2


def velocity_spectrum(
    velocities: ArrayLike, masses_u: ArrayLike, sample_interval_fs: float, n_segments: int = 4
) -> VibrationalSpectrum:
    """Density of states from the velocities of a run.

    Parameters
    ----------
    velocities
        At equal intervals, any unit, shape ``(n_samples, n_atoms, 3)``; the motion of the whole is taken out.
    masses_u
        Shape ``(n_atoms,)``.
    sample_interval_fs
        Time between two samples; half its inverse is the highest frequency.
    n_segments
        Parts, half overlapping and windowed (Hann), whose spectra are averaged: less noise, less resolution.

    Raises
    ------
    InputError
        If a segment has fewer than 16 samples, or nothing moves.

    Notes
    -----
    Welch, IEEE Trans. Audio Electroacoust. 15, 70 (1967).

    Examples
    --------
    >>> time = np.arange(4096) * 2.0
    >>> moving = np.cos(2e-3 * np.pi * 5.0 * time)[:, None, None] * np.array([[[1.0, 0, 0]], [[-1.0, 0, 0]]])[:, 0]
    >>> found = velocity_spectrum(moving, [16.0, 16.0], 2.0)
    >>> bool(abs(found.frequency_thz[found.density_per_thz.argmax()] - 5.0) < found.resolution_thz)
    True
    """
    masses = check_all_positive(check_shape(masses_u, (None,), "masses_u"), "masses_u", "u")
    values = check_shape(velocities, (None, len(masses), 3), "velocities")
    step = check_positive(sample_interval_fs, "sample_interval_fs", "fs")
    parts = check_integer(n_segments, "n_segments", low=1)
    length = 2 * len(values) // (parts + 1)
    if length < FEWEST_SAMPLES:
        raise InputError(
            f"a segment needs at least {FEWEST_SAMPLES} samples; {len(values)} samples in {parts} segments, half "
            f"overlapping, make {length}. Store more frames or ask for fewer segments."
        )
    drift = np.einsum("tac,a->tc", values, masses) / masses.sum()
    window = np.hanning(length + 1)[:length]
    power = np.zeros(length // 2 + 1)
    for number in range(parts):
        start = number * (len(values) - length) // max(parts - 1, 1)
        piece = (values[start : start + length] - drift[start : start + length, None]) * window[:, None, None]
        power += np.einsum("fac,a->f", np.abs(np.fft.rfft(piece, axis=0)) ** 2, masses)
    frequency = np.asarray(np.fft.rfftfreq(length, step / FEMTOSECONDS_PER_CYCLE), dtype=float)
    area = float(np.trapezoid(power, frequency))
    if area <= 0.0:
        raise InputError("the velocities are zero: nothing moves.")
    density = 3.0 * power / area
    shares = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(frequency))]) / 3.0
    return VibrationalSpectrum(
        frequency_thz=frequency,
        density_per_thz=density,
        resolution_thz=float(frequency[1]),
        n_segments=parts,
        share_at_zero=float(shares[1]),
        share_at_end=float(1.0 - shares[int(0.9 * (len(frequency) - 1))]),
    )
