"""A scan of patterns (4D-STEM), read in blocks: the whole need not fit into the memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError

__all__ = ["BLOCK_BYTES", "PatternScan"]

BLOCK_BYTES = 64 * 2**20
"""Most that one block takes in memory."""


@dataclass(frozen=True, eq=False)
class PatternScan:
    """Patterns of a scan and its scales; a context manager that closes its file.

    Parameters
    ----------
    data
        Anything that gives arrays for slices, shape ``(rows, columns, pattern rows, pattern columns)``.
    scan_step_nm
        Distance of neighboring scan points; None if not known [nm].
    pixel_per_angstrom
        Edge of a pixel of the patterns; None if not known [1/angstrom].
    source
        Where it was read.
    file
        Open file, if there is one.
    """

    data: Any
    scan_step_nm: float | None = None
    pixel_per_angstrom: float | None = None
    source: str = ""
    file: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if len(self.data.shape) != 4 or 0 in self.data.shape:
            raise InputError(
                f"a scan of patterns has four axes (rows, columns, pattern rows, pattern columns); got shape "
                f"{tuple(self.data.shape)}. A stack in one long row needs the shape of the scan: scan_shape."
            )

    @property
    def scan_shape(self) -> tuple[int, int]:
        """Rows and columns of the scan."""
        return int(self.data.shape[0]), int(self.data.shape[1])

    @property
    def pattern_shape(self) -> tuple[int, int]:
        """Rows and columns of a pattern."""
        return int(self.data.shape[2]), int(self.data.shape[3])

    def blocks(self, block_bytes: int = BLOCK_BYTES) -> Iterator[tuple[slice, slice, NDArray[Any]]]:
        """Yield rows, columns and patterns of blocks of the scan, each of at most so many bytes where it can.

        Raises
        ------
        FormatError
            If the file ends too early.
        """
        rows, columns = self.scan_shape
        one = int(np.prod(self.pattern_shape)) * np.dtype(self.data.dtype).itemsize
        wide = min(columns, max(1, block_bytes // one))
        high = max(1, block_bytes // (one * columns)) if wide == columns else 1
        for row in range(0, rows, high):
            for column in range(0, columns, wide):
                place = slice(row, min(row + high, rows)), slice(column, min(column + wide, columns))
                try:
                    block = np.asarray(self.data[place])
                except (OSError, RuntimeError, ValueError) as error:
                    raise FormatError(
                        f"the patterns of scan row {row} cannot be read; the file may be truncated ({error}).",
                        path=self.source or None,
                    ) from error
                yield (*place, block)
                if hasattr(self.data, "release"):
                    self.data.release()

    def close(self) -> None:
        """Close the file, if there is one."""
        if self.file is not None:
            self.file.close()

    def __enter__(self) -> PatternScan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
