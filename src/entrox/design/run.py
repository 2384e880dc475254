"""The main job: a study from its settings to a run folder with table, maps, store and provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.core.measure import Measure
from entrox.core.result import Quantity
from entrox.design.best import BREAKDOWN_FIELD, best_points
from entrox.design.execution import choose_execution
from entrox.design.family import Family
from entrox.design.folder import (
    MAPS,
    POINTS,
    RESULT,
    STRUCTURES,
    write_atomically,
    write_json,
)
from entrox.design.maps import build_maps, write_maps
from entrox.design.measures import MeasureRequest, collect_measures, request_measures
from entrox.design.open_run import open_run
from entrox.design.points import build_arrays, build_points, column_quantities, warnings_of_points
from entrox.design.provenance import file_sha256, now
from entrox.design.remarks import count_warnings
from entrox.design.result import StudyResult
from entrox.design.store import StoredRow
from entrox.design.structure_result import structure_quantities, structures_table
from entrox.design.structures import (
    StructurePoint,
    checked_settings,
    measure_structures,
    structure_points,
    structure_results,
)
from entrox.design.study import Study, read_study
from entrox.design.sweep import ProgressCallback, SweepRows, run_sweep

if TYPE_CHECKING:
    from entrox.composition import Composition

__all__ = ["run_study", "study_settings"]

DESCRIPTORS = "descriptors"


def run_study(
    study: Study | str | Path,
    out: str | Path,
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    store: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: ProgressCallback | None = None,
    measures: Mapping[str, Measure] | None = None,
    command: Sequence[str] | None = None,
) -> StudyResult:
    """Run a study and write its run folder.

    Parameters
    ----------
    study
        Settings, or the path of a study file.
    out
        Run folder: ``result.json``, ``points.csv``, ``maps.nc``, ``run.sqlite``, ``provenance.json``.
    executor
        Where the work runs; if not given, ``workers`` processes, the Dask ``scheduler``, or the cluster of the study.
    workers, scheduler
        As in :func:`open_executor`. With ``workers`` the cluster of the study is not used.
    store
        Where the rows go: an SQLite file or a PostgreSQL URL; the store of the study, or ``run.sqlite`` in the run
        folder, if not given.
    resume
        Continue an earlier run of the same study; only missing rows are computed.
    overwrite
        Replace an earlier run.
    progress
        Called at the start and after every batch of evaluations.
    measures
        Known measures by name; :func:`collect_measures` if not given.
    command
        Command line for the record.

    Raises
    ------
    InputError
        If the study, the run folder, the store or the address of the scheduler cannot be used; nothing is computed
        then.
    MissingExtraError
        If a measure, the scheduler, the cluster or the store needs a package that is not installed.
    EngineError
        If the disk is full, a worker died, or the scheduler, the batch system or the database does not answer;
        finished rows are kept.
    """
    plan = _plan(study, measures)
    execution = choose_execution(
        plan.study.cluster,
        plan.study.store,
        plan.base,
        executor=executor,
        workers=workers,
        scheduler=scheduler,
        store=store,
    )
    requests = (*plan.requests, *(request for point in plan.structures for request in point.requests))
    with open_run(
        Path(out),
        plan.settings,
        requests,
        execution,
        inputs=plan.inputs,
        resume=resume,
        overwrite=overwrite,
        command=command,
    ) as run:
        members = [composition for part in plan.compositions for composition in part]
        seed, place = plan.study.seed, run.executor
        rows = run_sweep(members, plan.requests, run.store, seed=seed, executor=place, progress=progress)
        found = measure_structures(plan.structures, run.store, seed=seed, executor=place, progress=progress)
        return _write_result(plan, rows, found, run.provenance, run.folder)


@dataclass(frozen=True)
class _Plan:
    """A study, checked and spelled out: nothing of it is computed yet."""

    study: Study
    inputs: Mapping[str, str]
    families: tuple[Family, ...]
    compositions: tuple[tuple[Composition, ...], ...]
    requests: tuple[MeasureRequest, ...]
    columns: Mapping[str, Quantity]
    settings: Mapping[str, Any]
    structures: tuple[StructurePoint, ...]
    base: Path
    """Folder of the study file, from which the files that it names are looked for."""


def _plan(study: Study | str | Path, measures: Mapping[str, Measure] | None) -> _Plan:
    known = collect_measures() if measures is None else measures
    inputs, base = {}, Path()
    if not isinstance(study, Study):
        path = Path(study)
        study = read_study(path, measures=known)
        inputs, base = {path.name: file_sha256(path)}, path.parent
    families = study.build_families()
    requests = request_measures(_with_descriptors(study.measures, known), known)
    structures = structure_points(study.structures, families, base)
    for point in structures:
        files = [*point.source.files, *([point.source.ranges] if point.source.ranges else [])]
        inputs |= {
            f"{point.source.name}: {Path(f).name}": s for f, s in zip(files, point.source.checksums, strict=True)
        }
    return _Plan(
        study=study,
        inputs=inputs,
        families=families,
        compositions=tuple(tuple(family.compositions()) for family in families),
        requests=requests,
        columns=column_quantities(requests),
        settings=study_settings(study, requests, structures),
        structures=structures,
        base=base,
    )


def _with_descriptors(
    chosen: Mapping[str, Mapping[str, Any]], known: Mapping[str, Measure]
) -> dict[str, Mapping[str, Any]]:
    """Put the descriptors of a composition first: every table and figure needs them, and they cost nothing."""
    if DESCRIPTORS not in known:
        return dict(chosen)
    return {DESCRIPTORS: chosen.get(DESCRIPTORS, {}), **chosen}


def study_settings(
    study: Study, requests: Sequence[MeasureRequest], structures: Sequence[StructurePoint] = ()
) -> dict[str, Any]:
    """Return the settings of a study as plain data, complete with the defaults of its measures."""
    content = study.model_dump(mode="json", exclude={"structures", "store", "cluster"})
    content["measures"] = {request.measure.name: request.settings.model_dump(mode="json") for request in requests}
    if structures:  # absent as in the record of an older run, which is still continued
        told = [item.model_dump(mode="json", exclude={"polar_order", "local_entropy"}) for item in study.structures]
        content["structures"] = [{**a, **b} for a, b in zip(told, checked_settings(structures), strict=True)]
    return content


def _write_result(
    plan: _Plan,
    rows: SweepRows,
    found: Mapping[tuple[str, str], StoredRow],
    provenance: dict[str, Any],
    folder: Path,
) -> StudyResult:
    points = build_points(plan.families, plan.compositions, rows, plan.columns)
    point_warnings = warnings_of_points(plan.compositions, rows)
    title = plan.study.report.title or plan.study.title
    dataset = build_maps(points, plan.columns, build_arrays(rows, plan.columns), title=title)
    write_atomically(folder / POINTS, lambda path: points.to_csv(path, index=False, lineterminator="\n"))
    write_atomically(folder / MAPS, lambda path: write_maps(dataset, path))
    structures = structure_results(plan.structures, found)
    if structures:
        declared = structure_quantities(r.measure for point in plan.structures for r in point.requests)
        table = structures_table(structures, declared)
        write_atomically(folder / STRUCTURES, lambda path: table.to_csv(path, index=False, lineterminator="\n"))
    provenance["finished"] = now()
    result = StudyResult(
        title=title,
        points=points,
        families=plan.families,
        columns=plan.columns,
        settings=plan.settings,
        best=best_points(points) if BREAKDOWN_FIELD in points.columns else (),
        warnings=count_warnings(point_warnings),
        point_warnings=point_warnings,
        provenance=provenance,
        folder=folder,
        structures=structures,
    )
    write_json(folder / RESULT, result.to_dict())
    provenance["status"] = "finished"
    return result
