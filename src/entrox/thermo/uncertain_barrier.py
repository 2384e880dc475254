"""The barrier of one driving force with its uncertainty: draws of driving force and interface energy.

Units: J/m3, J/m2, K, nm, eV.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from entrox.core import InputError, Result, check_in_range, check_positive, quantity
from entrox.thermo.barrier_draws import BarrierDraws, draw_barriers
from entrox.thermo.nucleation import (
    Direction,
    barrier,
    critical_radius,
    driving_force,
    driving_force_of_barrier,
    thermal_energy,
    wetting_factor,
)
from entrox.thermo.nucleation_rate import growth_velocity, log10_kinetic_factor, log10_relative_rate

__all__ = ["ASSUMED_GAMMA_J_PER_M2", "NO_BARRIER", "REACHED_KT", "Kinetics", "NucleationResult", "nucleation_result"]

ASSUMED_GAMMA_J_PER_M2 = 1.0
REACHED_KT = 60.0
"""With the kinetic factor of a liquid, near 1e39 per m3 and s, a nucleus then forms every second in 1e-13 m3."""
NO_BARRIER = "no barrier: W rises without bound"
AT_A_WALL = (
    "nuclei per volume count all sites with the barrier at the wall, which only those at the wall have: an upper bound"
)
DRAWS = 100_000
NOTICED_SHARE = 1e-3
THIN_NM = 1.0
"""An interface of crystal and glass is about as wide: smaller nuclei have no inside."""


@dataclass(frozen=True, kw_only=True)
class Kinetics:
    """What takes the rate from a ratio to a number per volume and time.

    Parameters
    ----------
    diffusivity_m2_per_s
        Of the slowest atom that has to move.
    site_density_per_m3
        Units (formula units, say) per volume.
    jump_nm
        Length of a jump; the cube root of the volume of a unit if None.
    """

    diffusivity_m2_per_s: float
    site_density_per_m3: float
    jump_nm: float | None = None


@dataclass(frozen=True, kw_only=True)
class NucleationResult(Result):
    """A barrier and its rate.

    Quantiles are those of the draws that have a barrier; ``p_no_barrier`` counts the others. Where the driving force
    itself gives no barrier, radius, barrier and rate are None.
    """

    direction: Direction
    df_j_per_m3: float = quantity("J/m3", "free-energy density, amorphous minus crystal")
    df_error_j_per_m3: float = quantity("J/m3", "standard error of the free-energy density")
    driving_force_j_per_m3: float = quantity("J/m3", "driving force, phase that appears minus phase around it")
    gamma_j_per_m2: float = quantity("J/m2", "interface energy")
    gamma_error_j_per_m2: float = quantity("J/m2", "standard error of the interface energy")
    gamma_assumed: bool
    temperature_k: float = quantity("K", "temperature")
    wetting: float = quantity("1", "heterogeneous factor of the barrier")
    critical_radius_nm: float | None = quantity("nm", "critical radius")
    critical_radius_p05_nm: float | None = quantity("nm", "critical radius, 5 % quantile")
    critical_radius_p95_nm: float | None = quantity("nm", "critical radius, 95 % quantile")
    barrier_ev: float | None = quantity("eV", "barrier")
    barrier_p05_ev: float | None = quantity("eV", "barrier, 5 % quantile")
    barrier_p95_ev: float | None = quantity("eV", "barrier, 95 % quantile")
    barrier_kt: float | None = quantity("kT", "barrier in units of kT")
    log10_rate: float | None = quantity("1", "decimal logarithm of the rate over its kinetic factor")
    log10_rate_p05: float | None = quantity("1", "5 % quantile of that logarithm")
    log10_rate_p95: float | None = quantity("1", "95 % quantile of that logarithm")
    log10_kinetic_factor: float | None = quantity("log10(1/(m3 s))", "decimal logarithm of the kinetic factor")
    log10_nuclei: float | None = quantity("log10(1/(m3 s))", "decimal logarithm of nuclei per volume and time")
    growth_m_per_s: float | None = quantity("m/s", "largest growth velocity by diffusion")
    diffusivity_ratio: float | None = quantity("1", "diffusivity over that of the reference composition")
    p_no_barrier: float = quantity("1", "share of draws without a barrier")
    n_draws: int = quantity("1", "draws of driving force and interface energy")
    gamma_share: float | None = quantity("1", "share of the variance of ln(barrier) from the interface energy")
    df_of_reached_barrier_j_per_m3: float = quantity(
        "J/m3", f"free-energy density, amorphous minus crystal, at which the barrier is {REACHED_KT:g} kT"
    )
    verdict: str
    warnings: tuple[str, ...] = ()

    @property
    def kinetic_shift(self) -> float | None:
        """What the diffusivity ratio adds to the decimal logarithm of rate and of growth."""
        return None if self.diffusivity_ratio is None else math.log10(self.diffusivity_ratio)


def nucleation_result(
    df_j_per_m3: float,
    temperature_k: float,
    *,
    df_error_j_per_m3: float = 0.0,
    gamma_j_per_m2: float | None = None,
    gamma_error_j_per_m2: float = 0.0,
    direction: Direction = "amorphous-in-crystal",
    contact_angle_deg: float = 180.0,
    kinetics: Kinetics | None = None,
    diffusivity_ratio: float | None = None,
    rng: np.random.Generator | None = None,
    draws: int = DRAWS,
) -> NucleationResult:
    """Barrier, critical radius and rate, with errors by Monte Carlo.

    Parameters
    ----------
    df_j_per_m3, df_error_j_per_m3
        Free-energy density of the amorphous phase minus that of the crystal, and its standard error.
    temperature_k
        Temperature; there is no default.
    gamma_j_per_m2, gamma_error_j_per_m2
        Interface energy and its standard error; 1 J/m2, labeled as assumed, if not given.
    direction
        ``amorphous-in-crystal`` or ``crystal-in-amorphous``.
    contact_angle_deg
        Angle at a wall, for heterogeneous nucleation; 180 is none.
    kinetics
        Diffusivity and density, for nuclei per volume and time and the velocity of growth.
    diffusivity_ratio
        Diffusivity over that of a reference composition; it shifts rate and growth alike.
    rng
        Needed where an error is not zero.
    draws
        Number of draws, normal in the driving force, normal and above zero in the interface energy.

    Raises
    ------
    InputError
        If a number is out of range, or errors come without a generator.

    Examples
    --------
    >>> found = nucleation_result(-1e9, 300.0)
    >>> found.critical_radius_nm, round(found.barrier_kt), found.log10_rate > -1757
    (2.0, 4045, True)
    >>> nucleation_result(-1e9, 300.0, direction="crystal-in-amorphous").verdict
    'no barrier: W rises without bound'
    """
    gamma = (
        ASSUMED_GAMMA_J_PER_M2 if gamma_j_per_m2 is None else check_positive(gamma_j_per_m2, "gamma_j_per_m2", "J/m2")
    )
    errors = (
        check_in_range(df_error_j_per_m3, "df_error_j_per_m3", low=0.0, unit="J/m3"),
        check_in_range(gamma_error_j_per_m2, "gamma_error_j_per_m2", low=0.0, unit="J/m2"),
    )
    force, wetting = driving_force(df_j_per_m3, direction), wetting_factor(contact_angle_deg)
    if wetting == 0.0:
        raise InputError("contact_angle_deg = 0 means complete wetting: no nucleus is needed, and there is no barrier.")
    if diffusivity_ratio is not None:
        check_positive(diffusivity_ratio, "diffusivity_ratio")
    drawn = draw_barriers(force, errors[0], gamma, errors[1], wetting, rng, draws)
    found = _barrier_numbers(force, gamma, wetting, temperature_k, drawn, kinetics)
    return NucleationResult(
        direction=direction,
        df_j_per_m3=float(df_j_per_m3),
        df_error_j_per_m3=errors[0],
        driving_force_j_per_m3=force,
        gamma_j_per_m2=gamma,
        gamma_error_j_per_m2=errors[1],
        gamma_assumed=gamma_j_per_m2 is None,
        temperature_k=float(temperature_k),
        wetting=wetting,
        diffusivity_ratio=diffusivity_ratio,
        p_no_barrier=drawn.p_no_barrier,
        n_draws=draws if any(errors) else 0,
        gamma_share=_gamma_share(force, errors[0], gamma, errors[1]),
        # back to amorphous minus crystal, as df_j_per_m3 is
        df_of_reached_barrier_j_per_m3=driving_force(
            driving_force_of_barrier(REACHED_KT / wetting, gamma, temperature_k), direction
        ),
        verdict=_verdict(found["barrier_kt"]),
        warnings=(
            *_warnings(force, errors, gamma, drawn.p_no_barrier, assumed=gamma_j_per_m2 is None),
            *((AT_A_WALL,) if wetting < 1.0 and found["log10_nuclei"] is not None else ()),
        ),
        **found,
    )


def _barrier_numbers(
    force: float,
    gamma: float,
    wetting: float,
    temperature_k: float,
    drawn: BarrierDraws,
    kinetics: Kinetics | None,
) -> dict[str, float | None]:
    """Radius, barrier and rate with their quantiles; None for all that needs a barrier where there is none."""
    height = barrier(force, gamma, wetting)
    radii, heights = (drawn.radius_nm, drawn.barrier_ev) if height is not None else ((None, None), (None, None))
    log10 = [
        None if value is None else float(log10_relative_rate(value, temperature_k)) for value in (height, *heights)
    ]
    factor, growth = _kinetic_numbers(force, gamma, temperature_k, kinetics)
    return {
        "critical_radius_nm": critical_radius(force, gamma),
        "critical_radius_p05_nm": radii[0],
        "critical_radius_p95_nm": radii[1],
        "barrier_ev": height,
        "barrier_p05_ev": heights[0],
        "barrier_p95_ev": heights[1],
        "barrier_kt": None if height is None else height / thermal_energy(temperature_k),
        "log10_rate": log10[0],
        "log10_rate_p05": log10[2],  # the rate is low where the barrier is high
        "log10_rate_p95": log10[1],
        "log10_kinetic_factor": factor,
        "log10_nuclei": None if factor is None or log10[0] is None else factor + log10[0],
        "growth_m_per_s": growth,
    }


def _gamma_share(force: float, force_error: float, gamma: float, gamma_error: float) -> float | None:
    """First order: ln(barrier) moves by 3 dln(gamma) and by -2 dln|force|."""
    if force >= 0.0 or (force_error == 0.0 and gamma_error == 0.0):
        return None
    from_gamma, from_force = (3.0 * gamma_error / gamma) ** 2, (2.0 * force_error / force) ** 2
    return from_gamma / (from_gamma + from_force)


def _kinetic_numbers(
    force: float, gamma: float, temperature_k: float, kinetics: Kinetics | None
) -> tuple[float | None, float | None]:
    """Logarithm of the kinetic factor, and the velocity of growth."""
    if kinetics is None:
        return None, None
    place = {
        "diffusivity_m2_per_s": kinetics.diffusivity_m2_per_s,
        "site_density_per_m3": kinetics.site_density_per_m3,
        "jump_nm": kinetics.jump_nm,
    }
    factor = float(log10_kinetic_factor(gamma, temperature_k, **place))  # type: ignore[arg-type]
    return factor, growth_velocity(force, temperature_k, **place)  # type: ignore[arg-type]


def _verdict(height_kt: float | None) -> str:
    if height_kt is None:
        return NO_BARRIER
    reached = "within" if height_kt <= REACHED_KT else "out of"
    return f"barrier of {height_kt:.4g} kT: {reached} reach of thermal fluctuations (about {REACHED_KT:g} kT)"


def _warnings(
    force: float, errors: tuple[float, float], gamma: float, p_no_barrier: float, *, assumed: bool
) -> tuple[str, ...]:
    notes, radius = [], critical_radius(force, gamma)
    if assumed:
        notes.append(
            f"the interface energy, {ASSUMED_GAMMA_J_PER_M2:g} J/m2, is assumed; 1 % of it is 3 % of the barrier"
        )
    if radius is not None and radius < THIN_NM:
        notes.append(f"the critical radius, {radius:.2g} nm, is no larger than an interface is wide: only an estimate")
    if radius is not None and p_no_barrier > NOTICED_SHARE:
        notes.append(f"{100.0 * p_no_barrier:.3g} % of the draws have no barrier; quantiles are those of the others")
    if radius is None and p_no_barrier < 1.0 - NOTICED_SHARE:
        notes.append(f"within its error the driving force gives a barrier in {100.0 * (1.0 - p_no_barrier):.3g} %")
    if errors[1] > 0.0 and ndtr(-gamma / errors[1]) > NOTICED_SHARE:
        notes.append("the error of the interface energy reaches below zero; only draws above zero are used")
    return tuple(notes)
