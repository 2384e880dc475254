"""The result of ``entrox breakdown``: the keys of its JSON, and its table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import print_heading, print_table, print_text, print_warnings, rounded

if TYPE_CHECKING:
    from entrox.breakdown import AvalancheModel, BreakdownEnsemble, IonLattice, Trap

__all__ = ["breakdown_content", "print_breakdown"]

LARGEST_EXPONENT = 700.0


def breakdown_content(
    name: str,
    ensemble: BreakdownEnsemble,
    other: BreakdownEnsemble | None,
    model: AvalancheModel,
    lattice: IonLattice,
    *,
    seeds: int,
    seed: int,
) -> dict[str, Any]:
    """Return the result with the keys of ``--json`` and ``result.json``; fields in MV/m.

    Parameters
    ----------
    name
        Of the material.
    ensemble, other
        The result, and that of the same seeds with the other choice of field enhancement; None if it was not run.
    model, lattice
        What was simulated.
    seeds, seed
        As given.
    """
    from entrox.core import to_jsonable

    parameters, weibull = ensemble.parameters, ensemble.weibull
    interval = None if ensemble.mean_interval is None else [_mega(end) for end in ensemble.mean_interval]
    density, notes = _released(ensemble.mean, model.trap)
    content = {
        "material": name,
        "plane": lattice.label,
        "onset_field_mv_per_m": _mega(ensemble.onset_field),
        "breakdown_field_mv_per_m": {
            "mean": _mega(ensemble.mean),
            "std": _mega(ensemble.std),
            "weibull_modulus": None if weibull is None else weibull.modulus_unbiased,
            "weibull_scale": None if weibull is None else _mega(weibull.scale),
        },
        "mean_interval_mv_per_m": interval,
        "threshold_law_mv_per_m": _mega(ensemble.threshold_law),
        "path_band_mv_per_m": [_mega(end) for end in ensemble.path_band],
        "calibration_error": ensemble.calibration_error,
        "ionization_energy_ev": parameters.ionization_energy,
        "bond_energy_ev": parameters.bond_energy,
        "mean_free_path_angstrom": parameters.mean_free_path,
        "lattice_distortion": parameters.lattice_distortion,
        "dimensions": model.dimensions,
        "cells": list(model.sample_cells),
        "alloy": model.alloy,
        "clustering": model.clustering,
        "enhancement": model.distorts_field,
        "other_enhancement": _other(ensemble, other, enhancement=not model.distorts_field),
        "trap": _trap(model),
        "released_density_e_per_angstrom3": density,
        "n_seeds": seeds,
        "seed": seed,
        "reason": ensemble.reason,
        "warnings": [*ensemble.warnings, *notes],
    }
    return {key: to_jsonable(value) for key, value in content.items()}


def _mega(value: float | None) -> float | None:
    from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

    return None if value is None or not math.isfinite(value) else value / MEGA


def _other(ensemble: BreakdownEnsemble, other: BreakdownEnsemble | None, *, enhancement: bool) -> dict[str, Any] | None:
    """Return the other choice of field enhancement, and whether it differs by more than the scatter of the seeds."""
    if other is None:
        return None
    beyond = None
    if ensemble.mean is not None and other.mean is not None:
        beyond = abs(other.mean - ensemble.mean) > max(ensemble.std or 0.0, other.std or 0.0)
    return {
        "enhancement": enhancement,
        "mean": _mega(other.mean),
        "std": _mega(other.std),
        "beyond_seed_scatter": beyond,
    }


def _trap(model: AvalancheModel) -> dict[str, Any] | None:
    trap = model.trap
    if trap is None:
        return None
    return {
        "depth_ev": trap.depth,
        "density_per_m3": trap.density,
        "optical_permittivity": trap.optical_permittivity,
        "temperature_k": trap.temperature,
        "release": trap.release,
        "vacancy_fraction": model.vacancy_fraction,
        "vacancy_clustering": model.vacancy_clustering,
        "vacancy_profile": model.vacancy_profile,
    }


def _released(field: float | None, trap: Trap | None) -> tuple[float | None, list[str]]:
    """Return the density that a vacancy has released at a field [V/m], and a warning where no vacancy holds as much."""
    if trap is None or field is None:
        return None, []
    from entrox.breakdown import log_released_density
    from entrox.breakdown.calibration import vacancy_pattern
    from entrox.breakdown.vacancies import full_release_density

    law = math.exp(min(float(log_released_density(field, trap)), LARGEST_EXPONENT))
    held = full_release_density(vacancy_pattern().cloud_width)
    if trap.release == "full":
        return min(law, held), []
    if law <= held:
        return law, []
    warning = (
        f"released density {law:.3g} e/angstrom^3 at breakdown exceeds two electrons per vacancy ({held:.3g}): the "
        "published law has no cap; compare --trap-release full"
    )
    return law, [warning]


def print_breakdown(content: dict[str, Any]) -> None:
    """Print the result of ``entrox breakdown`` as a table."""
    seeds, field = content["n_seeds"], content["breakdown_field_mv_per_m"]
    print_heading(f"{content['material']}  ({_what(content)}, {seeds} seed{'s' if seeds > 1 else ''})")
    print_text()
    print_table(("Quantity", "Value", "Unit"), [*_field_rows(content), *_material_rows(content)], right=(1,))
    notes = [content["reason"]] if content["reason"] and field["mean"] is not None else []
    print_warnings([*notes, *content["warnings"]])


def _what(content: dict[str, Any]) -> str:
    """Return lattice, dimension and kind of alloy, as far as they are not those of the published mode."""
    words = [f"plane {content['plane']}" if content.get("dimensions", 2) == 2 else f"crystal {content['plane']}"]
    if content.get("alloy") == "explicit":
        clustering = content["clustering"]
        words.append(f"explicit alloy, clustering {clustering:g}" if clustering else "explicit alloy")
    return ", ".join(words)


def _field_rows(content: dict[str, Any]) -> list[tuple[str, str, str]]:
    field, other = content["breakdown_field_mv_per_m"], content.get("other_enhancement")
    law, ends = "onset field by the threshold law", content["path_band_mv_per_m"]
    band = [("the same over plausible mean free paths", _interval(ends), "MV/m")] if ends[0] != ends[1] else []
    rows = [
        ("breakdown field, mean over seeds", rounded(field["mean"]), "MV/m"),
        ("95 % interval of the mean, calibration included", _interval(content["mean_interval_mv_per_m"]), "MV/m"),
        ("standard deviation over seeds", rounded(field["std"], 2), "MV/m"),
    ]
    if other is not None and other["beyond_seed_scatter"]:
        mode = "with" if other["enhancement"] else "without"
        rows.append((f"breakdown field {mode} field enhancement", rounded(other["mean"]), "MV/m"))
        rows.append(("standard deviation of that over seeds", rounded(other["std"], 2), "MV/m"))
    return [
        *rows,
        ("Weibull scale", rounded(field["weibull_scale"]), "MV/m"),
        ("Weibull modulus", rounded(field["weibull_modulus"], 3), ""),
        ("onset field, first broken bond", rounded(content["onset_field_mv_per_m"]), "MV/m"),
        (
            f"{law}, mean parameters" if content.get("alloy") == "explicit" else law,
            rounded(content["threshold_law_mv_per_m"]),
            "MV/m",
        ),
        *band,
        ("relative standard error by the calibration", rounded(100 * content["calibration_error"], 2), "%"),
    ]


def _material_rows(content: dict[str, Any]) -> list[tuple[str, str, str]]:
    rows = [
        ("smallest ionization energy in the plane", rounded(content["ionization_energy_ev"]), "eV"),
        ("bond energy", rounded(content["bond_energy_ev"]), "eV"),
        ("electron mean free path", rounded(content["mean_free_path_angstrom"]), "angstrom"),
        ("lattice distortion", rounded(100 * content["lattice_distortion"]), "%"),
    ]
    trap = content.get("trap")
    if trap is not None:
        rows += [
            ("trap depth of oxygen vacancies", rounded(trap["depth_ev"]), "eV"),
            ("density of trap states", rounded(trap["density_per_m3"], 3), "1/m3"),
            ("released density at breakdown", rounded(content["released_density_e_per_angstrom3"]), "e/angstrom3"),
        ]
    return rows


def _interval(ends: list[float | None] | None) -> str:
    return "-" if ends is None else f"{rounded(ends[0])} to {rounded(ends[1])}"
