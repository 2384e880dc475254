"""The result of a search, its files, and how it is read back from a run folder."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from entrox.core.errors import FormatError, InputError
from entrox.core.result import Quantity, Result, to_jsonable
from entrox.design.folder import PROVENANCE, RESULT, read_json, write_atomically, write_json
from entrox.design.search.ranking import Agreement, Overlap, SourceEffect

__all__ = ["KIND", "SEARCH_FILES", "Counts", "SearchResult", "read_search_run", "write_search_run"]

KIND = "search"
CANDIDATES, FRONT, SCREENED_FRONT, SCREENED, PUBLISHED = (
    "candidates.csv", "front.csv", "screened_front.csv", "screened_sample.csv", "published.csv",
)  # fmt: skip
SEARCH_FILES = (CANDIDATES, FRONT, SCREENED_FRONT, SCREENED, PUBLISHED)
TEXTS = ("composition", "group", "data_status", "warnings", "name", "source", "better")
TRUTHS = ("extrapolated", "allowed", "in_front")


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many candidates there were at each step.

    ``balanced``: charge-balanced and within the limits of the species, or tried by the genetic search; ``allowed``:
    fulfil the constraints of the screen; ``screened_front``: its Pareto set; ``rerun`` and ``control``: run again;
    ``failed``: of those, without a value; ``front``: Pareto set of the second run; ``control_above``: of the control,
    how many surpass the twentieth best of all that were run again.
    """

    balanced: int
    allowed: int
    screened_front: int
    rerun: int
    control: int
    failed: int
    front: int
    control_above: int


@dataclass(frozen=True, kw_only=True)
class SearchResult(Result):
    """A finished search.

    Parameters
    ----------
    title
        Title of tables and figures.
    objectives
        Quantities that were searched for, and ``maximize`` or ``minimize``.
    screened_by
        For each objective the quantity that stood for it in the screen; empty where none did.
    candidates
        Candidates that were run again, best first: ``composition, group, screened, expected``, the quantities of the
        measures, ``allowed``, ``interval_low, interval_high`` of the first objective, ``rank`` with ``rank_low,
        rank_high``, ``p_best_10``, ``in_front``, ``p_front``, ``extrapolated``, ``data_status``, ``warnings``.
    published
        Published compositions beside them.
    screened_front, screened_sample
        Pareto set of the screen, and a random sample of all that fulfil the constraints: objectives as screened.
    counts, agreements, effects
        How many candidates there were, and how much of their ranking survives.
    columns
        Declared quantities by column.
    """

    title: str
    objectives: tuple[tuple[str, str], ...]
    screened_by: tuple[str, ...]
    candidates: pd.DataFrame
    published: pd.DataFrame
    screened_front: pd.DataFrame
    screened_sample: pd.DataFrame
    counts: Counts
    agreements: tuple[Agreement, ...]
    effects: tuple[SourceEffect, ...]
    columns: Mapping[str, Quantity]
    settings: Mapping[str, Any]
    warnings: tuple[str, ...]
    provenance: Mapping[str, Any]
    folder: Path

    @property
    def front(self) -> pd.DataFrame:
        """Return the Pareto set of the second run, best by the first objective first."""
        return self.candidates[self.candidates["in_front"]]

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``result.json``; the tables stand in their csv files, NaN becomes None."""
        return {
            "program": "entrox",
            "kind": KIND,
            "version": self.provenance["version"],
            "title": self.title,
            "settings": to_jsonable(dict(self.settings)),
            "objectives": [{"quantity": name, "direction": way} for name, way in self.objectives],
            "screened_by": list(self.screened_by),
            "counts": asdict(self.counts),
            "agreement": to_jsonable(list(self.agreements)),
            "error_sources": to_jsonable(list(self.effects)),
            "quantities": [asdict(declared) for declared in self.columns.values()],
            "front": records(self.front),
            "published": records(self.published),
            "warnings": list(self.warnings),
        }


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as plain records; NaN becomes None."""
    found: list[dict[str, Any]] = to_jsonable(table.to_dict(orient="records"))
    return found


def write_search_run(result: SearchResult) -> None:
    """Write tables and ``result.json`` of a search into its run folder; each file appears whole or not at all."""
    tables = {
        CANDIDATES: result.candidates,
        FRONT: result.front,
        SCREENED_FRONT: result.screened_front,
        SCREENED: result.screened_sample,
        PUBLISHED: result.published,
    }
    for name, table in tables.items():
        _write_table(result.folder / name, table)
    write_json(result.folder / RESULT, result.to_dict())


def _write_table(path: Path, table: pd.DataFrame) -> None:
    write_atomically(path, lambda temporary: table.to_csv(temporary, index=False, lineterminator="\n"))


def _read_table(path: Path) -> pd.DataFrame:
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}. Is {path.parent} the folder of a search?") from error
    columns: dict[str, Any] = {}
    for name in raw:
        if name in TRUTHS:
            columns[str(name)] = [text == "True" for text in raw[name]]
        elif name not in TEXTS:
            try:
                columns[str(name)] = [float(text) if text else math.nan for text in raw[name]]
            except ValueError as error:
                raise FormatError(f"not a table of a search: column {name}: {error}", path=path) from error
    return raw.assign(**columns)


def _agreement(item: Mapping[str, Any]) -> Agreement:
    content: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in item.items()}
    content["overlaps"] = tuple(
        Overlap(**{**overlap, "interval": tuple(overlap["interval"])}) for overlap in item["overlaps"]
    )
    return Agreement(**content)


def read_search_run(folder: str | Path) -> SearchResult:
    """Read a finished search.

    Parameters
    ----------
    folder
        Folder that :func:`run_search` wrote.

    Raises
    ------
    InputError
        If the folder is not that of a finished search.
    FormatError
        If a file in it is damaged.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"there is no run folder {folder}. Give the folder that `entrox optimize` wrote.")
    content, provenance = read_json(folder / RESULT), read_json(folder / PROVENANCE)
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise InputError(f"{folder} is not the folder of a search: its {RESULT} is of another command.")
    try:
        columns: Sequence[Quantity] = [
            Quantity(item["name"], item["unit"], item["description"], tuple(item["axes"]))
            for item in content["quantities"]
        ]
        return SearchResult(
            title=content["title"],
            objectives=tuple((item["quantity"], item["direction"]) for item in content["objectives"]),
            screened_by=tuple(content["screened_by"]),
            candidates=_read_table(folder / CANDIDATES),
            published=_read_table(folder / PUBLISHED),
            screened_front=_read_table(folder / SCREENED_FRONT),
            screened_sample=_read_table(folder / SCREENED),
            counts=Counts(**content["counts"]),
            agreements=tuple(_agreement(item) for item in content["agreement"]),
            effects=tuple(SourceEffect(**item) for item in content["error_sources"]),
            columns={item.name: item for item in columns},
            settings=content["settings"],
            warnings=tuple(content["warnings"]),
            provenance=provenance,
            folder=folder,
        )
    except (KeyError, TypeError) as error:
        raise FormatError(
            f"not the result of a search: {error!r} is missing or misplaced", path=folder / RESULT
        ) from error
