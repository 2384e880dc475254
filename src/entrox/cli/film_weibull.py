"""``entrox film weibull``: from breakdown fields to modulus, scale, their intervals and scaled strengths."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.measurement import Outcome
from entrox.cli.terminal import rounded
from entrox.core import InputError, check_in_range, check_positive, to_jsonable
from entrox.core.units import METER_PER_NANOMETER
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA

if TYPE_CHECKING:
    from entrox.core.weibull import WeibullFit
    from entrox.core.weibull_pivots import WeibullPivots
    from entrox.film.breakdown_fields import FieldGroup

__all__ = ["WEIBULL_FILES", "measure_weibull"]

WEIBULL_FILES = ("groups.csv", "fields.csv")
STRAIGHT = 0.05
Fitted = tuple["FieldGroup", "WeibullFit", dict[str, Any]]


def measure_weibull(table: Path, asked: Mapping[str, Any]) -> Outcome:
    """Read the fields, fit each group."""
    from entrox.core import generator
    from entrox.core.weibull import MINIMUM_SAMPLE, fit_weibull
    from entrox.core.weibull_pivots import draw_pivots
    from entrox.film.breakdown_fields import read_breakdown_fields

    confidence = 0.01 * check_in_range(asked["confidence_percent"], "--confidence-percent", low=50.0, high=99.9)
    check_in_range(asked["percentile"], "--percentile", low=0.0, high=100.0, low_open=True, high_open=True)
    _check_sizes(asked)
    depth = (
        None
        if asked["thickness_nm"] is None
        else METER_PER_NANOMETER * check_positive(asked["thickness_nm"], "--thickness-nm")
    )
    groups = read_breakdown_fields(table, thickness_m=depth, group_by=asked["group_by"], field_unit=asked["field_unit"])
    fitted: list[Fitted] = []
    skipped = []
    for index, group in enumerate(groups):
        failures = int((~group.censored).sum())
        if len(groups) > 1 and failures < MINIMUM_SAMPLE:
            skipped.append(f"{group.name}: {failures} fields, fewer than {MINIMUM_SAMPLE} are no statistics")
            continue
        fit = fit_weibull(group.fields / MEGA, censored=group.censored, confidence=confidence)
        pivots = draw_pivots(fit.sample_size, generator(asked["seed"], index), failures=failures, draws=asked["draws"])
        fitted.append((group, fit, _group_content(group, fit, pivots, asked, confidence)))
    if not fitted:
        raise InputError(f"no group has {MINIMUM_SAMPLE} fields: {'; '.join(skipped)}.")
    law = _thickness_law(fitted, asked, confidence)
    content = {**fitted[0][2], "thickness_law": law, "confidence_percent": asked["confidence_percent"]}
    content["groups"] = [item[2] for item in fitted]
    content["warnings"] = [*content["warnings"], *skipped]
    return _outcome(content, fitted)


def _check_sizes(asked: Mapping[str, Any]) -> None:
    if (asked["area_mm2"] is None) != (asked["target_area_mm2"] is None):
        raise InputError("--area-mm2 and --target-area-mm2 go together.")
    for name in ("area_mm2", "target_area_mm2", "target_thickness_nm"):
        if asked[name] is not None:
            check_positive(asked[name], f"--{name.replace('_', '-')}")


def _interval(value: float, ends: tuple[float, float]) -> dict[str, float]:
    return {"value": value, "low": ends[0], "high": ends[1]}


def _group_content(
    group: FieldGroup, fit: WeibullFit, pivots: WeibullPivots, asked: Mapping[str, Any], confidence: float
) -> dict[str, Any]:
    import numpy as np

    from entrox.core.weibull_alternatives import SMALLEST, compare_weibull
    from entrox.core.weibull_pivots import anderson_darling

    ordered = np.sort(group.fields / MEGA)
    distance = float(anderson_darling(ordered, fit.modulus, fit.scale))
    straight = pivots.straightness(distance)
    others = compare_weibull(ordered) if fit.censored == 0 and fit.sample_size >= SMALLEST else ()
    share = math.log(-math.log1p(-0.01 * asked["percentile"]))
    strength = fit.scale * math.exp(share / fit.modulus)
    area = None
    if asked["area_mm2"] is not None:
        ratio = math.log(asked["area_mm2"] / asked["target_area_mm2"])
        area = _interval(fit.scale * math.exp(ratio / fit.modulus), pivots.strength_interval(fit, ratio, confidence))
    one_sided = 2.0 * confidence - 1.0
    warnings = []
    if straight is not None and straight < STRAIGHT:
        warnings.append(f"the Weibull plot is not straight: p = {straight:.3g} by Anderson and Darling")
    favored = next((item for item in others if item.favored), None)
    if favored is not None and favored.name != "two parameters":
        warnings.append(f"{favored.name} describe the fields better by AICc; one line is not enough")
    if fit.censored:
        warnings.append("exact intervals hold for tests stopped after a number of failures, else they are close")
    content: dict[str, Any] = to_jsonable({
        "group": group.name, "n": fit.sample_size, "censored": fit.censored,
        "shape": {**_interval(fit.modulus, pivots.modulus_interval(fit, confidence)),
                  "unbiased": fit.modulus / float(pivots.modulus.mean()),
                  "low_likelihood": fit.modulus_interval[0], "high_likelihood": fit.modulus_interval[1]},
        "scale_mv_per_m": {**_interval(fit.scale, pivots.scale_interval(fit, confidence)),
                           "low_likelihood": fit.scale_interval[0], "high_likelihood": fit.scale_interval[1]},
        "percentile_mv_per_m": {"percent": asked["percentile"], "value": strength,
                                "lower_bound": pivots.strength_interval(fit, share, one_sided)[0]},
        "scaled_scale_mv_per_m": area, "anderson_darling": distance, "p_straight": straight,
        "alternatives": [
            {"name": item.name, "aicc": item.aicc, "moduli": item.moduli, "scales_mv_per_m": item.scales,
             "shares": item.shares, "location_mv_per_m": item.location, "favored": item.favored}
            for item in others
        ],
        "warnings": warnings,
    })  # fmt: skip
    return content


def _thickness_law(fitted: list[Fitted], asked: Mapping[str, Any], confidence: float) -> dict[str, Any] | None:
    from entrox.film.breakdown_fields import fit_thickness_law

    known = [(group.thickness_m, fit.scale * MEGA) for group, fit, _ in fitted if group.thickness_m is not None]
    target = asked["target_thickness_nm"]
    if len({depth for depth, _ in known}) < 3:
        if target is not None:
            raise InputError("--target-thickness-nm needs groups of three thicknesses; give --group-by thickness.")
        return None
    law = fit_thickness_law([depth for depth, _ in known], [scale for _, scale in known], confidence)
    strength = None
    if target is not None:
        strength = law.strength(target * METER_PER_NANOMETER, forced=asked["extrapolate"]) / MEGA
    return {"exponent": _interval(law.exponent, law.exponent_interval), "scale_at_target_mv_per_m": strength}


def _outcome(content: dict[str, Any], fitted: list[Fitted]) -> Outcome:
    from entrox.plots.film_breakdown import plot_breakdown_fields

    def ends(part: Mapping[str, float]) -> str:
        return f"{rounded(part['value'])} ({rounded(part['low'])} to {rounded(part['high'])})"

    rows = [
        (item["group"] or "all", f"{item['n']} ({item['censored']} censored)", ends(item["shape"]),
         rounded(item["shape"]["unbiased"]), ends(item["scale_mv_per_m"]),
         rounded(item["percentile_mv_per_m"]["lower_bound"]), rounded(item["p_straight"], 2))
        for _, _, item in fitted
    ]  # fmt: skip
    percent = f"{content['percentile_mv_per_m']['percent']:g}"
    numbers = [
        (item["group"], item["n"], item["censored"], item["shape"]["value"], item["shape"]["unbiased"],
         item["shape"]["low"], item["shape"]["high"], item["scale_mv_per_m"]["value"], item["scale_mv_per_m"]["low"],
         item["scale_mv_per_m"]["high"])
        for _, _, item in fitted
    ]  # fmt: skip
    fields = [
        (group.name, value / MEGA, int(flag))
        for group, _, _ in fitted
        for value, flag in zip(group.fields.tolist(), group.censored.tolist(), strict=True)
    ]
    scaled = content["scaled_scale_mv_per_m"]
    more = "" if scaled is None else f"; at the target area {rounded(scaled['value'])} MV/m"
    return Outcome(
        content, f"63.2 % at {rounded(content['scale_mv_per_m']['value'])} MV/m{more}",
        ((("group", "n", "shape", "unbiased", "scale [MV/m]", f"{percent} %, lower bound", "p straight"), rows),),
        {"groups.csv": (("group", "n", "censored", "shape", "shape_unbiased", "shape_low", "shape_high",
                         "scale_mv_per_m", "scale_low_mv_per_m", "scale_high_mv_per_m"), numbers),
         "fields.csv": (("group", "field_mv_per_m", "censored"), fields)},
        {"weibull": lambda: plot_breakdown_fields([(group, fit) for group, fit, _ in fitted])},
    )  # fmt: skip
