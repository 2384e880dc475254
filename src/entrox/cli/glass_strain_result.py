"""Results of ``entrox glass strain``: the keys of the JSON, and the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.cli.terminal import print_table, print_text, print_warnings, rounded
from entrox.core import to_jsonable
from entrox.core.student import NORMAL_95

if TYPE_CHECKING:
    from entrox.cli.glass_strain_input import StrainInput
    from entrox.order.bonds.bond_rotation import BondRotation
    from entrox.order.strain import AtomicStrain

__all__ = ["print_strain", "strain_content"]

HIGH = 0.95
CELL_KEYS = ("shear", "volumetric", "det")


def strain_content(files: StrainInput, found: AtomicStrain, bonds: BondRotation | None, axis: str) -> dict[str, Any]:
    """Return the strain with the keys of ``--json``."""
    from entrox.order.bonds.bond_rotation import axis_vector
    from entrox.order.strain import strain_measures

    known = np.isfinite(found.shear)
    cell, unit = strain_measures(found.affine.gradient), axis_vector(axis)
    content = {
        "n_atoms": len(found.shear),
        "n_undetermined": found.n_undetermined,
        "cutoff_angstrom": found.cutoff_angstrom,
        "mean_neighbors": float(found.neighbors.mean()),
        "affine_removed": found.affine_removed,
        "affine_source": found.affine.source,
        "affine_gradient": found.affine.gradient,
        "affine_strain": {name: getattr(cell, name) for name in CELL_KEYS},
        "axis": axis,
        "elongation": found.affine.along(unit),
        "poisson_ratio": found.affine.poisson_ratio(unit),
        "shear": _moments(found.shear[known]) | {"floor": found.noise_floor.shear_p95},
        "volumetric": _moments(found.volumetric[known]) | {"floor": NORMAL_95 * found.noise_floor.volumetric_std},
        "d2min": _moments(found.d2min_angstrom2[known]) | {"unit": "angstrom^2"},
        "rotation_deg": _moments(np.linalg.norm(found.rotation_deg[known], axis=1)),
        "above_floor_share": float(found.above_floor[known].mean()) if known.any() else None,
        "noise": found.noise_floor,
        "shares": {} if bonds is None else _shares(bonds),
        "warnings": [*files.notices, *found.warnings, *(() if bonds is None else bonds.warnings)],
    }
    plain: dict[str, Any] = to_jsonable(content)
    plain["warnings"] = list(dict.fromkeys(plain["warnings"]))
    return plain


def _moments(values: Any) -> dict[str, float | None]:
    if not len(values):
        return {"mean": None, "std": None, "median": None, "p95": None}
    return {
        "mean": float(values.mean()),
        "std": float(values.std()),
        "median": float(np.median(values)),
        "p95": float(np.quantile(values, HIGH)),
    }


def _shares(bonds: BondRotation) -> dict[str, dict[str, Any]]:
    return {
        kind: {
            "n": int(bonds.n_bonds[k]),
            "elongation": bonds.elongation[k],
            "stretch": bonds.stretch_share[k],
            "rotation": bonds.rotation_share[k],
            "rotation_interval": bonds.rotation_share_interval[k],
            "baseline": bonds.baseline_rotation_share[k],
            "excess_rotation": bonds.excess_rotation[k],
            "excess_interval": bonds.excess_interval[k],
            "length_angstrom": [bonds.length_before_angstrom[k], bonds.length_after_angstrom[k]],
            "angle_deg": bonds.angle_before_deg[k],
            "angle_change_deg": bonds.angle_change_deg[k],
            "angle_change_interval_deg": bonds.angle_change_interval_deg[k],
        }
        for k, kind in enumerate(bonds.kinds)
    }


def print_strain(content: Mapping[str, Any]) -> None:
    """Print the strain as tables."""
    removed = "removed" if content["affine_removed"] else "kept"
    print_text(
        f"{content['n_atoms']} atoms, {rounded(content['mean_neighbors'], 3)} neighbors within "
        f"{content['cutoff_angstrom']:g} angstrom; homogeneous part ({content['affine_source']}) {removed}"
    )
    cell = content["affine_strain"]
    print_text(
        f"Elongation along {content['axis']} {rounded(content['elongation'])}, lateral contraction over it "
        f"{rounded(content['poisson_ratio'], 3)}; alone it gives von Mises {rounded(cell['shear'])}, volumetric "
        f"{rounded(cell['volumetric'])}, volume ratio {rounded(cell['det'], 5)}"
    )
    noise = content["noise"]
    print_text(
        f"Noise: {rounded(noise['displacement_sigma_angstrom'], 3)} angstrom per component, from {noise['source']}"
    )
    print_text()
    rows = [
        (label, *(rounded(content[key].get(name)) for name in ("mean", "std", "p95", "floor")))
        for label, key in (
            ("von Mises strain", "shear"), ("volumetric strain", "volumetric"), ("D2min [angstrom^2]", "d2min"),
            ("rotation [deg]", "rotation_deg"),
        )
    ]  # fmt: skip
    print_table(("Quantity", "Mean", "Std", "95 %", "Noise floor"), rows, right=(1, 2, 3, 4))
    share = content["above_floor_share"]
    if share is not None:
        print_text(f"Above the floor of their surroundings: {100.0 * share:.1f} % of the atoms; by chance 5 %")
    if content["shares"]:
        print_text()
        _print_shares(content["shares"])
    print_warnings(content["warnings"])


def _print_shares(shares: Mapping[str, Any]) -> None:
    rows = [
        (
            kind, str(one["n"]), rounded(one["elongation"]), _percent(one["stretch"]), _percent(one["rotation"]),
            _percent(one["baseline"]), _percent(one["excess_rotation"]), _interval(one["excess_interval"]),
            rounded(one["angle_change_deg"], 3),
        )
        for kind, one in shares.items()
    ]  # fmt: skip
    headers = (
        "Bonds", "Number", "Elongation", "Stretch %", "Rotation %", "Affine rot. %", "Excess %", "95 %",
        "Angle change deg",
    )  # fmt: skip
    print_table(headers, rows, right=tuple(range(1, len(headers))))


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100.0 * value:.1f}"


def _interval(ends: list[float | None]) -> str:
    return "-" if None in ends else " to ".join(_percent(end) for end in ends)
