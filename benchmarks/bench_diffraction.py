"""Speed and accuracy of electron diffraction: profile with its center, pair distribution, streamed scans.

Memory of the scan is that of the process above its start; the file is read from the page cache where it fits.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from diffraction_patterns import as_pattern, ring_picture
from entrox.microscopy import (
    DiffractionCurve,
    PdfSettings,
    crystallinity_map,
    electron_pdf,
    fit_geometry,
    fit_ring_peaks,
    mean_factors,
    radial_profile,
    read_scan,
    region_sums,
    scan_centers,
    virtual_images,
)

CENTER = (0.4981, 0.5094)
RATIO, ANGLE = 1.01, 20.0


class Profile:
    """Center, ellipse and profile of a pattern; required: 1 s at 2048 px."""

    params = ([512, 1024, 2048],)
    param_names = ("size_px",)

    def setup(self, size):
        """Draw the pattern, and load what is loaded once."""
        center = tuple(share * size for share in CENTER)
        picture = ring_picture(size, center, RATIO, ANGLE, rng=np.random.default_rng(1))
        self.pattern, self.center = as_pattern(picture), center
        radial_profile(self.pattern, fit_geometry(self.pattern, ellipse=True))

    def time_profile_with_center(self, size):
        """Center and profile."""
        radial_profile(self.pattern, fit_geometry(self.pattern))

    def time_profile_with_ellipse(self, size):
        """Center, ellipse and profile."""
        radial_profile(self.pattern, fit_geometry(self.pattern, ellipse=True))

    def time_rings(self, size):
        """The fit of the rings alone."""
        geometry = fit_geometry(self.pattern, ellipse=True)
        fit_ring_peaks(radial_profile(self.pattern, geometry))

    def track_error_of_center(self, size):
        """Distance from the true center."""
        return float(np.abs(fit_geometry(self.pattern, ellipse=True).center_px - self.center).max())

    def track_error_of_axis_ratio(self, size):
        """Difference from the true axis ratio."""
        return abs(fit_geometry(self.pattern, ellipse=True).axis_ratio - RATIO)

    track_error_of_center.unit = "px"
    track_error_of_axis_ratio.unit = "1"


class PairDistribution:
    """From a profile of 1400 points to G(r) at 500 distances; required: 50 ms."""

    params = ([False, True],)
    param_names = ("error_band",)

    def setup(self, band):
        """Make a profile with one distance."""
        s = 0.18 + 0.00167 * np.arange(1400)
        square, mean = mean_factors("SiO2", s)
        intensity = 1e4 * (square + mean * np.sinc(2.0 * s * 1.61) * np.exp(-0.5 * s**2)) + 20.0
        self.curve = DiffractionCurve(s_per_angstrom=s, intensity=intensity)
        electron_pdf(self.curve, "SiO2")

    def time_pair_distribution(self, band):
        """One reduction, with or without the band over others."""
        electron_pdf(self.curve, "SiO2", error_band=band)

    def track_error_of_distance(self, band):
        """Distance of the first peak from the true one."""
        found = electron_pdf(self.curve, "SiO2", PdfSettings(damping_square_angstrom=0.005), error_band=band)
        return abs(found.peaks[0].r_angstrom - 1.61)

    track_error_of_distance.unit = "angstrom"


class Scan:
    """Passes through a scan of 64 x 64 patterns of 256 px (1.07 GB as float32); required: half the rate of reading."""

    timeout = 600
    number, repeat = 1, 2

    def setup_cache(self):
        """Write the scan once."""
        path = Path(tempfile.mkdtemp()) / "scan.npy"
        data = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(64, 64, 256, 256))
        rng = np.random.default_rng(2)
        one = ring_picture(256, (127.5, 127.5), counts=2.0, rng=rng).astype(np.float32)
        for row in range(64):
            data[row] = one
        data.flush()
        return str(path)

    def setup(self, path):
        """Choose the regions."""
        self.regions = np.random.default_rng(3).random((4, 64, 64)) < 0.3

    def time_reading(self, path):
        """What it takes to read and add up."""
        with read_scan(path) as scan:
            sum(float(block.sum()) for *_, block in scan.blocks())

    def time_region_sums(self, path):
        """Four regions at once."""
        with read_scan(path) as scan:
            region_sums(scan, self.regions)

    def time_virtual_image(self, path):
        """One annular detector."""
        y, x = np.indices((256, 256))
        detector = np.abs(np.hypot(x - 127.5, y - 127.5) - 31.0) < 6.0
        with read_scan(path) as scan:
            virtual_images(scan, detector)

    def time_crystallinity(self, path):
        """Centers and map."""
        with read_scan(path) as scan:
            crystallinity_map(scan, scan_centers(scan, 12.0), (25.0, 37.0))

    def peakmem_region_sums(self, path):
        """Required: below 1 GB whatever the size of the file."""
        with read_scan(path) as scan:
            region_sums(scan, self.regions)

    def track_share_of_reading_rate(self, path):
        """Rate of the region sums over that of reading."""
        times = []
        for work in (self.time_reading, self.time_region_sums):
            start = time.process_time()
            work(path)
            times.append(time.process_time() - start)
        return times[0] / times[1]

    track_share_of_reading_rate.unit = "1"
