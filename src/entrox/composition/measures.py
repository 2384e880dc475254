"""The descriptors of a composition as a measure for studies."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from entrox.composition.charge import charge_warnings
from entrox.composition.descriptors import composition_descriptors
from entrox.composition.distortion import lattice_distortion
from entrox.composition.sites import Composition
from entrox.composition.stability import tolerance_factor_warnings
from entrox.core.measure import Measure, MeasureSettings
from entrox.core.result import Quantity

__all__ = ["MEASURES", "DescriptorSettings"]


class DescriptorSettings(MeasureSettings):
    """Settings of the descriptors: the user's own ionic radii [angstrom] by element symbol."""

    radii_angstrom: dict[str, float] = Field(default_factory=dict)


def _evaluate(composition: Composition, settings: DescriptorSettings, rng: np.random.Generator) -> dict[str, Any]:
    """Return the declared quantities, None where the structure type does not define one, and the warnings."""
    found = composition_descriptors(composition, radii=settings.radii_angstrom)
    notes = (
        *lattice_distortion(composition, radii=settings.radii_angstrom).warnings,
        *tolerance_factor_warnings(composition, radii=settings.radii_angstrom),
    )
    values: dict[str, Any] = {declared.name: found.get(declared.name) for declared in _QUANTITIES}
    values["warnings"] = (*composition.warnings, *charge_warnings(composition), *notes)
    return values


_QUANTITIES = (
    Quantity("entropy_per_formula_unit_r", "R", "configurational entropy per formula unit"),
    Quantity("entropy_a_site_r", "R", "configurational entropy per A site"),
    Quantity("entropy_b_site_r", "R", "configurational entropy per B site"),
    Quantity("entropy_m_site_r", "R", "configurational entropy per cation site"),
    Quantity("entropy_per_cation_r", "R", "configurational entropy per cation"),
    Quantity("entropy_per_atom_r", "R", "configurational entropy per atom"),
    Quantity("entropy_metric_r", "R", "entropy metric"),
    Quantity("lattice_distortion_a", "1", "lattice distortion of the A site"),
    Quantity("lattice_distortion_b", "1", "lattice distortion of the B site"),
    Quantity("lattice_distortion", "1", "lattice distortion"),
    Quantity("tolerance_factor", "1", "Goldschmidt tolerance factor"),
    Quantity("bartel_tau", "1", "Bartel tolerance factor"),
    Quantity("octahedral_factor", "1", "octahedral factor"),
    Quantity("charge_imbalance", "e", "charge imbalance per formula unit"),
    Quantity("mean_electronegativity_difference", "1", "mean electronegativity difference"),
)

MEASURES: tuple[Measure, ...] = (
    Measure(
        name="descriptors",
        description="entropy, distortion, tolerance factors, charge and electronegativity from the formula alone",
        quantities=_QUANTITIES,
        settings=DescriptorSettings,
        evaluate=_evaluate,
    ),
)
