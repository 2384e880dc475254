"""Results of ``entrox nucleation``: the keys of their JSON, and their tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import print_heading, print_table, print_text, print_warnings, rounded
from entrox.core import to_jsonable

if TYPE_CHECKING:
    from entrox.thermo.barrier_laws import LawFit
    from entrox.thermo.barriers_over_entropy import BarrierSeries
    from entrox.thermo.uncertain_barrier import NucleationResult

__all__ = ["nucleation_content", "print_nucleation", "series_content"]

NUMBERS = (
    "df_j_per_m3", "df_error_j_per_m3", "driving_force_j_per_m3", "gamma_j_per_m2", "gamma_error_j_per_m2",
    "gamma_assumed", "temperature_k", "wetting", "critical_radius_nm", "barrier_ev", "barrier_kt",
)  # fmt: skip


def nucleation_content(found: NucleationResult) -> dict[str, Any]:
    """Return one barrier with the keys of ``--json``."""
    content: dict[str, Any] = {
        "direction": found.direction,
        **{name: getattr(found, name) for name in NUMBERS},
        "critical_radius_interval_nm": [found.critical_radius_p05_nm, found.critical_radius_p95_nm],
        "barrier_interval_ev": [found.barrier_p05_ev, found.barrier_p95_ev],
        "log10_rate": {"value": found.log10_rate, "p05": found.log10_rate_p05, "p95": found.log10_rate_p95},
        "log10_kinetic_factor_per_m3_s": found.log10_kinetic_factor,
        "log10_nuclei_per_m3_s": found.log10_nuclei,
        "growth_m_per_s": found.growth_m_per_s,
        "diffusivity_ratio": found.diffusivity_ratio,
        "log10_kinetic_shift": found.kinetic_shift,
        "p_no_barrier": found.p_no_barrier,
        "n_draws": found.n_draws,
        "elasticities": {"gamma": 3.0, "df": -2.0},
        "gamma_share_of_variance": found.gamma_share,
        "df_of_60_kt_j_per_m3": found.df_of_reached_barrier_j_per_m3,
        "verdict": found.verdict,
        "warnings": found.warnings,
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def series_content(series: BarrierSeries) -> dict[str, Any]:
    """Return barriers over entropy with the keys of ``--json``."""
    points = [
        {"label": label, "s_config_r": entropy, **nucleation_content(point)}
        for label, entropy, point in zip(series.labels, series.s_config_r.tolist(), series.points, strict=True)
    ]
    prediction = series.prediction
    content = {
        "entropy_per": series.entropy_per,
        "points": points,
        "fits": [_fit_content(fit) for fit in series.fits],
        "law": series.law,
        "law_verdict": series.law_verdict,
        "prediction": None
        if prediction is None
        else {
            "s_config_r": prediction.x,
            "barrier_ev": prediction.value,
            "low_ev": prediction.low,
            "high_ev": prediction.high,
            "extrapolated": prediction.extrapolated,
        },
        "warnings": series.warnings,
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def _fit_content(fit: LawFit) -> dict[str, Any]:
    rows = zip(fit.names, fit.parameters, fit.interval_low if fit.interval_low is not None else [None] * 2,
               fit.interval_high if fit.interval_high is not None else [None] * 2, strict=False)  # fmt: skip
    return {
        "law": fit.law,
        "least_squares_in": fit.target,
        "parameters": {name: {"value": value, "low": low, "high": high} for name, value, low, high in rows},
        "n_points": len(fit.x),
        "degrees_of_freedom": fit.degrees_of_freedom,
        "has_spare_point": fit.has_spare_point,
        "rms_deviation_ev": fit.rms_deviation,
        "chi_squared": fit.chi_squared,
        "aicc": fit.aicc,
        "warnings": fit.warnings,
    }


def print_nucleation(content: Mapping[str, Any]) -> None:
    """Print one barrier, or the table of many and their laws."""
    if "points" in content:
        _print_series(content)
    else:
        _print_one(content)
    print_warnings(content["warnings"])


def _print_one(content: Mapping[str, Any]) -> None:
    print_heading(f"{content['direction']}: {content['verdict']}")
    print_text()
    rate, assumed = content["log10_rate"], " (assumed)" if content["gamma_assumed"] else ""
    rows = [
        ("Driving force [J/m3]", rounded(content["driving_force_j_per_m3"]), _plus(content["df_error_j_per_m3"])),
        (
            f"Interface energy [J/m2]{assumed}",
            rounded(content["gamma_j_per_m2"]),
            _plus(content["gamma_error_j_per_m2"]),
        ),
        ("Temperature [K]", rounded(content["temperature_k"]), ""),
        ("Critical radius [nm]", rounded(content["critical_radius_nm"]), _ends(content["critical_radius_interval_nm"])),
        ("Barrier [eV]", rounded(content["barrier_ev"], 6), _ends(content["barrier_interval_ev"])),
        ("Barrier [kT]", rounded(content["barrier_kt"]), ""),
        ("log10(K/K0)", rounded(rate["value"]), _ends([rate["p05"], rate["p95"]])),
        ("Draws without a barrier", f"{100.0 * content['p_no_barrier']:.3g} %", ""),
        ("df of a barrier of 60 kT [J/m3]", rounded(content["df_of_60_kt_j_per_m3"]), ""),
    ]
    for key, name in (
        ("log10_nuclei_per_m3_s", "log10(nuclei per m3 and s)"), ("growth_m_per_s", "Growth, at most [m/s]"),
        ("log10_kinetic_shift", "Mobility adds to log10"),
    ):  # fmt: skip
        if content[key] is not None:
            rows.append((name, rounded(content[key]), ""))
    print_table(("", "Value", "Error, or 5 to 95 %"), rows, right=(1, 2))


def _print_series(content: Mapping[str, Any]) -> None:
    header = f"Entropy [R per {content['entropy_per']}]" if content["entropy_per"] != "not stated" else "Entropy [R]"
    rows = [
        (one["label"], rounded(one["s_config_r"]), rounded(one["driving_force_j_per_m3"], 3),
         rounded(one["critical_radius_nm"], 3), rounded(one["barrier_ev"]), _ends(one["barrier_interval_ev"]),
         rounded(one["barrier_kt"], 3), rounded(one["log10_rate"]["value"]), f"{100.0 * one['p_no_barrier']:.3g} %")
        for one in content["points"]
    ]  # fmt: skip
    headers = ("df [J/m3]", "r* [nm]", "Barrier [eV]", "5 to 95 %", "[kT]", "log10(K/K0)", "No barrier")
    print_table(("Composition", header, *headers), rows, right=range(1, 2 + len(headers)))
    print_text()
    print_heading(f"Laws of the barrier: {content['law_verdict']}")
    laws = [
        (f"{fit['law']}, in {fit['least_squares_in']}", _parameter(fit, "a"), _parameter(fit, "b"),
         f"{fit['n_points']}, {fit['degrees_of_freedom']} spare", rounded(fit["rms_deviation_ev"], 3),
         rounded(fit["aicc"], 3))
        for fit in content["fits"]
    ]  # fmt: skip
    if laws:
        print_table(("Law", "a (95 %)", "b (95 %)", "Points", "rms [eV]", "AICc"), laws, right=(4, 5))
    if (found := content["prediction"]) is not None:
        print_text()
        low, high = (found[key] or [None] * len(found["s_config_r"]) for key in ("low_ev", "high_ev"))
        print_table(
            (header, f"Barrier by the {content['law']} law [eV]", "95 %", ""),
            [
                (rounded(x), rounded(value), _ends([a, b]), "extrapolated" if outside else "")
                for x, value, a, b, outside in zip(
                    found["s_config_r"], found["barrier_ev"], low, high, found["extrapolated"], strict=True
                )
            ],
            right=(0, 1, 2),
        )


def _parameter(fit: Mapping[str, Any], name: str) -> str:
    one = fit["parameters"].get(name)
    if one is None:
        return ""
    return f"{rounded(one['value'])} ({rounded(one['low'], 3)} to {rounded(one['high'], 3)})"


def _plus(error: float) -> str:
    return f"± {rounded(error)}" if error else ""


def _ends(ends: list[float | None]) -> str:
    if ends[0] is None or ends[1] is None or ends[0] == ends[1]:
        return ""
    return f"{rounded(ends[0])} to {rounded(ends[1])}"
