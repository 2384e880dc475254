"""What a refinement says in one record of plain data, as the command line prints it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from entrox.core import to_jsonable
from entrox.scattering.run.analyze import RmcAnalysis
from entrox.scattering.run.data_weights import WeightComparison
from entrox.scattering.run.ensemble import RmcEnsemble
from entrox.scattering.run.length_interval import length_intervals
from entrox.scattering.run.rmc_result import RmcResult

__all__ = ["analysis_record", "rmc_record"]


def rmc_record(ensemble: RmcEnsemble) -> dict[str, Any]:
    """Record of all runs of a refinement.

    Parameters
    ----------
    ensemble
        Runs; numbers of data sets are means over the runs with bond valence if there are any, else over those without.

    Returns
    -------
    dict
        Ready for JSON; numbers that do not exist are None.
    """
    first = ensemble.results[0]
    main = ensemble.runs(bond_valence=True) or ensemble.runs(bond_valence=False)
    record = {
        "n_atoms": first.n_atoms,
        "r_table_angstrom": first.r_table_angstrom,
        "n_independent_data": first.n_independent_data,
        "faber_ziman_percent": dict(first.faber_ziman_percent),
        "unseen_pairs": list(first.unseen_pairs),
        "lengths": _lengths(first),
        "sets": [_set(main, ensemble.runs(bond_valence=False), k) for k in range(len(first.sets))],
        "moves": _moves(ensemble.results),
        "bond_valence": [_valence(ensemble, mode) for mode in ensemble.modes],
        **_order(ensemble),
        "data_weight": first.data_weight,
        "data_weights": [_weights(item) for item in ensemble.weights],
        "rms_chi2_per_step": _sensitivity(main),
        "converged": ensemble.converged,
        "stopped_by": ensemble.stopped_by,
        "seeds": list(ensemble.seeds),
        "warnings": list(ensemble.warnings),
    }
    plain: dict[str, Any] = to_jsonable(record)
    return plain


def analysis_record(analysis: RmcAnalysis) -> dict[str, Any]:
    """Record of the analysis of some boxes; as the part of :func:`rmc_record` that is about order."""
    record = {
        "n_boxes": analysis.n_boxes,
        "mean_modulus_angstrom": _moduli(analysis, None),
        "taid_angstrom": _taid(analysis),
        "class_share_by_site": _classes(analysis),
        "anion_variance_angstrom2": analysis.anion_variance_angstrom2,
        "warnings": list(analysis.warnings),
    }
    if analysis.valence is not None:
        record["bond_valence"] = {
            "gii": analysis.valence.gii_e,
            "mean_by_element": dict(zip(analysis.valence.elements, analysis.valence.mean_e.tolist(), strict=True)),
        }
    plain: dict[str, Any] = to_jsonable(record)
    return plain


def _lengths(result: RmcResult) -> dict[str, Any]:
    check = result.lengths
    if check is None or not check.applicable:
        return {"table": result.lengths_table, "plateau_barn": None, "expected_barn": None}
    table = result.lengths_table if result.lengths_table in check.tables else check.table
    expected = float(check.expected_barn[check.tables.index(table)])
    return {
        "table": result.lengths_table,
        "plateau_barn": check.plateau_barn,
        "expected_barn": expected,
        "ratio": None if check.plateau_barn is None else check.plateau_barn / expected,
    }


def _set(main: Sequence[RmcResult], without: Sequence[RmcResult], number: int) -> dict[str, Any]:
    """Means of one data set over runs."""

    def mean(runs: Sequence[RmcResult], key: str) -> float | None:
        values = [getattr(item.sets[number], key) for item in runs]
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if known else None

    first = main[0].sets[number]
    keys = ("chi2_per_point", "rw", "scale", "offset", "hold_out_chi2_per_point")
    return {
        "name": first.name,
        "form": first.form,
        "n_points": first.n_points,
        **{key: mean(main, key) for key in keys},
        "chi2_per_point_bond_valence_off": mean(without, "chi2_per_point"),
        "hold_out_chi2_per_point_bond_valence_off": mean(without, "hold_out_chi2_per_point"),
    }


def _moves(results: Sequence[RmcResult]) -> dict[str, Any]:
    counts = {
        key: sum(getattr(count, key) for item in results for count in item.moves)
        for key in ("generated", "tested", "accepted")
    }
    return {**counts, "per_second": float(np.mean([item.moves_per_s for item in results]))}


def _valence(ensemble: RmcEnsemble, mode: str) -> dict[str, Any]:
    runs = ensemble.runs(bond_valence=mode == "on")
    known = [item for item in runs if item.gii_e is not None]
    names = known[0].mean_valence_e if known else {}
    return {
        "mode": mode,
        "gii": float(np.mean([float(item.gii_e or 0.0) for item in known])) if known else None,
        "mean_by_element": {name: float(np.mean([item.mean_valence_e[name] for item in known])) for name in names},
    }


def _weights(found: WeightComparison) -> dict[str, Any]:
    """Mean lengths by weight of the data; without data chi^2 is None."""
    return {
        "bond_valence": "on" if found.bond_valence_on else "off",
        "weights": found.weights.tolist(),
        "chi2_per_point": {
            name: [None if np.isnan(value) else float(value) for value in found.chi2_per_point[:, k]]
            for k, name in enumerate(found.set_names)
        },
        "mean_modulus_angstrom": {
            name: [None if np.isnan(value) else float(value) for value in found.mean_modulus_angstrom[:, k]]
            for k, name in enumerate(found.elements)
        },
        "converged": list(found.converged),
    }


def _sensitivity(runs: Sequence[RmcResult]) -> dict[str, Any]:
    """Root mean square change of each term for a step of 0.05 angstrom of one atom, by element, first run."""
    found = runs[0].sensitivity
    if found is None:
        return {}
    return {
        name: {"data": float(found.rms_data_change[k])}
        | {
            term: float(found.rms_change[k, number])
            for number, term in enumerate(found.terms)
            if term not in found.data_terms
        }
        for k, name in enumerate(found.elements)
    }


def _order(ensemble: RmcEnsemble) -> dict[str, Any]:
    analysis = ensemble.analysis
    if analysis is None:
        return {"mean_modulus_angstrom": {}, "taid_angstrom": {}, "class_share_by_site": {}}
    other = ensemble.analysis_off if ensemble.analysis_on is not None else None
    return {
        "mean_modulus_angstrom": _moduli(analysis, other),
        "taid_angstrom": _taid(analysis),
        "class_share_by_site": _classes(analysis),
    }


def _moduli(analysis: RmcAnalysis, without: RmcAnalysis | None) -> dict[str, Any]:
    found = {}
    intervals = length_intervals([item for item in (analysis, without) if item is not None])
    for k, name in enumerate(analysis.elements):
        spread, ratio = analysis.mean_modulus_spread_angstrom, analysis.between_within
        found[name] = {
            "mean": float(analysis.mean_modulus_angstrom[k]),
            "spread": None if spread is None else float(spread[k]),
            "interval_95": list(intervals[name]) if name in intervals else None,
            "thermal_floor": float(analysis.thermal_floor_angstrom[k]),
            "shuffled": float(analysis.shuffled_angstrom[k]),
            "between_within": None if ratio is None else float(ratio[k]),
            "bond_valence_off": None
            if without is None
            else float(without.mean_modulus_angstrom[without.elements.index(name)]),
        }
    return found


def _taid(analysis: RmcAnalysis) -> dict[str, Any]:
    spread = analysis.taid_spread_angstrom
    return {
        name: {
            "mean": float(analysis.taid_angstrom[k]),
            "spread": None if spread is None else float(spread[k]),
        }
        for k, name in enumerate(analysis.elements)
    }


def _classes(analysis: RmcAnalysis) -> dict[str, Any]:
    return {
        item.site: {
            name: {
                "value": float(item.mean[k]),
                "spread": None if item.spread is None else float(item.spread[k]),
                "chance": float(item.chance[k]),
            }
            for k, name in enumerate(item.classes)
        }
        for item in analysis.classes
    }
