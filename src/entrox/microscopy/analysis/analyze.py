"""The whole question about one image: where the columns are, how far they are displaced, and what of it is real.

Columns, lattice, sublattices, fit, displacements with covariance, statistics, domains, strain, and the null field, by
one pipeline. A part that the image does not allow is refused with a reason, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from entrox.core import InputError, check_integer, spawn_generators
from entrox.core.units import PICOMETER_PER_ANGSTROM
from entrox.microscopy.analysis.image_pipeline import ImagePipeline
from entrox.microscopy.analysis.oxygen_start import cations_with_oxygen
from entrox.microscopy.analysis.scale_check import cell_edge_px, check_pixel_known, check_same_shape, scale_doubts
from entrox.microscopy.analysis.site_analysis import CountedMeasure, FittedMicrograph, Progress, analyze_site
from entrox.microscopy.analysis.stem_analysis import SiteAnalysis, StemAnalysis, StrainAnalysis
from entrox.microscopy.analysis.stem_settings import StemSettings
from entrox.microscopy.controls.empirical_gain import EmpiricalGain, empirical_gain
from entrox.microscopy.controls.mask_gain import DOMAIN_CELLS, mask_gain_curve
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.fit.split_halves import SplitHalves, halves_remarks
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.a_site import decide_a_site
from entrox.microscopy.lattice.assign_sublattices import assign_sublattices
from entrox.microscopy.lattice.column_lattice import LatticeIndex, index_lattice
from entrox.microscopy.lattice.columns import Columns, columns_at, find_columns
from entrox.microscopy.lattice.sublattices import SITES, Sublattices
from entrox.microscopy.scan.affine_fit import fit_affine
from entrox.microscopy.scan.distortion import row_jitter
from entrox.microscopy.scan.scan_drift import scan_drift
from entrox.microscopy.strain.lattice_strain import c_over_a_map, local_lattice
from entrox.microscopy.strain.strain_map import strain_map
from entrox.microscopy.vectors.vector_statistics import column_sigma

__all__ = ["analyze_micrograph"]

FEWEST_NULL_FIELDS = 20
UNKNOWN_PIXEL = (
    "unknown_pixel: lengths are in px; give the edge of a pixel (pixel_size_pm, --pixel-size-pm) or of the cell "
    "(period_angstrom, --period-angstrom) for pm"
)
T = TypeVar("T")


def analyze_micrograph(
    micrograph: Micrograph,
    settings: StemSettings | None = None,
    rng: np.random.Generator | None = None,
    *,
    positions: ArrayLike | None = None,
    sublattices: Sublattices | None = None,
    cations: Micrograph | None = None,
    label: str = "",
    progress: Progress | None = None,
    workers: int = 1,
) -> StemAnalysis:
    """Analyze one image.

    Parameters
    ----------
    micrograph
        The image.
    settings
        What is done; the defaults if None.
    rng
        Draws blocks, shuffles, null fields and injected fields; seed 1 if None.
    positions
        Where to start, x right and y down [px], shape ``(n, 2)``, instead of a search for columns.
    sublattices
        Columns with kinds and cages, instead of search, index and assignment: for example cations from a dark field
        with the oxygen of the bright field of the same area. Where they hold oxygen, A and B stay as they are.
    cations
        Dark field of the same area, in which the cations are found (``positions`` belong to it); with it, or with
        ``reference="oxygen"``, columns of oxygen are looked for in the image. Its columns are not in the result.
    label
        Name of the image in reports; its source if empty.
    progress
        Called with the name of a part, what is done and its number.
    workers
        Threads for null fields and injected fields; numbers do not depend on it.

    Returns
    -------
    StemAnalysis
        Without vectors where only one sublattice is seen; the reason stands in ``refused["displacement"]``.

    Raises
    ------
    InputError
        If the image has no periods or shows another zone axis, an option does not fit the image, no displacement has a
        complete cage, or oxygen is asked for and not found.
    """
    s = StemSettings() if settings is None else settings
    check_integer(workers, "workers", low=1)
    streams = spawn_generators(np.random.default_rng(1) if rng is None else rng, 3)
    say = progress or _silent
    check_pixel_known(micrograph, s)
    check_same_shape(micrograph, cations)
    say("columns", 0, 1)
    # a pool has one thread for each image: the fits inside take one
    threads = 1 if workers > 1 else None
    image, columns, index, assigned = _assigned(micrograph, s, positions, sublattices, cations)
    doubts = scale_doubts(image, assigned, s)
    say("fit", 0, 1)
    if sublattices is None and (s.reference == "oxygen" or cations is not None):
        assigned = cations_with_oxygen(image, assigned, s, cations, threads)
    pipeline = ImagePipeline(s, assigned, threads)
    plain = pipeline.fit(image)
    if not (assigned.site == SITES.index("O")).any():
        # oxygen was placed between cations that had been named before
        pipeline = replace(pipeline, sublattices=decide_a_site(assigned, plain.integrated_intensity, a_site=s.a_site,
                                                               formula=s.formula))  # fmt: skip
    refused: dict[str, str] = {}
    jitter = _tried(refused, "row_jitter", lambda: row_jitter(image, plain, s.fast_axis))
    halves = _tried(refused, "split_halves", lambda: pipeline.halves(image))
    analyzed, fit = image, plain
    if pipeline.changes_image:
        analyzed = pipeline.prepared(image, plain)[0]
        fit = pipeline.fit(analyzed)
    found = FittedMicrograph(pipeline, plain, fit, jitter)
    with ThreadPoolExecutor(workers) if workers > 1 else nullcontext() as executor:
        sites = _sites(found, streams[0], progress, executor, refused)
        gain = _gain(found, streams[1], progress, executor) if sites and s.filter != "none" else None
    say("strain", 0, 1)
    kinds = pipeline.sublattices
    return StemAnalysis(
        settings=s, micrograph=micrograph, analyzed=analyzed, columns=columns, index=index, sublattices=kinds, fit=fit,
        sites=sites, jitter=jitter,
        drift=_tried(refused, "drift", lambda: scan_drift(plain, kinds, fast_axis=s.fast_axis)),
        strain=_tried(refused, "strain", lambda: _strain(fit, kinds, s)),
        gain=mask_gain_curve(s.mask_radius_rlu) if s.filter == "lattice-mask" else None, empirical_gain=gain,
        halves=halves, sigma_column_px=_column_sigmas(fit, kinds),
        refused=refused, label=label or micrograph.source,
        warnings=(*doubts, *_warnings(image, kinds, fit, sites, found, refused, halves)),
    )  # fmt: skip


def _silent(part: str, done: int, total: int) -> None:
    """Say nothing."""


def _tried(refused: dict[str, str], name: str, part: Callable[[], T]) -> T | None:
    """Result of a part; None where the image does not allow it, with the reason in ``refused``."""
    try:
        return part()
    except InputError as error:
        refused[name] = str(error)
        return None


def _assigned(
    micrograph: Micrograph, s: StemSettings, positions: ArrayLike | None, given: Sublattices | None,
    cations: Micrograph | None,
) -> tuple[Micrograph, Columns | None, LatticeIndex | None, Sublattices]:  # fmt: skip
    """Image with its pixel, columns, places and sublattices; those of another image only as sublattices."""
    if given is not None and cations is not None:
        raise InputError("give sublattices or the image of the cations, not both.")
    image = micrograph
    if s.pixel_size_pm is not None:
        image = replace(image, pixel_size_angstrom=s.pixel_size_pm / PICOMETER_PER_ANGSTROM)
    if given is not None:
        if s.period_angstrom is not None:
            image = _calibrated(image, np.linalg.norm(given.basis_px, axis=1), s)
        return image, None, None, given
    source, dark = (image, s.dark) if cations is None else (cations, False)
    if positions is None:
        columns = find_columns(source, minimum_separation=s.minimum_separation, dark=dark)
    else:
        columns = columns_at(source, positions, dark=dark)
    index = index_lattice(columns)
    if s.period_angstrom is not None:
        image = _calibrated(image, columns.period_px, s)
        columns = replace(columns, pixel_size_angstrom=image.pixel_size_angstrom)
    kinds = assign_sublattices(columns, index, zone_axis=s.zone_axis, a_site=s.a_site, formula=s.formula)
    return (image, columns, index, kinds) if cations is None else (image, None, None, kinds)


def _calibrated(image: Micrograph, period_px: ArrayLike, s: StemSettings) -> Micrograph:
    """Image whose pixel follows from the edge of the cell."""
    assert s.period_angstrom is not None
    return replace(image, pixel_size_angstrom=s.period_angstrom / cell_edge_px(period_px, s.zone_axis))


def _sites(
    found: FittedMicrograph, rng: np.random.Generator, progress: Progress | None, executor: Executor | None,
    refused: dict[str, str],
) -> tuple[SiteAnalysis, ...]:  # fmt: skip
    """Vectors of every site of the settings; none where a sublattice is missing."""
    s, kinds = found.pipeline.settings, found.pipeline.sublattices
    if not (kinds.site == 1).any() or not (kinds.site == 0).any():
        reason = kinds.decision.get("second_sublattice", "not found")
        refused["displacement"] = f"second sublattice not found: {str(reason).removeprefix('not found: ')}"
        return ()
    streams = spawn_generators(rng, len(s.sites))
    sites = tuple(
        analyze_site(found, site, stream, progress=progress, executor=executor)
        for site, stream in zip(s.sites, streams, strict=True)
    )
    if any(item.domains is None for item in sites):
        refused["domains"] = "too few complete cages"
    return sites


def _gain(
    found: FittedMicrograph, rng: np.random.Generator, progress: Progress | None, executor: Executor | None
) -> EmpiricalGain:
    """What comes back of known fields, for the main site."""
    s, jitter = found.pipeline.settings, found.known_jitter
    site = s.sites[0]
    measure = CountedMeasure(
        lambda image: found.pipeline.measure(image, site), progress, "gain of the filter",
        len(DOMAIN_CELLS) * s.gain_fields,
    )  # fmt: skip
    return empirical_gain(
        found.plain, found.pipeline.sublattices, measure, rng, DOMAIN_CELLS, s.gain_fields, displaced=site,
        reference=s.reference, row_jitter_px=0.0 if jitter is None else jitter.sigma_px, fast_axis=s.fast_axis,
        executor=executor,
    )  # fmt: skip


def _column_sigmas(fit: ColumnFit, kinds: Sublattices) -> dict[str, float]:
    """Standard error of a component of the positions of each kind of column that is there."""
    return {name: column_sigma(fit, kinds, name) for k, name in enumerate(SITES) if (kinds.site == k).any()}


def _strain(fit: ColumnFit, kinds: Sublattices, s: StemSettings) -> StrainAnalysis:
    """Lattice and strain of A; absolute strain needs a pixel and both reference lengths."""
    lengths = None
    if s.reference_a_angstrom is not None and s.reference_b_angstrom is not None:
        lengths = (s.reference_a_angstrom, s.reference_b_angstrom)
    lattice = local_lattice(fit, kinds)
    return StrainAnalysis(
        lattice=lattice, strain=strain_map(fit, kinds, reference_angstrom=lengths),
        axis_ratio=c_over_a_map(lattice, fit), affine=fit_affine(fit, kinds),
    )  # fmt: skip


def _warnings(
    image: Micrograph, kinds: Sublattices, fit: ColumnFit, sites: tuple[SiteAnalysis, ...], found: FittedMicrograph,
    refused: dict[str, str], halves: SplitHalves | None,
) -> tuple[str, ...]:  # fmt: skip
    """What a reader must know before believing a number."""
    s = found.pipeline.settings
    texts = [*image.warnings, *kinds.warnings, *fit.warnings]
    if fit.pixel_size_angstrom is None:
        texts.append(UNKNOWN_PIXEL)
    else:
        # the file did not know, but the user did
        texts = [text for text in texts if "results are in px" not in text]
    for item in sites:
        texts += item.vectors.warnings
        texts += _null_remarks(item, s)
    if s.filter == "lattice-mask":
        texts.append(
            "lattice_mask: displacements are averages over neighboring cells; read domains and lengths beside the gain "
            "and the null field"
        )
    if s.filter != "none":
        known = "are those of the null fields" if s.null_fields else "come from its residual and may be far off"
        texts.append(f"filtered_errors: errors of the displacements of a filtered image {known}")
    if halves is not None:
        texts += halves_remarks(halves)
    if s.fit == "single":
        texts.append("single_fit: tails of neighbors pull the columns; errors do not know of it")
    texts += [f"refused: {name}: {reason}" for name, reason in refused.items()]
    return tuple(dict.fromkeys(texts))


def _null_remarks(item: SiteAnalysis, s: StemSettings) -> list[str]:
    texts = []
    if item.detection is not None and not item.detection.detected:
        texts.append(
            f"no_field: the displacements of {item.site} are no longer than those of images without any; the map shows "
            "noise"
        )
    if 0 < s.null_fields < FEWEST_NULL_FIELDS:
        texts.append(f"few_null_fields: {s.null_fields}; {FEWEST_NULL_FIELDS} are needed for their scatter")
    if s.subtract != "nothing":
        texts.append(f"subtracted: {item.vectors.subtracted}; polarization and mistilt went together")
    return texts
