"""The report of an image, in the form that simulations and total scattering have too, so that they can be compared."""

from __future__ import annotations

from typing import Any

import numpy as np

from entrox.core import InputError, to_jsonable
from entrox.core.units import PICOMETER_PER_ANGSTROM
from entrox.microscopy.analysis.stem_analysis import SiteAnalysis, StemAnalysis
from entrox.microscopy.analysis.stem_record import stem_record
from entrox.microscopy.vectors.noise_products import noise_products
from entrox.order.report.image_report import report_of_vectors
from entrox.order.report.image_site import ImageErrors
from entrox.order.report.polar_report import PolarReport

__all__ = ["stem_report"]


def stem_report(analysis: StemAnalysis, composition: dict[str, float] | None = None) -> PolarReport:
    """Report of an image for :func:`entrox.order.report.report_comparison.compare_reports`.

    Parameters
    ----------
    analysis
        Of an image whose pixel is known.
    composition
        Atoms per formula unit, if known.

    Returns
    -------
    PolarReport
        Source ``stem``, two dimensions, every vector with its covariance. ``extra`` holds the noise floor, the null
        field, filter and gain.

    Raises
    ------
    InputError
        If the size of a pixel is unknown, or there are no vectors: a report is in angstrom.
    """
    scale = analysis.fit.pixel_size_angstrom
    if scale is None:
        raise InputError(
            "a report for comparisons is in angstrom: give the edge of a pixel (pixel_size_pm, --pixel-size-pm) or of "
            "the cell (period_angstrom, --period-angstrom)."
        )
    if analysis.main is None:
        raise InputError(f"no displacement to report: {analysis.refused.get('displacement', 'none was measured')}.")
    s = analysis.settings
    return report_of_vectors(
        {item.site: item.vectors.on_grid(item.vectors.along_axes_px * scale, flagged=True) for item in analysis.sites},
        source="stem", edges_angstrom=analysis.main.vectors.period_px * scale, thickness_cells=s.thickness_cells,
        reference=s.reference, composition=composition, noise_angstrom=analysis.main.sigma_px * scale,
        errors={item.site: _errors(item, analysis, scale) for item in analysis.sites}, significance=s.weak_sigma,
        min_domain_cells=s.minimum_domain_cells, label=analysis.label, extra=_extra(analysis),
        warnings=analysis.warnings,
    )  # fmt: skip


def _errors(item: SiteAnalysis, analysis: StemAnalysis, scale: float) -> ImageErrors:
    """Covariances along the lattice axes, and positions from the lower left corner of the image."""
    vectors = item.vectors
    along = vectors.axes @ vectors.noise_covariance_px2 @ vectors.axes.T
    rows = analysis.analyzed.intensity.shape[0]
    place = np.stack([vectors.position_px[:, 0], rows - 1 - vectors.position_px[:, 1]], axis=1)
    flag = vectors.on_grid(vectors.flag.astype(float), flagged=True)
    return ImageErrors(
        covariance_angstrom2=vectors.on_grid(along * scale**2, flagged=True),
        noise_products_angstrom2={step: value * scale**2 for step, value in noise_products(vectors).items()},
        position_angstrom=vectors.on_grid(place * scale, flagged=True),
        flag=np.nan_to_num(flag, nan=1.0).astype(np.int64),
    )


def _extra(analysis: StemAnalysis) -> dict[str, Any]:
    """What belongs to an image and to no other source."""
    record = stem_record(analysis)
    keys = ("zone_axis", "pixel_size_pm", "field_mean_pm", "field_detected", "detection", "rms_d_pm", "mean_abs_d_pm",
            "class_share", "row_jitter_pm", "filter", "noise", "subtracted")  # fmt: skip
    main = analysis.main
    null = None if main is None or main.null is None else main.null
    pm = analysis.fit.pixel_size_angstrom or 0.0
    content = {
        **{key: record[key] for key in keys},
        "noise_floor_pm": {item.site: item.sigma_px * pm * PICOMETER_PER_ANGSTROM for item in analysis.sites},
        "null": None if null is None else {
            "n": len(null.rms_px), "rms_d_pm": null.rms_px * pm * PICOMETER_PER_ANGSTROM,
            "class_share": dict(zip(null.classes, null.class_shares.mean(axis=0).tolist(), strict=True)),
            "correlation_length_px": null.correlation_length_px, "domain_count": null.domain_count,
            "median_domain_area_px2": null.median_domain_area_px2,
        },
        "settings": analysis.settings,
    }  # fmt: skip
    plain: dict[str, Any] = to_jsonable(content)
    return plain
