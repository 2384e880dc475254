"""The numbers of an analysis under the keys of ``--json``: lengths in pm where the pixel is known, and always in px.

Every length has a twin in px; where the pixel is unknown the one in pm (or nm) is null.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import to_jsonable
from entrox.core.units import PICOMETER_PER_NANOMETER
from entrox.microscopy.analysis.stem_analysis import SiteAnalysis, StemAnalysis
from entrox.microscopy.fit.column_fit import FLAGS
from entrox.microscopy.lattice.sublattices import SITES, angle_between_deg
from entrox.microscopy.vectors.displacement_map import VECTOR_FLAGS

__all__ = ["stem_record"]

Floats = NDArray[np.float64]


def stem_record(analysis: StemAnalysis) -> dict[str, Any]:
    """Return an analysis as plain data.

    Parameters
    ----------
    analysis
        Of one image.

    Returns
    -------
    dict
        Numbers about displacements belong to the main site; ``sites`` holds those of every site measured, and is empty
        where no second sublattice was found: then the numbers of the main site are null.
    """
    pm = analysis.pixel_size_pm
    kinds, fit = analysis.sublattices, analysis.fit
    sites = {item.site: _site(item, pm) for item in analysis.sites}
    main = sites[analysis.sites[0].site] if analysis.sites else _no_site()
    basis = kinds.basis_px * np.array([1.0, -1.0])
    content = {
        "source": analysis.label,
        "zone_axis": kinds.zone_axis,
        "reference": analysis.settings.reference,
        "displaced": [item.site for item in analysis.sites],
        "n_columns": {name: int((kinds.site == k).sum()) for k, name in enumerate(SITES)},
        "n_vectors": main["n_vectors"],
        "n_flagged": _flags(analysis),
        "pixel_size_pm": pm,
        "period_px": np.linalg.norm(basis, axis=1),
        "lattice_angle_deg": angle_between_deg(basis),
        "rotation_deg": float(np.degrees(np.arctan2(basis[0, 1], basis[0, 0]))),
        "a_site_decision": _decision(analysis),
        **_lengths("sigma_column", analysis.sigma_column_px, pm),
        "split_halves": _halves(analysis, pm),
        **main,
        "sites": sites,
        "noise": {
            "gain_counts_per_electron": fit.noise_gain, "read_noise_counts": fit.read_noise,
            "offset_counts": fit.noise_offset, "correlation_px": fit.noise_correlation_px, "known": fit.noise_known,
        },
        "median_reduced_chi2": float(np.nanmedian(fit.reduced_chi2)),
        **_jitter(analysis, pm),
        "filter": _filter(analysis),
        "strain": _strain(analysis, pm),
        "subtracted": "nothing" if analysis.main is None else analysis.main.vectors.subtracted,
        "thickness_cells": analysis.settings.thickness_cells,
        "refused": analysis.refused,
        "warnings": analysis.warnings,
    }  # fmt: skip
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def _lengths(name: str, values: Any, pm: float | None) -> dict[str, Any]:
    """A length, or a dictionary of lengths in px, under both units."""
    return {f"{name}_pm": _scaled(values, pm), f"{name}_px": values}


def _scaled(values: Any, scale: float | None) -> Any:
    if values is None or (scale is None and not isinstance(values, dict)):
        return None
    if isinstance(values, dict):
        return {key: _scaled(value, scale) for key, value in values.items()}
    return values * scale


def _halves(analysis: StemAnalysis, pm: float | None) -> dict[str, Any] | None:
    """Errors from the halves of a stack beside those of the fit; None for a single image."""
    found = analysis.halves
    if found is None:
        return None
    return {
        "frames_per_half": found.n_frames,
        **_lengths("shift", {"x": found.shift_px[0], "y": -found.shift_px[1]}, pm),
        "sites": {
            site: {
                **_lengths("error", {"x": found.error_px[k, 0], "y": found.error_px[k, 1]}, pm),
                **_lengths("predicted", {"x": found.predicted_px[k, 0], "y": found.predicted_px[k, 1]}, pm),
                "ratio": found.ratio[k], "n_columns": found.n_columns[k],
            }
            for k, site in enumerate(found.sites)
        },
    }  # fmt: skip


def _flags(analysis: StemAnalysis) -> dict[str, int]:
    fit, kinds, main = analysis.fit, analysis.sublattices, analysis.main
    placed = kinds.site >= 0
    counts = {name: int((fit.flag[placed] == k).sum()) for k, name in enumerate(FLAGS) if k > 0}
    counts["collision"] = int(kinds.collision.sum())
    counts["saturated"] = max(counts.get("saturated", 0), int(kinds.saturated.sum()))
    counts |= {
        "without_place": int((~placed).sum()), "gaps": kinds.n_gaps,
        "refused": 0 if analysis.columns is None else analysis.columns.n_refused,
    }  # fmt: skip
    if main is not None:
        flag = main.vectors.flag
        counts |= {f"vectors_{name}": int((flag == k).sum()) for k, name in enumerate(VECTOR_FLAGS) if k > 0}
    return counts


def _decision(analysis: StemAnalysis) -> dict[str, Any]:
    kinds = analysis.sublattices
    return {"method": None, "expected_ratio": None, **kinds.decision, "contrast": kinds.contrast}


def _no_site() -> dict[str, Any]:
    """Keys of a site without vectors."""
    names = (
        "sigma_vector",
        "rms_d",
        "mean_abs_d",
        "field_mean",
        "sigma_vector_rule_of_thumb",
        "jitter_in_sigma_vector",
    )
    return {
        "n_vectors": 0, **{f"{name}_{unit}": None for name in names for unit in ("pm", "px")}, "field_detected": None,
        "detection": None, "class_share": None, "correlation_length_nm": None, "correlation_length_px": None,
        "domains": None, "insufficient": True,
    }  # fmt: skip


def _site(item: SiteAnalysis, pm: float | None) -> dict[str, Any]:
    """Numbers of one site."""
    sizes, null, mean = item.magnitudes, item.null, item.field_mean
    null_rms = None if null is None else float(np.sqrt(np.mean(null.rms_px**2)))
    null_mean = None if null is None else float(np.mean(null.mean_length_px))
    length = _correlation_length(item)
    found = item.detection
    return {
        "n_vectors": item.vectors.n_good,
        **_lengths("sigma_vector", item.sigma_px, pm),
        **_lengths("sigma_vector_rule_of_thumb", item.rule_of_thumb_sigma_px, pm),
        **_lengths("jitter_in_sigma_vector", item.jitter_sigma_px, pm),
        **_lengths("rms_d", {"raw": sizes.rms_raw_px, "debiased": sizes.rms_debiased_px, "null": null_rms,
                             "interval": sizes.rms_debiased_interval_px}, pm),
        **_lengths("mean_abs_d", {"raw": sizes.mean_raw_px, "debiased": sizes.mean_debiased_px, "null": null_mean,
                                  "noise": sizes.mean_noise_px}, pm),
        **_lengths("field_mean", {"x": mean.mean_px[0], "y": mean.mean_px[1], "sigma": mean.sigma_px,
                                  "spread": mean.spread_px}, pm),
        "field_detected": None if found is None else found.detected,
        "detection": None if found is None else {
            "t": found.t, "critical_t": found.critical_t, "p_value": found.p_value, "level": found.level,
            "n_null": found.n_null,
        },
        "error_scale": item.error_scale,
        "null_over_predicted_rms": item.null_error_ratio,
        "class_share": _classes(item),
        "mean_flip_probability": item.classes.mean_flip_probability,
        "correlation_length_nm": _scaled(length, None if pm is None else pm / PICOMETER_PER_NANOMETER),
        "correlation_length_px": length,
        "null_correlation_length_px": None if null is None else _median(null.correlation_length_px),
        "null_apparent_length_px": None if null is None else _median(null.apparent_length_px),
        "domains": _domains(item, pm),
        "insufficient": any(text.startswith("insufficient") for text in item.vectors.warnings),
    }  # fmt: skip


def _correlation_length(item: SiteAnalysis) -> float | None:
    """1/e length of the correlation without the common mean; a uniform field has none."""
    return None if item.connected is None else item.connected.one_over_e_px


def _classes(item: SiteAnalysis) -> dict[str, dict[str, Any]]:
    found, null = item.classes, item.null
    return {
        name: {
            "value": found.shares[k], "interval": found.intervals[k], "chance": found.chance[k],
            "effective_number": found.effective_number[k],
            "null": None if null is None else float(null.class_shares[:, k].mean()),
        }
        for k, name in enumerate(found.classes)
    }  # fmt: skip


def _domains(item: SiteAnalysis, pm: float | None) -> dict[str, Any] | None:
    found, null = item.domains, item.null
    if found is None:
        return None
    square = None if pm is None else (pm / PICOMETER_PER_NANOMETER) ** 2
    null_area = None if null is None else _median(null.median_domain_area_px2)
    return {
        "n": found.count,
        "median_area_nm2": _scaled(found.median_area_px2, square), "median_area_px2": found.median_area_px2,
        "null_median_area_nm2": _scaled(null_area, square), "null_median_area_px2": null_area,
        "null_n": None if null is None else float(np.nanmean(null.domain_count)),
        "chance_n": found.chance_count, "chance_median_area_px2": found.chance_median_area_px2,
        "fraction": found.domain_fraction, "largest_fraction": found.largest_fraction,
        "chance_fraction": found.chance_domain_fraction,
        "null_fraction": None if null is None else float(np.nanmean(null.domain_fraction)),
        "wall_length_per_area_per_px": found.wall_length_per_area_per_px,
        "mean_wall_angle_deg": _weighted(found.wall_angle_deg, found.wall_length_px),
    }  # fmt: skip


def _median(values: Floats) -> float | None:
    """Median of what is known; None where nothing is."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


def _weighted(values: Floats, weights: Floats) -> float | None:
    return float(np.average(values, weights=weights)) if weights.sum() > 0 else None


def _jitter(analysis: StemAnalysis, pm: float | None) -> dict[str, Any]:
    found = analysis.jitter
    return {
        # an error larger than the estimate says nothing of the size, only of what it is not
        **_lengths("row_jitter", found.sigma_px if found is not None and found.known else None, pm),
        **_lengths("row_jitter_upper", None if found is None else found.upper_px, pm),
        "row_jitter_noise_factor": None if found is None else found.noise_factor,
        "row_jitter_detected": None if found is None else found.detected,
        "row_jitter_corrected": analysis.settings.correct_row_jitter,
        **_lengths("drift_rms", None if analysis.drift is None else analysis.drift.rms_px, pm),
    }


def _filter(analysis: StemAnalysis) -> dict[str, Any]:
    s, closed, measured = analysis.settings, analysis.gain, analysis.empirical_gain
    content: dict[str, Any] = {
        "kind": s.filter,
        "radius_rlu": s.mask_radius_rlu if s.filter == "lattice-mask" else None,
        "low_pass_per_angstrom": s.low_pass_per_angstrom if s.filter == "low-pass" else None,
        "gain_by_domain": None, "half_gain_cells": None, "ninety_gain_cells": None, "empirical_gain": None,
    }  # fmt: skip
    if closed is not None:
        content["gain_by_domain"] = dict(zip(closed.domain_cells.tolist(), closed.gain.tolist(), strict=True))
        content["half_gain_cells"] = closed.half_gain_cells
        content["ninety_gain_cells"] = closed.ninety_gain_cells
    if measured is not None:
        content["empirical_gain"] = {
            n: {"value": value, "error": error}
            for n, value, error in zip(
                measured.domain_cells.tolist(), measured.gain.tolist(), measured.gain_error.tolist(), strict=True
            )
        }
    return content


def _strain(analysis: StemAnalysis, pm: float | None) -> dict[str, Any] | None:
    found = analysis.strain
    if found is None:
        return None
    lattice, ratio = found.lattice, found.axis_ratio
    content = {
        **_lengths("period", lattice.mean_length_px, pm),
        **_lengths("period_error", lattice.mean_length_error_px, pm),
        "angle_deg": lattice.mean_angle_deg,
        "c_over_a": {
            "mean": ratio.mean, "error": ratio.mean_error, "spread": ratio.spread, "long_axis": ratio.long_axis,
        },
        "rotation_deg": found.affine.rotation_deg,
    }  # fmt: skip
    if (strain := found.strain) is not None:
        known = np.isfinite(strain.strain).all(axis=(1, 2))
        content |= {
            "reference": strain.reference, "n_cells": int(known.sum()),
            "mean": strain.strain[known].mean(axis=0), "spread": strain.strain[known].std(axis=0),
            "error": np.sqrt((strain.strain_error[known] ** 2).mean(axis=0)),
            "rotation_spread_deg": float(strain.rotation_deg[known].std()),
        }  # fmt: skip
    return content
