"""``entrox film tensile``: modulus, departure from the line and fracture of a strip."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from entrox.cli.measurement import Outcome
from entrox.cli.terminal import rounded
from entrox.core import InputError, check_in_range, check_positive, to_jsonable
from entrox.core.units import METER_PER_NANOMETER

__all__ = ["TENSILE_FILES", "measure_pull"]

TENSILE_FILES = ("stress_strain.csv",)
MICRO = 1e3 * METER_PER_NANOMETER
GIGA, PERCENT = 1e9, 100.0


def measure_pull(table: Path, asked: Mapping[str, Any]) -> Outcome:
    """Read force over displacement and measure the pull."""
    from entrox.film.measured_table import Column, read_measured_table
    from entrox.film.tensile import measure_tensile

    sizes = [
        check_positive(asked[name], f"--{name.replace('_', '-')}", "um") * MICRO
        for name in ("length_um", "width_um", "thickness_um")
    ]
    check_in_range(asked["compliance_um_per_un"], "--compliance-um-per-un", low=0.0)
    window = _window(asked["window_percent"])
    read = read_measured_table(table, {
        "displacement": Column(("displacement", "elongation"), "length", needed=True),
        "force": Column(("force", "load"), "force", needed=True),
    })  # fmt: skip
    found = measure_tensile(
        read.numbers["displacement"], read.numbers["force"], *sizes,
        compliance_m_per_n=asked["compliance_um_per_un"], window=window,
    )  # fmt: skip
    low, high = found.modulus_interval
    content: dict[str, Any] = to_jsonable({
        "modulus_gpa": {"value": found.modulus / GIGA, "low": low / GIGA, "high": high / GIGA},
        "window_percent": [PERCENT * end for end in found.window], "slack_percent": PERCENT * found.slack,
        "departure_percent": None if found.departure_strain is None else PERCENT * found.departure_strain,
        "fracture_strain_percent": PERCENT * found.fracture_strain, "fracture_stress_gpa": found.fracture_stress / GIGA,
        "line_stress_gpa": found.line_stress / GIGA, "broken": found.broken, "warnings": found.warnings,
    })  # fmt: skip
    rows = [
        ("modulus [GPa]", f"{rounded(found.modulus / GIGA)} ({rounded(low / GIGA)} to {rounded(high / GIGA)})"),
        ("off the line from [%]", rounded(content["departure_percent"])),
        ("fracture at [%]", rounded(content["fracture_strain_percent"])),
        ("stress there [GPa]", rounded(content["fracture_stress_gpa"])),
        ("modulus times strain [GPa]", rounded(content["line_stress_gpa"])),
    ]
    from entrox.plots.film_tensile import plot_pull

    points = list(zip((PERCENT * found.strain).tolist(), (found.stress / GIGA).tolist(), strict=True))
    return Outcome(
        content, f"{'breaks' if found.broken else 'ends'} at {rounded(content['fracture_strain_percent'])} %",
        ((("quantity", "value"), rows),), {"stress_strain.csv": (("strain_percent", "stress_gpa"), points)},
        {"tensile": lambda: plot_pull(found)},
    )  # fmt: skip


def _window(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        low, high = (float(part) / PERCENT for part in text.split(","))
    except ValueError:
        raise InputError(f"--window-percent takes two numbers, such as 0.5,2; got {text!r}.") from None
    if not low < high:
        raise InputError(f"--window-percent must rise; got {text}.")
    return low, high
