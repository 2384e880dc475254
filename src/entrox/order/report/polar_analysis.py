"""The whole question in one pass over a trajectory: how far, in which direction, how ordered, and why.

The frames are read once, in chunks; what is kept does not grow with their number. A measure that the data do not allow
is refused with a reason and the others go on. Lengths in angstrom, times in ps, polarization in C/m2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.order.bonds.bonds import BondSplitting
from entrox.order.correlation.correlation import Correlation
from entrox.order.displacement.frame_chunks import frame_chunks
from entrox.order.displacement.projection import ColumnMap
from entrox.order.domains import Domains
from entrox.order.lattice import LatticeMap, fit_lattice
from entrox.order.pair_distribution import PartialRdf
from entrox.order.report.polar_pass import PolarPass
from entrox.order.report.polar_report import PolarReport
from entrox.order.report.polar_settings import PolarSettings
from entrox.order.response.dielectric import DielectricTensor
from entrox.order.response.relaxor import EdwardsAnderson, FrozenCorrelation, ModulusLaw
from entrox.order.tilts import OctahedralTilts

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["PolarAnalysis", "analyze_polar"]

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class PolarAnalysis(Result):
    """What a trajectory shows; None for measures that were not asked for or were refused."""

    report: PolarReport
    image: PolarReport | None
    lattice_map: LatticeMap
    settings: PolarSettings
    n_frames: int = quantity("1", "frames used")
    failed_frames: int = quantity("1", "frames left out")
    composition: dict[str, int]
    samples_angstrom: dict[str, Floats] = field(default_factory=dict)
    cell_means_angstrom: dict[str, Floats] = field(default_factory=dict)
    bonds: tuple[BondSplitting, ...] = ()
    rdf: PartialRdf | None = None
    domains: dict[str, Domains] = field(default_factory=dict)
    correlation: dict[str, Correlation] = field(default_factory=dict)
    tilts: OctahedralTilts | None = None
    glazer: str | None = None
    polarization_c_per_m2: Floats | None = quantity(
        "C/m2", "mean polarization of the box", axes=("component",), default=None
    )
    polarization_error_c_per_m2: Floats | None = quantity("C/m2", "standard error", axes=("component",), default=None)
    cell_polarization_c_per_m2: Floats | None = quantity(
        "C/m2", "local polarization, mean over the run", axes=("cell", "component"), default=None
    )
    polarization_series_c_per_m2: Floats | None = quantity(
        "C/m2", "polarization of the box", axes=("frame", "component"), default=None
    )
    relaxor: EdwardsAnderson | None = None
    relaxor_unit: str = ""
    frozen: FrozenCorrelation | None = None
    modulus_law: ModulusLaw | None = None
    dielectric: DielectricTensor | None = None
    columns: ColumnMap | None = None
    refused: dict[str, str] = field(default_factory=dict)
    converged: bool
    warnings: tuple[str, ...] = ()


def analyze_polar(
    frames: Iterable[Atoms] | Atoms,
    settings: PolarSettings | None = None,
    *,
    lattice_map: LatticeMap | None = None,
    label: str = "",
    progress: Progress | None = None,
) -> PolarAnalysis:
    """Measure the polar order of a trajectory.

    Parameters
    ----------
    frames
        One frame or any iterable, read once.
    settings
        What is measured and how; the defaults if None.
    lattice_map
        Map of the trajectory; fitted to the first usable frame if None.
    label
        Name of the source in the report.
    progress
        Called with the name of the part, the frames done and their number as far as known.

    Returns
    -------
    PolarAnalysis
        With the report for comparisons, the refused measures and their reasons, and the number of frames left out.

    Raises
    ------
    InputError
        If there is no usable frame, the atoms form no perovskite, or an option does not fit the structure.
    """
    settings = PolarSettings() if settings is None else settings
    stream, failed, fitted = _opened(frames, settings, lattice_map)
    run = PolarPass(fitted, settings)
    counted = Counter(fitted.symbols)
    done = 0
    for chunk in frame_chunks(_of_one_composition(stream, counted), fitted, settings.chunk_frames):
        run.add(chunk)
        done += len(chunk.scaled)
        if progress is not None:
            progress("frames", done, done)
    values: dict[str, Any] = run.result(failed, label)
    return PolarAnalysis(lattice_map=fitted, settings=settings, composition=dict(sorted(counted.items())), **values)


def _of_one_composition(stream: Iterator[Atoms], counted: Counter[str]) -> Iterator[Atoms]:
    """Pass frames on; one of as many atoms but other elements belongs to another run."""
    from ase.data import atomic_numbers

    wanted = np.sort(np.repeat([atomic_numbers[name] for name in counted], list(counted.values())))
    seen = wanted
    for atoms in stream:
        # sorting every frame would take longer than reading it
        same = np.array_equal(atoms.numbers, seen) or len(atoms) != len(wanted)
        if not same and not np.array_equal(np.sort(atoms.numbers), wanted):
            raise InputError(
                f"the composition changes within the run: {_formula(counted)} and then "
                f"{_formula(Counter(atoms.get_chemical_symbols()))}. Analyze the runs apart (option --arrangements)."
            )
        seen = atoms.numbers if len(atoms) == len(wanted) else seen
        yield atoms


def _formula(counts: Counter[str]) -> str:
    return "".join(f"{name}{counts[name]}" for name in sorted(counts))


def _opened(
    frames: Iterable[Atoms] | Atoms, settings: PolarSettings, lattice_map: LatticeMap | None
) -> tuple[Iterator[Atoms], int, LatticeMap]:
    """Fit the map to the first frame with finite numbers and a cell; return the frames from that one on."""
    from ase import Atoms

    stream = iter([frames] if isinstance(frames, Atoms) else frames)
    if lattice_map is not None:
        return stream, 0, lattice_map
    failed = 0
    for atoms in stream:
        if not (np.isfinite(atoms.positions).all() and np.isfinite(np.asarray(atoms.cell)).all()):
            failed += 1
            continue
        fitted = fit_lattice(
            atoms, settings.a_site, settings.b_site, settings.x_site, settings.shape,
            allow_vacancies=settings.allow_vacancies,
        )  # fmt: skip
        return chain([atoms], stream), failed, fitted
    raise InputError(
        f"all {failed} frames failed: positions or cell are not finite."
        if failed
        else "no frame: the trajectory is empty. Check the path, --first and --every."
    )
