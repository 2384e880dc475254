"""Files of correlation functions: RMCProfile, PDFgetN, PDFgetX3, ``# key: value`` headers, and plain columns.

What a file calls itself is kept as its title and never taken for the form; the programs that write one form only
(PDFgetN, PDFgetX3) and our own files (``# form: F``) are believed, and the limits still have to confirm it.
Units: angstrom, 1/angstrom, and as the form.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError
from entrox.core.whole_file import write_whole
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.file_header import Header, read_header
from entrox.scattering.data.forms import check_form, form_unit, is_real_space

__all__ = ["read_correlation", "write_correlation"]

Floats = NDArray[np.float64]

LAYOUTS = ("columns", "rmcprofile")


def read_correlation(path: str | Path, *, form: str | None = None) -> CorrelationData:
    """Read one correlation function.

    Parameters
    ----------
    path
        File with two to four columns: x, y, then the error of y, or the errors of x and y.
    form
        Form of the values; None leaves it open unless the program that wrote the file knows one form only.

    Returns
    -------
    CorrelationData
        Points; ``header`` holds what the file tells about itself, keys in lower case (``qmax``, ``qdamp``, ``qbroad``
        among them).

    Raises
    ------
    InputError
        If the file does not exist or the form is unknown.
    FormatError
        With the line: if a row is not numeric or has another number of columns, a value is not finite, x does not rise,
        an error is negative, the count line is wrong, or the title is missing.
    """
    place = Path(path)
    if form is not None:
        check_form(form)
    if not place.is_file():
        raise InputError(f"{place} does not exist.")
    lines = place.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    header = read_header(lines, place)
    rows, numbers = _rows(lines, header, place)
    if header.count is not None and header.count != len(rows):
        fault = "is truncated" if len(rows) < header.count else "has more rows than it announces"
        raise FormatError(
            f"the file {fault}: {header.count} points announced, {len(rows)} found.", path=place, line=header.count_line
        )
    _check_rising(rows, numbers, lines, place)
    error, notes = _errors(rows, header, numbers, place)
    return CorrelationData(
        x=rows[:, 0],
        y=rows[:, 1],
        error=error,
        form=form or header.form,
        title=header.title,
        header=header.fields or {},
        source=str(place),
        warnings=notes,
    )


def _rows(lines: list[str], header: Header, path: Path) -> tuple[Floats, list[int]]:
    """Numbers below the header, shape ``(n, columns)``, and the line of each row."""
    rows: list[list[float]] = []
    numbers = []
    for number in range(header.first_row, len(lines)):
        text = lines[number].split("#")[0].strip()
        if not text:
            continue
        values = _numbers(text)
        if values is None:
            raise FormatError("expected columns of numbers.", path=path, line=number + 1, text=lines[number])
        if not all(math.isfinite(value) for value in values):
            raise FormatError("the value is not finite.", path=path, line=number + 1, text=lines[number])
        if not 2 <= len(values) <= 4 or (rows and len(values) != len(rows[0])):
            wanted = f"{len(rows[0])} columns as above" if rows else "two to four columns"
            raise FormatError(f"expected {wanted}; got {len(values)}.", path=path, line=number + 1, text=lines[number])
        rows.append(values)
        numbers.append(number + 1)
    if len(rows) < 2:
        raise FormatError(f"the file is truncated: {len(rows)} rows of numbers, at least two are needed.", path=path)
    return np.array(rows), numbers


def _numbers(text: str) -> list[float] | None:
    """Columns of a row; None if one is no number. Fortran's D is an exponent too."""
    try:
        return [float(word.upper().replace("D", "E")) for word in text.replace(",", " ").split()]
    except ValueError:
        return None


def _check_rising(rows: Floats, numbers: list[int], lines: list[str], path: Path) -> None:
    steps = np.diff(rows[:, 0])
    if rows[0, 0] < 0.0:
        raise FormatError("x must be >= 0.", path=path, line=numbers[0], text=lines[numbers[0] - 1])
    if (steps > 0.0).all():
        return
    at = int(np.argmax(steps <= 0.0)) + 1
    if (steps < 0.0).all():
        fault = "x falls from row to row; turn the file round"
    elif steps[at - 1] == 0.0:
        fault = "x is repeated"
    else:
        fault = "x is not sorted"
    raise FormatError(f"{fault}.", path=path, line=numbers[at], text=lines[numbers[at] - 1])


def _errors(rows: Floats, header: Header, numbers: list[int], path: Path) -> tuple[Floats | None, tuple[str, ...]]:
    """Errors of y: the last column of three or four."""
    if rows.shape[1] == 2:
        return None, ()
    error = rows[:, -1]
    if (error < 0.0).any():
        raise FormatError("the error is negative.", path=path, line=numbers[int(np.argmax(error < 0.0))])
    if not error.any():
        return None, ("the column of errors holds zeros only and is taken as absent",)
    return error, ()


def write_correlation(path: str | Path, data: CorrelationData, *, layout: str = "columns") -> None:
    """Write one correlation function so that it is read back to the last digit.

    Parameters
    ----------
    path
        File.
    data
        Points.
    layout
        ``"columns"``: header lines ``# key: value`` with the form, then x, y and the error if known.
        ``"rmcprofile"``: number of points, title, then x and y; the form is named in the title only.

    Raises
    ------
    InputError
        If the layout is unknown or the form is not known.
    """
    if layout not in LAYOUTS:
        raise InputError(f"layout must be one of {LAYOUTS}; got {layout!r}.")
    form = check_form(data.form)
    title = " ".join(data.title.split())
    if layout == "rmcprofile":
        head = [f" {len(data.x)}", f"{form} [{form_unit(form)}] {title}".rstrip()]
        columns = [data.x, data.y]
    else:
        axis = "r [angstrom]" if is_real_space(form) else "Q [1/angstrom]"
        own = {"form": form, "title": title, "columns": f"{axis}, {form} [{form_unit(form)}]"}
        kept = {key: value for key, value in data.header.items() if key not in own and "\n" not in value}
        head = [f"# {key}: {value}" for key, value in {**own, **kept}.items()]
        columns = [data.x, data.y] if data.error is None else [data.x, data.y, data.error]
    rows = [" ".join(repr(float(value)) for value in row) for row in zip(*columns, strict=True)]
    write_whole(Path(path), "\n".join([*head, *rows]) + "\n")
