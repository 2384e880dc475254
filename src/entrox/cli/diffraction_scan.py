"""The work of ``entrox diffraction scan`` and ``simulate``, in the order of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.diffraction_input import check_files, region_of, substance
from entrox.cli.diffraction_options import parse_region
from entrox.core import InputError, check_positive

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from entrox.microscopy.diffraction.crystallinity_map import CrystallinityMap
    from entrox.microscopy.diffraction.pattern import Pattern
    from entrox.microscopy.diffraction.pattern_scan import PatternScan
    from entrox.microscopy.diffraction.scan_center import ScanCenters
    from entrox.microscopy.diffraction.simulated_patterns import PatternSettings

__all__ = ["FoundScan", "ScanRequest", "analyze_scan", "simulated_pattern"]

BEAM_SHARE = 0.6


@dataclass(frozen=True)
class ScanRequest:
    """What is asked of a scan."""

    path: Path
    ring_px: tuple[float, float] | None
    beam_radius_px: float | None
    scan_step_nm: float | None
    probe_nm: float | None
    gain_counts_per_electron: float
    regions: tuple[str, ...]
    glass: str | None
    scan_shape: tuple[float, float] | None
    pixel_inverse_nm: float | None
    dataset: str | None

    def check(self) -> None:
        """Raise for what needs no file to be wrong."""
        if not self.path.is_dir():
            check_files(self.path)
        for value, name, unit in (
            (self.beam_radius_px, "--beam-radius-px", "px"), (self.scan_step_nm, "--scan-step-nm", "nm"),
            (self.probe_nm, "--probe-nm", "nm"), (self.pixel_inverse_nm, "--pixel-inverse-nm", "1/nm"),
            (self.gain_counts_per_electron, "--gain-counts-per-electron", "counts"),
        ):  # fmt: skip
            if value is not None:
                check_positive(value, name, unit)
        for text in self.regions:
            parse_region(text, "--region")
        if self.glass is not None:
            parse_region(self.glass, "--glass")


@dataclass(frozen=True)
class FoundScan:
    """What was found in a scan."""

    content: dict[str, Any]
    centers: ScanCenters
    crystallinity: CrystallinityMap
    sums: NDArray[np.float64]
    pixel_per_angstrom: float | None
    threshold: float | None


def analyze_scan(request: ScanRequest) -> FoundScan:
    """Center, crystallinity and sums of regions: three passes through the file."""
    import numpy as np

    from entrox.microscopy.diffraction.crystallinity_map import crystallinity_map, glass_threshold
    from entrox.microscopy.diffraction.diffraction_record import scan_record
    from entrox.microscopy.diffraction.scan_center import scan_centers
    from entrox.microscopy.diffraction.scan_files import read_scan
    from entrox.microscopy.diffraction.scan_sums import region_sums

    assert request.ring_px is not None
    shape = None if request.scan_shape is None else (round(request.scan_shape[0]), round(request.scan_shape[1]))
    with read_scan(
        request.path, dataset=request.dataset, scan_shape=shape, scan_step_nm=request.scan_step_nm,
        pixel_inverse_nm=request.pixel_inverse_nm,
    ) as scan:  # fmt: skip
        regions = [region_of(text, "--region", scan.scan_shape) for text in request.regions]
        glass = None if request.glass is None else region_of(request.glass, "--glass", scan.scan_shape)
        centers = scan_centers(scan, request.beam_radius_px or BEAM_SHARE * request.ring_px[0])
        found = crystallinity_map(
            scan, centers, request.ring_px, gain_counts_per_electron=request.gain_counts_per_electron
        )
        whole = np.ones(scan.scan_shape, dtype=bool)
        sums = region_sums(scan, np.stack([whole, *regions]))
        threshold = None if glass is None else glass_threshold(found, glass)
        extra = {
            **_scales(request, scan, whole),
            "threshold": threshold,
            "crystal_share": None if threshold is None else float((found.variance > threshold).mean()),
            "regions": [
                {"region": text, **_region(request, scan, region, found, threshold)}
                for text, region in zip(request.regions, regions, strict=True)
            ],
            "warnings": _remarks(request, scan),
        }
        return FoundScan(scan_record(centers, found, extra), centers, found, sums, scan.pixel_per_angstrom, threshold)


def _scales(request: ScanRequest, scan: PatternScan, whole: NDArray[np.bool_]) -> dict[str, Any]:
    return {
        "scan_step_nm": scan.scan_step_nm,
        "probe_nm": request.probe_nm,
        "n_patterns": int(whole.sum()),
        "n_independent": _independent(request, scan, whole),
    }


def _independent(request: ScanRequest, scan: PatternScan, region: NDArray[np.bool_]) -> float | None:
    from entrox.microscopy.diffraction.probe_overlap import effective_number

    if scan.scan_step_nm is None or request.probe_nm is None:
        return None
    return effective_number(region, scan.scan_step_nm, request.probe_nm)


def _region(
    request: ScanRequest, scan: PatternScan, region: NDArray[np.bool_], found: CrystallinityMap, threshold: float | None
) -> dict[str, Any]:
    values = found.variance[region]
    return {
        "n_patterns": int(region.sum()),
        "n_independent": _independent(request, scan, region),
        "variance_mean": float(values.mean()),
        "crystal_share": None if threshold is None else float((values > threshold).mean()),
    }


def _remarks(request: ScanRequest, scan: PatternScan) -> list[str]:
    found = []
    if scan.scan_step_nm is None or request.probe_nm is None:
        found.append(
            "without --scan-step-nm and --probe-nm it is not known how many patterns are independent: neighbors whose "
            "probes overlap are not."
        )
    elif scan.scan_step_nm < request.probe_nm:
        found.append("neighboring probes overlap: their patterns are not independent; count n_independent.")
    if request.glass is None:
        found.append("no --glass region: the map is not divided into crystal and glass; speckle of glass counts too.")
    return found


def simulated_pattern(
    source: str, settings: PatternSettings, seed: int, *, fwhm_inverse_nm: float, debye: bool
) -> Pattern:
    """Draw the pattern of a standard, a crystal or a cluster of atoms."""
    import numpy as np

    from entrox.cli.diffraction_input import read_structure
    from entrox.core import generator
    from entrox.core.units import NANOMETER_PER_ANGSTROM
    from entrox.microscopy.diffraction.simulated_patterns import debye_curve, powder_curve, simulate_pattern

    far = float(settings.geometry.radius_px((settings.size_px, settings.size_px)).max()) * settings.pixel_per_angstrom
    s = np.linspace(0.0, far, 1600)
    if debye:
        path = Path(source)
        if not path.is_file():
            raise InputError(f"--debye needs a file with the atoms of a glass; there is no file {source}.")
        # the shape of the cluster scatters at small angles only
        s = s[s >= min(0.15, 0.2 * far)]
        curve = debye_curve(read_structure(path), s)
    else:
        crystal = substance(source)
        assert crystal is not None
        width = check_positive(fwhm_inverse_nm, "--fwhm-inverse-nm", "1/nm") * NANOMETER_PER_ANGSTROM
        curve = powder_curve(crystal, s, fwhm_per_angstrom=width)
    return simulate_pattern(s, np.maximum(curve, 0.0), settings, generator(seed))
