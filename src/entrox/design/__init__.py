"""Studies: families and spaces of compositions, measures at every point, the store, maps, regressions, and the ledger.

Functions: :func:`read_study`, :func:`run_study`, :func:`read_run`, :func:`run_sweep`, :func:`build_space`,
:func:`best_points`, :func:`run_parameter_map`, :func:`compare_map`, :func:`correlate_with_measured`,
:func:`reproduce`. Units stand in the name of every column and in the attributes of every map: fields in MV/m, energies
in eV, lengths in angstrom, entropies in R (k_B).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entrox.design.best import BestPoint, best_points
    from entrox.design.executors import SerialExecutor, default_workers, open_executor
    from entrox.design.family import Family, x_grid
    from entrox.design.family_summary import FamilySummary, summarize_family
    from entrox.design.grid import SiteGrid
    from entrox.design.ledger import LedgerEntry, Verdict, list_ledger, read_ledger, reproduce
    from entrox.design.ledger_record import read_ledger_record, write_ledger_record
    from entrox.design.maps import build_maps, family_map, read_maps, write_maps
    from entrox.design.measures import (
        MeasureRequest,
        collect_measures,
        collect_structure_measures,
        request_measures,
    )
    from entrox.design.parameter_map import ParameterGrid, parameter_grid, run_parameter_map
    from entrox.design.ranks import RankCorrelation, correlate_with_measured, rank_correlation
    from entrox.design.regression import (
        Agreement,
        MapComparison,
        Regression,
        compare_map,
        fit_exponents,
        fit_map,
        published_point_misses,
        published_regression,
    )
    from entrox.design.result import StudyResult, read_run
    from entrox.design.run import run_study
    from entrox.design.space import Space, build_space
    from entrox.design.store import Store, StoredRow
    from entrox.design.structure_result import StructureResult
    from entrox.design.structure_settings import StructureSettings
    from entrox.design.study import FamilySettings, Study, XRange, example_study, parse_study, read_study
    from entrox.design.sweep import Progress, SweepRows, run_sweep

_HOMES = {
    "best": ("BestPoint", "best_points"),
    "executors": ("SerialExecutor", "default_workers", "open_executor"),
    "family": ("Family", "x_grid"),
    "family_summary": ("FamilySummary", "summarize_family"),
    "grid": ("SiteGrid",),
    "maps": ("build_maps", "family_map", "read_maps", "write_maps"),
    "measures": ("MeasureRequest", "collect_measures", "collect_structure_measures", "request_measures"),
    "parameter_map": ("ParameterGrid", "parameter_grid", "run_parameter_map"),
    "ranks": ("RankCorrelation", "correlate_with_measured", "rank_correlation"),
    "regression": (
        "Agreement",
        "MapComparison",
        "Regression",
        "compare_map",
        "fit_exponents",
        "fit_map",
        "published_point_misses",
        "published_regression",
    ),
    "ledger_record": ("read_ledger_record", "write_ledger_record"),
    "ledger": ("LedgerEntry", "Verdict", "list_ledger", "read_ledger", "reproduce"),
    "result": ("StudyResult", "read_run"),
    "run": ("run_study",),
    "space": ("Space", "build_space"),
    "store": ("Store", "StoredRow"),
    "structure_result": ("StructureResult",),
    "structure_settings": ("StructureSettings",),
    "study": ("FamilySettings", "Study", "XRange", "example_study", "parse_study", "read_study"),
    "sweep": ("Progress", "SweepRows", "run_sweep"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Agreement",
    "BestPoint",
    "Family",
    "FamilySettings",
    "FamilySummary",
    "LedgerEntry",
    "MapComparison",
    "MeasureRequest",
    "ParameterGrid",
    "Progress",
    "RankCorrelation",
    "Regression",
    "SerialExecutor",
    "SiteGrid",
    "Space",
    "Store",
    "StoredRow",
    "StructureResult",
    "StructureSettings",
    "Study",
    "StudyResult",
    "SweepRows",
    "Verdict",
    "XRange",
    "best_points",
    "build_maps",
    "build_space",
    "collect_measures",
    "collect_structure_measures",
    "compare_map",
    "correlate_with_measured",
    "default_workers",
    "example_study",
    "family_map",
    "fit_exponents",
    "fit_map",
    "list_ledger",
    "open_executor",
    "parameter_grid",
    "parse_study",
    "published_point_misses",
    "published_regression",
    "rank_correlation",
    "read_ledger",
    "read_ledger_record",
    "read_maps",
    "read_run",
    "read_study",
    "reproduce",
    "request_measures",
    "run_parameter_map",
    "run_study",
    "run_sweep",
    "summarize_family",
    "write_ledger_record",
    "write_maps",
    "x_grid",
]


def __getattr__(name: str) -> Any:
    # pandas, xarray and SQLAlchemy are imported only by what needs them, so that `entrox study --example` is quick
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"entrox.design.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'entrox.design' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
