"""Results of ``entrox diffraction``: what is printed, and the keys of a simulated pattern."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import print_table, print_text, print_warnings, rounded
from entrox.core import to_jsonable
from entrox.core.units import NANOMETER_PER_ANGSTROM

if TYPE_CHECKING:
    from entrox.microscopy.diffraction.pattern import Pattern
    from entrox.microscopy.diffraction.simulated_patterns import PatternSettings

__all__ = [
    "print_pattern", "print_pdf", "print_scan", "print_simulation", "print_strain", "print_track",
    "simulation_content",
]  # fmt: skip


def _print_geometry(content: Mapping[str, Any], name: str = "Center") -> None:
    x, y = content["center_px"]
    error = max(content["center_error_px"] or [0.0])
    fx, fy = content["friedel_center_px"]
    print_text(
        f"{name} ({x:.2f}, {y:.2f}) ± {rounded(error, 2)} px, x right and y down; of symmetry ({fx:.2f}, {fy:.2f})"
    )
    if (ellipse := content["ellipse"]) is not None:
        error = rounded(ellipse["axis_ratio_error"], 2)
        print_text(
            f"Ellipse: axis ratio {ellipse['axis_ratio']:.5f} ± {error}, long axis at {ellipse['angle_deg']:.1f}°"
        )


def print_pattern(content: Mapping[str, Any]) -> None:
    """Print center, ellipse, scale and rings of a pattern."""
    _print_geometry(content)
    calibration = content["calibration"]
    if calibration is not None:
        error = rounded(calibration["pixel_error_inverse_nm"], 2)
        print_text(
            f"Pixel {calibration['pixel_inverse_nm']:.5f} ± {error} 1/nm from "
            f"{len(calibration['rings'])} rings of {calibration['substance']}"
        )
    elif content["pixel_inverse_nm"] is not None:
        print_text(f"Pixel {rounded(content['pixel_inverse_nm'], 5)} 1/nm")
    if content["peaks"]:
        print_text()
        _print_rings(content)
    print_warnings(content["warnings"])


def _print_rings(content: Mapping[str, Any]) -> None:
    known = content["pixel_inverse_nm"] is not None
    calibration = content["calibration"]
    labels = [ring["label"] for ring in calibration["rings"]] if calibration else [""] * len(content["peaks"])
    sized = any(peak["size_nm"] is not None for peak in content["peaks"])
    headers = ["Ring", "Radius [px]", "Width [px]"]
    headers += ["s [1/nm]", "Width [1/nm]", "Sample [1/nm]", "Size [nm]"] if known else []
    headers += ["if Gaussian", "if Lorentzian"] if sized else []
    rows = []
    for label, peak in zip(labels, content["peaks"], strict=True):
        row = [label or "-", f"{peak['radius_px']:.2f}", f"{peak['fwhm_px']:.2f}"]
        if known:
            row += [
                rounded(peak["s_inverse_nm"]), rounded(peak["fwhm_inverse_nm"], 3),
                rounded(peak["intrinsic_fwhm_inverse_nm"], 3), _size(peak),
            ]  # fmt: skip
        if sized:
            row += [rounded(peak["size_gaussian_nm"], 3), rounded(peak["size_lorentzian_nm"], 3)]
        rows.append(tuple(row))
    print_table(headers, rows, right=tuple(range(1, len(headers))))


def _size(peak: Mapping[str, Any]) -> str:
    if peak["size_nm"] is None:
        return f"> {rounded(peak['size_low_nm'], 3)}" if peak["size_low_nm"] is not None else "-"
    return f"{rounded(peak['size_nm'], 3)} ({rounded(peak['size_low_nm'], 2)} to {rounded(peak['size_high_nm'], 2)})"


def print_pdf(content: Mapping[str, Any]) -> None:
    """Print the peaks of a pair distribution."""
    low, high = content["s_range_inverse_angstrom"]
    tail = content["tail_window_inverse_angstrom"]
    print_text(
        f"{content['composition']}, s from {rounded(low)} to {rounded(high)} 1/angstrom; N = "
        f"{rounded(content['scale_n'])}, C = {rounded(content['offset_c'])} from {rounded(tail[0])} to "
        f"{rounded(tail[1])}"
    )
    print_text(
        f"Ripple of G below the first distance: {rounded(content['ripple_per_square_angstrom'], 2)} 1/angstrom^2"
    )
    print_text()
    rows = [
        (
            f"{peak['r_angstrom']:.3f}", rounded(peak["error_angstrom"], 2), rounded(peak["width_angstrom"], 2),
            rounded(peak["height_per_square_angstrom"], 3),
            "-" if peak["seen_share"] is None else f"{100 * peak['seen_share']:.0f} %",
        )
        for peak in content["peaks"]
    ]  # fmt: skip
    print_table(("r [angstrom]", "Spread", "Width", "G_pdf", "Seen in"), rows, right=(0, 1, 2, 3, 4))
    print_warnings(content["warnings"])


def print_strain(content: Mapping[str, Any]) -> None:
    """Print the strain between two patterns."""
    print_text(
        f"Strain {rounded(100 * content['strain_parallel'], 3)} % at {content['angle_deg']:.1f}° and "
        f"{rounded(100 * content['strain_perpendicular'], 3)} % across, ± {rounded(100 * content['error'], 2)} %, from "
        f"{content['n_rings']} rings"
    )
    _print_geometry(content["current"], "Pattern: center")
    _print_geometry(content["reference"], "Reference: center")
    print_warnings(content["warnings"])


def print_scan(content: Mapping[str, Any]) -> None:
    """Print what a scan holds."""
    rows, columns = content["scan_shape"]
    independent = content["n_independent"]
    text = "" if independent is None else f", {independent:.1f} of them independent"
    print_text(f"{columns} x {rows} patterns{text}")
    print_text(f"Centers scatter by {rounded(content['center_residual_px'], 2)} px about their plane")
    variance = content["variance"]
    print_text(
        f"Variance along the ring beyond counting: median {rounded(variance['median'], 3)} (5 to 95 %: "
        f"{rounded(variance['p05'], 2)} to {rounded(variance['p95'], 2)}), counting error "
        f"{rounded(content['counting_error_median'], 2)}; {100 * content['uneven_share']:.0f} % of points above it"
    )
    if content["threshold"] is not None:
        print_text(
            f"Crystal: {100 * content['crystal_share']:.1f} % of points lie above {rounded(content['threshold'], 3)}, "
            "three standard deviations above the glass"
        )
    if content["regions"]:
        print_text()
        cells = [
            (one["region"], str(one["n_patterns"]), rounded(one["n_independent"], 3), rounded(one["variance_mean"], 3))
            for one in content["regions"]
        ]
        print_table(("Region", "Patterns", "Independent", "Mean variance"), cells, right=(1, 2, 3))
    print_warnings(content["warnings"])


def print_track(content: Mapping[str, Any]) -> None:
    """Print a peak through a series."""
    columns = zip(
        content["strain"], content["position_angstrom"], content["position_error_angstrom"], content["width_angstrom"],
        content["splitting_angstrom"], strict=True,
    )  # fmt: skip
    cells = [
        (rounded(100 * strain, 3), f"{place:.4f}", rounded(error, 2), rounded(width, 3), rounded(split, 3))
        for strain, place, error, width, split in columns
    ]
    headers = ("Strain [%]", "r [angstrom]", "Error", "Width", "Splitting")
    print_table(headers, cells, right=(0, 1, 2, 3, 4))
    if content["slope_angstrom"] is not None:
        print_text(
            f"Slope {rounded(content['slope_angstrom'], 3)} ± {rounded(content['slope_error_angstrom'], 2)} angstrom "
            f"per strain; {rounded(content['affine_slope_angstrom'], 3)} if distances follow the sample"
        )
    print_warnings(content["warnings"])


def simulation_content(pattern: Pattern, settings: PatternSettings, path: Path) -> dict[str, Any]:
    """Return a simulated pattern with the keys of ``--json``."""
    content = {
        "shape_px": list(pattern.intensity.shape),
        "pixel_inverse_nm": settings.pixel_per_angstrom / NANOMETER_PER_ANGSTROM,
        "center_px": settings.geometry.center_px,
        "axis_ratio": settings.axis_ratio,
        "angle_deg": settings.angle_deg,
        "electrons": float(pattern.intensity.sum()),
        "file": str(path),
        "warnings": [],
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def print_simulation(content: Mapping[str, Any]) -> None:
    """Print what was drawn and where it lies."""
    rows, columns = content["shape_px"]
    x, y = content["center_px"]
    print_text(
        f"{columns} x {rows} px of {rounded(content['pixel_inverse_nm'])} 1/nm, {content['electrons']:.3g} electrons, "
        f"center ({x:g}, {y:g}): {content['file']}"
    )
