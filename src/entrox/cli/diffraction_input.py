"""What ``entrox diffraction`` reads: substances, structures, regions of scans, pair distributions."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from entrox.cli.diffraction_options import parse_region
from entrox.core import FormatError, InputError

if TYPE_CHECKING:
    import numpy as np
    from ase import Atoms
    from numpy.typing import NDArray

__all__ = ["check_files", "read_pdf_table", "read_structure", "region_of", "substance"]


def check_files(*paths: Path | None) -> None:
    """Raise unless every given file is there."""
    for path in paths:
        if path is not None and not path.is_file():
            raise InputError(f"there is no file {path}. Check the path.")


def substance(text: str | None) -> Atoms | None:
    """Return the unit cell of a standard or of a file; None for no text."""
    from entrox.microscopy.diffraction.ring_set import build_standard

    if text is None:
        return None
    path = Path(text)
    return read_structure(path) if path.suffix or path.is_file() else build_standard(text)


def read_structure(path: Path) -> Atoms:
    """Return the first structure of a file that ase reads."""
    from ase.io import read

    check_files(path)
    try:
        found = read(path, index=0)
    except Exception as error:  # its readers raise whatever the text leads to
        raise FormatError(f"no readable structure: {error}", path=path) from error
    if isinstance(found, list) or not len(found):
        raise FormatError("the file holds no atoms.", path=path)
    return found


def region_of(text: str, option: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the scan points of a region; x is the column, y the row."""
    from entrox.microscopy.diffraction.pattern_mask import polygon_mask
    from entrox.microscopy.diffraction.scan_sums import circle_region, rectangle_region

    kind, numbers = parse_region(text, option)
    if kind == "circle":
        region = circle_region(shape, (numbers[0], numbers[1]), numbers[2])
    elif kind == "rect":
        low, high = (round(numbers[0]), round(numbers[1])), (round(numbers[2]), round(numbers[3]))
        region = rectangle_region(shape, low, high)
    else:
        region = polygon_mask(shape, [list(zip(numbers[::2], numbers[1::2], strict=True))])
    if not region.any():
        raise InputError(f"{option} {text} holds no point of the scan, {shape[1]} x {shape[0]} points.")
    return region


def read_pdf_table(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return r and G_pdf of a ``pdf.csv``."""
    import numpy as np

    check_files(path)
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = list(csv.DictReader(file))
    if rows and not {"r_angstrom", "g_pdf_per_square_angstrom"} <= set(rows[0]):
        raise FormatError(
            "the columns r_angstrom and g_pdf_per_square_angstrom are needed, as entrox diffraction pdf writes; got "
            f"{', '.join(map(str, rows[0]))}.",
            path=path,
        )
    try:
        table = np.array([[float(row["r_angstrom"]), float(row["g_pdf_per_square_angstrom"])] for row in rows])
    except (TypeError, ValueError) as error:
        raise FormatError(
            "expected numbers under r_angstrom and g_pdf_per_square_angstrom, as entrox diffraction pdf writes them; "
            f"got {error}.",
            path=path,
        ) from error
    if len(table) < 2:
        raise FormatError("the table has fewer than two points.", path=path)
    return table[:, 0], table[:, 1]
