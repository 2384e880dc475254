"""Profiles of intensity against s: HyperSpy files with one axis, and tables.

A table has a header with ``s_per_angstrom`` or ``s_inverse_nm`` and ``mean`` or ``intensity``, as the command line
writes it, or no header and s [1/angstrom] and intensity in its first two columns.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError, check_positive
from entrox.core.units import NANOMETER_PER_ANGSTROM
from entrox.microscopy.diffraction.diffraction_curve import DiffractionCurve
from entrox.microscopy.diffraction.pattern_files import inverse_angstrom

__all__ = ["read_profile"]

Floats = NDArray[np.float64]

HDF5 = (".hspy", ".h5", ".hdf5")
TABLES = (".csv", ".txt", ".dat", ".xy", ".tsv")
S_COLUMNS = {"s_per_angstrom": 1.0, "s_inverse_angstrom": 1.0, "s_inverse_nm": NANOMETER_PER_ANGSTROM}
INTENSITY_COLUMNS = ("mean", "mean_counts", "intensity", "intensity_counts")
ERROR_COLUMNS = ("standard_error", "standard_error_counts")


def read_profile(
    path: str | Path, *, s_step_per_angstrom: float | None = None, dataset: str | None = None
) -> DiffractionCurve:
    """Read a profile; zeros in its first points are a beam stop, not intensity.

    Parameters
    ----------
    path
        ``.hspy`` or HDF5 with one axis, or a table (``.csv``, ``.txt``, ``.dat``, ``.xy``, ``.tsv``).
    s_step_per_angstrom
        Step of s in place of that of the file; needed where the file has no scale [1/angstrom].
    dataset
        Name of the data set where a file holds several.

    Raises
    ------
    FormatError
        If the file is unknown, damaged or truncated, or a line is no pair of numbers.
    InputError
        If there is no such file, no profile in it, or no scale.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no file {path}. Check the path.")
    suffix = path.suffix.lower()
    if suffix not in HDF5 + TABLES:
        raise FormatError(f"unknown ending {suffix!r}; known: {', '.join(HDF5 + TABLES)}.", path=path)
    s, values, errors = _hspy(path, dataset) if suffix in HDF5 else _table(path)
    step = s_step_per_angstrom
    if step is not None:
        s = check_positive(step, "s_step_per_angstrom", "1/angstrom") * np.arange(len(values), dtype=np.float64)
    if s is None:
        raise InputError(
            f"{path} gives no scale of s. Give the step from point to point: --s-step-inverse-angstrom, or "
            "s_step_per_angstrom=."
        )
    return _curve(s, values, errors, str(path))


def _curve(s: Floats, values: Floats, errors: Floats | None, source: str) -> DiffractionCurve:
    good, notes = np.isfinite(values), []
    zeros = int(np.argmax(values != 0.0)) if (values != 0.0).any() else len(values)
    if zeros:
        if zeros > len(values) - 2:
            raise InputError(f"{source} holds no intensity: all points are zero.")
        good[:zeros] = False
        notes.append(f"the first {zeros} points are zero: taken as the shadow of a beam stop and left out.")
    return DiffractionCurve(
        s_per_angstrom=s[good],
        intensity=values[good],
        standard_error=None if errors is None or not (errors[good] > 0.0).all() else errors[good],
        source=source,
        warnings=tuple(notes),
    )


def _hspy(path: Path, dataset: str | None) -> tuple[Floats | None, Floats, None]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            place = _place(file, h5py, dataset, path)
            data = np.asarray(file[place][()], dtype=float)
            axis = file[place].parent.get("axis-0")
            attributes: dict[str, Any] = {} if axis is None else dict(axis.attrs)
    except (OSError, RuntimeError, KeyError) as error:
        raise FormatError(
            f"no readable HDF5 file: {path.stat().st_size} bytes, stopped at {error}", path=path
        ) from error
    unit = attributes.get("units", "")
    scale = inverse_angstrom(
        float(attributes.get("scale", 0.0)), unit.decode() if isinstance(unit, bytes) else str(unit)
    )
    if scale is None:
        return None, data, None
    first = float(attributes.get("offset", 0.0)) / float(attributes["scale"])
    return scale * (first + np.arange(len(data), dtype=np.float64)), data, None


def _place(file: Any, h5py: Any, dataset: str | None, path: Path) -> str:
    found: list[str] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim == 1 and item.size > 2 and item.dtype.kind in "fiu":
            found.append(name)

    file.visititems(visit)
    wanted = [name for name in found if dataset is None or dataset in (name, *name.split("/"))]
    first = [name for name in wanted if name.startswith("Experiments/") and name.endswith("/data")] or wanted
    if len(first) != 1:
        raise InputError(
            f"{path} holds {len(first)} profiles{f' named {dataset!r}' if dataset else ''}"
            f"{': ' + ', '.join(first) if first else ''}. A profile has one axis; choose one by its data set."
        )
    return first[0]


def _table(path: Path) -> tuple[Floats, Floats, Floats | None]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    rows = [
        (number, next(csv.reader([line.replace(";", ",").replace("\t", ",")])) if "," in line or "\t" in line
         or ";" in line else line.split())
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]  # fmt: skip
    if not rows:
        raise FormatError("the table is empty.", path=path)
    columns, factor = _columns(rows[0][1], path)
    body = rows if columns is None else rows[1:]
    places = (0, 1) if columns is None else columns
    table = np.array([_numbers(row, places, number, path) for number, row in body])
    if len(table) < 2:
        raise FormatError("the table has fewer than two points.", path=path)
    return factor * table[:, 0], table[:, 1], table[:, 2] if table.shape[1] > 2 else None


def _columns(head: list[str], path: Path) -> tuple[tuple[int, ...] | None, float]:
    """Return the places of s, intensity and its error by the header, None without one, and the factor of s."""
    names = [name.strip() for name in head]
    try:
        [float(name) for name in names[:2]]
    except ValueError:
        pass
    else:
        return None, 1.0
    s = next((name for name in names if name in S_COLUMNS), None)
    intensity = next((name for name in names if name in INTENSITY_COLUMNS), None)
    if s is None or intensity is None:
        raise FormatError(
            f"the header must name {' or '.join(S_COLUMNS)}, and {' or '.join(INTENSITY_COLUMNS)}; got "
            f"{', '.join(names)}.",
            path=path, line=1,
        )  # fmt: skip
    error = [names.index(name) for name in ERROR_COLUMNS if name in names][:1]
    return (names.index(s), names.index(intensity), *error), S_COLUMNS[s]


def _numbers(row: list[str], places: tuple[int, ...], number: int, path: Path) -> list[float]:
    try:
        return [float(row[place]) if row[place].strip() else np.nan for place in places]
    except (ValueError, IndexError) as error:
        raise FormatError(f"expected {len(places)} numbers; got {' '.join(row)!r}.", path=path, line=number) from error
