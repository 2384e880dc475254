"""Results of ``entrox atomprobe``: the keys of their JSON, and their tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import print_heading, print_table, print_text, print_warnings, rounded
from entrox.core import to_jsonable
from entrox.plots.entropy_words import VERDICT_WORDS

if TYPE_CHECKING:
    from entrox.atomprobe import (
        AtomicComposition,
        EntropyAnalysis,
        IonicComposition,
        IonSummary,
        SimulatedTip,
        SpectrumAnalysis,
    )

__all__ = [
    "entropy_content",
    "print_entropy",
    "print_spectrum",
    "print_summary",
    "print_tip",
    "spectrum_content",
    "summary_content",
    "tip_content",
]

LARGE_FIELDS = ("excess_bootstrap", "entropy_per_atom", "n_per_atom")
"""Arrays of one entry per replicate or atom: they stand in the netCDF file, not in the JSON."""
LISTED_PEAKS = 15


def _percent(composition: IonicComposition | AtomicComposition | None) -> dict[str, Any] | None:
    if composition is None:
        return None
    names: tuple[str, ...] = getattr(composition, "elements", ()) or getattr(composition, "ions", ())
    columns = zip(names, composition.amount, composition.fraction, composition.fraction_sd, strict=True)
    return {
        name: {"count": float(amount), "percent": 100.0 * float(share), "sd_percent": 100.0 * float(sd)}
        for name, amount, share, sd in columns
    }


def summary_content(summary: IonSummary) -> dict[str, Any]:
    """Return a summary with the keys of ``--json``."""
    return {
        **summary.to_dict(),
        "ionic_composition": _percent(summary.ionic_composition),
        "atomic_composition": _percent(summary.atomic_composition),
    }


def print_summary(content: dict[str, Any]) -> None:
    """Print a summary as tables."""
    low, high = content["mass_to_charge_range_da"]
    rows = [
        ("Format", content["format"]),
        ("Ions", f"{content['n_ions']:,}"),
        ("Extent [nm]", " x ".join(rounded(value) for value in content["extent_nm"])),
        ("Density of occupied voxels [1/nm3]", rounded(content["density_per_nm3"], 3)),
        ("m/q [Da]", f"{rounded(low)} to {rounded(high)}"),
        ("Repeated positions", f"{content['n_duplicate_positions']:,}"),
    ]
    if content["multi_hit_fraction"] is not None:
        rows.append(("Ions in multiple hits", f"{100 * content['multi_hit_fraction']:.1f} %"))
    if content["ranged_ions"] is not None:
        rows.append(("Ranged ions", f"{content['ranged_ions']:,} ({100 * content['ranged_fraction']:.1f} %)"))
    print_table(("Ion cloud", ""), rows)
    _print_composition("Ion", content["ionic_composition"], "Events")
    _print_composition("Element", content["atomic_composition"], "Atoms")
    print_warnings(content["notices"])


def _print_composition(kind: str, composition: dict[str, Any] | None, counted: str) -> None:
    if not composition:
        return
    rows = [
        (name, f"{item['count']:,.0f}", f"{item['percent']:.3f}", f"{item['sd_percent']:.3f}")
        for name, item in composition.items()
    ]
    print_text()
    print_table((kind, counted, "Percent", "Error"), rows, right=(1, 2, 3))


def spectrum_content(analysis: SpectrumAnalysis) -> dict[str, Any]:
    """Return a spectrum with the keys of ``--json``."""
    counts, states, atomic = analysis.counts, analysis.charge_states, analysis.atomic
    content: dict[str, Any] = {
        "n_events": analysis.spectrum.n_events,
        "bin_da": analysis.spectrum.bin_da,
        "background_method": analysis.background.method,
        "background_b": analysis.background.b_per_sqrt_da,
        "background_b_sd": analysis.background.b_sd,
        "background_b_per_bin": analysis.background.b_per_bin,
        "peaks": _rows(analysis.peaks, ("position_da", "height", "counts", "counts_sd", "width_da", "significance")),
        "ranges": [],
        "composition_at_percent": None if atomic is None else atomic.at_percent,
        "ionic_composition": _percent(analysis.ionic),
        "atomic_composition": _percent(atomic),
        "charge_state_ratios": [],
        "overlaps": None,
    }
    if counts is not None:
        names = zip(counts.ions, counts.charges, strict=True)
        rows = _rows(counts, ("lower_da", "upper_da", "counts", "background", "corrected", "sd"))
        content["ranges"] = [
            {"ion": ion, "charge": to_jsonable(charge), **row} for (ion, charge), row in zip(names, rows, strict=True)
        ]
        content["n_ranged"], content["ranged_fraction"] = counts.n_ranged, counts.ranged_fraction
    if states is not None:
        pairs = zip(states.elements, states.numerators, states.denominators, strict=True)
        content["charge_state_ratios"] = [
            {"element": element, "numerator": upper, "denominator": lower, **row}
            for (element, upper, lower), row in zip(pairs, _rows(states, ("ratio", "ratio_sd")), strict=True)
        ]
    if analysis.overlaps is not None:
        solved = analysis.overlaps
        content["overlaps"] = {
            "ions": [
                {"ion": ion, **row}
                for ion, row in zip(solved.species, _rows(solved, ("amount", "amount_sd", "determined")), strict=True)
            ],
            "condition_number": to_jsonable(solved.condition_number),
            "deviance": solved.deviance,
            "degrees_of_freedom": solved.degrees_of_freedom,
            "degenerate": to_jsonable(solved.degenerate),
        }
    content["notices"] = list(analysis.notices)
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def _rows(result: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return columns of a result as one dictionary per row."""
    columns = [getattr(result, name).tolist() for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def print_spectrum(content: dict[str, Any]) -> None:
    """Print a spectrum as tables."""
    background = content["background_b"]
    print_text(
        f"{content['n_events']:,} events; background {content['background_method']}"
        + ("" if background is None else f", b = {background:.4g} per square root of Da")
    )
    if content["ranges"]:
        _print_ranges(content["ranges"])
    else:
        _print_peaks(content["peaks"])
    _print_composition("Element", content["atomic_composition"], "Atoms")
    states = content["charge_state_ratios"]
    if states:
        rows = [
            (f"{item['numerator']} / {item['denominator']}", rounded(item["ratio"], 3), rounded(item["ratio_sd"], 2))
            for item in states
        ]
        print_text()
        print_table(("Charge states", "Ratio", "Error"), rows, right=(1, 2))
    _print_overlaps(content["overlaps"])
    print_warnings(content["notices"])


def _print_ranges(ranges: list[dict[str, Any]]) -> None:
    rows = [
        (
            f"{item['ion']}{'+' * (item['charge'] or 0)}",
            f"{item['lower_da']:.3f}",
            f"{item['upper_da']:.3f}",
            f"{item['counts']:,.0f}",
            f"{item['background']:,.1f}",
            f"{item['corrected']:,.1f}",
            f"{item['sd']:,.1f}",
        )
        for item in ranges
    ]
    headers = ("Ion", "From [Da]", "To [Da]", "Events", "Background", "Corrected", "Error")
    print_table(headers, rows, right=(1, 2, 3, 4, 5, 6))


def _print_peaks(peaks: list[dict[str, Any]]) -> None:
    strongest = sorted(peaks, key=lambda item: -item["counts"])[:LISTED_PEAKS]
    rows = [
        (f"{item['position_da']:.3f}", f"{item['counts']:,.0f}", rounded(item["width_da"], 2)) for item in strongest
    ]
    print_table(("Peak [Da]", "Events", "Width [Da]"), rows, right=(0, 1, 2))


def _print_overlaps(overlaps: dict[str, Any] | None) -> None:
    if overlaps is None:
        return
    rows = [
        (item["ion"], rounded(item["amount"], 5), rounded(item["amount_sd"], 3), "" if item["determined"] else "poorly")
        for item in overlaps["ions"]
    ]
    print_text()
    print_table(("Ion", "Amount", "Error", "Determined"), rows, right=(1, 2))


def entropy_content(analysis: EntropyAnalysis) -> dict[str, Any]:
    """Return an analysis with the keys of ``--json``."""
    content = {
        "verdict": analysis.verdict,
        "verdict_text": VERDICT_WORDS[analysis.verdict],
        "family_p": analysis.scan.family_p,
        "scan": analysis.scan,
        "sume": analysis.sume,
        "detectable": analysis.detectable,
        "neighborhoods": analysis.neighborhoods,
        "nearest_neighbors": analysis.nearest_neighbors,
        "pairs": analysis.pairs,
        "paper_mode": analysis.paper_mode,
        "sublattice_entropy": analysis.sublattice_entropy,
        "sublattices": analysis.sublattices,
        "settings": analysis.settings,
        "notices": analysis.notices,
    }
    plain: dict[str, Any] = _without_large(to_jsonable(content))
    return plain


def _without_large(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_large(item) for key, item in value.items() if key not in LARGE_FIELDS}
    return [_without_large(item) for item in value] if isinstance(value, list) else value


def print_entropy(content: dict[str, Any]) -> None:
    """Print an analysis: the verdict, the scan with the ions per cube, the unit, and what else was asked."""
    scan = content["scan"]
    from entrox.order import entropy_in_unit

    composition = ", ".join(f"{name} {n:,}" for name, n in zip(scan["species"], scan["totals"], strict=True))
    bulk = scan["entropy_bulk"]
    print_heading(content["verdict_text"])
    print_text(
        f"{composition}; bulk entropy {bulk:.4f} R "
        f"({float(entropy_in_unit(bulk, 'S/S_max', scan['n_species'])):.4f} of ln {scan['n_species']}, "
        f"{float(entropy_in_unit(bulk, 'J/(mol K)')):.3f} J/(mol K), {float(entropy_in_unit(bulk, 'bit')):.3f} bit); "
        f"family p "
        f"{rounded(content['family_p'], 2)} ({scan['n_relabel']} relabelings, {scan['n_origins']} origins)"
    )
    _print_scan(scan)
    _print_unit(content["sume"])
    for key, title in (("neighborhoods", "Radius [nm]"), ("nearest_neighbors", "Mean reach [nm]")):
        _print_neighborhoods(content[key], title)
    _print_pairs(content["pairs"])
    _print_paper(content["paper_mode"])
    for name, part in content["sublattices"].items():
        print_text(
            f"Sublattice {name}: {VERDICT_WORDS[part['scan']['verdict']]} Bulk entropy "
            f"{part['scan']['entropy_bulk']:.4f} R, family p {rounded(part['scan']['family_p'], 2)}"
        )
    print_warnings(content["notices"])


def _print_scan(scan: dict[str, Any]) -> None:
    rows = [
        (
            rounded(scan["size_nm"][i], 3),
            f"{scan['n_areas'][i]:,}",
            rounded(scan["n_per_area_mean"][i], 3),
            f"{rounded(scan['n_per_area_q05'][i], 3)}-{rounded(scan['n_per_area_q95'][i], 3)}",
            _entropy(scan["entropy_weighted"][i]),
            _entropy(scan["entropy_null"][i]),
            _entropy(scan["sd_null"][i]),
            _entropy(scan["excess_information"][i]),
            f"{_entropy(scan['excess_lower'][i])}..{_entropy(scan['excess_upper'][i])}",
            rounded(scan["z"][i], 2),
            rounded(scan["p_adjusted"][i], 2),
            _entropy(scan["detectable_excess"][i]),
        )
        for i in range(len(scan["size_nm"]))
    ]
    headers = (
        "Size [nm]", "Cubes", "Ions per cube", "5-95 %", "S [R]", "Null [R]", "SD", "Excess [R]", "95 % interval", "z",
        "p (adjusted)", "Detectable",
    )  # fmt: skip
    print_table(headers, rows, right=tuple(range(12)))


def _entropy(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _print_unit(unit: dict[str, Any]) -> None:
    if unit["sume_bc_nm"] is None:
        bound = unit["lower_bound_nm"]
        said = "none" if bound is None else f"above {rounded(bound, 3)} nm"
        print_text(f"Smallest unit of maximal entropy (tolerance {100 * unit['tolerance']:g} %): {said}")
        return
    interval = unit["sume_interval_nm"] or (None, None)
    at_most = "at or below " if unit["sume_bc_nm"] == unit["smallest_size_nm"] else ""
    parts = [
        f"Smallest unit of maximal entropy (tolerance {100 * unit['tolerance']:g} %): {at_most}"
        f"{rounded(unit['sume_bc_nm'], 3)} nm by the upper limit of the excess",
        f"point value {rounded(unit['sume_point_nm'], 3)} nm ({rounded(interval[0], 3)} to {rounded(interval[1], 3)})",
        f"{rounded(unit['n_ions'], 3)} detected ions",
    ]
    if unit["n_atoms"] is not None:
        parts.append(f"{rounded(unit['n_atoms'], 3)} atoms")
    if unit["n_cells"] is not None:
        parts.append(f"{rounded(unit['n_cells'], 3)} unit cells")
    print_text("; ".join(parts))


def _print_neighborhoods(found: dict[str, Any] | None, title: str) -> None:
    if found is None:
        return
    rows = [
        (
            rounded(found["radius_nm"][i], 3),
            rounded(found["n_per_area_mean"][i], 4),
            _entropy(found["entropy"][i]),
            _entropy(found["entropy_null"][i]),
            _entropy(found["excess_information"][i]),
            rounded(found["z"][i], 2),
            rounded(found["p_adjusted"][i], 2),
        )
        for i in range(len(found["radius_nm"]))
    ]
    print_text()
    headers = (title, "Ions per area", "S [R]", "Null [R]", "Excess [R]", "z", "p (adjusted)")
    print_table(headers, rows, right=tuple(range(7)))


def _print_pairs(pairs: dict[str, Any] | None) -> None:
    if pairs is None:
        return
    species = pairs["species"]
    rows = [
        (
            f"{rounded(lower, 3)}-{rounded(upper, 3)}",
            f"{species[i]}-{species[j]}",
            f"{pairs['pair_counts'][shell][i][j]:,}",
            rounded(pairs["warren_cowley"][shell][i][j], 3),
            rounded(pairs["z"][shell][i][j], 2),
            rounded(pairs["p_adjusted"][shell][i][j], 2),
        )
        for shell, (lower, upper) in enumerate(zip(pairs["shell_lower_nm"], pairs["shell_upper_nm"], strict=True))
        for i in range(len(species))
        for j in range(i, len(species))
    ]
    print_text()
    print_table(("Shell [nm]", "Pair", "Pairs", "Warren-Cowley", "z", "p (adjusted)"), rows, right=(2, 3, 4, 5))


def _print_paper(paper: dict[str, Any] | None) -> None:
    if paper is None:
        return
    rows = [
        (
            rounded(paper["size_nm"][i], 3),
            f"{paper['n_cubes'][i]} of {paper['n_requested'][i]}",
            rounded(paper["n_per_cube_mean"][i], 3),
            _entropy(paper["entropy_printed"][i]),
            _entropy(paper["entropy_sd"][i]),
            _entropy(paper["relabeled_entropy"][i]),
            _entropy(paper["relabeled_scatter"][i]),
        )
        for i in range(len(paper["size_nm"]))
    ]
    print_text()
    headers = ("Size [nm]", "Cubes", "Ions per cube", "Plain mean S [R]", "SD", "Relabeled", "Relabeled SD")
    print_table(headers, rows, right=tuple(range(7)))
    print_text(
        f"Published construction: {rounded(paper['tangent_nm'], 3)} nm; relabeled ions give "
        f"{rounded(paper['tangent_relabeled_nm'], 3)} +- {rounded(paper['tangent_relabeled_sd_nm'], 2)} nm. "
        f"{paper['warning']}"
    )


def tip_content(tip: SimulatedTip, files: Sequence[Any]) -> dict[str, Any]:
    """Return a simulated tip with the keys of ``--json``."""
    content: dict[str, Any] = {
        "n_ions": len(tip.ions),
        "truth": tip.truth.to_dict(),
        "files": [str(path) for path in files],
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def print_tip(content: dict[str, Any]) -> None:
    """Print what was simulated and where it lies."""
    print_text(f"{content['n_ions']:,} ions")
    for path in content["files"]:
        print_text(f"  {path}")
    print_warnings(content["truth"].get("notices") or [])
