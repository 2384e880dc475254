"""``entrox film loop``: from polarization over field to stored energy and efficiency."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.measurement import Outcome
from entrox.cli.terminal import rounded
from entrox.core import check_positive, to_jsonable
from entrox.core.units import METER_PER_NANOMETER
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

if TYPE_CHECKING:
    from entrox.film.loop import LoopResult

__all__ = ["LOOP_FILES", "measure_loops"]

LOOP_FILES = ("loops.csv", "points.csv")


def measure_loops(table: Path, asked: Mapping[str, Any]) -> Outcome:
    """Read and measure every loop of the table."""
    from entrox.film.loop import measure_loop
    from entrox.film.loop_table import read_loops

    for name in ("frequency_hz", "conductivity_s_per_m"):
        if asked[name] is not None:
            check_positive(asked[name], f"--{name.replace('_', '-')}")
    depth = asked["thickness_nm"]
    thickness = None if depth is None else METER_PER_NANOMETER * check_positive(depth, "--thickness-nm", "nm")
    loops = read_loops(
        table, thickness_m=thickness, frequency_hz=asked["frequency_hz"],
        cycles_column=asked["cycles_column"], field_unit=asked["field_unit"],
    )  # fmt: skip
    found = [
        (loop.label, measure_loop(
            loop.field, loop.polarization, time_s=loop.time, conductivity_s_per_m=asked["conductivity_s_per_m"],
            remove_leakage=asked["remove_leakage"], remove_drift=asked["remove_drift"],
        ))
        for loop in loops
    ]  # fmt: skip
    content = {**_loop_content(*found[0]), "loops": [_loop_content(*item) for item in found]}
    content["at_breakdown"] = _at_breakdown(found[0][1], asked, thickness)
    return _outcome(content, found)


def _loop_content(label: str, loop: LoopResult) -> dict[str, Any]:
    from entrox.film.measured_units import J_PER_M3_PER_J_PER_CM3 as CUBIC

    plain: dict[str, Any] = to_jsonable({
        "label": label, "kind": loop.kind, "recoverable_j_per_cm3": loop.recoverable / CUBIC,
        "total_j_per_cm3": loop.total / CUBIC, "efficiency": loop.efficiency, "area_j_per_cm3": loop.area / CUBIC,
        "largest_field_mv_per_m": float(abs(loop.field).max()) / MEGA, "p_max_c_per_m2": loop.p_max,
        "p_r_c_per_m2": loop.p_r, "p_r_error_c_per_m2": loop.p_r_error,
        "coercive_field_mv_per_m": None if loop.coercive_field is None else loop.coercive_field / MEGA,
        "coercive_error_mv_per_m": None if loop.coercive_error is None else loop.coercive_error / MEGA,
        "offset_c_per_m2": loop.offset, "closure_gap_c_per_m2": loop.closure_gap,
        "conductivity_of_gap_s_per_m": loop.conductivity_of_gap,
        "leaked_charge_c_per_m2": loop.leaked_charge, "warnings": loop.warnings,
    })  # fmt: skip
    return plain


def _at_breakdown(loop: LoopResult, asked: Mapping[str, Any], thickness_m: float | None) -> dict[str, Any] | None:
    """Energy at the 63.2 % breakdown field with its interval, if the loop goes on as its square: an upper bound."""
    if asked["breakdown"] is None:
        return None
    from entrox.core import generator
    from entrox.core.weibull import fit_weibull
    from entrox.core.weibull_pivots import draw_pivots
    from entrox.film.breakdown_fields import read_breakdown_fields
    from entrox.film.measured_units import J_PER_M3_PER_J_PER_CM3 as CUBIC

    groups = read_breakdown_fields(asked["breakdown"], thickness_m=thickness_m)
    fit = fit_weibull(groups[0].fields, censored=groups[0].censored)
    pivots = draw_pivots(fit.sample_size, generator(1), failures=fit.sample_size - fit.censored)
    top = float(abs(loop.field).max())
    low, high = pivots.scale_interval(fit)
    energies = [loop.recoverable / CUBIC * (field / top) ** 2 for field in (fit.scale, low, high)]
    return {
        "field_mv_per_m": fit.scale / MEGA, "recoverable_j_per_cm3": energies[0], "low": energies[1],
        "high": energies[2], "extrapolated": fit.scale > top,
    }  # fmt: skip


def _outcome(content: dict[str, Any], found: list[tuple[str, LoopResult]]) -> Outcome:
    from entrox.plots.film_loop import plot_loops

    names = ("label", "kind", "largest_field_mv_per_m", "recoverable_j_per_cm3", "total_j_per_cm3", "efficiency",
             "p_max_c_per_m2", "p_r_c_per_m2", "coercive_field_mv_per_m", "closure_gap_c_per_m2")  # fmt: skip
    rows = [
        (item["label"] or "loop", item["kind"], *(rounded(item[name]) for name in names[2:]))
        for item in content["loops"]
    ]
    points = [
        (label, field / MEGA, value)
        for label, loop in found
        for field, value in zip(loop.field.tolist(), loop.polarization.tolist(), strict=True)
    ]
    heading = (
        f"{rounded(content['recoverable_j_per_cm3'])} J/cm3 of {rounded(content['total_j_per_cm3'])} come back: "
        f"efficiency {rounded(content['efficiency'], 3)}"
    )
    headers = ("loop", "kind", "E [MV/m]", "U_rec [J/cm3]", "U_tot [J/cm3]", "efficiency", "P_max [C/m2]",
               "P_r [C/m2]", "E_c [MV/m]", "gap [C/m2]")  # fmt: skip
    return Outcome(
        content, heading, ((headers, rows),),
        {"loops.csv": (names, [tuple(item[name] for name in names) for item in content["loops"]]),
         "points.csv": (("label", "field_mv_per_m", "polarization_c_per_m2"), points)},
        {"loops": lambda: plot_loops(found)},
    )  # fmt: skip
