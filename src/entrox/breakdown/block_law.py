"""Threshold law of a block: the onset field of many compositions at once, for screens.

Mean parameters and law are those of ``mean_parameters`` and ``onset_law``, as arrays. The errors that compositions
share are drawn together for all of them: a ranking feels only what does not move them alike.
Units: angstrom, eV, V/m inside; MV/m where a name says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from entrox.breakdown.alloy import CALIBRATED_BOX, DISTORTION_SLOPE, HOST_MEAN_FREE_PATHS
from entrox.breakdown.bonds import mie_factor
from entrox.breakdown.calibration import amplitudes, calibrated_forms, calibrated_plane, stored_calibration
from entrox.breakdown.law_draws import calibration_draws
from entrox.breakdown.measures import BreakdownMeasureSettings
from entrox.breakdown.threshold import threshold_field
from entrox.composition import elements
from entrox.composition.block_descriptors import CompositionBlock, block_site_distortion
from entrox.core import InputError
from entrox.core.block_measure import BlockMeasure
from entrox.core.units import SECOND_PER_PICOSECOND
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

__all__ = ["BLOCK_MEASURES", "BlockParameters", "block_parameters", "block_threshold_field", "outside_calibrated_box"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
CALIBRATION, BOND_ENERGIES, HOST_PATH = "calibration", "bond energies", "mean free path of the host"
SMALLEST_SHARE = 0.05
"""A drawn bond energy keeps at least this share of the tabulated one: it must stay positive."""


@dataclass(frozen=True, kw_only=True)
class BlockParameters:
    """Mean parameters of many compositions: arrays of shape ``(n,)`` [eV], [angstrom], distortions as fractions.

    ``shares`` are those of the cations of the plane, columns in the order of ``cations``.
    """

    ionization_energy: Floats
    bond_energy: Floats
    mean_free_path: Floats
    lattice_distortion: Floats
    cations: tuple[str, ...]
    shares: Floats
    anion_ionization_energy: float
    host_mean_free_path: float
    host_mean_free_path_range: tuple[float, float]


def block_parameters(block: CompositionBlock, settings: BreakdownMeasureSettings | None = None) -> BlockParameters:
    """Mean parameters of every composition of a block, equal to those of ``mean_parameters``.

    Parameters
    ----------
    block
        The compositions; their anion is oxygen.
    settings
        Plane, mean free path of the host and its floor.

    Raises
    ------
    InputError
        If the plane does not exist, the anion is not oxygen, or an element has no table value.
    """
    settings = settings or BreakdownMeasureSettings()
    template = block.template
    if set(template.anion_site.fractions) != {"O"}:
        raise InputError(f"bond energies are known for M-O only; the anions are {list(template.anion_site.fractions)}.")
    place = {"AO": 0, "BO2": 1}[settings.plane]
    if place >= len(template.cation_sites):
        raise InputError(f"{template.prototype} has one cation site: use plane 'AO'.")
    distortions = {site.label: block_site_distortion(block, site.label) for site in template.cation_sites}
    total = np.sqrt(sum((value**2 for value in distortions.values()), np.zeros(len(block))))
    label = template.cation_sites[place].label
    cations, shares = block.without_vacancies(label)
    ionization = np.array([elements.first_ionization_energy(name).value for name in cations])
    bond = np.array([elements.bond_energy_with_oxygen(name).value for name in cations])
    assumed = HOST_MEAN_FREE_PATHS["perovskite" if template.prototype == "perovskite" else "simple oxide"]
    given = settings.mean_free_path_angstrom
    host, low, high = assumed if given is None else (given, given, given)
    return BlockParameters(
        ionization_energy=np.where(shares > 0.0, ionization, np.inf).min(axis=1),
        bond_energy=shares @ bond * mie_factor(1.0 + distortions[label]),
        mean_free_path=_shortened(host, total, settings.mean_free_path_floor_angstrom),
        lattice_distortion=total,
        cations=cations,
        shares=shares,
        anion_ionization_energy=elements.first_ionization_energy("O").value,
        host_mean_free_path=host,
        host_mean_free_path_range=(low, high),
    )


def _shortened(host: float | Floats, distortion: Floats, floor: float) -> Floats:
    """Mean free path by the linear law with its floor [angstrom], as ``linear_mean_free_path``."""
    return np.asarray(np.maximum(host * (1.0 - DISTORTION_SLOPE * distortion), np.minimum(floor, host)))


@cache
def _bond_amplitudes(plane: str) -> tuple[tuple[float, float, float], ...]:
    """Amplitudes a_A, a_O and coupling of the bonds of a model plane that differ."""
    lattice, forms = calibrated_plane(plane), calibrated_forms(plane)
    found: list[tuple[float, float, float]] = []
    for bond in range(len(lattice.bonds)):
        values = amplitudes(forms, lattice, bond)
        if not any(np.allclose(values, other, rtol=1e-12, atol=0.0) for other in found):
            found.append(values)
    return tuple(found)


def block_threshold_field(
    parameters: BlockParameters,
    settings: BreakdownMeasureSettings | None = None,
    *,
    mean_free_path: Floats | None = None,
    bond_energy: Floats | None = None,
    constants: Floats | None = None,
) -> Floats:
    """Onset field of every composition by the threshold law [V/m], equal to that of ``onset_law``.

    Parameters
    ----------
    parameters
        Of the block.
    settings
        Plane and ramp rate.
    mean_free_path, bond_energy
        Drawn values in place of those of the block [angstrom], [eV]; shape ``(draws, n)``.
    constants
        Drawn constants (k [V/(m s)], a_A, a_O [sqrt(eV)]), shape ``(draws, 3)``; the stored ones, if not given.

    Returns
    -------
    numpy.ndarray
        Shape ``(n,)``, or ``(draws, n)``.
    """
    settings = settings or BreakdownMeasureSettings()
    stored = stored_calibration()
    ramp = settings.ramp_mv_per_m_per_ps
    rate = stored.ramp_rate if ramp is None else ramp * MEGA / SECOND_PER_PICOSECOND
    scale = [1.0, 1.0, 1.0]
    if constants is not None:
        reference = np.array([stored.ramp_rate, stored.amplitude_cation, stored.amplitude_anion])
        scale = list((constants / reference).T[:, :, None])
    fields = [
        threshold_field(
            parameters.ionization_energy,
            parameters.mean_free_path if mean_free_path is None else mean_free_path,
            parameters.bond_energy if bond_energy is None else bond_energy,
            ramp_rate=rate * scale[0],
            amplitude_cation=cation * scale[1],
            amplitude_anion=anion * scale[2],
            anion_ionization_energy=parameters.anion_ionization_energy,
            coupling=max(coupling, 0.0),
        )
        for cation, anion, coupling in _bond_amplitudes(settings.plane)
    ]
    return np.asarray(np.minimum.reduce(fields))


def outside_calibrated_box(parameters: BlockParameters) -> Booleans:
    """Whether each composition lies outside the range of the published map: its field is then extrapolated."""
    outside = np.zeros(len(parameters.bond_energy), dtype=bool)
    for name, (low, high) in CALIBRATED_BOX.items():
        values = getattr(parameters, name)
        outside |= ~((values >= low - 1e-9) & (values <= high + 1e-9))
    return outside


def _evaluate(block: CompositionBlock, settings: BreakdownMeasureSettings) -> dict[str, Floats]:
    """Quantities of the measure that need no avalanche, in the units of its table."""
    parameters = block_parameters(block, settings)
    low, high = parameters.host_mean_free_path_range
    floor = settings.mean_free_path_floor_angstrom
    law = block_threshold_field(parameters, settings) / MEGA
    ends = [law, law]
    if low < high:
        paths = [_shortened(path, parameters.lattice_distortion, floor) for path in (high, low)]
        ends = [block_threshold_field(parameters, settings, mean_free_path=path) / MEGA for path in paths]
    return {
        "threshold_law_mv_per_m": law,
        "threshold_law_low_mv_per_m": ends[0],
        "threshold_law_high_mv_per_m": ends[1],
        "ionization_energy_ev": parameters.ionization_energy,
        "bond_energy_ev": parameters.bond_energy,
        "mean_free_path_angstrom": parameters.mean_free_path,
    }


def _error_draws(
    block: CompositionBlock, settings: BreakdownMeasureSettings, rng: np.random.Generator, draws: int
) -> dict[str, Floats]:
    """Factors on the fields by source of error, one draw per row and common to all compositions.

    Calibration: constants that meet the published fields as well as the stored ones. Bond energies: one error per
    element, normal with the tabulated uncertainty. Mean free path: that of the host, log-uniform over its plausible
    range, where the user gave none. The same generator gives the same errors whatever the block holds.
    """
    base = int(rng.integers(2**62))
    parameters = block_parameters(block, settings)
    law = block_threshold_field(parameters, settings)
    found = {CALIBRATION: block_threshold_field(parameters, settings, constants=_constants(base, draws)) / law}
    drawn = np.stack([_bond_energy_draws(name, base, draws) for name in parameters.cations], axis=1)
    energies = np.array([elements.bond_energy_with_oxygen(name).value for name in parameters.cations])
    relative = (drawn @ parameters.shares.T) / (energies @ parameters.shares.T)
    changed = block_threshold_field(parameters, settings, bond_energy=parameters.bond_energy * relative)
    found[BOND_ENERGIES] = changed / law
    low, high = parameters.host_mean_free_path_range
    if low < high:
        logs = np.random.default_rng([base, 1]).uniform(np.log(low), np.log(high), size=(draws, 1))
        path = _shortened(np.exp(logs), parameters.lattice_distortion, settings.mean_free_path_floor_angstrom)
        found[HOST_PATH] = block_threshold_field(parameters, settings, mean_free_path=path) / law
    return found


@lru_cache(maxsize=4)
def _constants(base: int, draws: int) -> Floats:
    """Draws of the calibration, kept because one search asks for them once per block."""
    return calibration_draws(np.random.default_rng([base, 0]), draws)


def _bond_energy_draws(symbol: str, base: int, draws: int) -> Floats:
    """Bond energies of an element within their tabulated uncertainty, shape ``(draws,)`` [eV]."""
    datum = elements.bond_energy_with_oxygen(symbol)
    noise = np.random.default_rng([base, 2, *symbol.encode()]).standard_normal(draws)
    return np.asarray(datum.value * np.maximum(1.0 + (datum.uncertainty or 0.0) / datum.value * noise, SMALLEST_SHARE))


def _notes(settings: BreakdownMeasureSettings) -> tuple[str, ...]:
    left_out = []
    if settings.alloy == "explicit":
        left_out.append("the arrangement of the cations")
    if settings.dimensions == 3:
        left_out.append("the third dimension")
    if settings.trap_depth_ev is not None:
        left_out.append("the vacancies")
    words = f"; it leaves out {', '.join(left_out)}" if left_out else ""
    return (f"screened by the threshold law of mean parameters, an onset without the way to breakdown{words}",)


BLOCK_MEASURES: tuple[BlockMeasure, ...] = (
    BlockMeasure(
        measure="breakdown",
        quantities=(
            "threshold_law_mv_per_m",
            "threshold_law_low_mv_per_m",
            "threshold_law_high_mv_per_m",
            "ionization_energy_ev",
            "bond_energy_ev",
            "mean_free_path_angstrom",
        ),
        evaluate=_evaluate,
        settings=BreakdownMeasureSettings,
        stands_for={
            "breakdown_field_mv_per_m": "threshold_law_mv_per_m",
            "onset_field_mv_per_m": "threshold_law_mv_per_m",
        },
        samples={"breakdown_field_mv_per_m": "breakdown_fields_mv_per_m"},
        error_draws=_error_draws,
        scaled=("breakdown_field_mv_per_m", "onset_field_mv_per_m", "threshold_law_mv_per_m"),
        assumptions=(HOST_PATH,),
        notes=_notes,
    ),
)
