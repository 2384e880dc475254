"""The result of a search from what the screen kept and the second run gave."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from entrox.composition.block_descriptors import CompositionBlock
from entrox.core.errors import EngineError
from entrox.design.remarks import count_warnings
from entrox.design.search.archive import Archive, Kept
from entrox.design.search.looks import Looked
from entrox.design.search.plan import SearchPlan
from entrox.design.search.result import Counts, SearchResult
from entrox.design.search.screen import Screen
from entrox.design.search.second_run import SecondRun
from entrox.design.search.selection import CONTROL
from entrox.design.search.verdict import Verdict, judge_candidates, judge_published

__all__ = ["summarize"]

Floats = NDArray[np.float64]
SHOWN_SAMPLE = 4_000
TWENTIETH = 20


def summarize(plan: SearchPlan, found: Looked, provenance: Mapping[str, Any], folder: Path) -> SearchResult:
    """Judge the second run and put the result together.

    Parameters
    ----------
    plan
        The search.
    found
        What its looks gave.
    provenance, folder
        Of the run.

    Raises
    ------
    EngineError
        If no candidate has all objectives and fulfils the constraints.
    """
    archive, selected, run, published = found.archive, found.selected, found.run, found.published
    screen, settings = plan.screen, plan.search.search
    block = screen.block(selected.rows / screen.space.denominator)
    factors = screen.error_draws(block, settings.seed, settings.draws)
    screened = _first_screened(screen, block)
    verdict = judge_candidates(screen, run, selected.groups, screened, found.expected, factors, settings.seed)
    if not verdict.table["allowed"].any():
        reasons = [text for found in run.warnings for text in found]
        raise EngineError(
            "no candidate of the second run has all objectives and fulfils the constraints; finished rows are kept. "
            f"Its first warning: {reasons[0] if reasons else 'none'}"
        )
    beside = pd.DataFrame()
    if published is not None:
        beside = _published(plan, published, verdict)
    order = np.lexsort((np.arange(len(verdict.table)), verdict.table["rank"].fillna(np.inf)))
    everything = (*run.warnings, *(published.warnings if published else ()))
    notes = (*screen.notes, *found.notes, *_notes(archive, verdict, settings.method), *count_warnings(everything))
    sample = archive.sample.taken(np.arange(min(SHOWN_SAMPLE, len(archive.sample))))
    return SearchResult(
        title=settings.title,
        objectives=tuple((item.quantity, item.direction) for item in plan.search.objective),
        screened_by=tuple(target.screened_by or "" for target in screen.objectives),
        candidates=verdict.table.iloc[order].reset_index(drop=True),
        published=beside,
        screened_front=_screened_table(plan, archive.front, formulas=True),
        screened_sample=_screened_table(plan, sample, formulas=False),
        counts=_counts(found, verdict),
        agreements=verdict.agreements,
        effects=verdict.effects,
        columns=plan.columns,
        settings=plan.settings,
        warnings=notes,
        provenance=provenance,
        folder=folder,
    )


def _first_screened(screen: Screen, block: CompositionBlock) -> Floats:
    """First objective of a block in the screen; NaN where it has no fast form."""
    name = screen.objectives[0].screened_by
    return np.full(len(block), np.nan) if name is None else screen.values_of(block)[name]


def _published(plan: SearchPlan, published: SecondRun, verdict: Verdict) -> pd.DataFrame:
    """Judge the published compositions, with the errors of the candidates."""
    screen, settings = plan.screen, plan.search.search
    factors: dict[str, dict[str, list[Floats]]] = {}
    screened = []
    for composition in plan.published:
        own = {
            label: np.array([[float(part) for part in site.fractions.values()]])
            for label, site in composition.sites.items()
        }
        block = CompositionBlock(composition, own)
        screened.append(float(_first_screened(screen, block)[0]))
        for quantity, sources in screen.error_draws(block, settings.seed, settings.draws).items():
            for source, values in sources.items():
                factors.setdefault(quantity, {}).setdefault(source, []).append(values)
    joined = {
        quantity: {source: np.concatenate(parts, axis=1) for source, parts in sources.items()}
        for quantity, sources in factors.items()
    }
    table = judge_published(screen, published, np.array(screened), joined, verdict, settings.seed)
    table.insert(0, "name", [item.name for item in plan.search.compare])
    table.insert(2, "source", [item.source for item in plan.search.compare])
    return table


def _screened_table(plan: SearchPlan, kept: Kept, *, formulas: bool) -> pd.DataFrame:
    """Objectives of the screen in the units and signs of their quantities."""
    screen, columns = plan.screen, dict[str, Any]()
    if formulas and not plan.search.space.continuous:
        columns["composition"] = [screen.space.formula(row) for row in kept.rows]
    signs = screen.signs[screen.screened]
    names = [target.name for target in screen.objectives if target.screened_by is not None]
    for place, name in enumerate(names):
        columns[name] = signs[place] * kept.objectives[:, place]
    return pd.DataFrame(columns)


def _counts(found: Looked, verdict: Verdict) -> Counts:
    table = verdict.table
    control = table["group"] == CONTROL
    return Counts(
        balanced=found.balanced,
        allowed=found.archive.count,
        screened_front=len(found.archive.front),
        rerun=int((~control).sum()),
        control=int(control.sum()),
        failed=int((~np.isfinite(verdict.objectives).all(axis=1)).sum()),
        front=int(table["in_front"].sum()),
        control_above=int((control & (table["rank"] < TWENTIETH)).sum()),
    )


def _notes(archive: Archive, verdict: Verdict, method: str) -> tuple[str, ...]:
    notes = []
    if archive.thinned:
        notes.append("the Pareto set of the screen was too large to keep whole; it is a thinned one")
    if method == "nsga2":
        notes.append("genetic search: better candidates may have been missed; other seeds and larger populations tell")
    outside = int(verdict.table["extrapolated"].sum())
    if outside:
        notes.append(f"{outside} of {len(verdict.table)} candidates of the second run are extrapolated")
    return tuple(notes)
