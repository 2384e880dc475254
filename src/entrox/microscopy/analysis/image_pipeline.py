"""From an image to displacements, always by the same steps: filter, fit from the same starts, correction, arithmetic.

The real image, the null fields and the images with injected fields all go through it, so that they can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from entrox.core import InputError
from entrox.microscopy.analysis.stem_settings import Site, StemSettings
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.fit.fitting import fit_columns
from entrox.microscopy.fit.noise import NoiseModel
from entrox.microscopy.fit.split_halves import SplitHalves, split_half_error
from entrox.microscopy.images.filters import lattice_mask, low_pass
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import SITES, Sublattices
from entrox.microscopy.scan.distortion import RowJitter, correct_row_jitter, row_jitter
from entrox.microscopy.vectors.displacement import column_displacements
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.field_mean import subtract_mean, subtract_plane

__all__ = ["ImagePipeline", "with_error_scale"]


@dataclass(frozen=True)
class ImagePipeline:
    """The steps of the analysis for one set of columns.

    Parameters
    ----------
    settings
        What is done.
    sublattices
        Columns with kinds and cages; their positions are the starts of every fit.
    threads
        Threads of a fit; None for all. Numbers do not depend on it.
    """

    settings: StemSettings
    sublattices: Sublattices
    threads: int | None = None

    def fit(self, image: Micrograph) -> ColumnFit:
        """Fit all columns of an image; those of oxygen overlap with cations and are swept until nothing moves.

        Raises
        ------
        InputError
            If a radius in angstrom is given and the size of a pixel is not known.
        """
        s, radius, noise = self.settings, self._radius(image), self._noise()
        overlapping = s.fit == "sweep" and bool((self.sublattices.site == SITES.index("O")).any())
        return fit_columns(
            image, self.sublattices, mode=s.fit, shape=s.shape, radius=radius, noise=noise, likelihood=s.likelihood,
            until_settled=overlapping, threads=self.threads,
        )  # fmt: skip

    def halves(self, image: Micrograph) -> SplitHalves | None:
        """Errors of the columns from the halves of a stack; None where the image is no sum of frames.

        Oxygen, whose fit is swept until nothing moves, has none.
        """
        s = self.settings
        if image.frames is None or len(image.frames) < 2 or (self.sublattices.site == SITES.index("O")).any():
            return None
        return split_half_error(
            image, self.sublattices, mode=s.fit, shape=s.shape, radius=self._radius(image), noise=self._noise(),
            likelihood=s.likelihood, threads=self.threads,
        )  # fmt: skip

    def _radius(self, image: Micrograph) -> float | None:
        """Radius of the patches [px], if the settings give one."""
        s = self.settings
        if s.radius_angstrom is None:
            return s.radius_px
        if image.pixel_size_angstrom is None:
            raise InputError(
                "radius_angstrom needs the size of a pixel: give pixel_size_pm (--pixel-size-pm) or "
                "period_angstrom (--period-angstrom), or the radius in px."
            )
        return s.radius_angstrom / image.pixel_size_angstrom

    def _noise(self) -> NoiseModel | None:
        """Noise of the detector, if the settings give it."""
        s = self.settings
        if s.gain_counts_per_electron is None:
            return None
        return NoiseModel(gain=s.gain_counts_per_electron, read_noise=s.read_noise_counts or 0.0)

    def filtered(self, image: Micrograph) -> Micrograph:
        """Image after the filter of the settings.

        Raises
        ------
        InputError
            If a low-pass in 1/angstrom is asked for and the size of a pixel is not known.
        """
        s = self.settings
        if s.filter == "low-pass":
            if s.low_pass_per_px is not None:
                return low_pass(image, per_px=s.low_pass_per_px)
            return low_pass(image, s.low_pass_per_angstrom)
        if s.filter == "lattice-mask":
            return lattice_mask(image, self.sublattices.basis_px, s.mask_radius_rlu)
        return image

    @property
    def changes_image(self) -> bool:
        """Whether the image that is fitted is another one than the image given."""
        return self.settings.filter != "none" or self.settings.correct_row_jitter

    def prepared(self, image: Micrograph, plain: ColumnFit | None = None) -> tuple[Micrograph, RowJitter | None]:
        """Image after correction and filter, and the jitter that was corrected.

        Parameters
        ----------
        image
            As it was taken.
        plain
            Its fit, if there is one already; the correction needs it.
        """
        jitter = None
        if self.settings.correct_row_jitter:
            jitter = row_jitter(image, self.fit(image) if plain is None else plain, self.settings.fast_axis)
            image = correct_row_jitter(image, jitter)
        return self.filtered(image), jitter

    def vectors(self, fit: ColumnFit, site: Site) -> DisplacementMap:
        """Displacements of one kind of cation.

        Cations and oxygen count as independent. The covariance of a common fit knows less: it holds for columns that
        share the information of their tails, but each is placed by its own patch. In simulated images the squared
        errors are 0.8 to 1.2 of the independent variance, and 0.95 to 1.5 of the common one.
        """
        return column_displacements(fit, self.sublattices, displaced=site, reference=self.settings.reference)

    def subtracted(self, vectors: DisplacementMap) -> DisplacementMap:
        """Displacements without what the settings take off."""
        if self.settings.subtract == "mean":
            return subtract_mean(vectors)
        return subtract_plane(vectors) if self.settings.subtract == "plane" else vectors

    def measure(self, image: Micrograph, site: Site, errors: DisplacementMap | None = None) -> DisplacementMap:
        """From an image as it was taken to displacements.

        Parameters
        ----------
        image
            Image.
        site
            Displaced cations.
        errors
            Map of the real image: its part of row jitter is taken, and where a filter makes the residual useless all of
            its covariances.
        """
        vectors = self.vectors(self.fit(self.prepared(image)[0]), site)
        if errors is not None:
            vectors = replace(vectors, jitter_covariance_px2=errors.jitter_covariance_px2)
            if self.settings.filter != "none":
                vectors = replace(
                    vectors, covariance_px2=errors.covariance_px2, shared_covariance_px2=errors.shared_covariance_px2
                )
        return self.subtracted(vectors)


def with_error_scale(vectors: DisplacementMap, scale: float) -> DisplacementMap:
    """Displacements with all covariances of the fit multiplied by a number."""
    if scale == 1.0:
        return vectors
    shared = vectors.shared_covariance_px2
    return replace(
        vectors, covariance_px2=vectors.covariance_px2 * scale,
        shared_covariance_px2=None if shared is None else shared * scale,
    )  # fmt: skip
