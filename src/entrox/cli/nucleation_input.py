"""What ``entrox nucleation`` is asked: options that fit together, the table, the run they come from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from entrox.core import FormatError, InputError, check_in_range, check_positive

__all__ = ["Asked", "barrier_rows", "check_asked", "nucleation_keywords"]

POSITIVE = {
    "gamma_j_per_m2": "J/m2", "diffusivity_m2_per_s": "m2/s", "site_density_per_m3": "1/m3", "jump_nm": "nm",
    "diffusivity_ratio": "", "temperature_k": "K",
}  # fmt: skip
COMMAND = "free-energy"
NOT_STATED = "not-stated"


@dataclass(frozen=True)
class Asked:
    """The options, as given; after :func:`check_asked` complete."""

    df_j_per_m3: float | None
    df_error_j_per_m3: float | None
    gamma_j_per_m2: float | None
    gamma_error_j_per_m2: float
    temperature_k: float | None
    direction: str
    contact_angle_deg: float
    table: Path | None
    free_energy: Path | None
    fit: str
    predict_at_r: tuple[float, ...]
    entropy_per: str
    diffusivity_m2_per_s: float | None
    site_density_per_m3: float | None
    jump_nm: float | None
    diffusivity_ratio: float | None
    draws: int
    seed: int

    def settings(self) -> dict[str, Any]:
        """Options as plain data."""
        return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}

    def inputs(self) -> list[Path]:
        """Files that are read."""
        return [path for path in (self.table, _result_file(self.free_energy)) if path is not None]


def check_asked(asked: Asked) -> Asked:
    """Return the options with what they take from a run; InputError if they do not fit together."""
    from entrox.thermo.barrier_laws import LAWS
    from entrox.thermo.barriers_over_entropy import NORMALIZATIONS
    from entrox.thermo.nucleation import DIRECTIONS

    given = [name for name in ("df_j_per_m3", "table", "free_energy") if getattr(asked, name) is not None]
    if len(given) != 1:
        raise InputError("give one of --df-j-per-m3, --table and --free-energy.")
    if asked.df_error_j_per_m3 is not None and asked.df_j_per_m3 is None:
        raise InputError("--df-error-j-per-m3 goes with --df-j-per-m3; a table and a run have errors of their own.")
    if asked.df_j_per_m3 is not None and not math.isfinite(asked.df_j_per_m3):
        raise InputError(f"--df-j-per-m3 must be a finite number; got {asked.df_j_per_m3:g}.")
    if asked.free_energy is not None:
        asked = _from_run(asked, asked.free_energy)
    if asked.temperature_k is None:
        raise InputError("--temperature-k is missing. There is no default: barriers are compared with kT.")
    for name, unit in POSITIVE.items():
        if getattr(asked, name) is not None:
            check_positive(getattr(asked, name), f"--{name.replace('_', '-')}", unit)
    check_in_range(asked.df_error_j_per_m3 or 0.0, "--df-error-j-per-m3", low=0.0, unit="J/m3")
    check_in_range(asked.gamma_error_j_per_m2, "--gamma-error-j-per-m2", low=0.0, unit="J/m2")
    check_in_range(asked.contact_angle_deg, "--contact-angle-deg", low=0.0, high=180.0, low_open=True, unit="degree")
    normalizations = tuple(name.replace(" ", "-") for name in NORMALIZATIONS)
    for option, value, allowed in (
        ("--direction", asked.direction, DIRECTIONS), ("--fit", asked.fit, LAWS),
        ("--entropy-per", asked.entropy_per, normalizations),
    ):  # fmt: skip
        if value not in allowed:
            raise InputError(f"{option} must be one of {', '.join(allowed)}; got {value!r}.")
    if (asked.diffusivity_m2_per_s is None) != (asked.site_density_per_m3 is None):
        raise InputError("--diffusivity-m2-per-s and --site-density-per-m3 go together.")
    if asked.jump_nm is not None and asked.diffusivity_m2_per_s is None:
        raise InputError("--jump-nm goes with --diffusivity-m2-per-s and --site-density-per-m3.")
    if asked.table is None and (asked.predict_at_r or asked.fit != "power" or asked.entropy_per != NOT_STATED):
        raise InputError("--fit, --predict-at-r and --entropy-per are for --table.")
    words = asked.entropy_per.replace("-", " ")
    return replace(asked, df_error_j_per_m3=asked.df_error_j_per_m3 or 0.0, entropy_per=words)


def barrier_rows(asked: Asked) -> Any:
    """Lines of the table, None without one."""
    from entrox.thermo.barrier_table import read_barrier_table

    return None if asked.table is None else read_barrier_table(asked.table)


def nucleation_keywords(asked: Asked) -> dict[str, Any]:
    """Options that hold for every composition, as keywords of the room."""
    from entrox.thermo.uncertain_barrier import Kinetics

    kinetics = None
    if asked.diffusivity_m2_per_s is not None and asked.site_density_per_m3 is not None:
        kinetics = Kinetics(
            diffusivity_m2_per_s=asked.diffusivity_m2_per_s,
            site_density_per_m3=asked.site_density_per_m3,
            jump_nm=asked.jump_nm,
        )
    return {
        "gamma_j_per_m2": asked.gamma_j_per_m2,
        "gamma_error_j_per_m2": asked.gamma_error_j_per_m2,
        "direction": asked.direction,
        "contact_angle_deg": asked.contact_angle_deg,
        "kinetics": kinetics,
        "diffusivity_ratio": asked.diffusivity_ratio,
        "draws": asked.draws,
    }


def _result_file(run: Path | None) -> Path | None:
    return None if run is None else run / "result.json" if run.is_dir() else run


def _from_run(asked: Asked, run: Path) -> Asked:
    """Options with driving force, error and temperature of a run of ``entrox free-energy``."""
    from entrox.design.folder import read_json

    path = _result_file(run)
    assert path is not None
    content = read_json(path)
    density = content.get("df_j_per_m3") if isinstance(content, Mapping) else None
    if not isinstance(density, Mapping) or not {"value", "standard_error"} <= set(density):
        raise FormatError(f"this is no result of `entrox {COMMAND}`: df_j_per_m3 is missing.", path=path)
    temperature = float(content["temperature_k"])
    if asked.temperature_k is not None and asked.temperature_k != temperature:
        raise InputError(
            f"the free energies in {run} hold at {temperature:g} K; got --temperature-k {asked.temperature_k:g}. Run "
            f"`entrox {COMMAND}` at that temperature."
        )
    return replace(
        asked,
        df_j_per_m3=float(density["value"]),
        df_error_j_per_m3=float(density["standard_error"]),
        temperature_k=temperature,
    )
