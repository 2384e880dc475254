"""Structures of a study: checked against the family they belong to, measured, and kept in the store like all else."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.core.errors import InputError, nearest_names
from entrox.core.measure import Measure
from entrox.design.family import Family, exact_fraction
from entrox.design.measures import MeasureRequest, collect_structure_measures, request_measures
from entrox.design.provenance import file_sha256
from entrox.design.store import FAILED, Store, StoredRow
from entrox.design.structure_composition import CountedComposition, cation_shares, count_composition
from entrox.design.structure_result import StructureResult
from entrox.design.structure_settings import StructureSettings
from entrox.design.sweep import Progress, ProgressCallback, run_sweep
from entrox.structure.structure_source import StructureSource

if TYPE_CHECKING:
    from entrox.composition import Composition

__all__ = ["StructurePoint", "checked_settings", "measure_structures", "structure_points", "structure_results"]


@dataclass(frozen=True)
class StructurePoint:
    """A structure of a study, checked; nothing of it is measured yet.

    Parameters
    ----------
    source
        Its files.
    family, x, composition
        Where it belongs.
    counted
        Its cations beside those of that composition.
    requests
        What is asked of it.
    """

    source: StructureSource
    family: Family
    x: Fraction
    composition: Composition
    counted: CountedComposition
    requests: tuple[MeasureRequest, ...]


def structure_points(
    chosen: Sequence[StructureSettings],
    families: Sequence[Family],
    base: Path,
    measures: Mapping[str, Measure] | None = None,
) -> tuple[StructurePoint, ...]:
    """Check all structures of a study, their files and their compositions included.

    Parameters
    ----------
    chosen
        The ``[[structure]]`` tables.
    families
        Families of the study.
    base
        Folder that the places of files are relative to.
    measures
        Measures of structures by name; :func:`collect_structure_measures` if not given.

    Raises
    ------
    InputError
        If a file is not there, a family is unknown, x is not possible, a name occurs twice, or the atoms are not those
        of the composition.
    FormatError
        If a file cannot be read.
    MissingExtraError
        If a file needs a package that is not installed.
    """
    if not chosen:
        return ()
    known = collect_structure_measures() if measures is None else measures
    names = [item.title for item in chosen]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"every structure needs its own name; got {repeated[0]!r} more than once. Set name = ...")
    return tuple(_point(item, families, base, known) for item in chosen)


def _point(
    item: StructureSettings, families: Sequence[Family], base: Path, known: Mapping[str, Measure]
) -> StructurePoint:
    family = _family(item, families)
    x = exact_fraction(item.x, f"x of structure {item.title!r}")
    composition = next(replace(family, x_values=(x,)).compositions())
    source = _source(item, base)
    from entrox.atomprobe.measures import counted_atoms

    counted = count_composition(item.title, item.kind, counted_atoms(source), family, x, item.tolerance)
    chosen = {name: _completed(name, settings, item, composition) for name, settings in item.chosen().items()}
    requests = request_measures(chosen, known)
    return StructurePoint(source, family, x, composition, counted, requests)


def _family(item: StructureSettings, families: Sequence[Family]) -> Family:
    names = [family.name for family in families]
    if item.family is None and len(families) == 1:
        return families[0]
    if item.family is None:
        raise InputError(f"structure {item.title!r} needs family = ..., one of {', '.join(names)}.")
    if item.family not in names:
        raise InputError(
            f"structure {item.title!r} names the family {item.family!r}; {nearest_names(item.family, names)}."
        )
    return families[names.index(item.family)]


def _source(item: StructureSettings, base: Path) -> StructureSource:
    places = [*item.files, *([item.ranges] if item.ranges is not None else [])]
    found = [base / place for place in places]
    for path in found:
        if not path.exists():
            raise InputError(
                f"structure {item.title!r}: there is no file {path}. Places are relative to the study file."
            )
    reading = item.reading
    return StructureSource(
        name=item.title,
        kind=item.kind,
        files=tuple(str(path) for path in found[: len(item.files)]),
        checksums=tuple(_checksum(path) for path in found),
        ranges=None if item.ranges is None else str(found[-1]),
        **reading.model_dump(),
    )


def _checksum(path: Path) -> str:
    """Return the SHA-256 of a file, or of a folder by those of the files in it."""
    if path.is_file():
        return file_sha256(path)
    digest = hashlib.sha256()
    for file in sorted(item for item in path.rglob("*") if item.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()} {file_sha256(file)}\n".encode())
    return digest.hexdigest()


def _completed(
    measure: str, settings: Mapping[str, Any], item: StructureSettings, composition: Composition
) -> dict[str, Any]:
    """Return settings with what the composition knows: which cations share which site."""
    elements = {
        site.label: [name for name, part in site.fractions.items() if part and name != "Va"]
        for site in composition.cation_sites
    }
    if measure == "polar-order":
        sites = {"a_site": elements.get("A"), "b_site": elements.get("B")}
        return {**{name: found for name, found in sites.items() if found}, **settings}
    if measure == "local-entropy" and "species" not in settings:
        return {"species": _most_mixed(item, composition), **settings}
    return dict(settings)


def _most_mixed(item: StructureSettings, composition: Composition) -> list[str]:
    """Return the cations of the site with the largest entropy."""
    mixed = {
        site.label: [name for name, part in site.fractions.items() if part and name != "Va"]
        for site in composition.cation_sites
    }
    entropy = {
        site.label: -math.fsum(float(p) * math.log(p) for p in site.fractions.values() if p)
        for site in composition.cation_sites
    }
    label = max(mixed, key=lambda name: entropy[name])
    if len(mixed[label]) < 2:
        raise InputError(
            f"structure {item.title!r}, {composition.formula}: no site is shared by two cations, so that nothing can "
            "be mixed. Leave out local-entropy, or name the species."
        )
    return mixed[label]


def measure_structures(
    points: Sequence[StructurePoint],
    store: Store,
    *,
    seed: int = 1,
    executor: Executor | None = None,
    progress: ProgressCallback | None = None,
) -> dict[tuple[str, str], StoredRow]:
    """Measure what the store lacks; return the rows by name of the structure and of the measure.

    Parameters
    ----------
    points
        The structures.
    store, seed, executor, progress
        As for :func:`run_sweep`.
    """
    groups: dict[tuple[str, str], list[StructurePoint]] = {}
    for point in points:
        for request in point.requests:
            groups.setdefault((request.measure.name, request.settings_text), []).append(point)
    total, done, rows = sum(map(len, groups.values())), 0, dict[tuple[str, str], StoredRow]()
    for (name, settings), members in groups.items():
        request = next(r for r in members[0].requests if (r.measure.name, r.settings_text) == (name, settings))
        found = run_sweep(
            [point.source for point in members],
            [request],
            store,
            seed=seed,
            executor=executor,
            progress=None if progress is None else _shifted(progress, done, total),
        )
        done += len(members)
        rows.update({(p.source.name, name): row[name] for p, row in zip(members, found.points, strict=True)})
    return rows


def _shifted(progress: ProgressCallback, done: int, total: int) -> ProgressCallback:
    """Tell the progress of one group as that of all."""

    def tell(part: Progress) -> None:
        progress(
            replace(part, done=done + part.done, total=total, remaining_s=None if done + part.done < total else 0.0)
        )

    return tell


def structure_results(
    points: Iterable[StructurePoint], rows: Mapping[tuple[str, str], StoredRow]
) -> tuple[StructureResult, ...]:
    """Return what was found, structure by structure."""
    return tuple(_result(point, rows) for point in points)


def _result(point: StructurePoint, rows: Mapping[tuple[str, str], StoredRow]) -> StructureResult:
    values: dict[str, Any] = {}
    failed: dict[str, str] = {}
    warnings: list[str] = []
    for request in point.requests:
        name = request.measure.name
        row = rows[point.source.name, name]
        if row.status == FAILED:
            failed[name] = " ".join(row.warnings).removeprefix(f"{name}: ")
        else:
            values |= row.values
            warnings += row.warnings
    counted = point.counted
    return StructureResult(
        name=point.source.name,
        family=point.family.name,
        kind=point.source.kind,
        files=tuple(Path(path).name for path in point.source.files),
        composition=point.composition.formula,
        x=float(point.x),
        measures=tuple(request.measure.name for request in point.requests),
        counted=dict(counted.counted),
        expected=cation_shares(point.composition),
        n_cations=counted.n_cations,
        difference=counted.difference,
        difference_of=counted.element,
        tolerance=counted.tolerance,
        nearest_x=counted.nearest_x,
        foreign=counted.foreign,
        values=values,
        failed=failed,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def checked_settings(points: Iterable[StructurePoint]) -> list[dict[str, dict[str, Any]]]:
    """Return the settings of the measures of every structure, complete with defaults."""
    return [{r.measure.name: r.settings.model_dump(mode="json") for r in point.requests} for point in points]
