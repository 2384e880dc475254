"""``entrox film leakage``: from options to the laws of each electrode and branch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.measurement import Outcome
from entrox.cli.terminal import rounded
from entrox.core import InputError, check_positive, to_jsonable
from entrox.core.units import METER_PER_NANOMETER
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

if TYPE_CHECKING:
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
    diameter = asked["diameter_um"]
    area = (
        None
        if diameter is None
        else disk_area(check_positive(diameter, "--diameter-um", "um") * 1e3 * METER_PER_NANOMETER)
    )
    curve = read_leakage(
        table, film.thickness_m, area_m2=area, built_in_v=asked["built_in_v"], field_unit=asked["field_unit"],
        current_unit=asked["current_unit"],
    )  # fmt: skip
    branches, skipped = _branches(curve, film, models, asked["floor_a_per_m2"])
    main = max(branches, key=lambda item: len(item.fit.field)).fit
    series = _series(branches, film)
    content = {
        **_branch_content(main), "temperature_k": film.temperature_k, "thickness_nm": asked["thickness_nm"],
        "branches": [{"electrode": item.electrode, **_branch_content(item.fit)} for item in branches],
        "temperature_series": to_jsonable(series),
        "warnings": [*_warnings(main, series, film.refractive_index), *skipped],
    }  # fmt: skip
    return _outcome(content, main, [(item.electrode, item.fit) for item in branches])


@dataclass(frozen=True)
class Fitted:
    """One branch of one electrode at one temperature [K], or at the only one."""

    electrode: str
    branch: str
    temperature_k: float | None
    fit: LeakageBranch


def _branches(
    curve: LeakageCurve, film: Capacitor, models: tuple[str, ...], floor: float
) -> tuple[list[Fitted], list[str]]:
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
                    fit = fit_leakage(
                        curve.field[where], curve.current_density[where], at, models=models, floor_a_per_m2=floor,
                        relative_error=error, name=label,
                    )  # fmt: skip
                except InputError as failure:
                    last = str(failure)
                    if "points" not in last:
                        raise
                    skipped.append(f"{' '.join([name, label]).strip()} left out: {last}")
                else:
                    known = None if curve.temperature is None else float(temperature)
                    found.append(Fitted(name, branch, known, fit))
    if not found:
        raise InputError(last or "the table holds no field other than zero.")
    return found, skipped


def _series(branches: list[Fitted], film: Capacitor) -> dict[str, Any] | None:
    """Both thermal laws over the temperatures of one electrode and one branch, that of the most points."""
    import numpy as np

    from entrox.core.information_criterion import DISTINGUISHABLE
    from entrox.film.leakage_series import fit_temperature_series

    groups: dict[tuple[str, str], list[Fitted]] = {}
    for item in branches:
        if item.temperature_k is not None:
            groups.setdefault((item.electrode, item.branch), []).append(item)
    several = [found for found in groups.values() if len({item.temperature_k for item in found}) > 1]
    if not several:
        return None
    chosen = max(several, key=lambda found: sum(len(item.fit.field) for item in found))
    field, current = (
        np.concatenate([getattr(item.fit, name) for item in chosen]) for name in ("field", "current_density")
    )
    kelvin = np.concatenate([np.full(len(item.fit.field), item.temperature_k) for item in chosen])
    fits = [fit_temperature_series(field, current, kelvin, law, film) for law in ("schottky", "poole-frenkel")]
    ranked = sorted(fits, key=lambda item: (bool(item.flags), item.aicc))
    content = {item.name: {**item.to_dict(), "flags": list(item.flags)} for item in fits}
    return {
        **content, "electrode": chosen[0].electrode, "branch": chosen[0].branch, "selected": ranked[0].name,
        "distinguishable": bool(ranked[1].flags) or ranked[1].aicc - ranked[0].aicc >= DISTINGUISHABLE,
    }  # fmt: skip


def _model_content(model: LeakageModel) -> dict[str, Any]:
    plain: dict[str, Any] = to_jsonable({
        "name": model.name, "aicc": model.aicc, "parameters": dict(model.parameters),
        "standard_errors": dict(model.errors), "optical_permittivity": model.optical_permittivity,
        "optical_permittivity_error": model.optical_permittivity_error,
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
    alike = {"schottky", "poole-frenkel"}
    names = {model.name for model in main.models}
    taken = {main.selected, *(part.model.name for part in main.regimes)}
    if series is None and refractive_index is None and alike <= names and alike & taken:
        found.append(
            "Schottky and Poole-Frenkel look alike at one temperature; give --refractive-index, several temperatures, "
            "both polarities or several thicknesses"
        )
    if main.n_masked:
        found.append(f"{main.n_masked} points left out: no current in the direction of the field, or below the floor")
    if len(main.regimes) > 1 and main.regimes_aicc < main.models[0].aicc:
        found.append(
            f"no one law holds over all fields: {len(main.regimes)} regimes; where two laws cross their currents add, "
            "and a stretch there follows neither"
        )
    return found


def _heading(main: LeakageBranch) -> str:
    """One law where one holds, else the regimes in rising fields."""
    if len(main.regimes) == 1 or main.regimes_aicc >= main.models[0].aicc:
        return f"{main.name}: {main.verdict}"
    parts = [
        f"{part.model.name}{' (flagged)' if part.model.flags else ''} to {rounded(part.high_v_per_m / MEGA)}"
        for part in main.regimes
    ]
    return f"{main.name}: {', '.join(parts)} MV/m; of one law alone: {main.verdict}"


def _outcome(content: dict[str, Any], main: LeakageBranch, branches: list[tuple[str, LeakageBranch]]) -> Outcome:
    from entrox.plots.film import plot_leakage

    best = main.models[0].aicc
    rows = [
        (model.name, rounded(model.aicc - best, 3), rounded(model.optical_permittivity, 3),
         rounded(model.optical_permittivity_error, 2), rounded(model.scatter, 2), "; ".join(model.flags))
        for model in main.models
    ]  # fmt: skip
    selected = next(model for model in main.models if model.name == main.selected)
    taken = [(model.name, model) for model in (selected,)]
    if len(main.regimes) > 1:
        taken += [
            (f"{part.model.name} to {rounded(part.high_v_per_m / MEGA)} MV/m", part.model) for part in main.regimes
        ]
    parameters = [
        (name, key, rounded(value), rounded(model.errors[key], 2))
        for name, model in taken
        for key, value in model.parameters.items()
    ]
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
        content, _heading(main),
        ((("law", "AICc over best", "optical permittivity", "error", "scatter of ln J", "flags"), rows),
         (("law", "parameter", "value", "error"), parameters),
         (("regime [MV/m]", "points", "law", "flags"), regimes)),
        {"branches.csv": (("electrode", "branch", "field_mv_per_m", "current_density_a_per_m2", "exponent"), points),
         "models.csv": (("electrode", "branch", "model", "aicc", "optical_permittivity", "scatter_ln_j", "flags"),
                        models)},
        {"leakage": lambda: plot_leakage(main)},
    )  # fmt: skip
