"""Published numbers of one atom-probe study of a four-metal alloy, with the functions that recompute them.

Its entropies are printed with a minus sign; ours are positive. What hangs on the number of ions per cube, which was not
published, is computed from counting noise alone and stays not decidable.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from entrox.atomprobe.counting_ledger import COUNTING_LEDGER
from entrox.atomprobe.measured_ledger import MEASURED_LEDGER
from entrox.atomprobe.paper import tangent_size_nm
from entrox.atomprobe.truth_ledger import TRUTH_LEDGER
from entrox.composition.entropy import mixing_entropy_of_site
from entrox.core.measure import LedgerRow
from entrox.order.local_entropy.counting_noise import poisson_cube_entropy, poisson_cube_sd

__all__ = ["LEDGER", "PUBLISHED_FRACTIONS"]

SOURCE = "published atom-probe study of the CoCuFeNi alloy and its smallest unit of maximal entropy"
PUBLISHED_FRACTIONS = {"Ni": 0.306, "Cu": 0.267, "Co": 0.219, "Fe": 0.208}
EDX_FRACTIONS = {"Co": 0.266, "Fe": 0.248, "Ni": 0.245, "Cu": 0.241}
LATTICE_PARAMETER_NM = 0.35834
SUME_NM = 3.01
DENSITY_PER_NM3 = 25.0
"""The stated density of ions; the share of it that was ranged was not."""
NOISE_IONS_PER_CUBE = 12.0
"""Between 11 and 13 ranged ions per cube counting noise alone gives both the published mean and scatter."""
WAVELENGTH_ANGSTROM = 1.5406
"""Cu K-alpha1, as diffractometer software has it."""
LINES = {"111": (3, 43.757), "200": (4, 50.964), "220": (8, 74.929)}
"""h^2 + k^2 + l^2 and the printed angle 2 theta [degrees]."""


def _mixing_entropy(fractions: dict[str, float]) -> float:
    return float(mixing_entropy_of_site(list(fractions.values())))


def _noise_entropy() -> float:
    return poisson_cube_entropy(NOISE_IONS_PER_CUBE, list(PUBLISHED_FRACTIONS.values()))


def _noise_scatter() -> float:
    return poisson_cube_sd(NOISE_IONS_PER_CUBE, list(PUBLISHED_FRACTIONS.values()))


def _noise_tangent() -> float:
    """Tangent of an ideal random alloy over sizes of 1 and 3 nm at the stated density [nm]."""
    sizes = (1.0, 3.0)
    fractions = list(PUBLISHED_FRACTIONS.values())
    noise = [poisson_cube_entropy(DENSITY_PER_NM3 * size**3, fractions) for size in sizes]
    tangent = tangent_size_nm(sizes, noise, _mixing_entropy(PUBLISHED_FRACTIONS))
    assert tangent is not None
    return tangent


def _cells_per_unit() -> float:
    return (SUME_NM / LATTICE_PARAMETER_NM) ** 3


def _site_density() -> float:
    return 4.0 / LATTICE_PARAMETER_NM**3


def _lattice_parameter(line: str) -> float:
    squares, two_theta = LINES[line]
    return 0.5 * WAVELENGTH_ANGSTROM * math.sqrt(squares) / math.sin(math.radians(0.5 * two_theta))


def _extrapolated_lattice_parameter() -> float:
    """Lattice parameter at a Bragg angle of 90 degrees, by the function of Nelson and Riley [angstrom]."""
    theta = np.radians([0.5 * two_theta for _, two_theta in LINES.values()])
    function = np.cos(theta) ** 2 / np.sin(theta) + np.cos(theta) ** 2 / theta
    return float(np.polyfit(function, [_lattice_parameter(line) for line in LINES], 1)[1])


def _particle_ratio(edge_nm: float) -> float:
    return (edge_nm / SUME_NM) ** 3


def _row(name: str, quantity: str, unit: str, published: float, tolerance: float, compute: partial[float]) -> LedgerRow:
    return LedgerRow(
        id=f"atomprobe.{name}",
        room="atomprobe",
        quantity=quantity,
        unit=unit,
        published=published,
        tolerance=tolerance,
        relative=False,
        source=SOURCE,
        compute=compute,
    )


LEDGER: tuple[LedgerRow, ...] = (
    _row("bulk_entropy", "mixing entropy of the whole data set", "R", 1.373, 0.002,
         partial(_mixing_entropy, PUBLISHED_FRACTIONS)),
    _row("edx_entropy", "mixing entropy of the composition by EDX", "R", 1.385, 0.001,
         partial(_mixing_entropy, EDX_FRACTIONS)),
    _row("cube_entropy_1nm", "mean mixing entropy of 1 nm cubes", "R", 1.226, 0.02, partial(_noise_entropy)),
    _row("cube_scatter_1nm", "standard deviation of the entropy of 1 nm cubes", "R", 0.16, 0.02,
         partial(_noise_scatter)),
    _row("sume", "smallest unit of maximal entropy", "nm", SUME_NM, 0.07, partial(_noise_tangent)),
    _row("sume_cells", "unit cells in the smallest unit of maximal entropy", "1", 593.0, 1.0,
         partial(_cells_per_unit)),
    _row("site_density", "atoms per volume of the fcc lattice", "nm^-3", 86.9, 0.05, partial(_site_density)),
    _row("lattice_parameter", "refined lattice parameter", "angstrom", 3.5834, 0.001,
         partial(_extrapolated_lattice_parameter)),
    *(_row(f"lattice_parameter_{line}", f"refined lattice parameter, against line {line} alone", "angstrom", 3.5834,
           0.0005, partial(_lattice_parameter, line)) for line in LINES),
    _row("particle_ratio_5nm", "volume of a 5 nm particle over the smallest unit of maximal entropy", "1", 4.6, 0.05,
         partial(_particle_ratio, 5.0)),
    _row("particle_ratio_10nm", "volume of a 10 nm particle over the smallest unit of maximal entropy", "1", 37.0, 0.5,
         partial(_particle_ratio, 10.0)),
    *COUNTING_LEDGER,
    *TRUTH_LEDGER,
    *MEASURED_LEDGER,
)  # fmt: skip
"""Rows of the reproduction ledger."""
