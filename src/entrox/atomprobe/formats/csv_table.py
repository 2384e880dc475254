"""Ion clouds as text: one ion per line with x, y, z [nm] and m/q [Da], with or without a header, perhaps gzipped."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, NoReturn, cast

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.formats.ion_records import check_finite_ions, opened
from entrox.atomprobe.ions import Ions
from entrox.core import FormatError, InputError, check_integer

__all__ = ["iter_csv", "read_csv"]

Floats = NDArray[np.float64]

LINES = 200_000
"""Lines parsed at a time."""
QUANTITIES = ("x", "y", "z", "m/q")
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:nan|inf|infinity)", re.ASCII | re.I
)
_COMMA_NUMBER = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?", re.ASCII)
_UNIT = re.compile(r"\s*[(\[]([^)\]]*)[)\]]\s*$|[ _](nm|da|angstrom|m|mm)$")
_MASS_NAMES = frozenset(
    [
        "m/q",
        "mq",
        "mass/charge",
        "mass-charge",
        "m/n",
        "mn",
        "m/z",
        "mz",
        "m/c",
        "mc",
        "m-q",
        "m-n",
        "m-z",
        "m-c",
        "m",
        "mass",
        "da",
        "masstocharge",
    ]
    + [f"mass-to-charge{end}" for end in ("", "-ratio", "-state-ratio")]
)


@dataclass(frozen=True)
class _Layout:
    """How the lines of a file are read: ``columns`` holds the places of x, y, z and m/q among ``n_columns``."""

    separator: str | None
    decimal: str
    header_lines: int
    n_columns: int
    columns: tuple[int, ...]


def read_csv(
    path: str | Path,
    *,
    columns: Sequence[str | int] | None = None,
    decimal: str = ".",
    chunk: int | None = None,
    drop_invalid: bool = False,
) -> Ions:
    """Read an ion cloud from a text table.

    Parameters
    ----------
    path
        The file; a name that ends in ``.gz`` is unpacked. The separator (tab, semicolon, comma or spaces) is found from
        the first line of numbers. Lines at the head that start with ``#`` are comments, the last of them may be the
        header.
    columns
        Columns of x, y, z and m/q: names of the header, or numbers from 1. Needed where the header does not tell, or
        where there is none and the table has not exactly four columns.
    decimal
        Decimal mark. Decimal commas are refused unless this says so.
    chunk
        Ions read at a time.
    drop_invalid
        Leave out ions with a position or m/q that is not finite; a notice says how many.

    Returns
    -------
    Ions
        Positions and m/q in double precision, as written.

    Raises
    ------
    FormatError
        If a line is no row of numbers, with its number; if the columns cannot be told apart; if there are no positions.
    InputError
        If the file cannot be read, an argument is wrong, or a value is not finite and ``drop_invalid`` is false.
    """
    parts = list(iter_csv(path, LINES if chunk is None else chunk, columns=columns, decimal=decimal, _finite=False))
    ions = Ions(
        positions_nm=np.concatenate([part.positions_nm for part in parts]),
        mass_to_charge_da=np.concatenate([part.mass_to_charge_da for part in parts]),
        format="csv",
    )
    ions = check_finite_ions(ions, path, drop_invalid)
    if not len(ions):
        raise InputError(f"{path}: no ion has a finite position and m/q.")
    return ions


def iter_csv(
    path: str | Path,
    chunk: int,
    *,
    columns: Sequence[str | int] | None = None,
    decimal: str = ".",
    drop_invalid: bool = False,
    _finite: bool = True,
) -> Iterator[Ions]:
    """Yield the ions of a text table, at most ``chunk`` at a time; arguments and errors as for :func:`read_csv`."""
    if decimal not in (".", ","):
        raise InputError(f"decimal must be '.' or ','; got {decimal!r}.")
    check_integer(chunk, "chunk", low=1)
    with _lines(path) as lines:
        numbered = enumerate(lines, start=1)
        head = list(islice(numbered, 50))
        layout = _find_layout(head, path, columns, decimal)
        rows = chain(head[layout.header_lines :], numbered)
        first = 0
        while block := list(islice(rows, chunk)):
            values = _parse_block(block, layout, path)
            if not len(values):
                continue
            table = values[:, list(layout.columns)]
            ions = Ions(np.ascontiguousarray(table[:, :3]), np.ascontiguousarray(table[:, 3]), format="csv")
            yield check_finite_ions(ions, path, drop_invalid, first=first) if _finite else ions
            first += len(ions)


@contextmanager
def _lines(path: str | Path) -> Iterator[Iterable[str]]:
    """Open a text file, unpacked if its name ends in .gz; damage of the archive is an error of the format."""
    with opened(path) as file:
        packed = str(path).lower().endswith(".gz")
        raw = cast(IO[bytes], gzip.GzipFile(fileobj=file)) if packed else file
        with io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace") as text:
            try:
                yield text
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise FormatError(f"the gzip archive is damaged: {error}", path=path) from error


def _find_layout(
    head: Sequence[tuple[int, str]], path: str | Path, columns: Sequence[str | int] | None, decimal: str
) -> _Layout:
    """Return the layout from the first lines of the file."""
    filled = [(number, line.strip()) for number, line in head if line.strip()]
    comments = [item for item in filled if item[1].startswith("#")]
    rest = filled[len(comments) :] if filled[: len(comments)] == comments else filled
    if not rest:
        raise FormatError("the table holds no row of numbers.", path=path)
    header = None
    if _has_number(rest[0][1], decimal):
        first = rest[0]
    else:
        header, rest = rest[0], rest[1:]
        if not rest:
            raise FormatError("no row of numbers follows the header.", path=path, line=header[0])
        first = rest[0]
    separator = _find_separator(first, path, decimal)
    n_columns = len(_split(first[1], separator))
    names = None if header is None else [name.strip().strip("\"'") for name in _split(header[1], separator)]
    if names is None and comments:
        said = [name.strip() for name in _split(comments[-1][1].lstrip("# "), separator)]
        names = said if len(said) == n_columns else None
    if header is not None and names is not None and len(names) != n_columns:
        raise FormatError(
            f"the header has {len(names)} names, the first row of numbers has {n_columns} columns.",
            path=path,
            line=header[0],
        )
    places = _chosen(columns, names, n_columns) if columns is not None else _guessed(names, n_columns, path, first)
    skipped = sum(1 for number, _ in head if number < first[0])
    return _Layout(separator, decimal, skipped, n_columns, places)


def _has_number(line: str, decimal: str) -> bool:
    """Whether any field of a line is a number under some separator."""
    fields = re.split(r"[\s;,]+", line)
    return any(_NUMBER.fullmatch(item.replace(decimal, ".")) for item in fields if item)


def _find_separator(first: tuple[int, str], path: str | Path, decimal: str) -> str | None:
    """Return the separator of a row of numbers, None for spaces."""
    number, line = first
    separator = next((mark for mark in ("\t", ";", ",") if mark in line and mark != decimal), None)
    fields = _split(line, separator)
    spaced = line.split()
    commas = any(_COMMA_NUMBER.fullmatch(item.strip()) for item in (spaced if separator == "," else fields))
    if decimal == "." and commas and (separator != "," or len(spaced) > 1):
        raise FormatError(
            "the numbers have decimal commas: pass decimal=',' if they are meant so.",
            path=path, line=number, text=line[:200],
        )  # fmt: skip
    return separator


def _split(line: str, separator: str | None) -> list[str]:
    return line.split(separator) if separator is None else [item.strip() for item in line.split(separator)]


def _plain(name: str) -> tuple[str, str]:
    """Return a header name without its unit, and the unit; both in lower case."""
    text = name.strip().lower()
    found = _UNIT.search(text)
    if found is None:
        return re.sub("[ _]+", "-", text), ""
    return re.sub("[ _]+", "-", text[: found.start()].strip()), (found[1] or found[2] or "").strip()


def _guessed(names: list[str] | None, n_columns: int, path: str | Path, first: tuple[int, str]) -> tuple[int, ...]:
    """Return the columns that the header names, the first four where a table of four has no header."""
    ask = "Name the columns of x, y, z and m/q: columns=... (--columns), by name or by number from 1."
    if names is None:
        if n_columns == 4:
            return (0, 1, 2, 3)
        hint = " Eight columns may be four numbers with decimal commas." if n_columns == 8 else ""
        raise FormatError(
            f"without a header four columns x, y, z, m/q are expected; got {n_columns}.{hint} {ask}",
            path=path, line=first[0], text=first[1][:200],
        )  # fmt: skip
    plain = [_plain(name) for name in names]
    places = []
    for quantity in QUANTITIES:
        wanted = _MASS_NAMES if quantity == "m/q" else {quantity}
        found = [place for place, (name, _) in enumerate(plain) if name in wanted]
        if not found and quantity == "x" and any(name in _MASS_NAMES for name, _ in plain):
            raise FormatError(
                f"the table has m/q but no column x (columns: {', '.join(names)}): it looks like a mass spectrum, "
                f"which holds no positions; read it as a spectrum. {ask}",
                path=path,
            )
        if len(found) != 1:
            state = "no column is" if not found else "several columns are"
            raise FormatError(f"{state} recognized as {quantity} among {', '.join(names)}. {ask}", path=path)
        unit = plain[found[0]][1]
        expected = "da" if quantity == "m/q" else "nm"
        if unit not in ("", expected, "u", "amu"):
            raise FormatError(f"the column {names[found[0]]} is in {unit}; {expected} is expected.", path=path)
        places.append(found[0])
    return tuple(places)


def _chosen(columns: Sequence[str | int], names: list[str] | None, n_columns: int) -> tuple[int, ...]:
    """Return the places of the columns that the user named."""
    if isinstance(columns, str) or len(columns) != 4:
        raise InputError(f"columns must be four, those of x, y, z and m/q; got {columns!r}.")
    places = []
    for item in columns:
        if names is not None and isinstance(item, str) and names.count(item) == 1:
            places.append(names.index(item))
            continue
        text = str(item).strip()
        if not re.fullmatch("[0-9]{1,6}", text, re.ASCII) or not 1 <= int(text) <= n_columns:
            known = f"the header has {', '.join(names)}" if names else "there is no header"
            raise InputError(f"columns: {item!r} is no column; {known}, and numbers go from 1 to {n_columns}.")
        places.append(int(text) - 1)
    if len(set(places)) != 4:
        raise InputError(f"columns must be four different ones; got {list(columns)}.")
    return tuple(places)


def _parse_block(block: Sequence[tuple[int, str]], layout: _Layout, path: str | Path) -> Floats:
    """Return the numbers of some lines, shape ``(n, n_columns)``; blank lines hold none."""
    filled = [(number, line) for number, line in block if line.strip()]
    if not filled:
        return np.empty((0, layout.n_columns))
    lines = [line.replace(",", ".") if layout.decimal == "," else line for _, line in filled]
    try:
        values = np.loadtxt(lines, delimiter=layout.separator, comments=None, ndmin=2)
    except ValueError:
        _raise_bad_line(filled, layout, path)
    if values.shape != (len(filled), layout.n_columns):
        _raise_bad_line(filled, layout, path)
    return values


def _raise_bad_line(lines: Sequence[tuple[int, str]], layout: _Layout, path: str | Path) -> NoReturn:
    """Find the first line that is no row of numbers."""
    for number, line in lines:
        text = line.strip()
        fields = _split(text, layout.separator)
        if len(fields) != layout.n_columns:
            problem = f"{layout.n_columns} columns are expected; got {len(fields)}."
            raise FormatError(problem, path=path, line=number, text=text[:200])
        for field in fields:
            if not _NUMBER.fullmatch(field.replace(layout.decimal, ".")):
                raise FormatError(f"{field[:50]!r} is no number.", path=path, line=number, text=text[:200])
    raise FormatError("the lines are no table of numbers.", path=path, line=lines[0][0])
