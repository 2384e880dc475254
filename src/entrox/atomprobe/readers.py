"""Read an ion cloud of any format, whole or in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from entrox.atomprobe.formats.apt import read_apt
from entrox.atomprobe.formats.csv_table import iter_csv, read_csv
from entrox.atomprobe.formats.epos import iter_epos, read_epos
from entrox.atomprobe.formats.ion_records import ByteOrder
from entrox.atomprobe.formats.pos import iter_pos, read_pos
from entrox.atomprobe.ions import Ions
from entrox.core import InputError, check_integer

__all__ = ["IonFormat", "iter_ions", "read_ions"]

IonFormat = Literal["auto", "pos", "epos", "csv", "apt"]
_SUFFIXES = {".pos": "pos", ".epos": "epos", ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".dat": "csv", ".apt": "apt"}


def read_ions(
    path: str | Path,
    format: IonFormat = "auto",  # noqa: A002
    byte_order: ByteOrder = "big",
    columns: Sequence[str | int] | None = None,
    chunk: int | None = None,
    drop_invalid: bool = False,
    decimal: str = ".",
) -> Ions:
    """Read an ion cloud.

    Parameters
    ----------
    path
        The file.
    format
        ``"pos"``, ``"epos"``, ``"csv"`` or ``"apt"``; ``"auto"`` follows the suffix in any case (.pos, .epos, .apt;
        .csv, .txt, .tsv, .dat and these with .gz are text tables).
    byte_order
        Of a binary file, ``"big"`` or ``"little"``.
    columns, decimal
        Of a text table, see :func:`~entrox.atomprobe.formats.csv_table.read_csv`.
    chunk
        Ions read at a time; it bounds the working memory, not the result.
    drop_invalid
        Leave out ions with a position or m/q that is not finite; a notice says how many.

    Returns
    -------
    Ions
        The cloud in the precision of its file.

    Raises
    ------
    FormatError
        If the file breaks its format.
    InputError
        If it cannot be read, its format is unknown, an option does not fit the format, or a value is not finite.
    MissingExtraError
        If an .apt file is given and the package that reads it is not installed.
    """
    kind = _format(path, format, byte_order, columns, decimal)
    if kind == "pos":
        return read_pos(path, byte_order=byte_order, chunk=chunk, drop_invalid=drop_invalid)
    if kind == "epos":
        return read_epos(path, byte_order=byte_order, chunk=chunk, drop_invalid=drop_invalid)
    if kind == "csv":
        return read_csv(path, columns=columns, decimal=decimal, chunk=chunk, drop_invalid=drop_invalid)
    return read_apt(path, drop_invalid=drop_invalid)


def iter_ions(
    path: str | Path,
    chunk: int = 1 << 20,
    format: IonFormat = "auto",  # noqa: A002
    byte_order: ByteOrder = "big",
    columns: Sequence[str | int] | None = None,
    drop_invalid: bool = False,
    decimal: str = ".",
) -> Iterator[Ions]:
    """Yield an ion cloud in pieces of at most ``chunk`` ions, in memory of that size (an .apt file is read whole).

    The pieces put together are the cloud that :func:`read_ions` returns; arguments and errors are those of it.
    """
    kind = _format(path, format, byte_order, columns, decimal)
    check_integer(chunk, "chunk", low=1)
    if kind == "pos":
        return iter_pos(path, chunk, byte_order=byte_order, drop_invalid=drop_invalid)
    if kind == "epos":
        return iter_epos(path, chunk, byte_order=byte_order, drop_invalid=drop_invalid)
    if kind == "csv":
        return iter_csv(path, chunk, columns=columns, decimal=decimal, drop_invalid=drop_invalid)
    return _pieces(read_apt(path, drop_invalid=drop_invalid), chunk)


def _format(path: str | Path, name: str, byte_order: str, columns: Sequence[str | int] | None, decimal: str) -> str:
    """Return the name of the format, and check that the options belong to it."""
    if name not in get_args(IonFormat):
        raise InputError(f"format must be one of {', '.join(get_args(IonFormat))}; got {name!r}.")
    kind = name
    if name == "auto":
        suffixes = [suffix.lower() for suffix in Path(path).suffixes]
        last = suffixes[-1:] if suffixes[-1:] != [".gz"] else suffixes[-2:-1]
        kind = _SUFFIXES.get(last[0], "") if last else ""
        if not kind or (suffixes[-1] == ".gz" and kind != "csv"):
            raise InputError(
                f"{path}: the suffix does not tell the format of an ion cloud (known: {', '.join(_SUFFIXES)}; text "
                "tables also with .gz); pass format='pos', 'epos', 'csv' or 'apt'."
            )
    if byte_order not in get_args(ByteOrder):
        raise InputError(f"byte_order must be one of {', '.join(get_args(ByteOrder))}; got {byte_order!r}.")
    if kind != "csv" and (columns is not None or decimal != "."):
        raise InputError(f"columns and decimal belong to text tables; {path} is read as .{kind}.")
    if kind not in ("pos", "epos") and byte_order != "big":
        raise InputError(f"byte_order belongs to binary files; {path} is read as {kind}.")
    return kind


def _pieces(ions: Ions, chunk: int) -> Iterator[Ions]:
    for start in range(0, len(ions), chunk):
        block = slice(start, start + chunk)
        kept: dict[str, Any] = {
            name: value[block] for name, value in vars(ions).items() if isinstance(value, np.ndarray)
        }
        yield replace(ions, **kept)
