"""``entrox film permittivity``: permittivity and loss over frequency, temperature, thickness, bending cycles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.measurement import Outcome
from entrox.cli.terminal import rounded
from entrox.core import FormatError, InputError, check_in_range, check_positive, to_jsonable
from entrox.core.units import METER_PER_ANGSTROM, METER_PER_NANOMETER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["PERMITTIVITY_FILES", "measure_permittivity"]

PERMITTIVITY_FILES = ("permittivity.csv",)
METER_PER_MICROMETER = 1e4 * METER_PER_ANGSTROM
VISIBLE_SHARE = 0.01


def measure_permittivity(table: Path, asked: Mapping[str, Any]) -> Outcome:
    """Read capacitances and measure what their columns allow."""
    import numpy as np

    from entrox.film.measured_table import Column, read_measured_table
    from entrox.film.permittivity import relative_permittivity

    depth = METER_PER_NANOMETER * check_positive(asked["thickness_nm"], "--thickness-nm", "nm")
    across = METER_PER_MICROMETER * check_positive(asked["diameter_um"], "--diameter-um", "um")
    check_positive(asked["stable_percent"], "--stable-percent", "%")
    check_in_range(asked["reproducibility_percent"], "--reproducibility-percent", low=0.0, unit="%")
    check_positive(asked["loss_limit"], "--loss-limit")
    found = read_measured_table(table, {
        "capacitance": Column(("capacitance", "c"), "capacitance", needed=True),
        "loss": Column(("loss", "tan_d", "tan_delta"), "share", unit="1"),
        "frequency": Column(("frequency", "f"), "frequency"),
        "temperature": Column(("temperature", "t"), "temperature"),
        "cycles": Column(("cycles", "n", "cycle"), "number", unit="1"),
        "thickness": Column(("thickness",), "length"),
    })  # fmt: skip
    numbers = {name: values.copy() for name, values in found.numbers.items()}
    for name in ("capacitance", "frequency", "thickness"):
        bad = np.flatnonzero(numbers.get(name, np.ones(1)) <= 0.0)
        if len(bad):
            raise InputError(f"{table}, line {found.lines[bad[0]]}: {name} must be > 0. Remove the line.")
    if asked["cycles"] and "cycles" not in numbers:
        raise FormatError("--cycles needs a column cycles.", path=table)
    frequency = numbers.get("frequency", np.zeros(len(numbers["capacitance"])))
    resistance, words = _resistance(numbers, asked) if "loss" in numbers and "frequency" in numbers else (None, [])
    depths = numbers.get("thickness", np.full(len(frequency), depth))
    permittivity = np.array([
        float(relative_permittivity(value, float(t), across))
        for value, t in zip(numbers["capacitance"], depths, strict=True)
    ])  # fmt: skip
    loss = numbers.get("loss")
    if loss is not None and (loss < 0.0).any():
        words.append(
            f"{int((loss < 0.0).sum())} losses are below zero: a film gives out no energy; check the calibration"
        )
    content: dict[str, Any] = to_jsonable({
        "n": len(permittivity),
        "permittivity": {"median": float(np.median(permittivity)), "low": float(permittivity.min()),
                         "high": float(permittivity.max())},
        "loss": None if loss is None else {"median": float(np.median(loss)), "low": float(loss.min()),
                                           "high": float(loss.max())},
        "series_resistance": resistance, "temperature": _temperature(numbers, permittivity, asked["loss_limit"]),
        "cycles": _cycles(numbers, frequency, permittivity, asked) if "cycles" in numbers else [],
        "dead_layer": _dead_layer(numbers, across), "warnings": words,
    })  # fmt: skip
    return _outcome(content, numbers, frequency, permittivity)


def _resistance(numbers: dict[str, Any], asked: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """Series resistance of each state; the columns are replaced by what is left."""
    import numpy as np

    from entrox.film.permittivity import series_resistance

    states = np.column_stack(
        [numbers.get(name, np.zeros(len(numbers["loss"]))) for name in ("temperature", "cycles", "thickness")]
    )
    values, words = [], []
    for state in np.unique(states, axis=0):
        rows = (states == state).all(axis=1)
        if len(np.unique(numbers["frequency"][rows])) < 4:
            continue
        found = series_resistance(numbers["frequency"][rows], numbers["capacitance"][rows], numbers["loss"][rows])
        values.append({"resistance_ohm": found.resistance, "error_ohm": found.resistance_error,
                       "largest_change_of_c": found.largest_share,
                       "removed": found.found and asked["remove_resistance"]})  # fmt: skip
        if found.found and asked["remove_resistance"]:
            numbers["capacitance"][rows], numbers["loss"][rows] = found.capacitance, found.loss
        if found.found and found.largest_share > VISIBLE_SHARE:
            done = "taken out" if asked["remove_resistance"] else "left in"
            words.append(
                f"{found.resistance:.3g} ohm in series change the capacitance by up to "
                f"{100.0 * found.largest_share:.2g} %: {done}"
            )
    return values or None, words


def _temperature(numbers: Mapping[str, Floats], permittivity: Floats, limit: float) -> Any:
    import numpy as np

    from entrox.film.permittivity import low_loss_window, temperature_coefficient

    if "temperature" not in numbers or len(np.unique(numbers["temperature"])) < 3:
        return None
    slope, error = temperature_coefficient(numbers["temperature"], permittivity)
    window = low_loss_window(numbers["temperature"], numbers["loss"], limit) if "loss" in numbers else None
    return {"coefficient_per_k": slope, "error_per_k": error, "low_loss_window_k": window, "loss_limit": limit}


def _cycles(numbers: Mapping[str, Floats], frequency: Floats, permittivity: Floats, asked: Mapping[str, Any]) -> Any:
    import numpy as np

    from entrox.film.cycles import change_over_cycles

    found = []
    for value in np.unique(frequency):
        rows = frequency == value
        change = change_over_cycles(
            numbers["cycles"][rows], permittivity[rows], limit=0.01 * asked["stable_percent"],
            reproducibility=0.01 * asked["reproducibility_percent"],
        )  # fmt: skip
        found.append({
            "frequency_hz": float(value) or None, "largest_change_percent": 100.0 * change.largest,
            "slope_percent_per_decade": None if change.slope is None else 100.0 * change.slope,
            "slope_interval": None if change.slope_interval is None else [100.0 * end for end in change.slope_interval],
            "cycles": change.cycles, "change_percent": 100.0 * change.change, "verdict": change.verdict,
        })  # fmt: skip
    return found


def _dead_layer(numbers: Mapping[str, Floats], diameter_m: float) -> Any:
    import numpy as np

    from entrox.film.permittivity import dead_layer

    if "thickness" not in numbers or len(np.unique(numbers["thickness"])) < 3:
        return None
    found = dead_layer(numbers["thickness"], numbers["capacitance"], diameter_m)
    return {
        "permittivity_of_film": found.permittivity, "permittivity_interval": found.permittivity_interval,
        "layer_nm_over_permittivity": found.layer_thickness_over_permittivity / METER_PER_NANOMETER,
        "layer_interval_nm": [end / METER_PER_NANOMETER for end in found.layer_interval],
        "seen": found.layer_interval[0] > 0.0,
    }  # fmt: skip


def _outcome(
    content: dict[str, Any], numbers: Mapping[str, Floats], frequency: Floats, permittivity: Floats
) -> Outcome:
    from entrox.plots.film_permittivity import plot_permittivity

    part, loss = content["permittivity"], content["loss"]
    rows = [("permittivity", f"{rounded(part['median'])} ({rounded(part['low'])} to {rounded(part['high'])})")]
    if loss is not None:
        rows.append(
            ("tan d", f"{rounded(loss['median'], 3)} ({rounded(loss['low'], 3)} to {rounded(loss['high'], 3)})")
        )
    if content["temperature"] is not None:
        rows.append(("per kelvin", f"{content['temperature']['coefficient_per_k']:.3g}"))
        rows.append(("low loss [K]", str(content["temperature"]["low_loss_window_k"])))
    if content["series_resistance"]:
        ohms = [item["resistance_ohm"] for item in content["series_resistance"]]
        words = (
            "taken out" if content["series_resistance"][0]["removed"] else "seen" if max(ohms) > 0.0 else "none seen"
        )
        rows.append(("series resistance [ohm]", f"{rounded(min(ohms))} to {rounded(max(ohms))}, {words}"))
    for item in content["cycles"]:
        at = "" if item["frequency_hz"] is None else f", {item['frequency_hz']:g} Hz"
        rows.append((f"cycles{at}", item["verdict"]))
    if content["dead_layer"] is not None:
        rows.append(
            ("dead layer, nm over its permittivity", rounded(content["dead_layer"]["layer_nm_over_permittivity"], 3))
        )
    columns = {"frequency_hz": numbers.get("frequency"), "temperature_k": numbers.get("temperature"),
               "cycles": numbers.get("cycles"), "permittivity": permittivity, "tan_d": numbers.get("loss")}  # fmt: skip
    kept = {name: values for name, values in columns.items() if values is not None}
    return Outcome(
        content, f"permittivity {rounded(part['median'])}", ((("quantity", "value"), rows),),
        {"permittivity.csv": (tuple(kept), list(zip(*(values.tolist() for values in kept.values()), strict=True)))},
        {"permittivity": lambda: plot_permittivity(kept)},
    )  # fmt: skip
