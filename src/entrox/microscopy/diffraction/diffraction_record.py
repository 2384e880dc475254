"""Analyses of diffraction as records of plain data, as the command line prints them."""

from __future__ import annotations

from typing import Any

import numpy as np

from entrox.core import to_jsonable
from entrox.core.units import NANOMETER_PER_ANGSTROM
from entrox.microscopy.diffraction.crystallinity_map import CrystallinityMap
from entrox.microscopy.diffraction.electron_pdf import ElectronPdf
from entrox.microscopy.diffraction.ellipse_strain import EllipseStrain
from entrox.microscopy.diffraction.pattern_analysis import PatternAnalysis
from entrox.microscopy.diffraction.ring_geometry import RingGeometry
from entrox.microscopy.diffraction.scan_center import ScanCenters

__all__ = ["pattern_record", "pdf_record", "scan_record", "strain_record"]


def _geometry(found: RingGeometry) -> dict[str, Any]:
    return {
        "center_px": found.center_px,
        "center_error_px": found.center_error_px,
        "friedel_center_px": found.friedel_px,
        "ellipse": None if found.axis_ratio_error is None else {
            "axis_ratio": found.axis_ratio,
            "axis_ratio_error": found.axis_ratio_error,
            "angle_deg": found.angle_deg,
            "angle_error_deg": found.angle_error_deg,
        },
    }  # fmt: skip


def pattern_record(found: PatternAnalysis) -> dict[str, Any]:
    """Record of the analysis of one pattern; lengths in 1/nm where the scale is known, else None."""
    pixel = found.profile.pixel_per_angstrom
    scale = None if pixel is None else pixel / NANOMETER_PER_ANGSTROM
    calibration = found.calibration
    record = {
        **_geometry(found.geometry),
        "pixel_inverse_nm": scale,
        "calibration": None if calibration is None else {
            "substance": calibration.name,
            "pixel_inverse_nm": calibration.pixel_per_angstrom / NANOMETER_PER_ANGSTROM,
            "pixel_error_inverse_nm": calibration.pixel_error_per_angstrom / NANOMETER_PER_ANGSTROM,
            "rings": [
                {"label": label, "radius_px": radius, "deviation_percent": deviation}
                for label, radius, deviation in zip(
                    calibration.label, calibration.radius_px, calibration.deviation_percent, strict=True
                )
            ],
        },
        "n_pixels": int(found.pattern.usable.sum()),
        "n_beam_stop_pixels": found.masked_by_beam_stop,
        "peaks": [_peak(found, k, scale) for k in range(0 if found.rings is None else len(found.rings.radius_px))],
        "peak_shape": None if found.rings is None else {"mixing": found.rings.mixing, "chi2": found.rings.chi2},
        "warnings": list(found.warnings),
    }  # fmt: skip
    plain: dict[str, Any] = to_jsonable(record)
    return plain


def _peak(found: PatternAnalysis, k: int, scale: float | None) -> dict[str, Any]:
    rings = found.rings
    assert rings is not None
    factor = np.nan if scale is None else scale
    size = found.sizes[k] if found.sizes else None
    return {
        "radius_px": rings.radius_px[k],
        "fwhm_px": rings.fwhm_px[k],
        "s_inverse_nm": factor * rings.radius_px[k],
        "s_error_inverse_nm": factor * rings.radius_error_px[k],
        "fwhm_inverse_nm": factor * rings.fwhm_px[k],
        "fwhm_error_inverse_nm": factor * rings.fwhm_error_px[k],
        "height": rings.height[k],
        "intrinsic_fwhm_inverse_nm": None if size is None else size.intrinsic_fwhm_inverse_nm,
        "size_nm": None if size is None else size.size_nm,
        "size_low_nm": None if size is None else size.size_low_nm,
        "size_high_nm": None if size is None else size.size_high_nm,
        "size_gaussian_nm": None if size is None else size.size_gaussian_nm,
        "size_lorentzian_nm": None if size is None else size.size_lorentzian_nm,
    }


def pdf_record(found: ElectronPdf, composition: str) -> dict[str, Any]:
    """Record of a pair distribution."""
    record = {
        "composition": composition,
        "factors": found.settings.factors,
        "s_range_inverse_angstrom": [found.s_per_angstrom[0], found.s_per_angstrom[-1]],
        "window": found.settings.window,
        "damping_square_angstrom": found.settings.damping_square_angstrom,
        "polynomial_order": found.settings.polynomial_order,
        "scale_n": found.scale_n,
        "offset_c": found.offset_c,
        "tail_window_inverse_angstrom": found.tail_per_angstrom,
        "ripple_per_square_angstrom": found.ripple,
        "peaks": [
            {
                "r_angstrom": peak.r_angstrom,
                "error_angstrom": peak.error_angstrom,
                "width_angstrom": peak.width_angstrom,
                "height_per_square_angstrom": peak.height,
                "seen_share": peak.seen_share,
            }
            for peak in found.peaks
        ],
        "warnings": list(found.warnings),
    }
    plain: dict[str, Any] = to_jsonable(record)
    return plain


def strain_record(found: EllipseStrain, current: RingGeometry, reference: RingGeometry) -> dict[str, Any]:
    """Record of the strain between two patterns."""
    record = {
        "strain_parallel": found.strain_parallel,
        "strain_perpendicular": found.strain_perpendicular,
        "error": found.error,
        "angle_deg": found.angle_deg,
        "strain": found.strain,
        "mean_radius_ratio": found.mean_radius_ratio,
        "n_rings": found.n_rings,
        "current": _geometry(current),
        "reference": _geometry(reference),
        "warnings": list(found.warnings),
    }
    plain: dict[str, Any] = to_jsonable(record)
    return plain


def scan_record(centers: ScanCenters, found: CrystallinityMap, extra: dict[str, Any]) -> dict[str, Any]:
    """Record of a scan of patterns.

    Parameters
    ----------
    centers, found
        Centers of the patterns, and the map of crystallinity.
    extra
        What the caller knows beside: scales, regions, threshold, warnings.
    """
    record = {
        "scan_shape": list(found.variance.shape),
        "center_px": centers.plane_px.mean(axis=(0, 1)),
        "center_slope_px": centers.slope_px,
        "center_residual_px": centers.residual_px,
        "ring_px": [found.inner_px, found.outer_px],
        "gain_counts_per_electron": found.gain_counts_per_electron,
        "variance": _quantiles(found.variance),
        "contrast": _quantiles(found.contrast),
        "counting_error_median": float(np.median(found.counting_error)),
        "uneven_share": found.uneven_share,
        **extra,
    }
    plain: dict[str, Any] = to_jsonable(record)
    return plain


def _quantiles(values: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, float]:
    low, median, high = np.nanquantile(values, [0.05, 0.5, 0.95])
    return {"p05": float(low), "median": float(median), "p95": float(high)}
