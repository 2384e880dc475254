"""Bending strains of free films 0.4 um thick, and closed forms and finite elements beside the numbers they should give.

Published is what was read from folded films of 50 and 59 um: 4.80 and 0.80 % "at about 180 degrees", with no definition
of the angle and no gap. What a way of bending gives at that angle is set beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from entrox.core.measure import LedgerRow
from entrox.core.units import METER_PER_MICROMETER as MICRO
from entrox.core.units import MICRONEWTON_PER_NEWTON, PASCAL_PER_GIGAPASCAL, PERCENT
from entrox.mechanics.cases import bend_arc, bend_between_plates, bend_clamped, bend_hinged
from entrox.mechanics.fe import bend_film
from entrox.mechanics.inverse import bend_for_strain, end_distance_for_strain, plate_gap_for_strain
from entrox.mechanics.layers import Layer, bend_stack
from entrox.mechanics.needle import needle_limit, push_needle
from entrox.mechanics.result import BendingResult, FilmSolution
from entrox.mechanics.shape_ledger import SHAPE_LEDGER
from entrox.mechanics.strip import Strip

__all__ = ["LEDGER"]

FOLDED = "folding of a free film 0.4 um thick"
CLOSED = "elastica of a strip of 50 x 8 x 0.4 um, 70 GPa, Poisson's ratio 0.24"
ELEMENTS = "finite elements of the same strip between plates, 250 x 1 quadratic"
SHEET = "film of 0.4 um on a sheet of 20 um, radius 3 mm"
STRIP = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
LONGER = Strip.single(59e-6, 5e-6, 0.4e-6, 122e9, 0.24)
QUOTED, QUOTED_LONGER, REVERSIBLE = 0.048, 0.008, 0.015
GAP_OF_ELEMENTS = 9.984502e-6
ABSOLUTE_PERCENT, ELEMENT_PERCENT, GAUSS_PERCENT = 1e-4, 0.005, 0.03


def _percent(bend: Callable[[], BendingResult]) -> float:
    return PERCENT * bend().tension.mid_line


def _plates(field: str, factor: float = 1.0) -> float:
    bent = bend_between_plates(STRIP, plate_gap_for_strain(STRIP, QUOTED))
    return float(getattr(bent, field)) * factor


def _gap_of_long_film() -> float:
    """Gap that the strain of the longer film would need."""
    return plate_gap_for_strain(LONGER, QUOTED_LONGER) / MICRO


def _tip_deg(strip: Strip, strain: float, case: str, direction: float | None = None) -> float:
    found = bend_for_strain(strip, case, strain, force_angle=None if direction is None else math.radians(direction))
    assert isinstance(found, BendingResult)
    return math.degrees(found.fold_angle)


def _needle_percent(tip: float) -> float:
    return _percent(lambda: push_needle(STRIP, math.radians(tip)))


def _clamped(field: str, alpha: float, tip: float) -> Any:
    return getattr(bend_clamped(STRIP, force_angle=math.radians(alpha), tip_angle=math.radians(tip)), field)


@cache
def _elements(law: str) -> FilmSolution:
    film = bend_film(bend_between_plates(STRIP, GAP_OF_ELEMENTS), law=law).fe
    assert film is not None
    return film


def _strain_of_elements(law: str, measure: str) -> float:
    return PERCENT * float(getattr(_elements(law).tension, measure))


def _force_of_elements(law: str) -> float:
    force = _elements(law).force
    assert force is not None
    return force / STRIP.width


def _film_on_sheet(*, covered: bool, mandrel: bool) -> float:
    layers = [Layer(20e-6, 60e9, 0.25), Layer(0.4e-6, 70e9, 0.24), *([Layer(20e-6, 3e9, 0.35)] if covered else [])]
    found = bend_stack(layers, mandrel=3e-3) if mandrel else bend_stack(layers, radius=3e-3)
    return PERCENT * float(found.strain[1, 1])


def _sheet_axis() -> float:
    found = bend_stack([Layer(20e-6, 60e9, 0.25), Layer(0.4e-6, 70e9, 0.24)], radius=3e-3)
    return found.neutral_axis / MICRO


def _row(
    name: str, quantity: str, unit: str, published: float, compute: Callable[[], float], tolerance: float,
    source: str = CLOSED, *, relative: bool = True, calibration: bool = False,
) -> LedgerRow:  # fmt: skip
    return LedgerRow(
        id=f"mechanics.{name}", room="mechanics", quantity=quantity, unit=unit, published=published,
        tolerance=tolerance, relative=relative, source=source, compute=compute, calibration=calibration,
    )  # fmt: skip


def _published_rows() -> tuple[LedgerRow, ...]:
    half_turn = "bending strain of the 50 um film, taken as a fold by 180 degrees"
    return (
        _row("bend_strain_50um", f"{half_turn}: two plates at the gap inferred from it", "%", 4.80,
             lambda: _percent(lambda: bend_between_plates(STRIP, 9.9845e-6)), 1e-3, FOLDED, calibration=True),
        _row("bend_strain_50um_arc", f"{half_turn}: a uniform arc", "%", 4.80,
             lambda: _percent(lambda: bend_arc(STRIP, fold_angle=math.pi)), 1e-2, FOLDED),
        _row("bend_strain_50um_hinged", f"{half_turn}: hinged ends, even touching", "%", 4.80,
             lambda: _percent(lambda: bend_hinged(STRIP, 0.0)), 1e-2, FOLDED),
        _row("bend_strain_59um", "bending strain of the 59 um film, taken as a uniform arc by 180 degrees", "%", 0.80,
             lambda: _percent(lambda: bend_arc(LONGER, fold_angle=math.pi)), 1e-2, FOLDED),
        _row("bend_strain_59um_clamped", "the same, taken as a push across a clamped film to an inferred angle",
             "%", 0.80, lambda: _percent(lambda: bend_clamped(LONGER, force_angle=math.pi / 2,
                                                              tip_angle=math.radians(58.778))),
             1e-3, FOLDED, calibration=True),
        _row("reversible_strain", "reversible bending strain, taken as hinged ends at an inferred distance", "%",
             1.50, lambda: _percent(lambda: bend_hinged(STRIP, 34.368e-6)), 1e-3,
             "bending of a free film 0.4 um thick", calibration=True),
        _row("stress_50um", "stress of 70 GPa at 4.80 %", "GPa", 3.36, lambda: 70.0 * QUOTED, 1e-3, FOLDED),
        _row("stress_59um", "stress of 122 GPa at 0.80 %", "GPa", 0.976, lambda: 122.0 * QUOTED_LONGER, 1e-3, FOLDED),
    )  # fmt: skip


def _hinged_rows() -> tuple[LedgerRow, ...]:
    values = {40: 1.1699, 30: 1.7329, 20: 2.2419, 10: 2.7687, 5: 3.0572, 0: 3.3754}
    strains = tuple(
        _row(f"hinged_{distance}um", f"strain of hinged ends at {distance} um", "%", value,
             partial(_percent, partial(bend_hinged, STRIP, distance * MICRO)), ABSOLUTE_PERCENT, relative=False)
        for distance, value in values.items()
    )  # fmt: skip
    at_20 = partial(bend_hinged, STRIP, 20.0 * MICRO)
    return (
        *strains,
        _row("hinged_modulus", "modulus k of hinged ends at 20 um", "1", 0.73921,
             lambda: float(at_20().elliptic_modulus or 0.0), 1e-4),
        _row("hinged_turn", "turn of hinged ends at 20 um", "degree", 190.66, lambda: math.degrees(at_20().turn), 1e-4),
        _row("hinged_height", "height of hinged ends at 20 um", "um", 19.499, lambda: at_20().height / MICRO, 1e-4),
        _row("hinged_force", "force of hinged ends at 20 um over that of buckling", "1", 1.4562,
             lambda: float(at_20().force_over_critical or 0.0), 1e-4),
        _row("hinged_1_5_percent", "distance of hinged ends at 1.50 %", "um", 34.37,
             lambda: end_distance_for_strain(STRIP, REVERSIBLE) / MICRO, 1e-3),
    )  # fmt: skip


def _plate_rows() -> tuple[LedgerRow, ...]:
    per_um = 1.0 / MICRO
    values: tuple[tuple[str, str, str, float, str, float], ...] = (
        ("gap", "gap", "um", 9.98450, "gap", per_um),
        ("arc_length", "bent arc length", "um", 21.85048, "loaded_length", per_um),
        ("height", "height", "um", 8.33333, "height", per_um),
        ("legs", "length of each leg", "um", 14.07476, "leg_length", per_um),
        ("stiffness", "bending stiffness", "N m2", 3.16921e-15, "stiffness", 1.0),
        ("force", "force", "uN", 91.273, "force", MICRONEWTON_PER_NEWTON),
        ("force_per_width", "force per width", "N/m", 11.4092, "force_per_width", 1.0),
        ("moment", "largest moment", "N m", 7.60611e-10, "moment", 1.0),
        ("energy", "bending energy", "J", 9.1132e-10, "energy", 1.0),
    )
    rows = tuple(
        _row(f"plates_{name}", f"{quantity} of plates at 4.80 %", unit, value, partial(_plates, field, factor), 1e-5)
        for name, quantity, unit, value, field, factor in values
    )
    return (
        *rows,
        _row("plane_modulus", "modulus of the wide strip", "GPa", 74.2784,
             lambda: STRIP.outer_modulus / PASCAL_PER_GIGAPASCAL, 1e-5),
        _row("plates_59um", "gap of plates at 0.80 %, film of 59 um", "um", 59.9, _gap_of_long_film, 1e-3),
    )  # fmt: skip


def _pushed_rows() -> tuple[LedgerRow, ...]:
    needles = tuple(
        _row(f"needle_{tip}deg", f"strain of a needle at the end, tip angle {tip} degree", "%", value,
             partial(_needle_percent, float(tip)), ABSOLUTE_PERCENT, relative=False)
        for tip, value in {30: 0.4112, 60: 0.7765, 90: 1.0488, 135: 1.3812, 170: 1.7633}.items()
    )  # fmt: skip
    angles = {
        "59um_090": (LONGER, QUOTED_LONGER, 90.0, 58.8), "59um_120": (LONGER, QUOTED_LONGER, 120.0, 65.4),
        "59um_150": (LONGER, QUOTED_LONGER, 150.0, 72.0), "59um_179": (LONGER, QUOTED_LONGER, 179.0, 81.5),
        "50um_090": (STRIP, REVERSIBLE, 90.0, 77.0), "50um_120": (STRIP, REVERSIBLE, 120.0, 91.8),
        "50um_150": (STRIP, REVERSIBLE, 150.0, 105.0), "50um_179": (STRIP, REVERSIBLE, 179.0, 119.8),
        "fold_179": (STRIP, QUOTED, 179.0, 177.87),
    }  # fmt: skip
    pushes = tuple(
        _row(f"clamped_{name}", f"tip angle for {PERCENT * strain:.2f} %, push at {direction:.0f} degree", "degree",
             value, partial(_tip_deg, strip, strain, "clamped", direction), 1e-3)
        for name, (strip, strain, direction, value) in angles.items()
    )  # fmt: skip
    return (
        *needles,
        *pushes,
        _row("needle_59um", "tip angle for 0.80 %, needle at the end", "degree", 76.9,
             lambda: _tip_deg(LONGER, QUOTED_LONGER, "needle"), 1e-3),
        _row("needle_limit", "tip angle at which a film slips off a needle", "degree", 170.94,
             lambda: math.degrees(needle_limit()[0]), 1e-4),
        _row("needle_direction", "steepest direction of a needle", "degree", 99.568,
             lambda: math.degrees(needle_limit()[1]), 1e-5),
        _row("clamped_curvature", "largest curvature, push at 90 degree to 60 degree", "1/um", 0.048573,
             lambda: MICRO / float(_clamped("radius", 90, 60)), 1e-5),
        _row("clamped_x", "tip along the clamp, push at 90 degree to 60 degree", "um", 35.65871,
             lambda: float(_clamped("tip", 90, 60)[0]) / MICRO, 1e-5),
        _row("clamped_y", "tip across the clamp, push at 90 degree to 60 degree", "um", 31.70098,
             lambda: float(_clamped("tip", 90, 60)[1]) / MICRO, 1e-5),
        _row("inner_curvature", "largest curvature inside, push at 250 degree to 160 degree", "1/um", 0.081201,
             lambda: MICRO / float(_clamped("radius", 250, 160)), 1e-5),
        _row("inner_clamp_curvature", "curvature at the clamp, push at 250 degree to 160 degree", "1/um", 0.047489,
             lambda: float(_clamped("curvature", 250, 160)[0]) * MICRO, 1e-5),
        _row("inner_x", "tip along the clamp, push at 250 degree to 160 degree", "um", -4.01908,
             lambda: float(_clamped("tip", 250, 160)[0]) / MICRO, 1e-5),
    )  # fmt: skip


def _element_rows() -> tuple[LedgerRow, ...]:
    tables = {
        "neo-hooke": {"mid_line": 4.800, "nominal": 4.815, "logarithmic": 4.702, "gauss_point": 3.75},
        "st-venant": {"mid_line": 4.811, "nominal": 4.645, "logarithmic": 4.540},
        "hencky": {"mid_line": 4.800, "nominal": 4.815},
    }
    forces = {"neo-hooke": 11.40, "st-venant": 11.36, "hencky": 11.40}
    strains = tuple(
        _row(f"fe_{law.replace('-', '_')}_{measure}", f"{measure.replace('_', ' ')} strain, {law}", "%", value,
             partial(_strain_of_elements, law, measure),
             GAUSS_PERCENT if measure == "gauss_point" else ELEMENT_PERCENT, ELEMENTS, relative=False)
        for law, table in tables.items()
        for measure, value in table.items()
    )  # fmt: skip
    return strains + tuple(
        _row(f"fe_{law.replace('-', '_')}_force", f"force per width, {law}", "N/m", value,
             partial(_force_of_elements, law), 2e-3, ELEMENTS)
        for law, value in forces.items()
    )  # fmt: skip


def _layer_rows() -> tuple[LedgerRow, ...]:
    cases = {
        "sheet": ("neutral axis on 3 mm", 0.33895, False, False),
        "covered": ("under a cover of 20 um", 0.30560, True, False),
        "mandrel": ("mandrel of 3 mm", 0.33780, False, True),
        "covered_mandrel": ("under a cover of 20 um, mandrel of 3 mm", 0.30446, True, True),
    }  # fmt: skip
    return (
        _row("sheet_axis", "height of the neutral axis", "um", 10.2314, _sheet_axis, 1e-4, SHEET),
        *(
            _row(f"sheet_{name}", f"strain of the film's top, {words}", "%", value,
                 partial(_film_on_sheet, covered=covered, mandrel=mandrel), 1e-4, SHEET)
            for name, (words, value, covered, mandrel) in cases.items()
        ),
    )  # fmt: skip


LEDGER: tuple[LedgerRow, ...] = (
    *_published_rows(), *_hinged_rows(), *_plate_rows(), *_pushed_rows(), *_element_rows(), *_layer_rows(),
    *SHAPE_LEDGER,
)  # fmt: skip
