"""Text files read in pieces: lines and tables of numbers, plain or packed with gzip.

The memory needed is that of one piece and one table, whatever the length of the file. Numbers come out as Python's
``float`` would give them.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from gzip import GzipFile
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError
from entrox.structure import _kernels
from entrox.structure.notices import give_notice

__all__ = ["EndOfText", "TextStream", "iter_complete", "pack_word", "unpack_word"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Head = TypeVar("Head")
Frame = TypeVar("Frame")

PIECE = 4 * 2**20
"""Bytes read at a time: large against a line, small against memory."""

POWERS_OF_TEN: Floats = np.array([float(10**k) for k in range(23)])
"""The powers of ten that a double holds exactly."""

HARD_TOKENS = 256
GZIP_MAGIC = b"\x1f\x8b"


class EndOfText(Exception):  # noqa: N818 - an end, not an error: the caller decides which
    """The text ends before the line or table that was asked for."""


class TextStream:
    """A text file with a place in it.

    Parameters
    ----------
    path
        File; it is unpacked on the way if it is packed with gzip.
    close_last_line
        Take a last line without an end as whole; else it counts as cut off.

    Attributes
    ----------
    line
        Number of lines read so far.
    damage
        Why a packed file could not be read to its end, else an empty string.
    closed
        Whether an end was put to the last line.
    """

    def __init__(self, path: str | Path, *, close_last_line: bool = False) -> None:
        self.path = Path(path)
        with self.path.open("rb") as start:
            packed = start.read(2) == GZIP_MAGIC
        self._file: GzipFile | BufferedReader = GzipFile(self.path) if packed else self.path.open("rb")
        self.packed = packed
        self.line = 0
        self.damage = ""
        self.closed = False
        self._may_close = close_last_line
        self._text = b""
        self._array: NDArray[np.uint8] = np.empty(0, dtype=np.uint8)
        self._position = 0
        self._before = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def byte(self) -> int:
        """Place in the (unpacked) text, in bytes from its start."""
        return self._before + self._position

    @property
    def end_byte(self) -> int:
        """End of what has been read from the file so far, in bytes from its start."""
        return self._before + len(self._text)

    def error(self, message: str, line: int | None = None, text: str | None = None) -> FormatError:
        """Return the error of the last line read, or of ``line``."""
        return FormatError(message, path=self.path, line=self.line if line is None else line, text=text)

    def read_line(self) -> bytes:
        """Return the next line without its end.

        Raises
        ------
        EndOfText
            If no line with an end is left.
        """
        while (end := self._text.find(b"\n", self._position)) < 0:
            self._load()
        line = self._text[self._position : end]
        self._position = end + 1
        self.line += 1
        return line.rstrip(b"\r")

    def skip_lines(self, count: int) -> None:
        """Pass over ``count`` lines.

        Raises
        ------
        EndOfText
            If fewer lines are left.
        """
        missing = count
        while True:
            self._position, missing = _kernels.skip_lines(self._array, self._position, missing)
            if missing == 0:
                self.line += count
                return
            try:
                self._load()
            except EndOfText:
                if not (missing == 1 and self._may_close and not self.damage and self._text[-1:] != b"\n"):
                    raise
                self.closed, missing = True, 0

    def read_table(self, n_rows: int, columns: Ints) -> tuple[Floats, Ints]:
        """Read a table of blank-separated columns.

        Parameters
        ----------
        n_rows
            Number of rows.
        columns
            For each column of the file its column in the numbers, k >= 0, or in the words, -2 - k; -1 drops it.

        Returns
        -------
        tuple
            Numbers, shape ``(n_rows, n_numbers)``, and words as packed by :func:`pack_word`, ``(n_rows, n_words)``.

        Raises
        ------
        EndOfText
            If the text ends before the end of the last row.
        FormatError
            If a row has another number of columns, or a number cannot be read.
        """
        numbers = np.empty((n_rows, max(int(columns.max(initial=-1)), -1) + 1))
        words = np.zeros((n_rows, max(-2 - int(columns.min(initial=-1)), -1) + 1), dtype=np.int64)
        hard = np.empty((HARD_TOKENS, 4), dtype=np.int64)
        row = 0
        while True:
            begin, first = self._position, row
            self._position, row, n_hard, wrong = _kernels.parse_rows(
                self._array, begin, row, columns, POWERS_OF_TEN, numbers, words, hard
            )
            for place, column, start, end in hard[:n_hard].tolist():
                numbers[place, column] = self._parse_hard(self._text[start:end], self.line + place - first + 1)
            self.line += row - first
            if wrong >= 0:
                if self.closed and self._text.find(b"\n", self._position) == len(self._text) - 1:
                    raise EndOfText
                self._refuse_row(len(columns))
            if row == n_rows:
                return numbers, words
            if n_hard == 0 or row == first:
                self._load(close=self._may_close and row == n_rows - 1)

    def _parse_hard(self, token: bytes, line: int) -> float:
        try:
            return float(token)
        except ValueError:
            shown = token.decode("utf-8", "replace")
            raise self.error(f"{shown!r} is no number", line=line) from None

    def _refuse_row(self, n_columns: int) -> NoReturn:
        text = self.read_line().decode("utf-8", "replace")
        raise self.error(f"{n_columns} columns expected, {len(text.split())} found", text=text[:200])

    def _read_piece(self, size: int) -> bytes:
        """Return the next bytes; of a damaged packed file what comes before the damage."""
        parts: list[bytes] = []
        missing = 0 if self.damage else size
        while missing > 0:
            try:
                part = self._file.read1(missing)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                self.damage = str(error)
                break
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _load(self, *, close: bool = False) -> None:
        """Read on, keeping what has not been used; at the end of the file put an end to the last line if asked."""
        kept = self._text[self._position :]
        # A table larger than the piece doubles it, so that its rows are not copied over and over.
        piece = self._read_piece(max(PIECE, len(kept)))
        if not piece:
            if not kept or not close or self.closed or self.damage or kept.endswith(b"\n"):
                raise EndOfText
            self.closed = True
            piece = b"\n"
        self._before += self._position
        self._position = 0
        self._text = kept + piece
        self._array = np.frombuffer(self._text, dtype=np.uint8)


def iter_complete(
    stream: TextStream,
    read_head: Callable[[TextStream], Head | None],
    read: Callable[[Head], Frame],
    lines_below: Callable[[Head], int],
    *,
    every: int,
    first: int,
    notices: list[str] | None,
) -> Iterator[Frame]:
    """Yield the complete frames of a text that are wanted, and tell of a last one that is cut off.

    Parameters
    ----------
    stream
        The text, at its first frame.
    read_head
        Reads the head of a frame; None at the regular end.
    read
        Reads the rest of a frame.
    lines_below
        Number of lines below a head, which are skipped in a frame that is not wanted.
    every, first
        Every how many frames, counted from frame ``first``.
    notices
        As for the readers of frames.

    Raises
    ------
    FormatError
        If there is no complete frame.
    """
    index = 0
    while True:
        begin = stream.byte
        try:
            head = read_head(stream)
            if head is None:
                break
            wanted = index >= first and (index - first) % every == 0
            if wanted:
                frame = read(head)
            else:
                stream.skip_lines(lines_below(head))
        except EndOfText:
            _report_incomplete(stream, begin, index, notices)
            break
        index += 1
        if wanted:
            yield frame
    if index == 0:
        raise stream.error("the file holds no frame")


def _report_incomplete(stream: TextStream, begin: int, n_complete: int, notices: list[str] | None) -> None:
    """Tell where the incomplete last frame is.

    Parameters
    ----------
    stream
        The text, read to its end.
    begin
        Byte at which the frame starts.
    n_complete
        Number of frames before it.
    notices
        As for the readers of frames.

    Raises
    ------
    FormatError
        If there is no complete frame.
    """
    text = "unpacked text" if stream.packed else "file"
    place = f"starts at byte {begin} and the {text} ends at byte {stream.end_byte}"
    damage = f" ({stream.damage})" if stream.damage else ""
    if n_complete == 0:
        raise stream.error(f"the only frame is incomplete: it {place}{damage}")
    give_notice(
        f"{stream.path}: the last frame is incomplete and left out: it {place}{damage}; "
        f"{n_complete} complete frames stand before it",
        notices,
    )


def pack_word(word: str) -> int:
    """Return the first eight bytes of a word as one number.

    Examples
    --------
    >>> unpack_word(pack_word("Ba"))
    'Ba'
    """
    return int.from_bytes(word.encode("utf-8")[:8], "big")


def unpack_word(packed: int) -> str:
    """Return the word that :func:`pack_word` packed."""
    return (packed % 2**64).to_bytes(8, "big").lstrip(b"\0").decode("utf-8", "replace")
