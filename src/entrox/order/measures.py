"""Measures of the room: the polar order of a structure that belongs to a composition.

Lengths in angstrom, polarization in C/m2. Errors are those over time; another arrangement of the same cations may give
another value, which one structure cannot tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core.measure import Measure, MeasureSettings
from entrox.core.result import Quantity
from entrox.order.report.polar_analysis import PolarAnalysis, analyze_polar
from entrox.order.report.polar_report import ElementRow, PhaseRow
from entrox.order.report.polar_settings import PolarSettings

if TYPE_CHECKING:
    from entrox.structure.structure_source import StructureSource

__all__ = ["MEASURES", "PolarOrderSettings", "polar_order_of_structure"]

Floats = NDArray[np.float64]
ONE_FRAME = "polar order: one frame has no error over time"


class PolarOrderSettings(PolarSettings, MeasureSettings):
    """Settings of the polar order of a structure: those of ``entrox polar``."""


def polar_order_of_structure(
    source: StructureSource, settings: PolarOrderSettings, rng: np.random.Generator
) -> Mapping[str, Any]:
    """Polar order of one structure."""
    notices: list[str] = []
    asked = settings.model_copy(update={"source": source.kind})
    found = analyze_polar(source.frames(notices), asked, label=source.name)
    report = found.report
    notes = (
        *notices,
        *(f"polar order: {text}" for text in found.warnings),
        *(f"polar order: {name} refused, {reason}" for name, reason in found.refused.items() if name in _TOLD),
        *(() if found.n_frames > 1 else (ONE_FRAME,)),
    )
    return {
        "n_cells": float(report.n_cells),
        "n_frames": float(found.n_frames),
        "window_ps": report.window_ps,
        "polar_converged": float(found.converged),
        **_polarization(found),
        **_site("a", [row for row in report.elements if row.site == "A"]),
        **_site("b", [row for row in report.elements if row.site == "B"]),
        **_elements(report.elements),
        **_phases("a", report.phases),
        **_phases("b", report.phases),
        "neighbor_correlation_b": report.nearest_neighbor_correlation.get("B"),
        "neighbor_correlation_b_error": report.nearest_neighbor_error.get("B"),
        "correlation_length_b_angstrom": report.correlation_length_angstrom.get("B"),
        "warnings": tuple(dict.fromkeys(notes)),
    }


_TOLD = ("displacement", "phases", "correlation", "polarization")
"""Refusals of other measures of the analysis concern nothing that stands here."""


def _polarization(found: PolarAnalysis) -> dict[str, Any]:
    vector, error = found.polarization_c_per_m2, found.polarization_error_c_per_m2
    if vector is None:
        return {
            "polarization_c_per_m2": None,
            "polarization_error_c_per_m2": None,
            "polarization_vector_c_per_m2": None,
        }
    return {
        "polarization_c_per_m2": float(np.linalg.norm(vector)),
        "polarization_error_c_per_m2": None if error is None else _error_of_length(vector, error),
        "polarization_vector_c_per_m2": np.asarray(vector, dtype=float),
    }


def _error_of_length(vector: Floats, error: Floats) -> float:
    """Error of the length of a vector; where it is zero, that of all components together."""
    length = float(np.linalg.norm(vector))
    return float(np.linalg.norm(error) if length == 0.0 else np.linalg.norm(vector * error) / length)


def _site(label: str, rows: Sequence[ElementRow]) -> dict[str, Any]:
    """Displacements of all cations of a site.

    The elements of one site move in the same frames, so that their errors may be the same ones: they are added up, not
    their squares, an upper bound.
    """
    names = (
        f"displacement_{label}_angstrom", f"displacement_{label}_error_angstrom",
        f"net_displacement_{label}_angstrom", f"net_displacement_{label}_error_angstrom",
    )  # fmt: skip
    if not rows:
        return dict.fromkeys(names)
    share = np.array([row.count for row in rows], dtype=float)
    share /= share.sum()
    vector = np.tensordot(share, [row.mean_vector_angstrom for row in rows], axes=1)
    errors = [row.mean_vector_error_angstrom for row in rows if row.mean_vector_error_angstrom is not None]
    moduli = [row.mean_modulus_error_angstrom for row in rows if row.mean_modulus_error_angstrom is not None]
    whole = len(errors) == len(moduli) == len(rows)
    return dict(
        zip(
            names,
            (
                float(share @ [row.mean_modulus_angstrom for row in rows]),
                float(share @ np.array(moduli)) if whole else None,
                float(np.linalg.norm(vector)),
                _error_of_length(vector, np.tensordot(share, errors, axes=1)) if whole else None,
            ),
            strict=True,
        )
    )


def _elements(rows: Sequence[ElementRow]) -> dict[str, Any]:
    def column(values: Sequence[float | None]) -> Floats:
        return np.array([np.nan if value is None else value for value in values], dtype=float)

    return {
        "elements": " ".join(f"{row.symbol}:{row.site}" for row in rows),
        "element_count": column([row.count for row in rows]),
        "element_displacement_angstrom": column([row.mean_modulus_angstrom for row in rows]),
        "element_displacement_error_angstrom": column([row.mean_modulus_error_angstrom for row in rows]),
        "element_net_displacement_angstrom": column([row.taid_angstrom for row in rows]),
        "element_net_displacement_error_angstrom": column([row.taid_error_angstrom for row in rows]),
    }


def _phases(label: str, rows: Sequence[PhaseRow]) -> dict[str, Any]:
    """Shares of the local phases on a site; None where phases were not asked for."""
    row = next((row for row in rows if row.group == label.upper()), None)
    error = None if row is None else row.share_error
    return {
        f"phases_{label}": None if row is None else " ".join(row.classes),
        f"phase_share_{label}": None if row is None else np.asarray(row.share, dtype=float),
        f"phase_share_{label}_error": None if error is None else np.asarray(error, dtype=float),
        f"phase_chance_{label}": None if row is None else np.asarray(row.chance, dtype=float),
    }


def _site_quantities(label: str) -> tuple[Quantity, ...]:
    site = label.upper()
    return (
        Quantity(f"displacement_{label}_angstrom", "angstrom", f"mean length of the displacements of the {site} site"),
        Quantity(
            f"displacement_{label}_error_angstrom", "angstrom", f"standard error of that mean length, {site} site"
        ),
        Quantity(
            f"net_displacement_{label}_angstrom", "angstrom", f"length of the mean displacement of the {site} site"
        ),
        Quantity(f"net_displacement_{label}_error_angstrom", "angstrom", f"standard error of that length, {site} site"),
        Quantity(f"phases_{label}", "1", f"names of the local phases of the {site} site, text"),
        Quantity(f"phase_share_{label}", "1", f"shares of the local phases of the {site} site", axes=("phase",)),
        Quantity(f"phase_share_{label}_error", "1", f"standard errors of the shares, {site} site", axes=("phase",)),
        Quantity(f"phase_chance_{label}", "1", f"shares for random directions, {site} site", axes=("phase",)),
    )


_QUANTITIES = (
    Quantity("n_cells", "1", "cells"),
    Quantity("n_frames", "1", "frames used"),
    Quantity("window_ps", "ps", "window over which displacements are averaged"),
    Quantity("polar_converged", "1", "1 where the errors over time converged, else 0"),
    Quantity("polarization_c_per_m2", "C/m2", "polarization of the box"),
    Quantity("polarization_error_c_per_m2", "C/m2", "standard error of the polarization"),
    Quantity("polarization_vector_c_per_m2", "C/m2", "polarization vector of the box", axes=("component",)),
    *_site_quantities("a"),
    *_site_quantities("b"),
    Quantity("elements", "1", "cations as element:site, text"),
    Quantity("element_count", "1", "cations of each element", axes=("element",)),
    Quantity("element_displacement_angstrom", "angstrom", "mean length of the displacements", axes=("element",)),
    Quantity("element_displacement_error_angstrom", "angstrom", "its standard error", axes=("element",)),
    Quantity("element_net_displacement_angstrom", "angstrom", "length of the mean displacement", axes=("element",)),
    Quantity("element_net_displacement_error_angstrom", "angstrom", "its standard error", axes=("element",)),
    Quantity("neighbor_correlation_b", "1", "correlation of neighboring displacements of the B site"),
    Quantity("neighbor_correlation_b_error", "1", "standard error of that correlation"),
    Quantity("correlation_length_b_angstrom", "angstrom", "decay length of the correlation of the B site"),
)

MEASURES: tuple[Measure, ...] = (
    Measure(
        name="polar-order",
        description="displacements, local phases and polarization of a perovskite from its atoms",
        quantities=_QUANTITIES,
        settings=PolarOrderSettings,
        evaluate=polar_order_of_structure,
        subject="structure",
    ),
)
