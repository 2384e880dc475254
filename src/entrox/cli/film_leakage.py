"""``entrox film leakage``: from options to the laws of each electrode and branch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.film_folder import Outcome
from entrox.cli.terminal import rounded
from entrox.core import InputError, check_positive, to_jsonable
from entrox.core.units import METER_PER_NANOMETER
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from entrox.film.leakage import LeakageBranch, LeakageModel
    from entrox.film.leakage_models import Capacitor
    from entrox.film.leakage_table import LeakageCurve

__all__ = ["LEAKAGE_FILES", "measure_leakage"]

LEAKAGE_FILES = ("branches.csv", "models.csv")


def measure_leakage(table: Path, asked: Mapping[str, Any]) -> Outcome:
    """Read the curve, fit every branch of every electrode."""
    from entrox.film.leakage_models import MODELS, Capacitor
    from entrox.film.leakage_table import read_leakage
    from entrox.film.permittivity import disk_area

    film = Capacitor(
        check_positive(asked["thickness_nm"], "--thickness-nm", "nm") * METER_PER_NANOMETER,
        check_positive(asked["temperature_k"], "--temperature-k", "K"),
        asked["static_permittivity"], asked["refractive_index"], asked["gap_ev"], asked["effective_mass"],
    )  # fmt: skip
    models = MODELS if asked["models"] is None else tuple(item.strip() for item in asked["models"].split(","))
    area = None if asked["diameter_um"] is None else disk_area(asked["diameter_um"] * 1e-6)
    curve = read_leakage(
        table, film.thickness_m, area_m2=area, built_in_v=asked["built_in_v"], field_unit=asked["field_unit"],
        current_unit=asked["current_unit"],
    )  # fmt: skip
    branches, skipped = _branches(curve, film, models, asked["floor_a_per_m2"])
    main = max(branches, key=lambda item: len(item[1].field))[1]
    series = _series(curve, asked["floor_a_per_m2"])
    content = {
        **_branch_content(main), "temperature_k": film.temperature_k, "thickness_nm": asked["thickness_nm"],
        "branches": [{"electrode": name, **_branch_content(branch)} for name, branch in branches],
        "temperature_series": to_jsonable(series),
        "warnings": [*_warnings(main, series, film.refractive_index), *skipped],
    }  # fmt: skip
    return _outcome(content, main, branches)


def _branches(
    curve: LeakageCurve, film: Capacitor, models: tuple[str, ...], floor: float
) -> tuple[list[tuple[str, LeakageBranch]], list[str]]:
    """Fits by electrode and branch, and what was too short for one."""
    from dataclasses import replace

    import numpy as np

    from entrox.film.leakage import fit_leakage, leakage_branches

    everywhere = np.zeros(len(curve.field)) if curve.temperature is None else curve.temperature
    names = np.array(curve.electrode if curve.electrode is not None else [""] * len(curve.field))
    found, skipped, last = [], [], ""
    for name in dict.fromkeys(names.tolist()):
        for temperature in np.unique(everywhere[names == name]):
            chosen = np.flatnonzero((names == name) & (everywhere == temperature))
            at = film if curve.temperature is None else replace(film, temperature_k=float(temperature))
            for branch, points in leakage_branches(curve.field[chosen]):
                where = chosen[points]
                label = branch if curve.temperature is None else f"{branch} {temperature:g} K"
                error = None if curve.relative_error is None else curve.relative_error[where]
                try:
                    found.append((name, fit_leakage(
                        curve.field[where], curve.current_density[where], at, models=models, floor_a_per_m2=floor,
                        relative_error=error, name=label,
                    )))  # fmt: skip
                except InputError as failure:
                    last = str(failure)
                    if "points" not in last:
                        raise
                    skipped.append(f"{' '.join([name, label]).strip()} left out: {last}")
    if not found:
        raise InputError(last or "the table holds no field other than zero.")
    return found, skipped


def _series(curve: LeakageCurve, floor: float) -> dict[str, Any] | None:
    import numpy as np

    from entrox.film.leakage_series import fit_temperature_series

    if curve.temperature is None or len(np.unique(curve.temperature)) < 2:
        return None
    good: NDArray[np.bool_] = (curve.field * curve.current_density > 0.0) & (np.abs(curve.current_density) > floor)
    fits = [
        fit_temperature_series(
            np.abs(curve.field[good]), np.abs(curve.current_density[good]), curve.temperature[good], law
        )
        for law in ("schottky", "poole-frenkel")
    ]
    return {item.name: item.to_dict() for item in fits}


def _model_content(model: LeakageModel) -> dict[str, Any]:
    plain: dict[str, Any] = to_jsonable({
        "name": model.name, "aicc": model.aicc, "parameters": dict(model.parameters),
        "optical_permittivity": model.optical_permittivity,
        "optical_permittivity_range": model.optical_permittivity_range, "scatter_ln_j": model.scatter,
        "flags": model.flags,
    })  # fmt: skip
    return plain


def _branch_content(branch: LeakageBranch) -> dict[str, Any]:
    return {
        "branch": branch.name, "n_points": len(branch.field), "n_masked": branch.n_masked,
        "models": [_model_content(model) for model in branch.models], "selected": branch.selected,
        "distinguishable": branch.distinguishable, "verdict": branch.verdict, "regimes_aicc": branch.regimes_aicc,
        "regimes": [
            {"low_mv_per_m": part.low_v_per_m / MEGA, "high_mv_per_m": part.high_v_per_m / MEGA,
             "n_points": part.n_points, **_model_content(part.model)}
            for part in branch.regimes
        ],
    }  # fmt: skip


def _warnings(main: LeakageBranch, series: Any, refractive_index: float | None) -> list[str]:
    found = []
    names = {model.name for model in main.models}
    alone = series is None and refractive_index is None
    if alone and {"schottky", "poole-frenkel"} <= names and main.selected in ("schottky", "poole-frenkel"):
        found.append(
            "Schottky and Poole-Frenkel look alike at one temperature; give --refractive-index, several temperatures, "
            "both polarities or several thicknesses"
        )
    if main.n_masked:
        found.append(f"{main.n_masked} points left out: no current in the direction of the field, or below the floor")
    if len(main.regimes) > 1 and main.regimes_aicc < main.models[0].aicc:
        found.append(f"no one law holds over all fields: {len(main.regimes)} regimes")
    return found


def _outcome(content: dict[str, Any], main: LeakageBranch, branches: list[tuple[str, LeakageBranch]]) -> Outcome:
    from entrox.plots.film import plot_leakage

    best = main.models[0].aicc
    rows = [
        (model.name, rounded(model.aicc - best, 3), rounded(model.optical_permittivity, 3), rounded(model.scatter, 2),
         ", ".join(f"{key} {rounded(value)}" for key, value in model.parameters.items()), "; ".join(model.flags))
        for model in main.models
    ]  # fmt: skip
    regimes = [
        (f"{rounded(part.low_v_per_m / MEGA)} to {rounded(part.high_v_per_m / MEGA)}", str(part.n_points),
         part.model.name, "; ".join(part.model.flags))
        for part in main.regimes
    ]  # fmt: skip
    points = [
        (name, branch.name, *row)
        for name, branch in branches
        for row in zip((branch.field / MEGA).tolist(), branch.current_density.tolist(), branch.exponent.tolist(),
                       strict=True)
    ]  # fmt: skip
    models = [
        (name, branch.name, model.name, model.aicc, model.optical_permittivity, model.scatter, "; ".join(model.flags))
        for name, branch in branches
        for model in branch.models
    ]
    return Outcome(
        content, f"{main.name}: {main.verdict}",
        ((("law", "AICc over best", "optical permittivity", "scatter of ln J", "parameters", "flags"), rows),
         (("regime [MV/m]", "points", "law", "flags"), regimes)),
        {"branches.csv": (("electrode", "branch", "field_mv_per_m", "current_density_a_per_m2", "exponent"), points),
         "models.csv": (("electrode", "branch", "model", "aicc", "optical_permittivity", "scatter_ln_j", "flags"),
                        models)},
        {"leakage": lambda: plot_leakage(main)},
    )  # fmt: skip
