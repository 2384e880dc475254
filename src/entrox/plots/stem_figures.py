"""All figures of the analysis of a micrograph, as PNG and SVG files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.core.units import PICOMETER_PER_NANOMETER
from entrox.microscopy.analysis.stem_analysis import SiteAnalysis, StemAnalysis
from entrox.microscopy.fit.column_model import model_image
from entrox.microscopy.fit.noise import LEAST_VARIANCE
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.image_domains import image_domains
from entrox.order.phases.projected_classes import projected_classes
from entrox.plots.report_figure import ReportFigure, write_report_figures
from entrox.plots.stem import plot_beside_null, plot_close_up, plot_column_vectors, plot_vector_wheel
from entrox.plots.stem_curves import plot_angle_rose, plot_gain, plot_image_correlation, plot_magnitudes
from entrox.plots.stem_maps import plot_cell_values, plot_class_map, plot_domain_map, plot_residual
from entrox.plots.stem_picture import full_length, unit_of
from entrox.plots.style import FORMATS

__all__ = ["null_example", "stem_figures", "write_stem_figures"]

Floats = NDArray[np.float64]
GAIN_CELLS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
NULL_WORDS = "Right: one null field, the same image with every cation at the center of its cage."


def write_stem_figures(
    analysis: StemAnalysis, folder: str | Path, *, formats: tuple[str, ...] = FORMATS
) -> tuple[Path, ...]:
    """Write the figures that an analysis allows.

    Parameters
    ----------
    analysis
        The analysis.
    folder
        Where the files go; it is made if it does not exist.
    formats
        File endings; PNG files have 300 dots per inch.

    Returns
    -------
    tuple of Path
        The files, in the order of the figures.
    """
    return write_report_figures(stem_figures(analysis), folder, formats)


def stem_figures(analysis: StemAnalysis) -> tuple[ReportFigure, ...]:
    """Return the figures that an analysis allows; those of a second site carry its name."""
    found: list[ReportFigure] = []
    for site in analysis.sites:
        if site.vectors.n_good:
            found += _site_figures(analysis, site, "" if site is analysis.main else f"_{site.site.lower()}")
    if analysis.gain is not None or analysis.empirical_gain is not None:
        words = (
            "What the filter leaves of random square domains, by their edge. Line: closed form; dots: known fields "
            "sent through this image, with standard errors. Dotted: one half and 0.9."
        )
        found.append(ReportFigure("gain", "Gain of the filter", words, partial(_gain, analysis), narrow=True))
    found += _lattice_figures(analysis)
    words = "Image minus model over the noise of each pixel. Structure at the columns is what the model misses."
    found.append(ReportFigure("residual", "Residual", words, partial(_residual, analysis), narrow=True))
    return tuple(found)


def _site_figures(analysis: StemAnalysis, site: SiteAnalysis, ending: str) -> list[ReportFigure]:
    words = _who(site)
    item = site.vectors
    found = [
        ReportFigure(
            f"vectors{ending}", f"Displacement of {words}",
            "Vectors from the center of the cage to the cation, on the image; gray: weak. "
            + NULL_WORDS, partial(_arrows, analysis, site),
        ),
        ReportFigure(
            f"close_up{ending}", "Vectors with their errors",
            "Middle of the image. Dots: fitted columns; ellipses: 68 % of the error of each vector, magnified as the "
            "vectors.",
            partial(_close_up, analysis, item), narrow=True,
        ),
        ReportFigure(
            f"wheel{ending}", f"Direction and length of {words}",
            "Hue: angle from a1; saturation: length. Gray: no whole cage. " + NULL_WORDS,
            partial(_wheel, analysis, site),
        ),
        ReportFigure(
            f"magnitudes{ending}", "Lengths",
            "Density of |d| beside the null fields, beside what noise with the reported errors gives alone, and beside "
            "one length everywhere with that noise.",
            partial(plot_magnitudes, site.magnitudes, _null_lengths(site)), narrow=True,
        ),
    ]  # fmt: skip
    if np.isfinite(site.angles.angle_deg).any():
        found.append(
            ReportFigure(
                f"angles{ending}", "Directions",
                "Vectors that are not weak, over the number of random directions (dashed).",
                partial(plot_angle_rose, site.angles.angle_deg, _null_angles(site)), narrow=True,
            )
        )  # fmt: skip
    found.append(
        ReportFigure(
            f"classes{ending}", "Projected classes",
            "Nearest projected axis. These are no phases: a projection mixes them. " + NULL_WORDS,
            partial(_classes, analysis, site),
        )
    )  # fmt: skip
    if site.domains is not None and site.domains.count:
        caption = (
            f"Domains of at least {site.domains.min_cells} cells, in the color of their mean vector, and the walls "
            "between them. " + NULL_WORDS
        )
        found.append(ReportFigure(f"domains{ending}", "Domains", caption, partial(_domains, analysis, site)))
    if site.connected is not None:
        caption = (
            "Correlation of the vectors, the noise that neighbors share taken off; gray: with the common mean left in."
        )
        found.append(
            ReportFigure(
                f"correlation{ending}", "Correlation in space", caption, partial(_correlation, site), narrow=True
            )
        )
    factor, unit = unit_of(item)
    label = f"Standard error of a component [{unit}]"
    sigma = np.where(item.good, factor * np.sqrt(0.5 * np.trace(item.noise_covariance_px2, axis1=1, axis2=2)), np.nan)
    found.append(
        ReportFigure(
            f"sigma{ending}", "Error of the vectors", "Of each vector, row jitter included where it is known.",
            partial(_values, analysis, item.position_px, {label: sigma}), narrow=True,
        )
    )  # fmt: skip
    return found


def _who(site: SiteAnalysis) -> str:
    other = "oxygen" if site.vectors.reference == "oxygen" else "A" if site.site == "B" else "B"
    return f"{site.site} off the {other} cage"


def null_example(site: SiteAnalysis) -> DisplacementMap | None:
    """Return the first null field as a map; its errors are those of the measured one."""
    null, measured = site.null, site.vectors
    if null is None:
        return None
    row_of = {int(column): row for row, column in enumerate(null.column)}
    rows = np.array([row_of.get(int(column), -1) for column in measured.column])
    vectors = np.where((rows >= 0)[:, None], null.vector_px[0][rows], np.nan)
    there = np.isfinite(vectors).all(axis=1)
    return replace(measured, vector_px=vectors, flag=np.where(there, 0, np.maximum(measured.flag, 1)))


def _null_lengths(site: SiteAnalysis) -> Floats | None:
    return None if site.null is None else site.null.lengths_px


def _null_angles(site: SiteAnalysis) -> Floats | None:
    """Angles of all vectors of all null fields, weak ones too: nearly all are."""
    if site.null is None:
        return None
    along = site.null.vector_px @ site.vectors.axes.T
    return np.asarray(np.degrees(np.arctan2(along[..., 1], along[..., 0])))


def _arrows(analysis: StemAnalysis, site: SiteAnalysis) -> list[Axes]:
    full = full_length(site.vectors)
    sigma = site.classes.significance

    def draw(item: DisplacementMap, axes: Axes, key: bool) -> Axes:
        weak = _labels(item, sigma) == 0
        return plot_column_vectors(item, analysis.micrograph, weak=weak, full=full, key=key, axes=axes)

    return plot_beside_null(draw, site.vectors, null_example(site), shape=analysis.micrograph.intensity.shape)


def _labels(item: DisplacementMap, significance: float) -> NDArray[np.int64]:
    labels = np.full(len(item.vector_px), -1, dtype=np.int64)
    good = item.good
    if good.any():
        found = projected_classes(item.vector_px[good], item.noise_covariance_px2[good], significance, axes=item.axes)
        labels[good] = found.labels[0]
    return labels


def _close_up(analysis: StemAnalysis, item: DisplacementMap) -> Axes:
    return plot_close_up(item, analysis.micrograph, columns_px=analysis.fit.position_px)


def _wheel(analysis: StemAnalysis, site: SiteAnalysis) -> list[Axes]:
    full, shape = full_length(site.vectors), analysis.micrograph.intensity.shape

    def draw(item: DisplacementMap, axes: Axes, key: bool) -> Axes:
        return plot_vector_wheel(item, shape=shape, full=full, key=key, axes=axes)

    return plot_beside_null(draw, site.vectors, null_example(site), shape=shape)


def _classes(analysis: StemAnalysis, site: SiteAnalysis) -> list[Axes]:
    shape, sigma = analysis.micrograph.intensity.shape, site.classes.significance

    def draw(item: DisplacementMap, axes: Axes, _: bool) -> Axes:
        return plot_class_map(item, _labels(item, sigma), classes=site.classes.classes, shape=shape, axes=axes)

    return plot_beside_null(draw, site.vectors, null_example(site), shape=shape, key=False)


def _domains(analysis: StemAnalysis, site: SiteAnalysis) -> list[Axes]:
    full, shape = full_length(site.vectors), analysis.micrograph.intensity.shape
    assert site.domains is not None
    labels = {id(site.vectors): site.domains.labels}
    example = null_example(site)
    if example is not None:
        labels[id(example)] = _domain_labels(example, site.domains.min_cells, site.classes.significance)

    def draw(item: DisplacementMap, axes: Axes, key: bool) -> Axes:
        return plot_domain_map(item, labels[id(item)], shape=shape, full=full, key=key, axes=axes)

    return plot_beside_null(draw, site.vectors, example, shape=shape)


def _domain_labels(item: DisplacementMap, min_cells: int, significance: float) -> NDArray[np.int64]:
    # the random numbers are those of the shuffles, which are not drawn
    rng = np.random.default_rng(0)
    try:
        return image_domains(item, rng, min_cells=min_cells, significance=significance, shuffles=1).labels
    except InputError:
        return np.full(len(item.vector_px), -1, dtype=np.int64)


def _correlation(site: SiteAnalysis) -> Axes:
    found, plain = site.connected, site.correlation
    assert found is not None
    factor, unit = (1.0, "px") if found.scale_pm is None else (found.scale_pm / PICOMETER_PER_NANOMETER, "nm")
    length = None if found.one_over_e_px is None else factor * found.one_over_e_px
    return plot_image_correlation(
        factor * found.distance_px, found.values, found.errors, length=length, unit=unit,
        others=() if plain is None else ((factor * plain.distance_px, plain.values),),
    )  # fmt: skip


def _gain(analysis: StemAnalysis) -> Axes:
    from entrox.microscopy.controls.mask_gain import mask_gain

    curves, points = {}, {}
    if analysis.gain is not None:
        name = f"lattice mask of radius {analysis.gain.radius_rlu:g}"
        curves[name] = (GAIN_CELLS, mask_gain(analysis.gain.radius_rlu, GAIN_CELLS))
    else:
        name = "known fields"
    measured = analysis.empirical_gain
    if measured is not None:
        points[name] = (measured.domain_cells, measured.gain, np.nan_to_num(measured.gain_error))
    return plot_gain(curves, points)


def _lattice_figures(analysis: StemAnalysis) -> list[ReportFigure]:
    found = analysis.strain
    if found is None:
        return []
    lattice, ratio = found.lattice, found.axis_ratio
    known = lattice.pixel_size_angstrom is not None
    length, unit = (lattice.length_angstrom(), "Å") if known else (lattice.length_px, "px")
    c, a = (1, 2) if ratio.long_axis == 1 else (2, 1)
    values = {
        f"Period along $a_1$ [{unit}]": length[:, 0], f"Period along $a_2$ [{unit}]": length[:, 1],
        f"c/a ($a_{c}$ over $a_{a}$)": ratio.ratio,
    }  # fmt: skip
    words = (
        f"Cells of A columns. c is the longer axis of the image, not of each cell: c/a = {ratio.mean:.4f} ± "
        f"{ratio.mean_error:.4f}; the error of one cell is {np.nanmedian(ratio.error):.4f}."
    )
    figures = [ReportFigure("lattice", "Lattice", words, partial(_values, analysis, lattice.center_px, values))]
    strain = found.strain
    if strain is not None:
        percent = {
            "$\\epsilon_{11}$ [%]": 100.0 * strain.strain[:, 0, 0],
            "$\\epsilon_{22}$ [%]": 100.0 * strain.strain[:, 1, 1],
            "$\\epsilon_{12}$ [%]": 100.0 * strain.strain[:, 0, 1], "Rotation [deg]": strain.rotation_deg,
        }  # fmt: skip
        error = 100.0 * float(np.nanmedian(strain.strain_error[:, 0, 0]))
        words = f"Strain against the reference, along a1 and a2; the error of one cell is {error:.2g} %."
        draw = partial(_values, analysis, strain.position_px, percent, tuple(percent))
        figures.append(ReportFigure("strain", "Strain", words, draw))
    return figures


def _values(
    analysis: StemAnalysis, position_px: Floats, values: dict[str, Floats], around_zero: tuple[str, ...] = ()
) -> list[Axes]:
    return plot_cell_values(
        position_px, analysis.sublattices.basis_px, values, shape=analysis.micrograph.intensity.shape,
        scale_pm=analysis.pixel_size_pm, around_zero=around_zero,
    )  # fmt: skip


def _residual(analysis: StemAnalysis) -> Axes:
    # drawn whole: between the patches of the fit one sees what it has no column for
    fit, model = analysis.fit, model_image(analysis.fit)
    variance = fit.noise_gain * (model - fit.noise_offset) + fit.read_noise**2
    noise = np.sqrt(np.maximum(variance, LEAST_VARIANCE * np.nanmean(variance)))
    return plot_residual(analysis.analyzed.intensity - model, noise, scale_pm=analysis.pixel_size_pm)
