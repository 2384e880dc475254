"""What scatters: composition, density and scattering lengths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.composition.atomic_fractions import atomic_fractions
from entrox.composition.scattering_factors import lengths_of, x_ray_form_factors
from entrox.composition.tables import check_element
from entrox.core import InputError, Result, check_positive, quantity

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["Sample", "sample_of"]

PROBES = ("neutron", "xray")
DENSITY_TOLERANCE = 0.005


@dataclass(frozen=True, kw_only=True)
class Sample(Result):
    """A sample for neutrons (``lengths_fm``) or x-rays (``lengths_fm`` empty: form factors of the elements).

    ``fractions`` are atomic fractions and sum to one.
    """

    fractions: Mapping[str, float]
    number_density: float = quantity("1/angstrom3", "atoms per volume")
    lengths_fm: Mapping[str, float]
    table: str = ""
    probe: str = "neutron"

    @property
    def mean_length_squared(self) -> float:
        """Square of the mean scattering length [barn]."""
        self.check_neutrons()
        return sum(c * self.lengths_fm[name] for name, c in self.fractions.items()) ** 2 / 100.0

    @property
    def mean_squared_length(self) -> float:
        """Mean of the squared scattering length [barn]."""
        self.check_neutrons()
        return sum(c * self.lengths_fm[name] ** 2 for name, c in self.fractions.items()) / 100.0

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Unordered pairs of elements, alphabetical."""
        names = sorted(self.fractions)
        return tuple((one, two) for i, one in enumerate(names) for two in names[i:])

    def scattering(self, q_per_angstrom: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Length [fm] or form factor [electrons] of the sorted elements at each Q, shape ``(n_elements, n_q)``."""
        names = sorted(self.fractions)
        q = np.atleast_1d(np.asarray(q_per_angstrom, dtype=float))
        if self.probe == "xray":
            return x_ray_form_factors(names, q)
        return np.tile(np.array([[self.lengths_fm[name]] for name in names]), (1, len(q)))

    def check_neutrons(self) -> None:
        """Raise unless the lengths are those of neutrons."""
        if self.probe != "neutron":
            raise InputError(
                "x-ray form factors depend on Q: there is no <b>^2 in barn. Use the forms G_pdf, g, R, S or QSm1."
            )


def sample_of(
    composition: str | Mapping[str, float] | Atoms,
    number_density: float | None = None,
    *,
    table: str = "sears1992",
    probe: str = "neutron",
    lengths_fm: Mapping[str, float] | None = None,
) -> Sample:
    """Sample from a formula, from amounts, or from a structure.

    Parameters
    ----------
    composition
        Formula without variables, amounts by element (normalized here; vacancies left out), or a structure.
    number_density
        Atoms per cubic angstrom; that of the structure if left out.
    table
        Table of scattering lengths.
    probe
        ``"neutron"`` or ``"xray"``.
    lengths_fm
        The user's own lengths [fm]; they replace those of the table, and the sample's table is called "own" then.

    Raises
    ------
    InputError
        If the probe or the table is unknown, an element has no length, the density is missing, or it differs from that
        of the structure by more than 0.5 %.

    Examples
    --------
    >>> round(sample_of("SrTiO3", 0.0839).mean_length_squared, 6)
    0.176249
    """
    if probe not in PROBES:
        raise InputError(f"probe must be one of {PROBES}; got {probe!r}.")
    if isinstance(composition, (str, Mapping)):
        found = atomic_fractions(composition)
    else:
        found = atomic_fractions(Counter(composition.get_chemical_symbols()))
        number_density = _density(composition, number_density)
    if number_density is None:
        raise InputError("number_density [atoms per cubic angstrom] is needed unless a structure is given.")
    fractions = {check_element(name): x for name, x in sorted(found.items())}
    return Sample(
        fractions=fractions,
        number_density=check_positive(number_density, "number_density", "1/angstrom3"),
        lengths_fm=lengths_of(fractions, table, lengths_fm) if probe == "neutron" else {},
        table="" if probe == "xray" else "own" if lengths_fm else table,
        probe=probe,
    )


def _density(atoms: Atoms, given: float | None) -> float:
    volume = abs(float(np.linalg.det(np.asarray(atoms.cell, dtype=float))))
    if volume <= 0.0:
        raise InputError("the structure has no cell: its number density is not defined.")
    own = len(atoms) / volume
    if given is not None and abs(given / own - 1.0) > DENSITY_TOLERANCE:
        raise InputError(
            f"number_density {given:g} differs from that of the structure, {own:g} per cubic angstrom, by more than "
            f"{100 * DENSITY_TOLERANCE:g} %. Correct one of them, or leave number_density out."
        )
    return own
