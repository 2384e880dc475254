"""The result of a study, and how it is read back from a run folder."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from entrox.core.errors import FormatError, InputError
from entrox.core.result import Quantity, Result, to_jsonable
from entrox.design.best import BestPoint
from entrox.design.family import CHOICES, Family
from entrox.design.folder import MAPS, POINTS, PROVENANCE, RESULT, read_json
from entrox.design.maps import read_maps
from entrox.design.points import TEXT_COLUMNS
from entrox.design.remarks import remarks_of
from entrox.design.structure_result import StructureResult, read_structures

__all__ = ["StudyResult", "read_points", "read_run"]


@dataclass(frozen=True, kw_only=True)
class StudyResult(Result):
    """A finished study.

    Parameters
    ----------
    title
        Title of the report, else of the study.
    points
        The points table: ``family, formula, composition, x, host``, the quantities of the measures, ``warnings``.
    families
        The families.
    columns
        Declared quantities by column, with unit and meaning; array quantities are in :attr:`maps` only.
    settings
        Settings of the study, complete with defaults.
    best
        Best point of each family; empty if the study computed no breakdown field.
    warnings
        Kinds of warning, with the range of their numbers and the number of points that carry each.
    provenance
        Versions, command, settings, seed, checksums, times.
    folder
        The run folder.
    point_warnings
        Warnings of every point one by one, in the order of the points table, whose column joins them.
    structures
        What was found at the structures of the study.
    """

    title: str
    points: pd.DataFrame
    families: tuple[Family, ...]
    columns: Mapping[str, Quantity]
    settings: Mapping[str, Any]
    best: tuple[BestPoint, ...]
    warnings: tuple[str, ...]
    provenance: Mapping[str, Any]
    folder: Path
    point_warnings: tuple[tuple[str, ...], ...] = ()
    structures: tuple[StructureResult, ...] = ()

    @functools.cached_property
    def maps(self) -> xr.Dataset:
        """All quantities over family x point, arrays included; read from the run folder when first used."""
        return read_maps(self.folder / MAPS)

    def to_dataset(self) -> xr.Dataset:
        """Return :attr:`maps`."""
        return self.maps

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``result.json``; NaN becomes None."""
        return {
            "program": "entrox",
            "version": self.provenance["version"],
            "title": self.title,
            "settings": to_jsonable(dict(self.settings)),
            "families": [
                {
                    "name": item.name,
                    "formula": item.formula,
                    "host": item.host,
                    "x": [str(x) for x in item.x_values],
                    **to_jsonable(item.choices),
                }
                for item in self.families
            ],
            "quantities": [asdict(declared) for declared in self.columns.values()],
            "best": to_jsonable(list(self.best)),
            "points": to_jsonable(self._records()),
            "warnings": list(self.warnings),
            "structures": [item.to_dict() for item in self.structures],
        }

    def _records(self) -> list[dict[Any, Any]]:
        """Return the points with their warnings as lists; as in the table where they are not known one by one."""
        records: list[dict[Any, Any]] = self.points.to_dict(orient="records")
        if len(self.point_warnings) != len(records):
            return records
        return [{**record, "warnings": list(found)} for record, found in zip(records, self.point_warnings, strict=True)]


def _choices(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in CHOICES if name in item}


def read_points(path: str | Path) -> pd.DataFrame:
    """Read a ``points.csv``: text columns as text, all others as floats with every bit."""
    path = Path(path)
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        numbers: Any = {
            str(name): [float(text) if text else math.nan for text in raw[name]]
            for name in raw
            if name not in TEXT_COLUMNS
        }
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror}. Is {path.parent} the folder of a finished run?"
        ) from error
    except ValueError as error:
        raise FormatError(f"not a points table: {error}", path=path) from error
    return raw.assign(**numbers)


def read_run(folder: str | Path) -> StudyResult:
    """Read a finished run.

    Parameters
    ----------
    folder
        Folder that :func:`run_study` wrote.

    Raises
    ------
    InputError
        If the folder is not that of a finished run of entrox.
    FormatError
        If a file in it is damaged.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"there is no run folder {folder}. Give the folder that `entrox study` wrote.")
    content = read_json(folder / RESULT)
    provenance = read_json(folder / PROVENANCE)
    try:
        families = tuple(
            Family(
                name=item["name"],
                formula=item["formula"],
                host=item["host"],
                x_values=tuple(item["x"]),
                **_choices(item),
            )
            for item in content["families"]
        )
        declared = [
            Quantity(item["name"], item["unit"], item["description"], tuple(item["axes"]))
            for item in content["quantities"]
        ]
        best = tuple(BestPoint(**item) for item in content["best"])
        return StudyResult(
            title=content["title"],
            points=read_points(folder / POINTS),
            families=families,
            columns={item.name: item for item in declared},
            settings=content["settings"],
            best=best,
            warnings=tuple(content["warnings"]),
            provenance=provenance,
            folder=folder,
            point_warnings=tuple(tuple(remarks_of(item["warnings"])) for item in content["points"]),
            structures=read_structures(content.get("structures", ())),
        )
    except (KeyError, TypeError) as error:
        raise FormatError(
            f"not the result of a study: {error!r} is missing or misplaced", path=folder / RESULT
        ) from error
