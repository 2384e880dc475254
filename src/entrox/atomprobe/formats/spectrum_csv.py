"""Mass spectra as tables: one bin per line, as the programs of the instrument export them. Units: Da; events."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.spectrum import MassSpectrum
from entrox.core import FormatError

__all__ = ["holds_spectrum", "read_spectrum_csv"]

Floats = NDArray[np.float64]


def _column_kind(name: str) -> str | None:
    """What a column of a spectrum file holds, by its header."""
    text = name.strip().lower()
    if "background" in text:
        return "background"
    if "uncorrected" in text or "raw" in text:
        return "counts"
    if "corrected" in text:
        return "corrected"
    if "mass" in text or "m/q" in text or text in ("m/n", "da"):
        return "mass"
    return "counts" if "count" in text or "intensity" in text or "events" in text else None


def read_spectrum_csv(path: str | Path) -> MassSpectrum:
    """Read a mass spectrum with one bin per line: m/q of the bin's start, counts, and perhaps corrected ones.

    Parameters
    ----------
    path
        Text file with commas, perhaps compressed with gzip. Columns are found by the words of the header line (mass or
        m/q; count, uncorrected or raw; corrected; background); without a header the first two are m/q and counts.

    Raises
    ------
    FormatError
        If the columns are not those of a spectrum (four columns without header are an ion table), m/q does not rise by
        equal steps, or a count is negative, not finite, or missing.
    """
    place = Path(path)
    try:
        raw = place.read_bytes()
        lines = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise FormatError("a spectrum csv must be text; the file holds binary data.", path=place) from error
    rows = [(number, line.split(",")) for number, line in enumerate(lines, start=1) if line.strip()]
    if not rows:
        raise FormatError("a spectrum csv needs at least two bins; the file is empty.", path=place)
    columns, first = _spectrum_columns(rows[0][1], place, rows[0][0])
    values = _spectrum_values(rows[first:], max(columns.values()) + 1, place)
    if len(values) < 2:
        raise FormatError(f"a spectrum csv needs at least two bins; got {len(values)}.", path=place)
    mass, counts = values[:, columns["mass"]], values[:, columns["counts"]]
    lines_of = [number for number, _ in rows[first:]]
    step = _check_bins(mass, counts, lines_of, place)
    return MassSpectrum(
        bin_lower_da=mass,
        counts=counts,
        bin_da=step,
        n_events=round(float(counts.sum())),
        n_below=0,
        n_above=0,
        smallest_da=None,
        largest_da=None,
        file_corrected=values[:, columns["corrected"]] if "corrected" in columns else None,
        file_background=values[:, columns["background"]] if "background" in columns else None,
        format="spectrum csv",
    )


def holds_spectrum(path: str | Path) -> bool:
    """Whether the first line of a text file is that of a spectrum, by its columns; the rest is not read."""
    place = Path(path)
    with place.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(place, "rt", encoding="utf-8-sig") if packed else place.open(encoding="utf-8-sig") as text:
            first = next((line for line in text if line.strip()), "")
        _spectrum_columns(first.rstrip("\n").split(","), place, 1)
    except (FormatError, UnicodeDecodeError, EOFError, gzip.BadGzipFile):
        return False
    return True


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _spectrum_columns(cells: list[str], path: Path, line: int) -> tuple[dict[str, int], int]:
    """Index of each kind of column, and the number of header lines."""
    if all(_is_number(cell) for cell in cells):
        if len(cells) not in (2, 3):
            raise FormatError(
                f"a spectrum without header has two columns (m/q, counts); got {len(cells)}. Four columns are an ion "
                "table x, y, z, m/q: read it with read_ions; otherwise add a header line.",
                path=path,
                line=line,
            )
        return {"mass": 0, "counts": 1}, 0
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        kind = _column_kind(cell)
        if kind is not None:
            if kind in found:
                both = f"{cells[found[kind]].strip()!r} and {cell.strip()!r}"
                raise FormatError(f"two columns look like {kind}: {both}.", path=path, line=line)
            found[kind] = index
    missing = [kind for kind in ("mass", "counts") if kind not in found]
    if missing:
        raise FormatError(
            f"a spectrum needs a column of m/q (header with 'mass' or 'm/q') and one of counts ('count', 'uncorrected' "
            f"or 'raw'); no column of {' and '.join(missing)} in the header {', '.join(c.strip() for c in cells)!r}.",
            path=path,
            line=line,
        )
    return found, 1


def _spectrum_values(rows: list[tuple[int, list[str]]], n_columns: int, path: Path) -> Floats:
    values = np.empty((len(rows), n_columns))
    for index, (line, cells) in enumerate(rows):
        if len(cells) < n_columns:
            raise FormatError(f"expected at least {n_columns} columns, got {len(cells)}.", path=path, line=line)
        try:
            values[index] = [float(cell) for cell in cells[:n_columns]]
        except ValueError as error:
            raise FormatError(f"expected numbers, got {','.join(cells)!r}.", path=path, line=line) from error
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        raise FormatError("m/q and counts must be finite.", path=path, line=rows[int(np.argmax(bad))][0])
    return values


def _check_bins(mass: Floats, counts: Floats, lines: list[int], path: Path) -> float:
    """Width of the bins, after a check that they are equal and that counts are counts."""
    if (counts < 0.0).any():
        line = lines[int(np.argmax(counts < 0.0))]
        raise FormatError("counts must be >= 0: give the uncorrected column.", path=path, line=line)
    if mass[0] < 0.0:
        raise FormatError(f"m/q must be >= 0; got {mass[0]:g}.", path=path, line=lines[0])
    steps = np.diff(mass)
    step = float((mass[-1] - mass[0]) / (len(mass) - 1))
    uneven = np.abs(steps - step) > max(0.05 * abs(step), 1e-6)
    if step <= 0.0 or uneven.any():
        line = lines[int(np.argmax(uneven)) + 1]
        raise FormatError(f"m/q must rise by equal steps (here {step:g} Da on average).", path=path, line=line)
    return step
