"""A search, checked and spelled out before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.core.errors import InputError
from entrox.core.measure import Measure
from entrox.core.result import Quantity
from entrox.design.measures import MeasureRequest, collect_measures, request_measures
from entrox.design.provenance import file_sha256
from entrox.design.search.evolution import check_pymoo
from entrox.design.search.screen import Screen
from entrox.design.search.second_run import second_run_columns
from entrox.design.search.settings import Search, composition_of, read_search
from entrox.design.search.targets import chosen_measures

if TYPE_CHECKING:
    from entrox.composition import Composition

__all__ = ["SearchPlan", "plan_search"]


@dataclass(frozen=True)
class SearchPlan:
    """A search, checked and spelled out: nothing of it is computed yet.

    Parameters
    ----------
    search
        Its settings.
    inputs
        SHA-256 by name of the input file.
    screen
        What the screen computes.
    requests, columns
        Measures of the second run, and the scalar quantities that they give.
    published
        Compositions that the candidates are compared with.
    settings
        All settings as plain data, complete with defaults.
    base
        Folder of the search file, from which the store that it names is looked for.
    """

    search: Search
    inputs: Mapping[str, str]
    screen: Screen
    requests: tuple[MeasureRequest, ...]
    columns: Mapping[str, Quantity]
    published: tuple[Composition, ...]
    settings: Mapping[str, Any]
    base: Path


def plan_search(search: Search | str | Path, seed: int | None, measures: Mapping[str, Measure] | None) -> SearchPlan:
    """Check a search completely; as :func:`run_search`."""
    known = collect_measures() if measures is None else measures
    inputs, base = {}, Path()
    if not isinstance(search, Search):
        path = Path(search)
        search = read_search(path, measures=known)
        inputs, base = {path.name: file_sha256(path)}, path.parent
    if seed is not None:
        if seed < 0:
            raise InputError(f"seed must be >= 0; got {seed}.")
        search = search.model_copy(update={"search": search.search.model_copy(update={"seed": seed})})
    if search.search.method == "nsga2":
        check_pymoo()
    requests = request_measures(chosen_measures(search), known)
    screen = Screen(search, known)
    content = search.model_dump(mode="json", exclude={"cluster": True, "search": {"store"}})
    content |= {"title": search.search.title, "seed": search.search.seed}
    content["measures"] = {item.measure.name: item.settings.model_dump(mode="json") for item in requests}
    return SearchPlan(
        search=search,
        inputs=inputs,
        screen=screen,
        requests=requests,
        columns=second_run_columns(requests, screen),
        published=tuple(composition_of(item) for item in search.compare),
        settings=content,
        base=base,
    )
