"""Published numbers of electron diffraction of a bismuth titanate film, and what they say once recomputed.

Widths of rings without and with nanocrystals, a probe whose discs are wider than the rings, and particles that moved.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.core.measured_files import measured_file

if TYPE_CHECKING:
    from entrox.microscopy.diffraction.pattern_analysis import PatternAnalysis

__all__ = ["LEDGER", "PUBLISHED_WIDTHS_INVERSE_NM"]

SOURCE = "electron diffraction of Bi(4-4x)Ln(4x)Ti3O12 films, reference family of the room"
GOLD, SILICA = "amorphous/Au_xgrating_SAED_20cm.tif", "amorphous/aSiO2_electron_radial_profile.hspy"
GRATING = "ring pattern of a gold grating"
GOLD_RINGS = (("111", 42.3, 0.5), ("200", 49.0, 1.0), ("220", 69.8, 0.5), ("311", 81.8, 0.5), ("331", 108.8, 0.5))
"""Radius and its tolerance [px]; 200 is a shoulder."""
PUBLISHED_WIDTHS_INVERSE_NM = (0.44, 0.51, 0.65)
"""Widths of the 117 ring at three compositions; the first is that of grains of about 100 nm."""


def _size(width: float, shape: str = "gaussian") -> float:
    from entrox.microscopy.diffraction.crystallite_size import SCHERRER, intrinsic_fwhm

    return SCHERRER / intrinsic_fwhm(width, PUBLISHED_WIDTHS_INVERSE_NM[0], shape)  # type: ignore[arg-type]


def _naive_size() -> float:
    """Size that the width of the reference would give by itself [nm]."""
    from entrox.microscopy.diffraction.crystallite_size import SCHERRER

    return SCHERRER / PUBLISHED_WIDTHS_INVERSE_NM[0]


def _disc() -> float:
    from entrox.microscopy.diffraction.crystallite_size import disc_diameter_inverse_nm

    return disc_diameter_inverse_nm(1.2, 300.0)


def _moved(bound: int) -> float:
    from entrox.core.binomial_interval import binomial_interval

    return binomial_interval(3, 10)[bound]


def _patterns() -> float:
    """Independent patterns of 3 x 3 nm^2 in steps of 0.4 nm with a probe of 1 nm."""
    from entrox.microscopy.diffraction.probe_overlap import effective_number

    return effective_number(np.ones((7, 8), dtype=bool), 0.4, 1.0)


def _ring_117() -> float:
    from ase import Atoms

    from entrox.core.units import NANOMETER_PER_ANGSTROM
    from entrox.microscopy.diffraction.ring_set import ring_set

    cell = Atoms("Bi", [(0, 0, 0)], cell=[5.4105, 5.4478, 32.835], pbc=True)
    rings = ring_set(cell, 0.34)
    return float(rings.s_per_angstrom[rings.label.index("117")]) / NANOMETER_PER_ANGSTROM


def _spacing_117() -> float:
    return 10.0 / _ring_117()


@cache
def _gold() -> PatternAnalysis:
    from entrox.microscopy.diffraction.pattern_analysis import ProfileSettings, analyze_pattern
    from entrox.microscopy.diffraction.pattern_files import read_pattern
    from entrox.microscopy.diffraction.ring_set import build_standard

    pattern = read_pattern(measured_file(GOLD))
    return analyze_pattern(pattern, ProfileSettings(ellipse=True), calibrant=build_standard("Au"))


def _gold_ring(index: int) -> float:
    rings = _gold().rings
    assert rings is not None
    return float(rings.radius_px[index])


def _gold_pixel() -> float:
    calibration = _gold().calibration
    assert calibration is not None
    return float(calibration.pixel_per_angstrom)


@cache
def _silica_peaks() -> tuple[float, ...]:
    from entrox.microscopy.diffraction.electron_pdf import PdfSettings, electron_pdf
    from entrox.microscopy.diffraction.profile_files import read_profile

    curve = read_profile(measured_file(SILICA), s_step_per_angstrom=0.00167)
    return tuple(peak.r_angstrom for peak in electron_pdf(curve, "SiO2", PdfSettings(s_max_per_angstrom=2.5)).peaks)


def _silica_peak(index: int) -> float:
    return _silica_peaks()[index]


def _row(name: str, quantity: str, unit: str, published: float, tolerance: float, compute: object) -> LedgerRow:
    return LedgerRow(
        id=f"microscopy.{name}", room="microscopy", quantity=quantity, unit=unit, published=published,
        tolerance=tolerance, relative=False, source=SOURCE, compute=compute,  # type: ignore[arg-type]
    )  # fmt: skip


LEDGER: tuple[LedgerRow, ...] = (
    _row("size_at_half", "size at a width of 0.51 1/nm against that of large grains, Gaussian", "nm", 3.49, 0.01,
         lambda: _size(0.51)),
    _row("size_at_three_quarters", "size at a width of 0.65 1/nm against that of large grains, Gaussian", "nm", 1.88,
         0.01, lambda: _size(0.65)),
    _row("size_of_large_grains", "size of grains of about 100 nm by 0.9 over their width alone", "nm", 100.0, 50.0,
         _naive_size),
    _row("probe_disc", "diameter of the discs of a beam of 1.2 mrad at 300 kV", "1/nm", 1.22, 0.005, _disc),
    _row("moved_share_low", "share of particles that moved, 3 of 10, interval low", "1", 0.07, 0.005,
         lambda: _moved(0)),
    _row("moved_share_high", "share of particles that moved, 3 of 10, interval high", "1", 0.65, 0.005,
         lambda: _moved(1)),
    _row("patterns_of_square", "independent patterns of 3 x 3 nm^2 in steps of 0.4 nm, probe 1 nm", "1", 56.0, 5.6,
         _patterns),
    _row("ring_117", "radius of the 117 ring", "1/nm", 3.366, 0.001, _ring_117),
    _row("spacing_117", "spacing of 117, orthorhombic lattice", "angstrom", 2.9708, 1e-3, _spacing_117),
    _row("size_at_half_lorentzian", "size at a width of 0.51 1/nm, Lorentzian", "nm", 12.9, 0.05,
         lambda: _size(0.51, "lorentzian")),
    _row("size_at_three_quarters_lorentzian", "size at a width of 0.65 1/nm, Lorentzian", "nm", 4.3, 0.05,
         lambda: _size(0.65, "lorentzian")),
    *(
        ledger_row(f"microscopy.gold_ring_{label}", f"radius of the ring {label}", "px", value, tolerance, GRATING,
                   partial(_gold_ring, k), files=(GOLD,))
        for k, (label, value, tolerance) in enumerate(GOLD_RINGS)
    ),
    ledger_row("microscopy.gold_center_x", "center of the pattern, across", "px", 127.5, 1.0, GRATING,
               lambda: float(_gold().geometry.center_px[0]), files=(GOLD,)),
    ledger_row("microscopy.gold_center_y", "center of the pattern, down", "px", 128.0, 1.0, GRATING,
               lambda: float(_gold().geometry.center_px[1]), files=(GOLD,)),
    ledger_row("microscopy.gold_pixel", "pixel of the pattern", "1/angstrom", 0.0100, 2e-4, GRATING, _gold_pixel,
               files=(GOLD,)),
    *(
        ledger_row(f"microscopy.silica_peak_{k + 1}", f"distance {k + 1} of silica by electrons", "angstrom", value,
                   0.03 if k == 0 else 0.05, "radial profile of amorphous SiO2", partial(_silica_peak, k),
                   files=(SILICA,))
        for k, value in enumerate((1.60, 2.71, 4.08, 5.06))
    ),
)  # fmt: skip
