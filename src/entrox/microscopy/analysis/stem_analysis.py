"""Everything the analysis of one image has found: the record that figures, tables and reports are made from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from entrox.core import Result, quantity
from entrox.core.units import PICOMETER_PER_ANGSTROM
from entrox.microscopy.analysis.stem_settings import StemSettings
from entrox.microscopy.controls.empirical_gain import EmpiricalGain
from entrox.microscopy.controls.field_detection import FieldDetection
from entrox.microscopy.controls.mask_gain import MaskGain
from entrox.microscopy.controls.null_field import NullField
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.fit.split_halves import SplitHalves
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.column_lattice import LatticeIndex
from entrox.microscopy.lattice.columns import Columns
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.scan.affine_fit import AffineFit
from entrox.microscopy.scan.distortion import RowJitter
from entrox.microscopy.scan.scan_drift import ScanDrift
from entrox.microscopy.strain.lattice_strain import AxisRatio, LocalLattice
from entrox.microscopy.strain.strain_map import StrainMap
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.field_mean import FieldMean
from entrox.microscopy.vectors.image_correlation import ImageCorrelation
from entrox.microscopy.vectors.image_domains import ImageDomains
from entrox.microscopy.vectors.vector_classes import VectorClasses
from entrox.microscopy.vectors.vector_statistics import AngleDistribution, MagnitudeDistribution

__all__ = ["SiteAnalysis", "StemAnalysis", "StrainAnalysis"]


@dataclass(frozen=True, kw_only=True)
class SiteAnalysis(Result):
    """Vectors of one kind of cation and what they say.

    ``vectors`` know the part of row jitter in their errors; with ``subtract`` they are what is left. The field mean is
    that before anything was taken off. ``correlation`` is that of the vectors, ``connected`` that without their mean.
    Domains are None where there are too few cages, correlations where noise leaves nothing, null field and detection
    where none was asked for.
    """

    site: str
    vectors: DisplacementMap
    field_mean: FieldMean
    magnitudes: MagnitudeDistribution
    angles: AngleDistribution
    classes: VectorClasses
    correlation: ImageCorrelation | None
    connected: ImageCorrelation | None
    domains: ImageDomains | None
    null: NullField | None
    detection: FieldDetection | None
    sigma_px: float = quantity("px", "standard error of a component, root mean square over the vectors")
    rule_of_thumb_sigma_px: float = quantity("px", "standard error if all columns were independent")
    jitter_sigma_px: float = quantity("px", "part of that error from row jitter, per component")
    error_scale: float = quantity("1", "factor on the covariances of the fit, measured with a filter", default=1.0)

    @property
    def null_error_ratio(self) -> float | None:
        """Root mean square length of the null fields over that of the errors; None without null fields."""
        if self.null is None:
            return None
        return float(np.sqrt(np.mean(self.null.rms_px**2)) / self.magnitudes.rms_noise_px)


@dataclass(frozen=True, kw_only=True)
class StrainAnalysis(Result):
    """Lattice of the A columns from cell to cell."""

    lattice: LocalLattice
    strain: StrainMap | None
    axis_ratio: AxisRatio
    affine: AffineFit


@dataclass(frozen=True, kw_only=True)
class StemAnalysis(Result):
    """Result of the analysis of one image.

    ``analyzed`` is the image that was fitted, with its pixel, after filter or correction. Columns and index are None
    where the sublattices were given. Sites are in the order of the settings, the main one first, and empty where no
    second sublattice was found. ``gain`` is the closed form of a lattice mask; ``empirical_gain`` what known fields
    measured, with any filter.
    """

    settings: StemSettings
    micrograph: Micrograph
    analyzed: Micrograph
    columns: Columns | None
    index: LatticeIndex | None
    sublattices: Sublattices
    fit: ColumnFit
    sites: tuple[SiteAnalysis, ...]
    jitter: RowJitter | None
    drift: ScanDrift | None
    strain: StrainAnalysis | None
    gain: MaskGain | None
    empirical_gain: EmpiricalGain | None
    halves: SplitHalves | None = None
    """Errors of the columns from the halves of a stack of frames; None for a single image."""
    sigma_column_px: dict[str, float] = field(default_factory=dict)
    """Standard error of a component of the positions of A, B and, where seen, O columns."""
    refused: dict[str, str] = field(default_factory=dict)
    """Parts that the image does not allow, with the reason."""
    label: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def main(self) -> SiteAnalysis | None:
        """The site that the numbers of the record are about; None without a second sublattice."""
        return self.sites[0] if self.sites else None

    def site(self, name: str) -> SiteAnalysis | None:
        """Vectors of A or B; None where they were not measured."""
        return next((item for item in self.sites if item.site == name), None)

    @property
    def pixel_size_pm(self) -> float | None:
        """Edge of a pixel; None where it is unknown."""
        size = self.fit.pixel_size_angstrom
        return None if size is None else size * PICOMETER_PER_ANGSTROM
