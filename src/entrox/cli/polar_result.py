"""Results of ``entrox polar`` and its sisters: the keys of their JSON, and their tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.cli.terminal import print_heading, print_table, print_text, print_warnings, rounded
from entrox.core import to_jsonable

if TYPE_CHECKING:
    from entrox.order.report.polar_analysis import PolarAnalysis
    from entrox.order.report.report_comparison import ReportComparison
    from entrox.order.response.hysteresis import Loop
    from entrox.order.response.switching_log import SwitchingLog
    from entrox.order.response.transitions import Transitions

__all__ = [
    "arrangement_content",
    "comparison_content",
    "loop_content",
    "polar_content",
    "print_comparison",
    "print_loop",
    "print_polar",
    "print_transitions",
    "transitions_content",
]

LARGE_SERIES = ("field_v_per_m", "polarization_c_per_m2")
MEGAVOLT_PER_CM = 1e8


def polar_content(analysis: PolarAnalysis) -> dict[str, Any]:
    """Return an analysis with the keys of ``--json``."""
    report = analysis.report
    found = analysis.relaxor
    content: dict[str, Any] = {
        "n_frames": analysis.n_frames,
        "failed_frames": analysis.failed_frames,
        "n_cells": report.n_cells,
        "composition": analysis.composition,
        "lattice_angstrom": report.lattice_angstrom,
        "shape": analysis.lattice_map.shape,
        "residual_angstrom": analysis.lattice_map.residual_angstrom,
        "reference": report.reference,
        "window_ps": report.window_ps,
        "elements": [_element(row) for row in report.elements],
        "phases": [_phase(row) for row in report.phases],
        "bonds": [_bond(row) for row in report.bonds],
        "polarization_c_per_m2": analysis.polarization_c_per_m2,
        "polarization_error_c_per_m2": analysis.polarization_error_c_per_m2,
        "correlation_length_angstrom": report.correlation_length_angstrom or None,
        "correlation_length_error_angstrom": report.correlation_length_error_angstrom or None,
        "nearest_neighbor_correlation": report.nearest_neighbor_correlation,
        "q_ea": None if found is None else found.q,
        "q_ea_error": None if found is None else found.q_error,
        "q_glass": None if found is None else found.q_glass,
        "q_ea_unit": analysis.relaxor_unit or None,
        "dielectric": None if analysis.dielectric is None else analysis.dielectric.to_dict(),
        "tilts_deg": _tilts(analysis),
        "glazer": analysis.glazer,
        "domains": _domains(analysis),
        "refused": analysis.refused,
        "warnings": analysis.warnings,
        "converged": analysis.converged,
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def _element(row: Any) -> dict[str, Any]:
    return {
        "symbol": row.symbol,
        "site": row.site,
        "count": row.count,
        "mean_vector_angstrom": row.mean_vector_angstrom,
        "taid_angstrom": row.taid_angstrom,
        "mean_modulus_angstrom": row.mean_modulus_angstrom,
        "rms_angstrom": row.rms_angstrom,
        "error_angstrom": {
            "mean_vector": row.mean_vector_error_angstrom,
            "taid": row.taid_error_angstrom,
            "mean_modulus": row.mean_modulus_error_angstrom,
        },
    }


def _phase(row: Any) -> dict[str, Any]:
    def named(values: Any) -> dict[str, float] | None:
        return None if values is None else dict(zip(row.classes, values.tolist(), strict=True))

    return {
        "site": row.site, "group": row.group, "count": row.count, **(named(row.share) or {}),
        "error": named(row.share_error), "chance": named(row.chance), "excess": named(row.excess),
    }  # fmt: skip


def _bond(row: Any) -> dict[str, Any]:
    return {
        **{
            name: getattr(row, name)
            for name in (
                "element", "site", "count", "short_angstrom", "middle_angstrom", "long_angstrom", "mean_angstrom",
                "mean_error_angstrom", "splitting_angstrom", "splitting_error_angstrom", "noise_floor_angstrom",
            )
        },
        "environment": [item.to_dict() for item in row.environment],
    }  # fmt: skip


def _tilts(analysis: PolarAnalysis) -> Any:
    """Staggered means of the rotation vectors, by wave vector."""
    found = analysis.tilts
    if found is None:
        return None
    return dict(zip(found.wave_vectors, found.staggered_deg.tolist(), strict=True))


def _domains(analysis: PolarAnalysis) -> dict[str, Any] | None:
    rows = {
        row.site: {
            "count": row.count, "largest_fraction": row.largest_fraction, "mean_cells": row.mean_cells,
            "mean_wall_angle_deg": row.mean_wall_angle_deg, "wall_area_per_volume": row.wall_area_per_volume,
            "walls": [{"type": name, "faces": faces} for name, faces in row.wall_faces.items()],
        }
        for row in analysis.report.domains
    }  # fmt: skip
    # the polar sublattice answers; that of A stands beside it
    return {**rows["B"], "site": "B", "by_site": rows} if "B" in rows else None


def arrangement_content(analyses: Sequence[PolarAnalysis]) -> list[dict[str, Any]]:
    """Return means over cation arrangements, the error over them, and apart from it the mean error over time."""
    rows: dict[tuple[str, str], list[Any]] = {}
    for analysis in analyses:
        for row in analysis.report.elements:
            rows.setdefault((row.symbol, row.site), []).append(row)
    found = []
    for (symbol, site), items in rows.items():
        entry: dict[str, Any] = {"symbol": symbol, "site": site, "n_arrangements": len(items)}
        for name in ("taid", "mean_modulus"):
            values = np.array([getattr(item, f"{name}_angstrom") for item in items])
            errors = [getattr(item, f"{name}_error_angstrom") for item in items]
            known = np.array([e for e in errors if e is not None])
            entry[f"{name}_angstrom"] = float(values.mean())
            many = len(values) > 1
            entry[f"{name}_arrangement_error_angstrom"] = values.std(ddof=1) / len(values) ** 0.5 if many else None
            entry[f"{name}_time_error_angstrom"] = float(np.sqrt((known**2).mean())) if len(known) else None
        found.append(to_jsonable(entry))
    return found


def print_polar(content: dict[str, Any]) -> None:
    """Print an analysis as tables."""
    formula = " ".join(f"{name}{count}" for name, count in content["composition"].items())
    print_heading(f"{formula}: {content['n_cells']:,} cells, {content['n_frames']:,} frames")
    edges = " x ".join(rounded(edge) for edge in content["lattice_angstrom"])
    window = "single frames" if not content["window_ps"] else f"windows of {content['window_ps']:g} ps"
    print_text(f"Lattice {edges} angstrom; displacements off the {content['reference']} cage, {window}.")
    _print_elements(content["elements"])
    _print_phases(content["phases"])
    _print_bonds(content["bonds"])
    _print_measures(content)
    if "arrangements" in content:
        _print_arrangements(content["arrangements"])
    refused = [f"{name} refused: {reason}" for name, reason in content["refused"].items()]
    print_warnings([*content["warnings"], *refused])


def _pm(value: float | None, error: float | None, digits: int = 4) -> str:
    text = rounded(value, digits)
    return text if error is None else f"{text} +- {rounded(error, 2)}"


def _print_elements(elements: Iterable[dict[str, Any]]) -> None:
    rows = [
        (
            f"{item['symbol']} ({item['site']})",
            f"{item['count']:,}",
            " ".join(f"{value:+.4f}" for value in item["mean_vector_angstrom"]),
            _pm(item["taid_angstrom"], item["error_angstrom"]["taid"]),
            _pm(item["mean_modulus_angstrom"], item["error_angstrom"]["mean_modulus"]),
        )
        for item in elements
    ]
    print_text()
    print_table(("Cation", "Number", "<d> [angstrom]", "|<d>|", "<|d|>"), rows, right=(1,))


def _print_phases(phases: Sequence[dict[str, Any]]) -> None:
    rows = []
    groups = [item["site"] for item in phases]
    for item in phases:
        # a site of one element would stand there twice
        if item["group"] == item["site"] and groups.count(item["site"]) == 2:
            continue
        cells = [item["group"]]
        for name in ("C", "T", "O", "R", "M"):
            chance = item["chance"][name]
            text = f"{100 * item[name]:.1f}" + ("" if item["error"] is None else f" +- {100 * item['error'][name]:.1f}")
            cells.append(text if chance is None else f"{text} ({100 * chance:.1f})")
        rows.append(tuple(cells))
    if rows:
        print_text()
        print_table(("Phases [%] (chance)", "C", "T", "O", "R", "M"), rows, right=(1, 2, 3, 4, 5))


def _print_bonds(bonds: Sequence[dict[str, Any]]) -> None:
    if not bonds:
        return
    rows = [
        (
            item["element"],
            *(rounded(item[f"{name}_angstrom"]) for name in ("short", "middle", "long")),
            _pm(item["mean_angstrom"], item["mean_error_angstrom"], 5),
            _pm(item["splitting_angstrom"], item["splitting_error_angstrom"], 3),
            rounded(item["noise_floor_angstrom"], 2),
        )
        for item in bonds
    ]
    heads = ("Bonds [angstrom]", "Short", "Middle", "Long", "Mean", "Splitting", "By noise")
    print_text()
    print_table(heads, rows, right=tuple(range(1, 7)))
    slopes = [
        (
            item["element"], fit["subject"], fit["term"],
            _pm(fit["slope_angstrom"], fit["slope_error_angstrom"], 3),
            rounded(fit["slope_angstrom"] / fit["slope_error_angstrom"], 2) if fit["slope_error_angstrom"] else "-",
        )
        for item in bonds
        for fit in item["environment"]
    ]  # fmt: skip
    if slopes:
        print_text()
        print_table(("Cation", "Quantity", "Neighbor", "Change per neighbor [angstrom]", "z"), slopes, right=(4,))


def _print_measures(content: dict[str, Any]) -> None:
    rows = []
    if content["polarization_c_per_m2"] is not None:
        errors = content["polarization_error_c_per_m2"] or [None] * 3
        parts = [_pm(p, e, 3) for p, e in zip(content["polarization_c_per_m2"], errors, strict=True)]
        rows.append(("Polarization [C/m2]", ", ".join(parts)))
    for site, value in content["nearest_neighbor_correlation"].items():
        length = (content["correlation_length_angstrom"] or {}).get(site)
        text = f"{rounded(value, 3)}" + ("" if length is None else f"; decay length {rounded(length, 3)} angstrom")
        rows.append((f"Correlation of {site} neighbors", text))
    if (domains := content["domains"]) is not None:
        share = f"{100 * domains['largest_fraction']:.0f} %"
        walls = ", ".join(f"{item['type']} ({rounded(item['faces'], 3)})" for item in domains["walls"]) or "none"
        rows.append(("Domains of B", f"{rounded(domains['count'], 3)}, largest {share}; walls: {walls}"))
    if content["glazer"] is not None:
        rows.append(("Tilt system", content["glazer"]))
    if content["q_ea"] is not None:
        unit = content["q_ea_unit"]
        text = f"{_pm(content['q_ea'], content['q_ea_error'], 3)} {unit}; glass {rounded(content['q_glass'], 3)}"
        rows.append(("Frozen part q", text))
    if (tensor := content["dielectric"]) is not None:
        diagonal = ", ".join(rounded(tensor["chi_ionic"][k][k], 3) for k in range(3))
        rows.append(("Ionic susceptibility xx, yy, zz", diagonal))
    rows.append(("Converged", "yes" if content["converged"] else "no: errors are lower bounds or absent"))
    print_text()
    print_table(("Measure", ""), rows)


def _print_arrangements(arrangements: Iterable[dict[str, Any]]) -> None:
    rows = [
        (
            f"{item['symbol']} ({item['site']})",
            str(item["n_arrangements"]),
            rounded(item["mean_modulus_angstrom"]),
            rounded(item["mean_modulus_arrangement_error_angstrom"], 2),
            rounded(item["mean_modulus_time_error_angstrom"], 2),
            rounded(item["taid_angstrom"]),
            rounded(item["taid_arrangement_error_angstrom"], 2),
            rounded(item["taid_time_error_angstrom"], 2),
        )
        for item in arrangements
    ]
    heads = ("Cation", "Arrangements", "<|d|>", "Over arrangements", "Over time", "|<d>|", "Over arrangements",
             "Over time")  # fmt: skip
    print_text()
    print_table(heads, rows, right=tuple(range(1, 8)))


def comparison_content(comparison: ReportComparison) -> dict[str, Any]:
    """Return a comparison with the keys of ``--json``."""
    plain: dict[str, Any] = to_jsonable(comparison.to_dict())
    return plain


def print_comparison(content: dict[str, Any]) -> None:
    """Print a comparison as tables."""
    rows = [
        (
            item["group"], item["quantity_name"], _pm(item["first_value"], item["first_error"]),
            _pm(item["second_value"], item["second_error"]), rounded(item["difference"], 3), rounded(item["z"], 3),
            "" if item["unit"] == "1" else item["unit"],
        )
        for item in content["differences"]
    ]  # fmt: skip
    print_heading(" against ".join(content["names"]))
    heads = ("Group", "Quantity", "First", "Second", "Difference", "z", "Unit")
    print_table(heads, rows, right=(2, 3, 4, 5))
    distances = [
        (
            item["group"], item["distribution"], rounded(item["wasserstein"], 3), rounded(item["energy"], 3),
            rounded(item["p_value"], 3), item["unit"],
        )
        for item in content["distances"]
    ]  # fmt: skip
    print_text()
    print_table(("Group", "Distribution", "Shift", "Energy distance", "p", "Unit"), distances, right=(2, 3, 4))
    print_warnings(content["warnings"])


def transitions_content(found: Transitions) -> dict[str, Any]:
    """Return transitions with the keys of ``--json``."""
    keys = ("kind", "direction", "t_low_k", "t_high_k", "temperature_k", "half_width_k", "confirmed_by")
    content = {
        "transitions": [{name: getattr(item, name) for name in keys} for item in found.transitions],
        "peaks": [item.to_dict() for item in found.peaks],
        "hysteresis": [item.to_dict() for item in found.hysteresis],
        "reference": found.reference,
        "warnings": found.warnings,
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def print_transitions(content: dict[str, Any]) -> None:
    """Print transitions as tables."""
    rows = [
        (
            item["kind"], item["direction"], f"{item['t_low_k']:g} - {item['t_high_k']:g}",
            f"{item['temperature_k']:g} +- {item['half_width_k']:g}", ", ".join(item["confirmed_by"]) or "-",
        )
        for item in content["transitions"]
    ]  # fmt: skip
    if not rows:
        print_text("No change of phase in these rows.")
    else:
        print_table(("Transition", "Direction", "Between [K]", "T [K]", "Confirmed by"), rows, right=(2, 3))
    widths = [(item["kind"], f"{item['width_k']:g} +- {item['bracket_error_k']:g}") for item in content["hysteresis"]]
    if widths:
        print_text()
        print_table(("Transition", "Heating minus cooling [K]"), widths, right=(1,))
    peaks = [
        (item["detector"], item["direction"], f"{item['temperature_k']:g}", rounded(item["height"], 3))
        for item in content["peaks"]
    ]
    if peaks:
        print_text()
        print_table(("Peak of", "Direction", "T [K]", "Height"), peaks, right=(2, 3))
    print_warnings(content["warnings"])


def loop_content(loop: Loop, log: SwitchingLog) -> dict[str, Any]:
    """Return a loop with the keys of ``--json``; the series stand in loop.csv."""
    content = {name: value for name, value in loop.to_dict().items() if name not in LARGE_SERIES}
    content["warnings"] = [*log.warnings, *loop.warnings]
    plain: dict[str, Any] = to_jsonable({"n_blocks": len(loop.field_v_per_m), **content})
    return plain


def print_loop(content: dict[str, Any]) -> None:
    """Print a loop as a table."""

    def field(name: str) -> str:
        value = content[f"{name}_v_per_m"]
        return "-" if value is None else f"{value / MEGAVOLT_PER_CM:+.2f}"

    frequency = content["frequency_hz"]
    rows = [
        ("Coercive fields [MV/cm]", f"{field('coercive_minus')}, {field('coercive_plus')}"),
        ("Imprint [MV/cm]", field("imprint")),
        ("Resolution of a block [MV/cm]", field("coercive_resolution").lstrip("+")),
        ("Remanent polarization [C/m2]", rounded(content["remanent_c_per_m2"])),
        ("Area [J/m3 per cycle]", rounded(content["area_j_per_m3"])),
        ("Cycles, reversals", f"{rounded(content['n_cycles'], 3)}, {content['n_switches']}"),
        ("Frequency of the field [Hz]", "-" if frequency is None else f"{frequency:.3g}"),
    ]
    print_table(("Loop", ""), rows)
    print_warnings(content["warnings"])
