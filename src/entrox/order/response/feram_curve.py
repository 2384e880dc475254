"""Order parameter against temperature: the noun, and its readers for feram averages and for csv.

Units: K; the order parameter in the unit of its source (feram: mean displacement of the soft mode in angstrom);
energies in eV per cell.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError, Result, check_integer, quantity

__all__ = ["OrderCurve", "read_csv_curve", "read_feram_curve"]

Floats = NDArray[np.float64]

FERAM_COLUMNS = 31
MODE, SQUARE, ENERGY = slice(10, 13), slice(13, 16), 27
"""Zero-based columns of the mean mode, of the number of cells times its mean square, and of the total energy per cell
(the sum of all its parts, the kinetic one in column 30)."""
LARGEST_SHARE = 0.05
"""Of the fluctuation in the mean square of the best ordered row, which then tells the number of cells of a cube."""


@dataclass(frozen=True, kw_only=True)
class OrderCurve(Result):
    """One temperature run, in the order in which it was made: a cooling run goes down."""

    temperature_k: Floats = quantity("K", "temperature", axes=("row",))
    order_parameter: Floats = quantity("as the source", "mean order parameter", axes=("row", "component"))
    susceptibility: Floats | None = quantity(
        "as the source", "n_cells x variance of the mean order parameter / T, summed over components", axes=("row",)
    )
    energy_ev: Floats | None = quantity("eV", "energy per cell", axes=("row",))
    source: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        rows = len(self.temperature_k)
        if rows < 2 or self.order_parameter.shape != (rows, 3):
            raise InputError(
                f"a curve needs at least two rows of three components; got {rows} temperatures and "
                f"{self.order_parameter.shape}."
            )
        if not (np.isfinite(self.temperature_k).all() and np.isfinite(self.order_parameter).all()):
            raise InputError("temperatures and order parameters must be finite.")
        for item in (self.susceptibility, self.energy_ev):
            if item is not None and item.shape != (rows,):
                raise InputError(f"each quantity of a curve needs one value per row, {rows}; got {item.shape}.")


def read_feram_curve(path: str | Path, n_cells: int | None = None) -> OrderCurve:
    """Read the table of averages that the effective-Hamiltonian program feram writes, one row per temperature.

    Parameters
    ----------
    path
        File of averages.
    n_cells
        Number of cells of the box, which the susceptibility needs and the file does not name. By default that of the
        cubic box that the best ordered row implies; where none does, the curve has no susceptibility.

    Raises
    ------
    FormatError
        If a row has not the columns of the format, with its line.

    Notes
    -----
    Columns from zero: 0 T [K], 1-3 field, 4-9 strain, 10-12 mean mode u [angstrom], 13-15 number of cells times <u^2>,
    27 total energy [eV per cell]. Nishimatsu et al., Phys. Rev. B 78, 104104 (2008).
    """
    if n_cells is not None:
        check_integer(n_cells, "n_cells", low=1)
    rows = []
    for number, text in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), start=1):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        try:
            values = [float(item) for item in text.split()]
        except ValueError as error:
            raise FormatError(f"expected numbers: {error}.", path=path, line=number, text=text) from error
        if len(values) != FERAM_COLUMNS:
            raise FormatError(
                f"a row of averages has {FERAM_COLUMNS} columns; got {len(values)}.", path=path, line=number, text=text
            )
        rows.append(values)
    if len(rows) < 2:
        raise FormatError(f"expected at least two temperatures; got {len(rows)}.", path=path)
    table = np.array(rows)
    return OrderCurve(
        temperature_k=table[:, 0],
        order_parameter=table[:, MODE],
        susceptibility=_susceptibility(table, n_cells),
        energy_ev=table[:, ENERGY],
        source=Path(path).name,
    )


def _susceptibility(table: Floats, n_cells: int | None) -> Floats | None:
    """Variance of the mean mode times the number of cells over T; None if no row tells the number of cells."""
    mean_square = (table[:, MODE] ** 2).sum(axis=1)
    square = table[:, SQUARE].sum(axis=1)
    if n_cells is None:
        # N <u^2> / <u>^2 is N, enlarged by the fluctuation, which is smallest in the best ordered row
        ratio = float(np.min(square / np.maximum(mean_square, 1e-30)))
        n_cells = round(np.cbrt(ratio)) ** 3
        if n_cells == 0 or not -LARGEST_SHARE / 100 < ratio / n_cells - 1.0 < LARGEST_SHARE:
            return None
    return np.asarray(np.clip(square - n_cells * mean_square, 0.0, None) / table[:, 0])


def read_csv_curve(path: str | Path) -> OrderCurve:
    """Read a curve from a csv file with a header.

    Columns ``temperature_k``, ``p_x``, ``p_y``, ``p_z`` are needed (order parameter in any unit), ``susceptibility``
    and ``energy_ev`` are used where present, others ignored. Lines that start with ``#`` are comments.

    Raises
    ------
    FormatError
        If a column is missing or an entry is no number, with its line.
    """
    needed = ("temperature_k", "p_x", "p_y", "p_z")
    lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    kept = [(number, text) for number, text in enumerate(lines, start=1) if text.strip() and text.lstrip()[0] != "#"]
    if not kept:
        raise FormatError("expected a header and rows; the file is empty.", path=path)
    names = [item.strip() for item in next(csv.reader([kept[0][1]]))]
    missing = [name for name in needed if name not in names]
    if missing:
        raise FormatError(
            f"missing columns {', '.join(missing)}; got {', '.join(names)}. Name the columns {', '.join(needed)}.",
            path=path,
            line=kept[0][0],
        )
    columns: dict[str, list[float]] = {name: [] for name in (*needed, "susceptibility", "energy_ev") if name in names}
    for number, text in kept[1:]:
        entries = next(csv.reader([text]))
        for name, column in columns.items():
            try:
                column.append(float(entries[names.index(name)]))
            except (ValueError, IndexError) as error:
                raise FormatError(f"column {name} has no number.", path=path, line=number, text=text) from error
    if len(kept) < 3:
        raise FormatError(f"expected at least two temperatures; got {len(kept) - 1}.", path=path)
    arrays = {name: np.array(column) for name, column in columns.items()}
    return OrderCurve(
        temperature_k=arrays["temperature_k"],
        order_parameter=np.stack([arrays[name] for name in needed[1:]], axis=1),
        susceptibility=arrays.get("susceptibility"),
        energy_ev=arrays.get("energy_ev"),
        source=Path(path).name,
    )
