"""The whole question at once: from a ranged cloud, or points, to scan, unit, neighborhoods, pairs, map and verdict.

Units: nm, entropies in R per mole of counted atoms.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.counted_species import counted_species
from entrox.atomprobe.entropy_settings import DEFAULT_SIZES_NM, EntropySettings
from entrox.atomprobe.imputed_scans import mean_scan
from entrox.atomprobe.maps import EntropyMap, entropy_map
from entrox.atomprobe.paper import PaperMode, paper_mode
from entrox.atomprobe.ranged_ions import RangedIons
from entrox.core import InputError, Result, spawn_generators
from entrox.order.local_entropy.entropy_scan import EntropyScan, Verdict
from entrox.order.local_entropy.maximal_unit import MaximalEntropyUnit, maximal_entropy_unit
from entrox.order.local_entropy.neighborhoods import NeighborhoodEntropy, neighborhood_entropy
from entrox.order.local_entropy.power import DetectableEffect, detectable_effect
from entrox.order.local_entropy.scan import limited_area_entropy
from entrox.order.local_entropy.sublattices import Sublattice, SublatticeEntropy, sublattice_entropy
from entrox.order.point_set import PointSet
from entrox.order.short_range_order import PairOrder, pair_order

__all__ = ["EntropyAnalysis", "SublatticeScan", "analyze_entropy"]

Progress = Callable[[str, int, int], None]
SIZES_PER_SIDE = 3.0
LATERAL_RESOLUTION_NM = 1.0
"""Below this, cubes of equal edges are smaller than what trajectories leave of lateral distances."""
TASKS = 7


@dataclass(frozen=True, kw_only=True)
class SublatticeScan(Result):
    """Scan of the atoms of one sublattice among themselves."""

    scan: EntropyScan
    sume: MaximalEntropyUnit


@dataclass(frozen=True, kw_only=True)
class EntropyAnalysis(Result):
    """What a cloud says about mixing."""

    verdict: Verdict
    scan: EntropyScan
    sume: MaximalEntropyUnit
    detectable: DetectableEffect | None = None
    neighborhoods: NeighborhoodEntropy | None = None
    nearest_neighbors: NeighborhoodEntropy | None = None
    pairs: PairOrder | None = None
    paper_mode: PaperMode | None = None
    map: EntropyMap | None = None
    sublattice_entropy: SublatticeEntropy | None = None
    sublattices: Mapping[str, SublatticeScan] = field(default_factory=dict)
    settings: EntropySettings
    notices: tuple[str, ...] = ()


def analyze_entropy(
    source: RangedIons | PointSet,
    settings: EntropySettings,
    *,
    sublattices: Mapping[str, Sublattice] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    rng: np.random.Generator,
) -> EntropyAnalysis:
    """Tell whether, and up to which length, a mixture deviates from chance.

    Parameters
    ----------
    source
        Ranged cloud, or labeled points of any origin.
    settings
        What is asked.
    sublattices
        Species and sites of each sublattice; each is scanned by itself, and without ``settings.species`` the first
        mixed one of cations stands for the whole.
    threads
        Number of threads; all processors if not given. Changes no number.
    progress
        Called with the part of the work, what is done of it and its whole.
    rng
        Source of randomness.

    Returns
    -------
    EntropyAnalysis
        Parts that were not asked for are None.

    Raises
    ------
    InputError
        If a species is unknown, the box is empty, or the points are too few to say anything.
    """
    scan_rng, around_rng, nearest_rng, pair_rng, paper_rng, name_rng, sublattice_rng = spawn_generators(rng, TASKS)
    species, notices = counted_species(source, settings, sublattices)
    resolution = _resolution_notices if isinstance(source, RangedIons) else None
    notices += source.notices if isinstance(source, RangedIons) else ()
    if isinstance(source, RangedIons) and source.claim is None and not sublattices:
        # What the mass spectrum needs is half of the memory, and no longer of use.
        source = source.points(species, events=settings.events)
    clouds = _clouds(source, species, settings, name_rng)
    points = next(clouds)
    paper_sizes = settings.sizes_nm  # the published construction has default sizes of its own
    settings = settings.model_copy(update={"sizes_nm": settings.sizes_nm or default_sizes(points)})
    notices += () if resolution is None else resolution(settings)

    def told(part: str) -> Callable[[int, int], None] | None:
        return None if progress is None else lambda done, total: progress(part, done, total)

    scan = mean_scan([
        _scan(cloud, settings, threads, told("scan"), scan_rng) for cloud in itertools.chain([points], clouds)
    ])  # fmt: skip
    unit = _unit(scan, settings)
    return EntropyAnalysis(
        verdict=unit.verdict,
        scan=scan,
        sume=unit,
        detectable=detectable_effect(scan, settings.power) if np.isfinite(scan.critical_z) else None,
        neighborhoods=_around(points, settings, threads, told("neighborhoods"), around_rng),
        nearest_neighbors=_nearest(points, settings, threads, told("nearest neighbors"), nearest_rng),
        pairs=_pairs(points, settings, threads, pair_rng),
        paper_mode=paper_mode(points, paper_sizes, unit=unit, rng=paper_rng) if settings.paper_mode else None,
        map=None if settings.map_spacing_nm is None else entropy_map(points, settings.map_spacing_nm),
        sublattice_entropy=None if sublattices is None else _sublattice_entropy(source, sublattices, settings),
        sublattices=_sublattice_scans(source, sublattices or {}, settings, threads, progress, sublattice_rng),
        settings=settings,
        notices=tuple(dict.fromkeys([*notices, *scan.notices, *unit.notes])),
    )


def default_sizes(points: PointSet) -> tuple[float, ...]:
    """Return the default cube sizes that fit three times along the shortest side of the points [nm]."""
    extent = np.ptp(np.asarray(points.positions_nm, dtype=np.float64), axis=0)
    shortest = float(extent[extent > 0.0].min(initial=np.inf))
    fitting = tuple(size for size in DEFAULT_SIZES_NM if SIZES_PER_SIDE * size <= shortest)
    return fitting or DEFAULT_SIZES_NM[:1]


def _clouds(
    source: RangedIons | PointSet,
    species: tuple[str, ...] | None,
    settings: EntropySettings,
    rng: np.random.Generator,
) -> Iterator[PointSet]:
    """Yield the counted points, once for each drawing of uncertain names."""
    if isinstance(source, PointSet):
        yield _inside(_only(source, species), settings)
        return
    if source.claim is None:
        yield _inside(source.points(species, events=settings.events), settings)
        return
    for name_rng in spawn_generators(rng, settings.imputations):
        yield _inside(source.impute(name_rng).points(species, events=settings.events), settings)


def _only(points: PointSet, species: tuple[str, ...] | None) -> PointSet:
    if species is None or species == points.species:
        return points
    unknown = [name for name in species if name not in points.species]
    if unknown:
        raise InputError(f"unknown species {', '.join(unknown)}; the points have {', '.join(points.species)}.")
    number = np.full(len(points.species), -1, dtype=np.int16)
    number[[points.species.index(name) for name in species]] = np.arange(len(species))
    labels = number[points.labels]
    return replace(_where(replace(points, labels=np.maximum(labels, 0)), labels >= 0), species=species)


def _where(points: PointSet, kept: NDArray[np.bool_]) -> PointSet:
    event = None if points.event is None else points.event[kept]
    return replace(points, positions_nm=points.positions_nm[kept], labels=points.labels[kept], event=event)


def _inside(points: PointSet, settings: EntropySettings) -> PointSet:
    """Return the points of the chosen box; a part of a cell is open."""
    if settings.box_nm is None:
        return points
    box = np.array(settings.box_nm, dtype=np.float64).reshape(3, 2)
    if not (box[:, 0] < box[:, 1]).all():
        raise InputError(f"box_nm must be x0,x1,y0,y1,z0,z1 with each lower below its upper; got {settings.box_nm}.")
    places = np.asarray(points.positions_nm, dtype=np.float64)
    kept = np.asarray(((places >= box[:, 0]) & (places < box[:, 1])).all(axis=1))
    if not kept.any():
        low, high = places.min(axis=0).round(2).tolist(), places.max(axis=0).round(2).tolist()
        raise InputError(f"no counted point lies in box_nm {settings.box_nm}; points reach from {low} to {high} nm.")
    return replace(_where(points, kept), cell_nm=None, pbc=(False, False, False))


def _scan(
    points: PointSet,
    settings: EntropySettings,
    threads: int | None,
    progress: Callable[[int, int], None] | None,
    rng: np.random.Generator,
) -> EntropyScan:
    return limited_area_entropy(
        points,
        settings.sizes_nm or default_sizes(points),
        origins=settings.origins,
        n_relabel=settings.relabelings,
        strata=settings.strata_nm,
        alternative=settings.alternative,
        n_bootstrap=settings.bootstraps,
        cell_aspect=settings.cell_aspect,
        alpha=settings.alpha,
        tolerance=settings.tolerance,
        threads=threads,
        progress=progress,
        rng=rng,
    )


def _unit(scan: EntropyScan, settings: EntropySettings) -> MaximalEntropyUnit:
    return maximal_entropy_unit(scan, settings.tolerance, settings.alpha, settings.efficiency, settings.cell_volume_nm3)


def _around(
    points: PointSet,
    settings: EntropySettings,
    threads: int | None,
    progress: Callable[[int, int], None] | None,
    rng: np.random.Generator,
) -> NeighborhoodEntropy | None:
    if not settings.radii_nm:
        return None
    return neighborhood_entropy(
        points, settings.radii_nm, n_relabel=settings.relabelings, strata=settings.strata_nm,
        alternative=settings.alternative, threads=threads, progress=progress, rng=rng,
    )  # fmt: skip


def _nearest(
    points: PointSet,
    settings: EntropySettings,
    threads: int | None,
    progress: Callable[[int, int], None] | None,
    rng: np.random.Generator,
) -> NeighborhoodEntropy | None:
    if settings.neighbors_k is None:
        return None
    return neighborhood_entropy(
        points, k=settings.neighbors_k, n_relabel=settings.relabelings, strata=settings.strata_nm,
        alternative=settings.alternative, threads=threads, progress=progress, rng=rng,
    )  # fmt: skip


def _pairs(
    points: PointSet, settings: EntropySettings, threads: int | None, rng: np.random.Generator
) -> PairOrder | None:
    if not settings.shells_nm:
        return None
    return pair_order(
        points, settings.shells_nm, n_relabel=settings.relabelings, strata=settings.strata_nm, threads=threads, rng=rng
    )


def _sublattice_entropy(
    source: RangedIons | PointSet, sublattices: Mapping[str, Sublattice], settings: EntropySettings
) -> SublatticeEntropy:
    species = tuple(name for item in sublattices.values() for name in item.species)
    points = _only(source, species) if isinstance(source, PointSet) else source.points(species)
    return sublattice_entropy(_inside(points, settings), sublattices)


def _sublattice_scans(
    source: RangedIons | PointSet,
    sublattices: Mapping[str, Sublattice],
    settings: EntropySettings,
    threads: int | None,
    progress: Progress | None,
    rng: np.random.Generator,
) -> dict[str, SublatticeScan]:
    """Scan every sublattice that two species share by itself."""
    found: dict[str, SublatticeScan] = {}
    for name, item in sublattices.items():
        if len(item.species) < 2:
            continue
        scan_rng, name_rng = spawn_generators(rng, 2)

        def told(done: int, total: int, part: str = f"sublattice {name}") -> None:
            if progress is not None:
                progress(part, done, total)

        clouds = _clouds(source, item.species, settings, name_rng)
        scan = mean_scan([_scan(cloud, settings, threads, told, scan_rng) for cloud in clouds])
        found[name] = SublatticeScan(scan=scan, sume=_unit(scan, settings))
    return found


def _resolution_notices(settings: EntropySettings) -> tuple[str, ...]:
    """Return what the resolution of an atom probe means for small cubes."""
    small = [size for size in settings.sizes_nm or () if size < LATERAL_RESOLUTION_NM]
    if not small or settings.cell_aspect != (1.0, 1.0, 1.0):
        return ()
    return (
        f"cubes below {LATERAL_RESOLUTION_NM:g} nm ({', '.join(f'{size:g}' for size in small)}) are smaller than the "
        "lateral resolution of an atom probe (0.3 to 1 nm): what they show along x and y is smeared. Flat cells follow "
        "the resolution better (cell aspect such as 1,1,0.5).",
    )
