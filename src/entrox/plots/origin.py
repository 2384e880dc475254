"""How the numbers of a study arise: what was calibrated, inferred, assumed, and what is a prediction.

The words take their constants from the rooms that use them. Plain text: whoever puts it on a page escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from entrox.core import InputError
from entrox.core.units import SECOND_PER_PICOSECOND
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.design import StudyResult
from entrox.plots.labels import MINUS, number_text

__all__ = ["ElementData", "Statement", "element_data", "statements"]


@dataclass(frozen=True)
class Statement:
    """One step between the input and the numbers: its kind, such as ``calibrated``, and what it says."""

    kind: str
    text: str


@dataclass(frozen=True)
class ElementData:
    """Tabulated energies of one element as text with uncertainty and status letter."""

    symbol: str
    ionization_energy: str
    bond_energy: str
    source: str


def statements(result: StudyResult) -> list[Statement]:
    """Return the statements on the measures that the study computed."""
    measures = result.settings.get("measures", {})
    said = []
    if "descriptors" in measures:
        said += [
            Statement("Exact", "Compositions, charges and x are exact fractions; entropies follow from them for ideal "
                      "random mixing on each site. Short-range order would lower them."),
            Statement("Tabulated", "Lattice distortion, tolerance factors and electronegativities use Shannon ionic "
                      "radii and Pauling electronegativities; radii listed as calculated or estimated are named under "
                      "Warnings."),
        ]  # fmt: skip
    if "breakdown" in measures:
        said += _breakdown_statements(measures["breakdown"])
    said += [Statement("Given", text) for name, text in _GIVEN.items() if name in measures]
    said += _structure_statements(result)
    known = ("descriptors", "breakdown", *_GIVEN)
    said += [Statement("Measure", f"{name}: see the documentation of this measure.") for name in measures
             if name not in known]  # fmt: skip
    return said


def _structure_statements(result: StudyResult) -> list[Statement]:
    """Return what the numbers of structures rest on: they are measured on the atoms that were given."""
    asked = {name for item in result.structures for name in item.measures}
    return [Statement("Measured", text) for name, text in _MEASURED.items() if name in asked]


_GIVEN = {
    "nucleation": (
        "Nucleation: free energies along the family and interface energy are those of the user; barrier and rate "
        "follow by classical theory, with the errors given."
    ),
    "bending": (
        "Bending limit: thickness and failure strain are those of the user; radius and gap follow by geometry and the "
        "elastica. No strength is predicted from the composition."
    ),
}
_MEASURED = {
    "polar-order": (
        "Polar order: displacements off the cage in the frames given, averaged over windows of time; polarization by "
        "the Born charges given. Errors over time by blocking."
    ),
    "local-entropy": (
        "Local entropy: species counted in cubes, against the same positions with species exchanged at random; limits "
        "by a bootstrap of blocks in space."
    ),
}


def _breakdown_statements(settings: dict[str, object]) -> list[Statement]:
    from entrox.breakdown.alloy import CALIBRATED_BOX, DISTORTION_SLOPE, HOST_MEAN_FREE_PATHS
    from entrox.breakdown.calibration import published_points, stored_calibration

    fit, points = stored_calibration(), published_points()
    rate = fit.ramp_rate / MEGA * SECOND_PER_PICOSECOND
    fields = ", ".join(f"{point.breakdown_field / MEGA:.0f}" for point in points)
    worst = 100 * float(np.abs(np.asarray(fit.residuals)).max())
    (w_low, w_high), (l_low, l_high), (b_low, b_high) = (
        CALIBRATED_BOX[name] for name in ("ionization_energy", "mean_free_path", "bond_energy")
    )
    assumed, low, high = HOST_MEAN_FREE_PATHS["perovskite"]
    path, floor = settings.get("mean_free_path_angstrom"), settings.get("mean_free_path_floor_angstrom")
    host = (
        f"Mean free path of the undistorted host: {path:g} Å, given in the study."
        if isinstance(path, (int, float))
        else f"Mean free path of the undistorted host, where the study gives none: {assumed:g} Å for perovskites "
        f"(plausible {low:g} to {high:g} Å)."
    )
    return [
        Statement("Calibrated", f"Ramp rate {number_text(rate)} MV/m per ps and two amplitudes "
                  f"({number_text(fit.amplitude_cation)} and {number_text(fit.amplitude_anion)} √eV), fitted once to "
                  f"{len(points)} published breakdown fields ({fields} MV/m); largest residual {worst:.1f} %. "
                  "These fields are therefore no predictions. "
                  f"Calibrated range: ionization energy {w_low:g} to {w_high:g} eV, mean free path {l_low:g} to "
                  f"{l_high:g} Å, bond energy {b_low:g} to {b_high:g} eV; a point outside is extrapolated."),
        Statement("Inferred", f"The mean free path falls linearly with the lattice distortion δ, by the factor "
                  f"1 {MINUS} {DISTORTION_SLOPE:g} δ, not below {floor} Å; "
                  "the bond energy falls by the Mie law at the strain of the site. Both laws were inferred from "
                  "published drops."),
        Statement("Assumed", host),
        Statement("Assumed", "Dissociation energies of diatomic M-O molecules in the gas stand for the bond energies: "
                  "they rank the bonds, they are not lattice energies. A mixed site acts through mean parameters: the "
                  "smallest ionization energy, one mean free path, the mean bond energy."),
        Statement("Simulated", f"Avalanches on a perfect {settings.get('plane')} plane of {settings.get('cells')} x "
                  f"{settings.get('cells')} cells, {settings.get('seeds')} seeds per composition; two dimensions, no "
                  "vacancies, no field enhancement by the channel."),
        Statement("Predicted", "Breakdown field of every other composition with its scatter. Its 95 % interval holds "
                  "the sampling of the seeds and the error of the calibration. It does not hold the uncertainty of the "
                  "host's mean free path, of the bond energies and of the inferred laws."),
    ]  # fmt: skip


def element_data(result: StudyResult) -> list[ElementData]:
    """Return the tabulated energies of the cations in the study, in alphabetical order."""
    from entrox.composition import VACANCY, parse_formula

    symbols: set[str] = set()
    for family in result.families:
        for text in (family.formula, family.host):
            symbols |= set(parse_formula(text).amounts)
    return [_element(symbol) for symbol in sorted(symbols - {VACANCY, "O"})]


def _element(symbol: str) -> ElementData:
    from entrox.composition import elements

    texts, source = [], ""
    for lookup in (elements.first_ionization_energy, elements.bond_energy_with_oxygen):
        try:
            datum = lookup(symbol)
        except InputError:
            texts.append("not tabulated")
            continue
        error = f" ± {datum.uncertainty:.2f}" if datum.uncertainty else ""
        texts.append(f"{datum.value:.3f}{error} ({datum.status})")
        source = datum.source
    return ElementData(symbol, texts[0], texts[1], source)
