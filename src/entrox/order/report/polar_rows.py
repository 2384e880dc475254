"""Displacements of a site taken in row by row: means, shares, counts and a few rows, in memory that does not grow.

A row is one frame, or the mean over a window. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from entrox.core.blocking import BlockAverage, block_average
from entrox.order.displacement.block_sums import BlockSums
from entrox.order.displacement.block_table import N_CLASSES, WIDTH, BlockTable, block_counts, table_of_counts
from entrox.order.displacement.cages import Site
from entrox.order.lattice import LatticeMap
from entrox.order.report.polar_report import ElementRow

__all__ = ["FEWEST_TIME_BLOCKS", "SITES", "Classifier", "RowSums", "RowWindow", "ThinnedRows"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Classifier = Callable[[Floats], Ints]
"""From rows of vectors, shape ``(row, cell, 3)``, to numbers of classes, shape ``(row, cell)``."""

SITES: tuple[Site, Site] = ("A", "B")
FEWEST_TIME_BLOCKS = 8
"""With fewer rows, blocks are parts of space."""
MOST_KEPT = 32


class RowWindow:
    """Means over windows of so many frames, one after the other."""

    def __init__(self, shape: tuple[int, ...], frames: int) -> None:
        self._frames, self._sum, self.in_window = frames, np.zeros(shape), 0

    def add(self, vectors: Floats) -> Floats:
        """Take in frames, shape ``(frame, *shape)``; return the rows that are complete."""
        if self._frames == 1:
            return vectors
        rows = []
        for frame in vectors:
            self._sum += frame
            self.in_window += 1
            if self.in_window == self._frames:
                rows.append(self._sum / self._frames)
                self._sum, self.in_window = np.zeros_like(self._sum), 0
        return np.array(rows).reshape(len(rows), *self._sum.shape)

    def rest(self) -> Floats:
        """Mean over the frames of the open window, as one row."""
        return np.asarray(self._sum[None] / max(self.in_window, 1))


class ThinnedRows:
    """At most 32 evenly spaced rows of a series whose length is not known."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most, self._stride, self._seen = most, 1, 0
        self.rows: list[Floats] = []

    def add(self, rows: Floats) -> None:
        """Take in rows."""
        for row in rows:
            if self._seen % self._stride == 0:
                self.rows.append(row.copy())
                if len(self.rows) > self._most:
                    self.rows, self._stride = self.rows[::2], 2 * self._stride
            self._seen += 1


class RowSums:
    """All that the report says about the displacements of one site.

    Parameters
    ----------
    lattice_map
        Map of the trajectory.
    site
        Site of the cations.
    classifier
        Local phases of rows; None for none.
    """

    def __init__(self, lattice_map: LatticeMap, site: Site, classifier: Classifier | None) -> None:
        self.lattice_map, self.site, self._classifier = lattice_map, site, classifier
        symbols = np.array(lattice_map.a_symbols if site == "A" else lattice_map.b_symbols)
        self.elements = tuple(sorted({str(s) for s in symbols if s}))
        other = lattice_map.b_symbols if site == "A" else lattice_map.a_symbols
        # an element on both sites makes two groups
        self.groups = (site, *(f"{e} on {site}" if e in other else e for e in self.elements))
        self._masks = [symbols != "", *(symbols == name for name in self.elements)]
        self._means: list[Floats] = []
        self._moduli: list[Floats] = []
        self._shares: list[Floats] = []
        self._counts = BlockSums((len(self.groups), WIDTH))
        self.cells = BlockSums((len(lattice_map), 3))
        self.kept = ThinnedRows()
        self.n_rows = 0

    def add(self, rows: Floats) -> None:
        """Take in rows, shape ``(row, cell, 3)``."""
        if not len(rows):
            return
        labels = None if self._classifier is None else self._classifier(rows)
        turned = rows @ self.lattice_map.axes.T
        pairs = self._pair_sums(rows)
        counts = np.empty((len(rows), len(self.groups), WIDTH))
        for k, mask in enumerate(self._masks):
            part = None if labels is None else labels[:, mask]
            counts[:, k] = block_counts(turned[:, mask], part, pairs if k == 0 else None)
        self._counts.add(counts)
        means, moduli = [], []
        for mask in self._masks[1:]:
            vectors = rows[:, mask]
            there = np.asarray(np.isfinite(vectors).all(axis=-1))
            number = np.maximum(there.sum(axis=1), 1)
            means.append(np.where(there[..., None], vectors, 0.0).sum(axis=1) / number[:, None])
            moduli.append(np.where(there, np.linalg.norm(vectors, axis=-1), 0.0).sum(axis=1) / number)
        self._means.append(np.stack(means, axis=1))
        self._moduli.append(np.stack(moduli, axis=1))
        table = table_columns(counts)
        self._shares.append(table)
        self.cells.add(rows)
        self.kept.add(rows)
        self.n_rows += len(rows)

    def _pair_sums(self, rows: Floats) -> Floats:
        """Sum of the products of like neighbors and their number, shape ``(row, 2)``."""
        neighbors = self.lattice_map.neighbors[:, ::2]
        there = neighbors >= 0
        products = np.einsum("rnc,rnkc->rnk", rows, rows[:, neighbors])
        products = np.where(there & np.isfinite(products), products, np.nan)
        return np.stack([np.nansum(products, axis=(1, 2)), np.isfinite(products).sum(axis=(1, 2))], axis=1)

    def element_rows(self) -> tuple[tuple[ElementRow, ...], bool]:
        """Means of each element, and whether all their errors have converged."""
        means, moduli = np.concatenate(self._means), np.concatenate(self._moduli)
        rows, converged = [], self.n_rows > 1
        squares = self._counts.mean()
        for k, symbol in enumerate(self.elements):
            series = means[:, k]
            mean = series.mean(axis=0)
            taid = float(np.linalg.norm(mean))
            along = series @ (mean / taid) if taid > 0.0 else np.linalg.norm(series, axis=1)
            components = [block_average(series[:, c]) for c in range(3)]
            total, modulus = block_average(along), block_average(moduli[:, k])
            converged &= all(item.converged for item in (*components, total, modulus))
            number = squares[k + 1][-5]
            rows.append(
                ElementRow(
                    symbol=symbol, site=self.site, count=int(self._masks[k + 1].sum()), mean_vector_angstrom=mean,
                    mean_vector_error_angstrom=_errors(components), taid_angstrom=taid, taid_error_angstrom=total.error,
                    mean_modulus_angstrom=modulus.mean, mean_modulus_error_angstrom=modulus.error,
                    rms_angstrom=float(np.sqrt(squares[k + 1][-3] / number)) if number else float("nan"),
                )
            )  # fmt: skip
        return tuple(rows), converged

    def share_series(self) -> Floats:
        """Shares of the classes, shape ``(row, group, class)``."""
        return np.concatenate(self._shares)

    def group_sizes(self) -> tuple[int, ...]:
        """Cations of each group."""
        return tuple(int(mask.sum()) for mask in self._masks)

    def tables(self, block_cells: Ints | None) -> tuple[BlockTable, ...]:
        """Block tables of all groups: blocks of time, or of space where there are few rows.

        Parameters
        ----------
        block_cells
            Number of the block in space of each cell, shape ``(N,)``; used with fewer than eight rows.
        """
        if self.n_rows >= FEWEST_TIME_BLOCKS or block_cells is None:
            blocks = self._counts.block_means()
            length = self.n_rows / max(len(blocks), 1)
            return tuple(
                table_of_counts(name, self.site, "time", blocks[:, k] * length) for k, name in enumerate(self.groups)
            )
        rows = np.array(self.kept.rows)
        labels = None if self._classifier is None else self._classifier(rows)
        turned = rows @ self.lattice_map.axes.T
        tables = []
        for k, (name, mask) in enumerate(zip(self.groups, self._masks, strict=True)):
            counts = []
            for block in range(int(block_cells.max()) + 1):
                here = mask & (block_cells == block)
                part = None if labels is None else labels[:, here]
                inside = np.where((block_cells == block)[None, :, None], rows, np.nan)
                pairs = self._pair_sums(inside) if k == 0 else None
                counts.append(block_counts(turned[:, here], part, pairs).sum(axis=0))
            tables.append(table_of_counts(name, self.site, "space", np.array(counts)))
        return tuple(tables)


def table_columns(counts: Floats) -> Floats:
    """Shares of the classes from counts, shape ``(row, group, class)``."""
    last = counts.shape[-1] - 5
    classes = counts[..., last - N_CLASSES : last]
    return np.asarray(classes / np.maximum(classes.sum(axis=-1, keepdims=True), 1.0))


def _errors(components: list[BlockAverage]) -> Floats | None:
    errors = [item.error for item in components]
    return None if any(e is None for e in errors) else np.array(errors, dtype=float)
