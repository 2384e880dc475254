"""Search: the best compositions of a space, screened by the fast forms of the measures and run again by themselves.

Functions: :func:`read_search`, :func:`run_search`, :func:`read_search_run`, :func:`pareto_mask`. Units stand in the
name of every column; fractions are site fractions.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entrox.design.search.archive import Archive
    from entrox.design.search.balance import GridRepair, PlaneProjection
    from entrox.design.search.balanced import BalancedCompositions
    from entrox.design.search.energy_density import energy_density_bound
    from entrox.design.search.evolution import evolve
    from entrox.design.search.pareto import evenly_spread, pareto_mask
    from entrox.design.search.ranking import Agreement, SourceEffect, kendall_tau, ranks
    from entrox.design.search.result import SearchResult, read_search_run
    from entrox.design.search.run import run_search
    from entrox.design.search.screen import Screen, screen_space
    from entrox.design.search.settings import Search, example_search, parse_search, read_search

_HOMES = {
    "archive": ("Archive",),
    "balance": ("GridRepair", "PlaneProjection"),
    "balanced": ("BalancedCompositions",),
    "energy_density": ("energy_density_bound",),
    "evolution": ("evolve",),
    "pareto": ("evenly_spread", "pareto_mask"),
    "ranking": ("Agreement", "SourceEffect", "kendall_tau", "ranks"),
    "result": ("SearchResult", "read_search_run"),
    "run": ("run_search",),
    "screen": ("Screen", "screen_space"),
    "settings": ("Search", "example_search", "parse_search", "read_search"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Agreement",
    "Archive",
    "BalancedCompositions",
    "GridRepair",
    "PlaneProjection",
    "Screen",
    "Search",
    "SearchResult",
    "SourceEffect",
    "energy_density_bound",
    "evenly_spread",
    "evolve",
    "example_search",
    "kendall_tau",
    "pareto_mask",
    "parse_search",
    "ranks",
    "read_search",
    "read_search_run",
    "run_search",
    "screen_space",
]


def __getattr__(name: str) -> Any:
    # pandas and SQLAlchemy are imported only by what needs them, so that `entrox optimize --example` is quick
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"entrox.design.search.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'entrox.design.search' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
