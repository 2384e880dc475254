"""One pass over the frames of a trajectory: every measure takes what it needs from each chunk.

Lengths in angstrom, polarization in C/m2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.core.blocking import block_average
from entrox.order.bonds.bonds import BondSeries, BondSplitting
from entrox.order.bonds.environment import environment_counts
from entrox.order.displacement.block_sums import BlockSums
from entrox.order.displacement.cages import Site, cage_of, chunk_displacements
from entrox.order.displacement.frame_chunks import FrameChunk, failed_remark
from entrox.order.displacement.projection import ColumnSeries
from entrox.order.lattice import LatticeMap
from entrox.order.phases.chance_levels import chance_levels
from entrox.order.phases.phases import CLASSES, class_labels
from entrox.order.polarization.born_charges import atom_charges, neutral_charges
from entrox.order.polarization.polarization import local_polarization
from entrox.order.report.polar_assembly import assembled_report
from entrox.order.report.polar_fields import correlations, domains_of, pair_distribution, tilts_of
from entrox.order.report.polar_report import PolarReport
from entrox.order.report.polar_rows import SITES, RowSums, RowWindow, ThinnedRows
from entrox.order.report.polar_settings import Measure, PolarSettings
from entrox.order.response.dielectric import dielectric_tensor
from entrox.order.response.relaxor import edwards_anderson, frozen_correlation, modulus_law

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["PolarPass", "chunk_atoms"]

Floats = NDArray[np.float64]

MOST_SNAPSHOTS = 8
"""Frames kept whole, for pair distributions and tilts."""


def chunk_atoms(chunk: FrameChunk, row: int) -> Atoms:
    """Return one frame of a chunk as atoms."""
    from ase import Atoms

    cell, opened = chunk.cells[row], chunk.lattice_map.opened
    periodic = [opened is None or axis != opened.axis for axis in range(3)]
    return Atoms(list(chunk.lattice_map.symbols), positions=chunk.scaled[row] @ cell, cell=cell, pbc=periodic)


class PolarPass:
    """State of a pass; :meth:`add` for each chunk, :meth:`result` at the end."""

    def __init__(self, lattice_map: LatticeMap, settings: PolarSettings) -> None:
        self.lattice_map, self.settings = lattice_map, settings
        self.refused: dict[str, str] = {}
        self.notices: list[str] = list(lattice_map.warnings)
        self._n_frames = self._failed = self._refitted = 0
        self._cell_sum = np.zeros((3, 3))
        self._volume_sum = 0.0
        self.window_ps, frames_per_row = self._window()
        self._rows = {site: self._site_rows(site) for site in SITES}
        self._windows = {site: RowWindow((len(lattice_map), 3), frames_per_row) for site in SITES}
        self._bonds = self._start_bonds()
        self._snapshot_rows = ThinnedRows(MOST_SNAPSHOTS)
        self._polarization: list[Floats] = []
        self._cell_polarization = BlockSums((len(lattice_map), 3))
        self._check_polarization()
        self._columns = (
            None
            if settings.zone_axis is None
            else ColumnSeries(lattice_map, settings.zone_axis, settings.thickness_cells)
        )

    def _asked(self, name: Measure) -> bool:
        return name in self.settings.measures and name not in self.refused

    def _refuse(self, name: str, reason: str) -> None:
        self.refused[name] = reason

    def _window(self) -> tuple[float, int]:
        """Length of the window, and its frames."""
        step, window = self.settings.time_step_ps, self.settings.window_ps
        frames = 1 if step is None else max(1, round(window / step))
        if frames == 1 or self.settings.averaged_over_ps is not None:
            return self._averaged_ps(frames), frames
        return window, frames

    def _averaged_ps(self, frames: int) -> float:
        """Time over which the mean of so many frames averages; an instant is no average, whatever was wanted."""
        step, own = self.settings.time_step_ps, self.settings.averaged_over_ps
        if frames == 1 or step is None:
            return own or 0.0
        return step * (frames - 1) + (step if own is None else own)

    def _site_rows(self, site: Site) -> RowSums:
        classifier: Callable[[Floats], Any] | None = None
        if "phases" in self.settings.measures:
            axes, chosen = self.lattice_map.axes, self.settings

            def classifier(rows: Floats) -> Any:
                return class_labels(rows @ axes.T, chosen.threshold_angstrom, chosen.rule, chosen.max_angle_deg)

        return RowSums(self.lattice_map, site, classifier)

    def _start_bonds(self) -> list[BondSeries]:
        if not self._asked("bonds"):
            return []
        if (self.lattice_map.x < 0).all():
            self._refuse("bonds", "the structure has no anions")
            return []
        environment_counts(self.lattice_map, "B", self.settings.environment)
        series = []
        for symbol in sorted({*self.lattice_map.a_symbols, *self.lattice_map.b_symbols} - {""}):
            try:
                series.append(BondSeries(self.lattice_map, symbol, by=self.settings.environment))
            except InputError as error:
                self.notices.append(f"bonds of {symbol}: {error}")
        return series

    def _bond_results(self) -> tuple[BondSplitting, ...]:
        found = []
        for series in self._bonds:
            try:
                found.append(series.result())
            except InputError as error:
                self.notices.append(f"bonds of {series.element}: {error}")
        return tuple(found)

    def _check_polarization(self) -> None:
        for name in ("polarization", "dielectric"):
            if name in self.settings.measures and self.settings.born_charges_e is None:
                self._refuse(name, "it needs charges: give born_charges_e (--born-charges FILE)")
        if self.settings.born_charges_e is not None and (self._asked("polarization") or self._asked("dielectric")):
            # Charges that were given must fit: an element without one, or a box that is far from neutral, is an error.
            neutral_charges(atom_charges(self.settings.born_charges_e, self.lattice_map), self.lattice_map)
        if self._asked("dielectric") and self.settings.temperature_k is None:
            self._refuse("dielectric", "it needs the temperature (--temperature-k)")

    def add(self, chunk: FrameChunk) -> None:
        """Take in the frames of a chunk."""
        self._failed += chunk.failed
        if not len(chunk.scaled):
            return
        self._n_frames += len(chunk.scaled)
        self._refitted += len(chunk.scaled) if chunk.refitted else 0
        self._cell_sum += chunk.cells.sum(axis=0)
        for site in SITES:
            vectors = chunk_displacements(chunk, cage_of(chunk.lattice_map, site, self.settings.reference))
            self._rows[site].add(self._windows[site].add(vectors))
        for series in self._bonds:
            series.add(chunk)
        if self._columns is not None:
            self._columns.add(chunk)
        if self._asked("rdf") or self._asked("tilts"):
            self._add_snapshots(chunk)
        if self._asked("polarization") or self._asked("dielectric"):
            self._add_polarization(chunk)

    def _add_snapshots(self, chunk: FrameChunk) -> None:
        """Keep coordinates and cell, with the elements beside them: a frame may have its atoms in another order."""
        numbers = np.append(chunk_atoms(chunk, 0).numbers, np.zeros(3))
        beside = np.broadcast_to(numbers[:, None], (len(chunk.scaled), len(numbers), 1))
        self._snapshot_rows.add(np.concatenate([np.concatenate([chunk.scaled, chunk.cells], axis=1), beside], axis=2))

    def _add_polarization(self, chunk: FrameChunk) -> None:
        volume: Any = "global" if all(self.lattice_map.periodic) else "local"
        atoms = [chunk_atoms(chunk, row) for row in range(len(chunk.scaled))]
        try:
            found = local_polarization(atoms, chunk.lattice_map, self.settings.born_charges_e, volume)
        except InputError as error:
            self._refuse("polarization", str(error))
            self._refuse("dielectric", str(error))
            return
        if not self._polarization:
            self.notices += list(found.warnings)
        self._polarization.append(found.total_c_per_m2)
        # that of the cells which make up the total: the box of a film holds vacuum
        self._volume_sum += float(found.box_volume_angstrom3.sum())
        self._cell_polarization.add(found.vectors_c_per_m2)

    def result(self, failed_before: int, label: str) -> dict[str, Any]:
        """Return the fields of the analysis."""
        self._close_windows()
        failed = failed_before + self._failed
        self._remarks(failed)
        cell = self._cell_sum / self._n_frames
        cubic = np.linalg.solve(self.lattice_map.matrix.astype(float), cell)
        edges = np.linalg.norm(cubic, axis=1)
        if not all(self.lattice_map.periodic):
            edges = self.lattice_map.lattice_angstrom
        samples = {site: np.array(self._rows[site].kept.rows) for site in SITES}
        values: dict[str, Any] = {"samples_angstrom": samples}
        values["cell_means_angstrom"] = {site: self._rows[site].cells.mean() for site in SITES}
        values["bonds"] = self._bond_results()
        values |= self._fields(samples, edges)
        values |= self._dipoles()
        values |= self._memory()
        report, converged = assembled_report(self, values, edges, label)
        image = None
        if self._columns is not None:
            values["columns"] = self._columns.result()
            image = self._image(values["columns"], report)
        return {
            **values, "report": report, "image": image, "n_frames": self._n_frames, "failed_frames": failed,
            "refused": self.refused, "converged": converged, "warnings": tuple(dict.fromkeys(self.notices)),
        }  # fmt: skip

    @property
    def rows(self) -> dict[Site, RowSums]:
        """Collected displacements of each site."""
        return self._rows

    @property
    def n_frames(self) -> int:
        """Frames used so far."""
        return self._n_frames

    def chance(self) -> Floats:
        """Shares of random directions in T, O, R and M."""
        return chance_levels(self.settings.rule, self.settings.max_angle_deg)

    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return CLASSES[3]

    def _close_windows(self) -> None:
        asked = self.window_ps
        for site in SITES:
            window, rows = self._windows[site], self._rows[site]
            if rows.n_rows == 0:
                # what was averaged, for comparisons
                self.window_ps = self._averaged_ps(window.in_window)
                rows.add(window.rest())
                if site == "A":
                    self.notices.append(
                        f"short_run: {window.in_window} frames do not fill a window of {asked:g} ps; all of "
                        "them are averaged into one"
                    )
            elif window.in_window and site == "A":
                self.notices.append(f"window: the last {window.in_window} frames do not fill a window and are left out")

    def _remarks(self, failed: int) -> None:
        if failed:
            self.notices.append(failed_remark(failed))
        if self._refitted:
            self.notices.append(
                f"hops: atoms left their sites or changed their order in {self._refitted} frames; map refitted"
            )
        for site in SITES:
            cage = cage_of(self.lattice_map, site, self.settings.reference)
            lacking = int((cage.n_found < cage.members.shape[1]).sum())
            if lacking:
                what = "use what is there" if self.lattice_map.vacancies_allowed else "are masked"
                self.notices.append(f"incomplete_cages: {lacking} of {len(cage.centers)} {site} cages {what}")
        if self._n_frames == 1:
            self.notices.append("one_frame: there are no errors over time")
        elif self.window_ps == 0.0:
            step, window = self.settings.time_step_ps, self.settings.window_ps
            reason = "" if window == 0.0 else "the time between frames is not known (--timestep-ps), so "
            if window > 0.0 and step is not None:
                reason = f"frames {step:g} ps apart leave one in a window of {window:g} ps, so "
            self.notices.append(
                f"instantaneous: {reason}displacements are those of single frames; where these are hot, shares of "
                "phases are near chance"
            )

    def _frames(self) -> list[Atoms]:
        """Kept frames, their atoms in the order in which they came."""
        from ase import Atoms

        opened = self.lattice_map.opened
        periodic = [opened is None or axis != opened.axis for axis in range(3)]
        kept = []
        for row in self._snapshot_rows.rows:
            cell, numbers = row[-3:, :3], row[:-3, 3].astype(int)
            kept.append(Atoms(numbers, positions=row[:-3, :3] @ cell, cell=cell, pbc=periodic))
        return kept

    def _fields(self, samples: dict[Site, Floats], edges: Floats) -> dict[str, Any]:
        """Measures of the order in space, each refused where the structure does not allow it."""
        wanted: dict[Measure, Callable[[], dict[str, Any]]] = {
            "rdf": lambda: pair_distribution(self._frames(), self.settings),
            "domains": lambda: domains_of(samples, self.lattice_map, self.settings),
            "correlation": lambda: correlations(samples, self.lattice_map),
            "tilts": lambda: tilts_of(self._frames(), self.lattice_map),
        }
        found: dict[str, Any] = {}
        for name, measure in wanted.items():
            if self._asked(name):
                try:
                    found |= measure()
                except InputError as error:
                    self._refuse(name, str(error))
        return found

    def _dipoles(self) -> dict[str, Any]:
        if not self._polarization:
            return {}
        series = np.concatenate(self._polarization)
        averages = [block_average(series[:, k]) for k in range(3)]
        found: dict[str, Any] = {
            "polarization_c_per_m2": series.mean(axis=0),
            "polarization_error_c_per_m2": None
            if len(series) < 2
            else np.array([item.error for item in averages], dtype=float),
            "cell_polarization_c_per_m2": self._cell_polarization.mean(),
            "polarization_series_c_per_m2": series,
        }
        if self._asked("dielectric"):
            temperature = self.settings.temperature_k
            assert temperature is not None
            try:
                volume = self._volume_sum / len(series)
                found["dielectric"] = dielectric_tensor(series, volume, temperature, self.settings.eps_inf)
                self.notices += [f"dielectric: {text}" for text in found["dielectric"].warnings]
            except InputError as error:
                self._refuse("dielectric", str(error))
        return found

    def _memory(self) -> dict[str, Any]:
        """Edwards-Anderson parameter, of the polarization where there is one, else of the B displacements."""
        if not self._asked("relaxor"):
            return {}
        of_dipoles = bool(self._polarization)
        sums = self._cell_polarization if of_dipoles else self._rows["B"].cells
        if sums.n_frames < 2:
            self._refuse("relaxor", "one frame, or one window, cannot tell frozen from fluctuating")
            return {}
        rows = np.array(self._rows["B"].kept.rows)
        try:
            found: dict[str, Any] = {
                "relaxor": edwards_anderson(sums.block_means()),
                "relaxor_unit": "C^2/m^4" if of_dipoles else "angstrom^2",
                "modulus_law": modulus_law(_finite(self._rows["B"].cells.mean())),
            }
            if len(rows) >= 4:
                found["frozen"] = frozen_correlation(rows)
        except InputError as error:
            self._refuse("relaxor", str(error))
            return {}
        return found

    def _image(self, columns: Any, report: PolarReport) -> PolarReport:
        # all frames are averaged into the columns
        window: float | None = self._averaged_ps(self._n_frames)
        if window == 0.0 and self._n_frames > 1:
            window = None
        return PolarReport.as_image(
            columns, source=self.settings.source, composition=report.composition, label=report.label,
            window_ps=window, temperature_k=self.settings.temperature_k,
            threshold_angstrom=self.settings.threshold_angstrom,
        )  # fmt: skip


def _finite(vectors: Floats) -> Floats:
    return vectors[np.isfinite(vectors).all(axis=1)]
