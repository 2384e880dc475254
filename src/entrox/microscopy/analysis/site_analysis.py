"""What is said about the vectors of one kind of cation: mean, lengths, classes, domains, and the null beside them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, spawn_generators
from entrox.microscopy.analysis.image_pipeline import ImagePipeline, with_error_scale
from entrox.microscopy.analysis.stem_analysis import SiteAnalysis
from entrox.microscopy.analysis.stem_settings import Site
from entrox.microscopy.controls.field_detection import FieldDetection, detect_field
from entrox.microscopy.controls.null_covariance import with_null_covariance
from entrox.microscopy.controls.null_field import NullField, null_field
from entrox.microscopy.fit.column_fit import FLAGS, ColumnFit
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import FEWEST_CAGES
from entrox.microscopy.scan.distortion import RowJitter
from entrox.microscopy.scan.jitter_covariance import with_row_jitter
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.field_mean import field_mean
from entrox.microscopy.vectors.image_correlation import image_correlation
from entrox.microscopy.vectors.image_domains import ImageDomains, image_domains
from entrox.microscopy.vectors.vector_classes import vector_classes
from entrox.microscopy.vectors.vector_statistics import (
    angle_distribution,
    magnitude_distribution,
    rule_of_thumb_sigma,
    vector_sigma,
)

__all__ = ["CountedMeasure", "FittedMicrograph", "analyze_site"]

Progress = Callable[[str, int, int], None]
Floats = NDArray[np.float64]
PILOT_FIELDS = 4
"""Null fields that measure the errors of a filtered image, before those that are shown."""
LEAST_SCALE = 1e-3
"""Of errors that row jitter alone would explain."""
HONEST_RATIOS = (0.85, 1.15)
"""Of null fields and errors, beyond which there is a warning."""
LARGEST_NOISE_FACTOR = 3.0


@dataclass(frozen=True, eq=False)
class FittedMicrograph:
    """An image after the fit.

    Parameters
    ----------
    pipeline
        The steps from image to displacements.
    plain
        Fit of the image as it was taken; null fields are drawn from it.
    fit
        Fit of the image after filter and correction.
    jitter
        Row jitter of the image as it was taken; None where it could not be measured.
    """

    pipeline: ImagePipeline
    plain: ColumnFit
    fit: ColumnFit
    jitter: RowJitter | None

    @property
    def known_jitter(self) -> RowJitter | None:
        """The jitter, if it was detected: an undetected one would add noise to the errors."""
        return self.jitter if self.jitter is not None and self.jitter.detected else None


def analyze_site(
    found: FittedMicrograph,
    site: Site,
    rng: np.random.Generator,
    *,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> SiteAnalysis:
    """Vectors of one kind of cation and what they say.

    Parameters
    ----------
    found
        The fitted image.
    site
        Displaced cations.
    rng
        Draws blocks, shuffles and null fields, each from a generator of its own.
    progress
        Called with the name of a part, what is done and its number.
    executor
        Runs null fields.

    Raises
    ------
    InputError
        If the site has no vector that enters statistics.
    """
    s = found.pipeline.settings
    draws, shuffles, nulls, pilots = spawn_generators(rng, 4)
    raw = _with_jitter(found, found.pipeline.vectors(found.fit, site))
    if not raw.good.any():
        raise InputError(f"no {site} column has a complete cage of columns without a flag: {_flag_counts(found)}.")
    scale = 1.0
    pilot = null = None
    if s.filter != "none" and s.null_fields:
        pilot = _null(_unsubtracted(found), raw, site, pilots, PILOT_FIELDS, executor=executor)
        scale = _error_scale(raw, pilot)
        raw = with_null_covariance(with_error_scale(raw, scale), pilot)
    if s.null_fields:
        null = _null(found, raw, site, nulls, s.null_fields, progress=progress, executor=executor)
    if pilot is not None and null is not None:
        raw = with_null_covariance(raw, null)
    mean = field_mean(raw, _null_means(pilot, null if s.subtract == "nothing" else None))
    raw = replace(raw, warnings=(*raw.warnings, *_remarks(found, raw, null)))
    vectors = found.pipeline.subtracted(raw)
    correlation, connected = image_correlation(vectors), image_correlation(vectors, connected=True)
    length = None if connected is None else connected.one_over_e_px
    magnitudes = magnitude_distribution(vectors, draws, correlation_length_px=length, draws=s.bootstrap)
    angles = angle_distribution(
        vectors, draws, significance=s.weak_sigma, correlation_length_px=length, draws=s.bootstrap
    )
    classes = vector_classes(vectors, significance=s.weak_sigma, correlation_length_px=length)
    jitter = vectors.jitter_covariance_px2
    part = 0.0 if jitter is None else float(np.trace(jitter[vectors.good], axis1=1, axis2=2).mean())
    return SiteAnalysis(
        site=site, vectors=vectors, field_mean=mean, magnitudes=magnitudes, angles=angles, classes=classes,
        correlation=correlation, connected=connected, domains=_domains(vectors, shuffles, found), null=null,
        detection=_detection(vectors, null), sigma_px=vector_sigma(vectors),
        rule_of_thumb_sigma_px=rule_of_thumb_sigma(found.fit, found.pipeline.sublattices, vectors),
        jitter_sigma_px=float(np.sqrt(0.5 * part)), error_scale=scale,
    )  # fmt: skip


def _flag_counts(found: FittedMicrograph) -> str:
    """How many columns have which flag, the most common first."""
    counts = np.bincount(found.fit.flag, minlength=len(FLAGS))
    order = [k for k in np.argsort(-counts) if counts[k]]
    return ", ".join(f"{counts[k]} {FLAGS[k].replace('_', ' ')}" for k in order)


def _with_jitter(found: FittedMicrograph, vectors: DisplacementMap) -> DisplacementMap:
    """Vectors whose errors know the row jitter, or what the correction has left of it."""
    jitter, s = found.known_jitter, found.pipeline.settings
    if jitter is None or s.filter == "lattice-mask":
        # a lattice mask averages the jitter of several cells: its part is less than that of the plain image
        return vectors
    return with_row_jitter(vectors, found.fit, jitter, corrected=s.correct_row_jitter)


def _unsubtracted(found: FittedMicrograph) -> FittedMicrograph:
    """The same image, with nothing taken off its vectors."""
    settings = found.pipeline.settings.model_copy(update={"subtract": "nothing"})
    return replace(found, pipeline=replace(found.pipeline, settings=settings))


def _null_means(pilot: NullField | None, null: NullField | None) -> Floats | None:
    """Mean vectors of null fields of a filtered image; None without a filter."""
    if pilot is None:
        return None
    return pilot.mean_vector_px if null is None or len(null.mean_vector_px) < PILOT_FIELDS else null.mean_vector_px


def _remarks(found: FittedMicrograph, raw: DisplacementMap, null: NullField | None) -> list[str]:
    """Where null fields and errors disagree, or the jitter was measured in something else than noise."""
    texts = []
    if null is not None:
        ratio = float(np.sqrt(np.mean(null.rms_px**2))) / (np.sqrt(2.0) * vector_sigma(raw))
        if not HONEST_RATIOS[0] < ratio < HONEST_RATIOS[1]:
            texts.append(
                f"null_errors: null fields of {raw.site} are {ratio:.2f} times as long as the errors say; a field is "
                "held against the larger of the two"
            )
    if found.jitter is not None and found.jitter.noise_factor > LARGEST_NOISE_FACTOR:
        texts.append(
            f"row_jitter_noise: rows scatter {found.jitter.noise_factor:.3g} times as much as the noise model says; "
            "what the model of the columns misses hides the jitter"
        )
    return texts


def _domains(vectors: DisplacementMap, rng: np.random.Generator, found: FittedMicrograph) -> ImageDomains | None:
    s = found.pipeline.settings
    if vectors.n_good < FEWEST_CAGES:
        return None
    return image_domains(vectors, rng, min_cells=s.minimum_domain_cells, significance=s.weak_sigma)


def _null(
    found: FittedMicrograph, vectors: DisplacementMap, site: Site, rng: np.random.Generator, number: int, *,
    progress: Progress | None = None, executor: Executor | None,
) -> NullField:  # fmt: skip
    s, jitter = found.pipeline.settings, found.known_jitter
    measure = CountedMeasure(
        lambda image: replace(
            found.pipeline.measure(image, site, vectors), offset_cells=vectors.offset_cells,
            offset_covariance_px2=vectors.offset_covariance_px2,
        ),
        progress, f"null fields of {site}", number,
    )  # fmt: skip
    return null_field(
        found.plain, found.pipeline.sublattices, measure, rng, number, displaced=site, reference=s.reference,
        row_jitter_px=0.0 if jitter is None else jitter.sigma_px, fast_axis=s.fast_axis, significance=s.weak_sigma,
        min_cells=s.minimum_domain_cells, executor=executor,
    )  # fmt: skip


def _error_scale(vectors: DisplacementMap, pilot: NullField) -> float:
    """Factor on the covariances of the fit that gives vectors of nothing but noise the length they have.

    Row jitter is in the null fields and known apart: its part is taken off first.

    The residual of a filtered image says little about the errors of its columns: the filter has averaged the noise of
    many cells into every one of them.
    """
    good, jitter = vectors.good, vectors.jitter_covariance_px2
    predicted = float(np.trace(vectors.covariance_px2[good], axis1=1, axis2=2).mean())
    known = 0.0 if jitter is None else float(np.trace(jitter[good], axis1=1, axis2=2).mean())
    return max((float(np.nanmean(pilot.lengths_px**2)) - known) / predicted, LEAST_SCALE)


class CountedMeasure:
    """A measurement that tells how often it was made, from whatever thread."""

    def __init__(
        self, measure: Callable[[Micrograph], DisplacementMap], progress: Progress | None, name: str, total: int
    ) -> None:
        self._measure, self._progress, self._name, self._total = measure, progress, name, total
        self._done, self._lock = 0, Lock()
        if progress is not None:
            progress(name, 0, total)

    def __call__(self, image: Micrograph) -> DisplacementMap:
        """Measure an image."""
        vectors = self._measure(image)
        with self._lock:
            self._done += 1
            if self._progress is not None:
                self._progress(self._name, self._done, self._total)
        return vectors


def _detection(vectors: DisplacementMap, null: NullField | None) -> FieldDetection | None:
    """Test against the null fields; one of them has no scatter."""
    if null is None or len(null.rms_px) < 2:
        return None
    return detect_field(vectors, null.rms_px**2)
