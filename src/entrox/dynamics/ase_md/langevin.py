r"""Langevin thermostat: friction and random kicks that act on momenta for a time.

.. math:: p' = c \, p + \sqrt{(1 - c^2) \, m k_\mathrm{B} T} \; \xi, \qquad c = e^{-\gamma t}

Half a step of it before and half a step after a step of velocity Verlet; G. Bussi and M. Parrinello, Phys. Rev. E 75,
056707 (2007). The center of mass stays at rest: what the kicks give it is taken off, by mass. The kicks of a half step
are drawn from a counter, not from a sequence: the seed of the run and the number of the half step give them, so that a
run taken up from a checkpoint feels the same ones. Units of ASE.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Langevin"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Langevin:
    """Friction [1/time], and the seed of the kicks."""

    friction: float
    seed: int

    def kicked(self, momenta: Floats, masses: Floats, kt: float, time: float, number: int) -> tuple[Floats, float]:
        """Return momenta after a time, and the kinetic energy that they gained.

        Parameters
        ----------
        momenta, masses
            Shapes ``(n_atoms, 3)`` and ``(n_atoms, 1)``.
        kt
            Temperature as an energy.
        time
            How long the bath acts.
        number
            Number of the half step; each is used once.
        """
        rng = np.random.Generator(np.random.Philox(key=[self.seed, number]))
        kept = np.exp(-self.friction * time)
        noise = rng.standard_normal(momenta.shape) * np.sqrt(masses * kt * (1.0 - kept**2))
        after = kept * momenta + noise
        after -= masses * (after.sum(axis=0) / masses.sum())
        return after, 0.5 * float(((after**2 - momenta**2) / masses).sum())
