"""What is simulated: dimension, size, kind of alloy, vacancies, field enhancement.

A model turns the parameters of a material into a lattice with its energy forms, and each seed into the properties of
one sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from entrox.breakdown.alloy import MeanParameters, mean_parameters
from entrox.breakdown.bonds import BondForms, bond_forms
from entrox.breakdown.calibration import (
    PERMITTIVITY,
    calibrated_crystal,
    calibrated_patterns,
    calibrated_plane,
    space_patterns,
    vacancy_pattern,
)
from entrox.breakdown.explicit import ExplicitAlloy, explicit_alloy, snapshot_properties
from entrox.breakdown.field import ChargePattern
from entrox.breakdown.lattice import IonLattice, Sample, with_vacancy_sites
from entrox.breakdown.settings import SampleProperties
from entrox.breakdown.vacancies import Trap, place_vacancies
from entrox.composition import elements
from entrox.core import InputError, check_in_range, check_integer

__all__ = ["AvalancheModel", "explicit_arrangement", "model_lattice", "model_patterns", "sample_properties"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AvalancheModel:
    """Choice of what is simulated; the default is the published two-dimensional mode.

    Parameters
    ----------
    dimensions
        2, one plane, or 3, the whole perovskite.
    cells
        Cells across the field.
    thickness
        Cells along the field; None for as many as across.
    alloy
        ``mean``: one set of mean parameters; ``explicit``: every ion and bond its own, a new arrangement per seed.
    clustering
        Of the cations of an explicit alloy: 0 random, 1 gathered, -1 ordered.
    trap
        Oxygen vacancies; None for none. In a plane only.
    vacancy_fraction, vacancy_clustering, vacancy_profile
        As for ``place_vacancies``; the fraction 1 is the published form.
    enhancement
        Whether the conducting cluster distorts the applied field; None decides: yes in space and for explicit alloys,
        no in the published mode.
    """

    dimensions: Literal[2, 3] = 2
    cells: int = 15
    thickness: int | None = None
    alloy: Literal["mean", "explicit"] = "mean"
    clustering: float = 0.0
    trap: Trap | None = None
    vacancy_fraction: float = 1.0
    vacancy_clustering: float = 0.0
    vacancy_profile: Literal["uniform", "bottom", "top"] = "uniform"
    enhancement: bool | None = None

    def __post_init__(self) -> None:
        if self.dimensions not in (2, 3):
            raise InputError(f"dimensions must be 2 or 3; got {self.dimensions!r}.")
        if self.alloy not in ("mean", "explicit"):
            raise InputError(f"alloy must be 'mean' or 'explicit'; got {self.alloy!r}.")
        check_integer(self.cells, "cells", low=2)
        if self.thickness is not None:
            check_integer(self.thickness, "thickness", low=1)
        check_in_range(self.clustering, "clustering", low=-1.0, high=1.0)
        check_in_range(self.vacancy_fraction, "vacancy_fraction", low=0.0, high=1.0)
        if self.clustering and self.alloy == "mean":
            raise InputError("clustering goes with alloy='explicit': mean parameters have no arrangement.")
        if self.trap is not None and self.dimensions == 3:
            raise InputError(
                "vacancies are built for two dimensions: the released density has no calibration in space."
            )

    @property
    def sample_cells(self) -> tuple[int, ...]:
        """Cells of the sample, the last number along the field."""
        return (*[self.cells] * (self.dimensions - 1), self.thickness or self.cells)

    @property
    def distorts_field(self) -> bool:
        """Whether the conducting cluster distorts the applied field."""
        return self.dimensions == 3 or self.alloy == "explicit" if self.enhancement is None else self.enhancement


def model_patterns(dimensions: int) -> Mapping[str, ChargePattern]:
    """Charge patterns of a model, vacancies included in a plane."""
    return space_patterns() if dimensions == 3 else {**calibrated_patterns(), "vacancy": vacancy_pattern()}


@cache
def _model_forms(dimensions: int, plane: str, vacancies: bool) -> tuple[IonLattice, BondForms]:
    lattice = calibrated_crystal() if dimensions == 3 else calibrated_plane(plane)
    if vacancies:
        lattice = with_vacancy_sites(lattice)
    return lattice, bond_forms(lattice, model_patterns(dimensions), PERMITTIVITY)


def model_lattice(model: AvalancheModel, plane: str | IonLattice) -> tuple[IonLattice, BondForms]:
    """Return lattice and energy forms of a model.

    Parameters
    ----------
    model
        The model.
    plane
        ``"AO"`` or ``"BO2"`` of the model perovskite, or a lattice of one's own.
    """
    if isinstance(plane, str):
        return _model_forms(model.dimensions, plane, model.trap is not None)
    lattice = with_vacancy_sites(plane) if model.trap is not None else plane
    if lattice.dimension != model.dimensions:
        raise InputError(
            f"the lattice {lattice.label} has dimension {lattice.dimension}; the model {model.dimensions}."
        )
    return lattice, bond_forms(lattice, model_patterns(model.dimensions), PERMITTIVITY)


def sample_properties(
    sample: Sample, parameters: MeanParameters, model: AvalancheModel, rng: np.random.Generator
) -> SampleProperties:
    """Return the properties of one sample; explicit alloys and partial vacancies draw from ``rng``.

    Raises
    ------
    InputError
        If the model needs the composition and the parameters do not carry it.
    """
    if model.alloy == "explicit":
        properties = explicit_arrangement(sample, parameters, model, rng).properties
    elif parameters.composition is None and not parameters.overridden and _has_elements(sample.lattice):
        properties = snapshot_properties(sample, mean_free_path=parameters.mean_free_path)
    else:
        properties = _mean_properties(sample, parameters)
    if model.trap is None:
        return properties
    vacancies = place_vacancies(
        sample,
        model.vacancy_fraction,
        rng,
        clustering=model.vacancy_clustering,
        profile=model.vacancy_profile,
    )
    return replace(properties, trap=model.trap, vacancies=vacancies)


def _has_elements(lattice: IonLattice) -> bool:
    """Whether the cations of a lattice are elements, as cut from a structure, and not labels of shared sites."""
    return all(
        species in elements.known_elements()
        for species, kind in zip(lattice.species, lattice.kinds, strict=True)
        if kind == "cation"
    )


def explicit_arrangement(
    sample: Sample, parameters: MeanParameters, model: AvalancheModel, rng: np.random.Generator
) -> ExplicitAlloy:
    """Return one arrangement of the cations of an explicit alloy.

    Raises
    ------
    InputError
        If the parameters carry no composition, or hold values given instead of the tables.
    """
    if parameters.composition is None:
        raise InputError("an explicit alloy needs a composition: use mean_parameters(composition).")
    if parameters.overridden:
        raise InputError(
            f"an explicit alloy takes every ion's own values; {' and '.join(parameters.overridden)} cannot be given."
        )
    return explicit_alloy(
        parameters.composition,
        sample,
        rng,
        host_path=parameters.host_mean_free_path,
        clustering=model.clustering,
    )


def _mean_properties(sample: Sample, parameters: MeanParameters) -> SampleProperties:
    """One set of parameters per cation site; the plane's own for the site of the plane."""
    labels = np.array(sample.lattice.species)
    ionization = np.full(len(labels), parameters.anion_ionization_energy)
    bond = np.full(len(labels), parameters.bond_energy)
    for label in {s for s, kind in zip(sample.lattice.species, sample.lattice.kinds, strict=True) if kind == "cation"}:
        own = parameters
        # In space the second cation site has parameters of its own.
        if sample.lattice.dimension == 3 and label == "B" and parameters.composition is not None:
            own = mean_parameters(parameters.composition, plane="BO2", host_path=parameters.host_mean_free_path)
        ionization[labels == label] = own.ionization_energy
        bond[labels == label] = own.bond_energy
    return SampleProperties(
        ionization_energy=ionization[sample.basis_site],
        mean_free_path=np.full(len(sample.positions), parameters.mean_free_path),
        bond_energy=bond[sample.basis_site[sample.bonds[:, 0]]],
    )
