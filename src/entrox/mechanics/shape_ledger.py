"""Numbers of the bent shapes themselves: of plates, hinged ends, needles and arcs, whatever the strip."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.core.units import METER_PER_MICROMETER as MICRO
from entrox.core.units import PERCENT
from entrox.mechanics.cases import bend_arc, bend_between_plates, bend_clamped, bend_hinged, plate_arc_length
from entrox.mechanics.inverse import bend_for_strain, plate_gap_for_strain
from entrox.mechanics.needle import push_needle
from entrox.mechanics.result import BendingResult
from entrox.mechanics.strip import Strip

__all__ = ["SHAPE_LEDGER"]

CLOSED = "elastica, closed form"
FOLDED = "folding of a free film 0.4 um thick"
STRIP = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
LONGER = Strip.single(59e-6, 5e-6, 0.4e-6, 122e9, 0.24)
NEAR_HALF_TURN = math.pi - 1e-11


def _plates() -> BendingResult:
    return bend_between_plates(STRIP, 9.9845e-6)


def _needle() -> BendingResult:
    """The strip pushed at its very end until it is almost turned by 180 degrees."""
    return push_needle(STRIP, NEAR_HALF_TURN)


def _radius_um(strip: Strip, strain: float) -> float:
    """Radius of a mid-line strain."""
    return strip.thickness / (2.0 * strain) / MICRO


def _arc_um(strip: Strip, strain: float) -> float:
    """Film that a fold between plates takes at a strain."""
    return plate_arc_length(plate_gap_for_strain(strip, strain)) / MICRO


def _needle_turn() -> float:
    found = bend_for_strain(STRIP, "needle", 0.015)
    assert isinstance(found, BendingResult)
    return math.degrees(found.fold_angle)


def _inner_height_um() -> float:
    found = bend_clamped(STRIP, force_angle=math.radians(250.0), tip_angle=math.radians(160.0))
    return float(found.tip[1]) / MICRO


_Row = tuple[str, str, str, float, float, Callable[[], float], str]
ROWS: tuple[_Row, ...] = (
    ("plates_curvature_number", "largest curvature times gap, plates", "1", 2.396280, 1e-6,
     lambda: float(_plates().gap or 0.0) / _plates().radius, CLOSED),
    ("plates_arc_number", "bent length times largest curvature, plates", "1", 5.244115, 1e-6,
     lambda: _plates().loaded_length / _plates().radius, CLOSED),
    ("plates_strain_number", "strain times gap over thickness, plates", "1", 1.198140, 1e-6,
     lambda: _plates().tension.mid_line * float(_plates().gap or 0.0) / STRIP.thickness, CLOSED),
    ("plates_axial_strain", "strain along the film that its force would cause, plates at 4.80 %", "%", 0.04, 0.1,
     lambda: PERCENT * abs(_plates().axial_strain), FOLDED),
    ("hinged_limit", "modulus k of hinged ends that touch", "1", 0.90891, 1e-5,
     lambda: float(bend_hinged(STRIP, 0.0).elliptic_modulus or 0.0), CLOSED),
    ("needle_curvature_number", "largest curvature times length at a turn of 180 degrees, needle", "1", 5.2441, 1e-4,
     lambda: STRIP.length / _needle().radius, CLOSED),
    ("needle_height_number", "height of the needle over length at a turn of 180 degrees", "1", 0.45695, 1e-4,
     lambda: float(_needle().tip[1]) / STRIP.length, CLOSED),
    ("needle_largest_strain", "strain of a 50 um film pushed at its end to 180 degrees", "%", 2.098, 1e-3,
     lambda: PERCENT * _needle().tension.mid_line, CLOSED),
    ("needle_1_5_percent", "tip angle for 1.50 %, needle at the end of 50 um", "degree", 148.4, 1e-3, _needle_turn,
     FOLDED),
    ("plates_arc_59um", "film that a fold between plates at 0.80 % takes", "um", 131.0, 5e-3,
     partial(_arc_um, LONGER, 0.008), FOLDED),
    ("plates_arc_1_5_percent", "film that a fold between plates at 1.50 % takes", "um", 69.9, 1e-3,
     partial(_arc_um, STRIP, 0.015), FOLDED),
    ("radius_50um", "bending radius of 4.80 %", "um", 4.167, 1e-3, partial(_radius_um, STRIP, 0.048), FOLDED),
    ("radius_59um", "bending radius of 0.80 %", "um", 25.0, 1e-3, partial(_radius_um, LONGER, 0.008), FOLDED),
    ("arc_50um", "strain of a uniform arc of 50 um by 180 degrees", "%", 1.257, 1e-3,
     lambda: PERCENT * bend_arc(STRIP, fold_angle=math.pi).tension.mid_line, FOLDED),
    ("arc_59um", "strain of a uniform arc of 59 um by 180 degrees", "%", 1.065, 1e-3,
     lambda: PERCENT * bend_arc(LONGER, fold_angle=math.pi).tension.mid_line, FOLDED),
    ("film_alone", "strain of the film alone at a radius of 3 mm", "%", 0.0067, 0.01,
     lambda: PERCENT * bend_arc(STRIP, radius=3e-3).tension.mid_line, "bending radius without a substrate thickness"),
    ("inner_y", "tip across the clamp, push at 250 degree to 160 degree", "um", 31.07307, 1e-5, _inner_height_um,
     CLOSED),
)  # fmt: skip

SHAPE_LEDGER: tuple[LedgerRow, ...] = (
    *(
        ledger_row(f"mechanics.{name}", words, unit, published, tolerance, source, compute, relative=True)
        for name, words, unit, published, tolerance, compute, source in ROWS
    ),
    ledger_row("mechanics.tensile_strain", "tensile strain at fracture", "%", 5.29, 0.01, "push-to-pull device"),
)  # fmt: skip
