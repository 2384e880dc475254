"""Results of ``entrox stem``: what is printed, and the keys of a simulated image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.cli.terminal import print_table, print_text, print_warnings, rounded
from entrox.core import to_jsonable
from entrox.core.units import PICOMETER_PER_ANGSTROM

if TYPE_CHECKING:
    from entrox.cli.stem_input import SimulatedImage

__all__ = ["print_analysis", "print_simulation", "simulation_content"]


def simulation_content(found: SimulatedImage, files: Sequence[Path]) -> dict[str, Any]:
    """Return a simulated image with the keys of ``--json``."""
    truth = found.truth
    moved, counts = np.empty((0, 2)), None
    if truth is not None:
        moved = PICOMETER_PER_ANGSTROM * truth.displacement_angstrom[truth.site == 1]
        moved = moved[np.isfinite(moved).all(axis=1)]
        counts = {name: int((truth.site == number).sum()) for number, name in enumerate("ABO")}
    rows, columns = found.micrograph.intensity.shape
    content = {
        "shape_px": [rows, columns],
        "pixel_size_pm": found.image_settings.pixel_size_pm,
        "n_columns": counts,
        "n_vectors": len(moved),
        "rms_d_pm": float(np.sqrt((moved**2).sum(axis=1).mean())) if len(moved) else None,
        "mean_d_pm": {"x": moved[:, 0].mean(), "y": moved[:, 1].mean()} if len(moved) else None,
        "mean_counts": float(np.nanmean(found.micrograph.intensity)),
        "files": [str(path) for path in files],
        "warnings": [*found.warnings, *found.micrograph.warnings],
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def print_simulation(content: Mapping[str, Any]) -> None:
    """Print what was drawn and where it lies."""
    rows, columns = content["shape_px"]
    print_text(f"{columns} x {rows} px of {content['pixel_size_pm']:g} pm")
    if (counts := content["n_columns"]) is not None:
        print_text(f"{counts['A']:,} columns of A, {counts['B']:,} of B")
        print_text(f"rms displacement of B {rounded(content['rms_d_pm'])} pm")
    for path in content["files"]:
        print_text(f"  {path}")
    print_warnings(content["warnings"])


def print_analysis(content: Mapping[str, Any]) -> None:
    """Print an analysis as tables, every number beside the null field or chance."""
    from entrox.plots.stem_words import brief_sentences, known_length

    print_text(" ".join(brief_sentences(content)))
    print_text()
    print_table(("Image", ""), _image_rows(content))
    rows = []
    for name, words in (("rms_d", "rms |d|"), ("mean_abs_d", "mean |d|")):
        value, unit = known_length(content, name)
        if value is not None:
            rows.append((f"{words} [{unit}]", *(rounded(value.get(key)) for key in ("raw", "debiased", "null"))))
    if rows:
        print_text()
        print_table(("Length", "Measured", "Debiased", "Null field"), rows, right=(1, 2, 3))
    shares = [
        (name, *(_percent(row[key]) for key in ("value", "chance", "null")), _interval(row["interval"]))
        for name, row in (content["class_share"] or {}).items()
    ]
    if shares:
        print_text()
        print_table(("Class [%]", "Share", "Chance", "Null field", "95 % interval (Wilson)"), shares, right=(1, 2, 3))
    _print_domains(content)
    _print_filter(content["filter"])
    print_warnings(content["warnings"])


def _image_rows(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    from entrox.plots.stem_words import known_length

    counts = ", ".join(f"{number:,} {name}" for name, number in content["n_columns"].items() if number)
    decision = content["a_site_decision"] or {}
    pixel = content["pixel_size_pm"]
    periods = " x ".join(rounded(value) for value in content["period_px"])
    rows = [
        ("Columns", counts),
        ("Pixel [pm]", "unknown: lengths in px" if pixel is None else rounded(pixel)),
        ("Periods [px], angle [deg]", f"{periods}, {rounded(content['lattice_angle_deg'])}"),
        ("A site", f"{decision.get('method', '-')}, contrast {rounded(decision.get('contrast'), 3)}"),
    ]
    columns, unit = known_length(content, "sigma_column")
    if columns is not None:
        texts = [f"{name} {rounded(value, 3)}" for name, value in columns.items() if value is not None]
        rows.append((f"Error of a column [{unit}]", ", ".join(texts)))
    if (halves := content.get("split_halves")) is not None:
        for site, row in halves["sites"].items():
            error, unit = known_length(row, "error")
            told = known_length(row, "predicted")[0]
            if error is not None and told is not None:
                texts = [f"{rounded(error[name], 3)} (fit: {rounded(told[name], 3)})" for name in "xy"]
                rows.append((f"Error of {site} from halves x, y [{unit}]", ", ".join(texts)))
    sigma, unit = known_length(content, "sigma_vector")
    if sigma is not None:
        rows.append((f"Error of a vector [{unit}]", rounded(sigma, 3)))
    mean, unit = known_length(content, "field_mean")
    if mean is not None:
        errors = mean.get("spread") or mean.get("sigma") or (None, None)
        parts = [f"{rounded(mean[name], 3)} ± {rounded(e, 2)}" for name, e in zip("xy", errors, strict=True)]
        rows.append((f"Mean vector x, y [{unit}]", ", ".join(parts)))
    if content.get("median_reduced_chi2") is not None:
        rows.append(("chi² per degree of freedom", rounded(content["median_reduced_chi2"], 3)))
    jitter, unit = known_length(content, "row_jitter")
    upper, upper_unit = known_length(content, "row_jitter_upper")
    if content.get("row_jitter_detected"):
        rows.append((f"Row jitter [{unit}]", rounded(jitter, 3)))
    elif upper is not None:
        rows.append((f"Row jitter [{upper_unit}]", f"not detected, below {rounded(upper, 2)}"))
    return rows


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100.0 * value:.1f}"


def _interval(ends: Sequence[float] | None) -> str:
    return "-" if not ends else f"{_percent(ends[0])} to {_percent(ends[1])}"


def _print_domains(content: Mapping[str, Any]) -> None:
    from entrox.plots.stem_words import known_length

    rows = []
    length, unit = known_length(content, "correlation_length")
    if length is not None:
        null = known_length(content, "null_correlation_length")
        text = "-" if null[0] is None or null[1] != unit else rounded(null[0], 3)
        rows.append((f"Correlation falls below 1/e at [{unit}]", rounded(length, 3), text, "-"))
    domains = content["domains"]
    if domains is not None:
        area, unit = known_length(domains, "median_area")
        other = known_length(domains, "null_median_area")[0]
        rows.append(
            ("Domains", str(domains["n"]), rounded(domains.get("null_n"), 3), rounded(domains.get("chance_n"), 3))
        )
        chance, chance_unit = known_length(domains, "chance_median_area")
        text = rounded(chance, 3) if chance is not None and chance_unit == unit else "-"
        rows.append((f"Median area [{unit or 'px²'}]", rounded(area, 3), rounded(other, 3), text))
    if rows:
        print_text()
        print_table(("Order in space", "Measured", "Null field", "Shuffled"), rows, right=(1, 2, 3))


def _print_filter(content: Mapping[str, Any]) -> None:
    if content["kind"] == "none":
        return
    gain, measured = content.get("gain_by_domain") or {}, content.get("empirical_gain") or {}
    sizes = list(dict.fromkeys([*gain, *measured]))
    rows = [(str(size), rounded(_gain(gain.get(size)), 3), rounded(_gain(measured.get(size)), 3)) for size in sizes]
    print_text()
    print_text(f"Filter: {content['kind']}. It changes the map; the gain is not divided out.")
    if rows:
        print_table(("Domain edge [cells]", "Gain", "Measured gain"), rows, right=(0, 1, 2))


def _gain(value: Any) -> float | None:
    return value.get("value") if isinstance(value, Mapping) else value
