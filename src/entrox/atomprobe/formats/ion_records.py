"""Binary ion clouds: fixed-length records without a header, so that only size and values can betray a wrong file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.ions import Ions
from entrox.core import FormatError, InputError, check_integer

__all__ = [
    "BLOCK", "ByteOrder", "RecordFormat", "check_finite_ions", "gather_ions", "iter_records", "opened", "select_ions",
    "written",
]  # fmt: skip

ByteOrder = Literal["big", "little"]

BLOCK = 1 << 20
"""Records read or written at a time."""
SAMPLE_BLOCKS, SAMPLE_RECORDS = 8, 512
LARGEST_POSITION_NM, LARGEST_MASS_DA, SMALLEST = 1e6, 1e4, 1e-30
"""Values beyond these, or closer to zero without being zero, are no positions and masses."""


@dataclass(frozen=True)
class RecordFormat:
    """A kind of binary file.

    Parameters
    ----------
    name
        Suffix without the dot.
    fields
        NumPy kind of each field, without byte order; the first four are x, y, z [nm] and m/q [Da].
    build
        Makes ions of raw records of shape ``(n,)``.
    """

    name: str
    fields: tuple[tuple[str, str, int], ...]
    build: Callable[[NDArray[np.void]], Ions]

    def record(self, byte_order: ByteOrder) -> np.dtype[np.void]:
        """Return the type of one record."""
        mark = ">" if byte_order == "big" else "<"
        return np.dtype([(name, mark + kind, (width,)) for name, kind, width in self.fields])


@contextmanager
def opened(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for reading, or say why it cannot be read."""
    try:
        file = Path(path).open("rb")  # noqa: SIM115
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    with file:
        yield file


@contextmanager
def written(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of ``path`` once it is complete."""
    target = Path(path)
    draft = target.with_name(f".{target.name}.part")
    try:
        with draft.open("wb") as file, np.errstate(over="raise"):
            yield file
        draft.replace(target)
    except FloatingPointError as error:
        raise InputError(f"{path} cannot be written: a value is too large for single precision.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def iter_records(
    path: str | Path, kind: RecordFormat, byte_order: ByteOrder, chunk: int, drop_invalid: bool
) -> Iterator[Ions]:
    """Yield the ions of a file, at most ``chunk`` at a time; no pulse of multi-hit data is cut that fits a chunk.

    Raises
    ------
    FormatError
        If the size is no whole number of records, or the values are implausible in this byte order.
    InputError
        If the file cannot be read, an argument is out of range, or a value is not finite and not dropped.
    """
    if byte_order not in get_args(ByteOrder):
        raise InputError(f"byte_order must be one of {', '.join(get_args(ByteOrder))}; got {byte_order!r}.")
    check_integer(chunk, "chunk", low=1)
    record = kind.record(byte_order)
    with opened(path) as file:
        n = _check_size(file, path, record.itemsize)
        _check_values(file, path, kind, byte_order, n)
        done = 0
        while done < n:
            file.seek(done * record.itemsize)
            wanted = min(chunk, n - done)
            raw = np.fromfile(file, dtype=record, count=wanted)
            if len(raw) != wanted:
                raise FormatError(
                    f"the file changed while it was read: it ended after {done + len(raw)} of {n} ions.", path=path
                )
            if done + wanted < n and "pulses" in (record.names or ()):
                starts = np.flatnonzero(raw["pulses"][:, 0])
                raw = raw[: starts[-1]] if len(starts) and starts[-1] else raw
            yield check_finite_ions(kind.build(raw), path, drop_invalid, first=done)
            done += len(raw)


def gather_ions(path: str | Path, kind: RecordFormat, byte_order: ByteOrder, chunk: int, drop_invalid: bool) -> Ions:
    """Return all ions of a file; the working memory beyond them is one chunk."""
    parts = iter_records(path, kind, byte_order, chunk, drop_invalid)
    first = next(parts)
    n = Path(path).stat().st_size // kind.record(byte_order).itemsize
    if len(first) == n:
        return first
    arrays = {item.name: getattr(first, item.name) for item in fields(Ions)}
    arrays = {name: value for name, value in arrays.items() if isinstance(value, np.ndarray)}
    whole = {name: np.empty((n, *value.shape[1:]), dtype=value.dtype) for name, value in arrays.items()}
    filled = 0
    notices: list[str] = []
    for part in chain([first], parts):
        for name, value in whole.items():
            value[filled : filled + len(part)] = getattr(part, name)
        filled += len(part)
        notices += part.notices
    if filled == 0:
        raise InputError(f"{path}: none of {n} ions has a finite position and m/q.")
    if filled < n:
        whole = {name: value[:filled].copy() for name, value in whole.items()}
    if len(notices) > 1:
        notices = [f"{n - filled} of {n} ions were dropped: a position or m/q was not finite."]
    return Ions(**whole, format=kind.name, notices=tuple(notices))


def check_finite_ions(ions: Ions, path: str | Path, drop_invalid: bool, first: int = 0) -> Ions:
    """Return the ions whose position and m/q are finite; raise if there are others and they are not to be dropped."""
    good = np.isfinite(ions.positions_nm).all(axis=1) & np.isfinite(ions.mass_to_charge_da)
    if good.all():
        return ions
    bad = int(len(good) - good.sum())
    index = first + int(np.argmin(good))
    if not drop_invalid:
        raise InputError(
            f"{path}: {bad} of {len(good)} ions{f' from number {first} on' if first else ''} have a NaN or infinite "
            f"position or m/q, the first is the ion with index {index}. Pass drop_invalid=True to leave them out."
        )
    said = f"{bad} of {len(good)} ions were dropped: a position or m/q was not finite, the first at index {index}."
    return replace(select_ions(ions, good), notices=(*ions.notices, said))


def select_ions(ions: Ions, kept: NDArray[np.bool_]) -> Ions:
    """Return some of the ions; a pulse that lost its first ion starts at its next one."""
    chosen = {
        item.name: getattr(ions, item.name)[kept]
        for item in fields(Ions)
        if isinstance(getattr(ions, item.name), np.ndarray)
    }
    if ions.pulses_since_last is not None and ions.ions_in_pulse is not None:
        chosen["pulses_since_last"], chosen["ions_in_pulse"] = _remaining_pulses(ions, kept)
    return replace(ions, **chosen)


def _remaining_pulses(
    ions: Ions, good: NDArray[np.bool_]
) -> tuple[NDArray[np.unsignedinteger], NDArray[np.unsignedinteger]]:
    """Return the multi-hit columns of the ions that remain."""
    pulse, since = ions.pulse, ions.pulses_since_last
    assert pulse is not None and since is not None
    remaining = pulse[good]
    starts = np.ones(len(remaining), dtype=bool)
    starts[1:] = remaining[1:] != remaining[:-1]
    # The pulses of those that vanished whole are counted at the next one that remains.
    at_start = np.cumsum(since.astype(np.int64))[np.searchsorted(pulse, remaining[starts], side="left")]
    new_since, new_count = np.zeros(len(remaining), dtype=np.uint32), np.zeros(len(remaining), dtype=np.uint32)
    new_since[starts] = np.diff(at_start, prepend=0)
    new_count[starts] = np.diff(np.append(np.flatnonzero(starts), len(remaining)))
    return new_since, new_count


def _check_size(file: BinaryIO, path: str | Path, record_size: int) -> int:
    """Return the number of records."""
    size = file.seek(0, 2)
    n, remainder = divmod(size, record_size)
    if size == 0:
        raise FormatError("the file is empty (0 bytes).", path=path)
    if remainder:
        last = (
            f"the last whole record is number {n}, ending at byte {n * record_size}"
            if n
            else "it holds no whole record"
        )
        raise FormatError(
            f"the size of {size} bytes is no multiple of {record_size}: {remainder} bytes are left over; {last}. The "
            "file is truncated or of another format.",
            path=path,
        )
    return n


def _check_values(file: BinaryIO, path: str | Path, kind: RecordFormat, byte_order: ByteOrder, n: int) -> None:
    """Raise if most records of a sample are implausible in the byte order."""
    other: ByteOrder = "little" if byte_order == "big" else "big"
    size = kind.record(byte_order).itemsize
    starts = sorted({n * number // SAMPLE_BLOCKS for number in range(SAMPLE_BLOCKS)})
    sample = bytearray()
    for start in starts:
        file.seek(start * size)
        sample += file.read(SAMPLE_RECORDS * size)
    whole = len(sample) // size * size
    if not any(sample):
        raise FormatError(f"all records looked at hold only zeros ({whole // size} of {n}): no data.", path=path)
    share = {
        mark: _plausible_share(np.frombuffer(bytes(sample[:whole]), kind.record(mark))) for mark in (byte_order, other)
    }
    if share[byte_order] >= 0.5:
        return
    percent = 100 * share[byte_order]
    found = f"only {percent:.0f} % of the records hold plausible positions and m/q as {byte_order}-endian numbers"
    if share[other] > 0.5:
        raise FormatError(f"{found}; {other}-endian looks plausible: pass byte_order={other!r}.", path=path)
    raise FormatError(f"{found}, nor are they as {other}-endian: this is no .{kind.name} file.", path=path)


def _plausible_share(records: NDArray[np.void]) -> float:
    """Return the share of records with plausible position and m/q; those that are not finite do not count."""
    names = records.dtype.names or ()
    # Records of noise may hold signaling NaN, whose conversion sets the floating-point flag.
    with np.errstate(all="ignore"):
        values = np.hstack([records[name].astype(np.float64) for name in names[:2]])[:, :4]
        size = np.abs(values)
        finite = np.isfinite(values).all(axis=1)
        fits = size <= [LARGEST_POSITION_NM] * 3 + [LARGEST_MASS_DA]
        good = (fits & ((size == 0.0) | (size >= SMALLEST))).all(axis=1)
    return float(good[finite].mean()) if finite.any() else 1.0
