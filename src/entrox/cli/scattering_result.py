"""Results of ``entrox scattering``: the keys of their JSON, and their tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import print_table, print_text, print_warnings, rounded
from entrox.core import to_jsonable

if TYPE_CHECKING:
    from entrox.cli.scattering_input import KnownData
    from entrox.scattering.data.correlation_data import CorrelationData
    from entrox.scattering.small_box.result import SmallBoxFit

__all__ = ["conversion_content", "fit_content", "print_conversion", "print_fit"]

CELL_KEYS = ("a_angstrom", "b_angstrom", "c_angstrom", "alpha_deg", "beta_deg", "gamma_deg")


def _data_content(known: KnownData) -> dict[str, Any]:
    sample, check = known.sample, known.lengths
    neutron = sample.probe == "neutron"
    return {
        "form": known.form,
        "inferred": known.inferred,
        "probe": sample.probe,
        "fractions": dict(sample.fractions),
        "number_density_per_cubic_angstrom": sample.number_density,
        "lengths": {
            "table": sample.table or None,
            "lengths_fm": dict(sample.lengths_fm),
            "mean_length_squared_barn": sample.mean_length_squared if neutron else None,
            "plateau_barn": None if check is None else check.plateau_barn,
            "expected_barn": _of_table(check, "expected_barn", sample.table),
            "ratio": _of_table(check, "ratio", sample.table),
            "ratio_by_table": {} if check is None else dict(zip(check.tables, check.ratio.tolist(), strict=True)),
        },
        "limits": [
            {"name": one.name, "found": one.found, "expected": one.expected, "met": one.met} for one in known.limits
        ],
    }


def _of_table(check: Any, name: str, table: str) -> float | None:
    if check is None or table not in check.tables:
        return None
    return float(getattr(check, name)[check.tables.index(table)])


def conversion_content(known: KnownData, written: CorrelationData, path: Path) -> dict[str, Any]:
    """Return a conversion with the keys of ``--json``."""
    content = {
        **_data_content(known),
        "to": written.form,
        "n_points": len(written.x),
        "x_range": [written.x[0], written.x[-1]],
        "file": str(path),
        "warnings": list(known.warnings),
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def fit_content(known: KnownData, fit: SmallBoxFit) -> dict[str, Any]:
    """Return a fit with the keys of ``--json``."""
    numbers = zip(fit.names, fit.units, fit.values, fit.errors, strict=True)
    content = {
        **_data_content(known),
        "converged": fit.converged,
        "faults": list(fit.faults),
        "rw": fit.rw,
        "n_points": fit.n_points,
        "n_independent_data": fit.n_independent,
        "r_range_angstrom": [fit.r[0], fit.r[-1]],
        "qmax_per_angstrom": fit.qmax_per_angstrom,
        "parameters": [{"name": n, "unit": u, "value": v, "error": e} for n, u, v, e in numbers],
        "fixed": dict(fit.fixed),
        "tilt_shift_cells": dict(fit.derived),
        "correlations": [{"first": a, "second": b, "value": value} for (a, b), value in fit.correlations.items()],
        "cells_per_edge": fit.cells_per_edge,
        "cell": dict(zip(CELL_KEYS, fit.lattice_parameters.tolist(), strict=True)),
        "fitted_number_density_per_cubic_angstrom": fit.number_density,
        "n_evaluations": fit.n_evaluations,
        "message": fit.message,
        "warnings": list(dict.fromkeys((*known.warnings, *fit.warnings))),
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def _print_data(content: Mapping[str, Any]) -> None:
    how = "inferred from the limits" if content["inferred"] else "as given"
    lengths = content["lengths"]
    print_text(f"Form {content['form']}, {how}; {content['probe']}, lengths {lengths['table'] or 'none'}")
    if lengths["plateau_barn"] is not None:
        print_text(
            f"Plateau {rounded(lengths['plateau_barn'], 6)} barn; expected {rounded(lengths['expected_barn'], 6)}, "
            f"ratio {rounded(lengths['ratio'], 5)}"
        )


def print_conversion(content: Mapping[str, Any]) -> None:
    """Print what was converted."""
    _print_data(content)
    low, high = content["x_range"]
    print_text(f"{content['n_points']} points of {content['to']}, {rounded(low)} to {rounded(high)}: {content['file']}")
    print_warnings(content["warnings"])


def print_fit(content: Mapping[str, Any]) -> None:
    """Print the numbers of a fit."""
    _print_data(content)
    low, high = content["r_range_angstrom"]
    print_text(
        f"Rw {rounded(content['rw'])} from {rounded(low)} to {rounded(high)} angstrom; {content['n_points']} points, "
        f"{content['n_independent_data']:.0f} independent"
    )
    print_text()
    rows = [
        (one["name"], rounded(one["value"], 6), rounded(one["error"], 2), "" if one["unit"] == "1" else one["unit"])
        for one in content["parameters"]
    ]
    print_table(("Number", "Value", "Error", "Unit"), rows, right=(1, 2))
    for name, value in content["tilt_shift_cells"].items():
        print_text(f"{name}: anions moved by {rounded(value)} of an edge")
    for one in content["correlations"]:
        print_text(f"Correlation of {one['first']} and {one['second']}: {rounded(one['value'], 3)}")
    print_warnings(content["warnings"])
