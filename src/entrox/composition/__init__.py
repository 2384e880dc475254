"""Compositions of oxides with shared sites: formulas, sites, entropy, distortion, stability, charge, element data.

Units: amounts per formula unit, exact; entropies in R (k_B per particle); radii and lattice parameters in angstrom;
charges in e; energies in eV; masses in g/mol; distortions as fractions, not percent.
"""

from entrox.composition import elements
from entrox.composition.amounts import LinearAmount, exact_fraction, format_fraction
from entrox.composition.charge import balancing_vacancies, charge_imbalance, charge_warnings
from entrox.composition.description import Description, describe
from entrox.composition.descriptors import composition_descriptors
from entrox.composition.distortion import LatticeDistortion, lattice_distortion, mean_radius_of_site, site_distortion
from entrox.composition.entropy import Entropies, configurational_entropy, entropies, mixing_entropy_of_site
from entrox.composition.family import family_descriptors
from entrox.composition.formula import Formula, parse_formula
from entrox.composition.lattice import density, molar_mass, pseudo_cubic_lattice_parameter
from entrox.composition.mapping import FrozenDict
from entrox.composition.prototypes import PROTOTYPES, Prototype
from entrox.composition.radii import shannon_radius
from entrox.composition.sites import Composition, Site, canonical_formula
from entrox.composition.stability import (
    bartel_tau,
    electronegativity_mismatch,
    goldschmidt_tolerance,
    mean_electronegativity_difference,
    octahedral_factor,
)
from entrox.composition.tables import VACANCY, Datum

__all__ = [
    "PROTOTYPES",
    "VACANCY",
    "Composition",
    "Datum",
    "Description",
    "Entropies",
    "Formula",
    "FrozenDict",
    "LatticeDistortion",
    "LinearAmount",
    "Prototype",
    "Site",
    "balancing_vacancies",
    "bartel_tau",
    "canonical_formula",
    "charge_imbalance",
    "charge_warnings",
    "composition_descriptors",
    "configurational_entropy",
    "density",
    "describe",
    "electronegativity_mismatch",
    "elements",
    "entropies",
    "exact_fraction",
    "family_descriptors",
    "format_fraction",
    "goldschmidt_tolerance",
    "lattice_distortion",
    "mean_electronegativity_difference",
    "mean_radius_of_site",
    "mixing_entropy_of_site",
    "molar_mass",
    "octahedral_factor",
    "parse_formula",
    "pseudo_cubic_lattice_parameter",
    "shannon_radius",
    "site_distortion",
]
