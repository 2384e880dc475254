"""Mass spectra: events per bin of mass-to-charge ratio, from ions in memory, from a stream of chunks, or from a table.

Bins start at m/q = 0 and are half-open. Where ranges are given, their events are counted on the stored values of the
ions in the same pass, so that a range edge inside a bin costs nothing. Units: Da; counts are events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.ions import Ions
from entrox.atomprobe.range_segments import OverlapRule, RangeSegments, build_segments
from entrox.atomprobe.range_table import RangeTable
from entrox.core import InputError, Result, check_positive, quantity

__all__ = ["IonSource", "MassSpectrum", "SpectrumAccumulator", "chunks_of", "mass_spectrum"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
IonSource = Ions | Iterable[Ions]
"""Ions in memory, or an iterable of their chunks."""

LARGEST_DA = 400.0
"""Default end of a spectrum [Da]; events beyond are counted, not binned."""
_BLOCK = 1 << 18
"""Ions handled at once: a block and its temporaries take about 10 MB."""
_MOST_BINS = 20_000_000


@dataclass(frozen=True, kw_only=True)
class MassSpectrum(Result):
    """Events per bin of mass-to-charge ratio.

    ``file_corrected`` and ``file_background`` are columns of a spectrum file that its own program computed; they are
    shown beside ours and enter nothing.
    """

    bin_lower_da: Floats = quantity("Da", "lower edge of the bin", axes=("bin",))
    counts: Floats = quantity("1", "events", axes=("bin",))
    bin_da: float = quantity("Da", "width of a bin")
    n_events: int = quantity("1", "all events, binned or not")
    n_below: int = quantity("1", "events with m/q < 0")
    n_above: int = quantity("1", "events beyond the last bin")
    smallest_da: float | None = quantity("Da", "smallest m/q; None if unknown")
    largest_da: float | None = quantity("Da", "largest m/q; None if unknown")
    range_events: Ints | None = quantity("1", "events of each range by their ions", axes=("range",), default=None)
    file_corrected: Floats | None = quantity("1", "corrected counts of the file", axes=("bin",), default=None)
    file_background: Floats | None = quantity("1", "background counts of the file", axes=("bin",), default=None)
    table: RangeTable | None = None
    format: str = "memory"
    notices: tuple[str, ...] = ()

    @property
    def edges_da(self) -> Floats:
        """Edges of the bins [Da], shape ``(n_bins + 1,)``."""
        return np.append(self.bin_lower_da, self.bin_lower_da[-1] + self.bin_da)


class SpectrumAccumulator:
    """Spectrum that grows chunk by chunk; its memory is that of the bins and of one block of ions.

    Parameters
    ----------
    bin_da
        Width of a bin [Da].
    largest_da
        End of the spectrum [Da].
    table
        Ranges whose events are counted in the same pass.
    on_overlap
        Rule where ranges of different ions overlap, as in ``build_segments``.

    Raises
    ------
    InputError
        If a width is not positive, there are too many bins, or ranges of different ions overlap against the rule.
    """

    def __init__(
        self,
        bin_da: float = 0.01,
        *,
        largest_da: float = LARGEST_DA,
        table: RangeTable | None = None,
        on_overlap: OverlapRule = "error",
    ) -> None:
        check_positive(bin_da, "bin_da", "Da")
        check_positive(largest_da, "largest_da", "Da")
        n_bins = int(np.ceil(largest_da / bin_da - 1e-9))
        if n_bins > _MOST_BINS:
            raise InputError(
                f"bin_da = {bin_da:g} Da up to {largest_da:g} Da makes {n_bins} bins; at most {_MOST_BINS} are kept: "
                "choose a wider bin_da or a smaller largest_da."
            )
        self.bin_da = float(bin_da)
        self.table = table
        self.on_overlap: OverlapRule = on_overlap
        self.segments: RangeSegments | None = None if table is None else build_segments(table, on_overlap)
        self._lower: Floats = np.arange(n_bins + 1, dtype=np.float64) * self.bin_da
        self._counts: Ints = np.zeros(n_bins, dtype=np.int64)
        self._range_events = np.zeros(0 if table is None else len(table), dtype=np.int64)
        self._n_events = self._n_below = self._n_above = 0
        self._smallest, self._largest = np.inf, -np.inf

    def add(self, mass_to_charge_da: NDArray[np.floating]) -> None:
        """Count events.

        Parameters
        ----------
        mass_to_charge_da
            Mass-to-charge ratios, shape ``(n,)``.

        Raises
        ------
        InputError
            If a value is not finite.
        """
        for start in range(0, len(mass_to_charge_da), _BLOCK):
            stored = mass_to_charge_da[start : start + _BLOCK]
            values = np.asarray(stored, dtype=np.float64)
            bad = ~np.isfinite(values)
            if bad.any():
                raise InputError(
                    f"mass-to-charge ratios must be finite; got {int(bad.sum())} NaN or infinite, the first with index "
                    f"{self._n_events + int(np.argmax(bad))}. Read with drop_invalid=True to leave such ions out."
                )
            self._add_block(values)
            if self.segments is not None:
                owners = self.segments.range_index[self.segments.locate(values)]
                self._range_events += np.bincount(owners + 1, minlength=len(self._range_events) + 1)[1:]

    def _add_block(self, values: Floats) -> None:
        if not len(values):
            return
        self._n_events += len(values)
        self._smallest = min(self._smallest, float(values.min()))
        self._largest = max(self._largest, float(values.max()))
        below, above = values < 0.0, values >= self._lower[-1]
        self._n_below += int(below.sum())
        self._n_above += int(above.sum())
        inside = values[~(below | above)]
        index = np.minimum((inside / self.bin_da).astype(np.int64), len(self._counts) - 1)
        # The quotient may round across an edge; the edges themselves decide.
        index -= inside < self._lower[index]
        index += inside >= self._lower[index + 1]
        self._counts += np.bincount(index, minlength=len(self._counts))

    def spectrum(self, format: str = "memory") -> MassSpectrum:  # noqa: A002 - the word of the files
        """Return what was counted so far; bins beyond the last event or range are cut off."""
        if self._n_events == 0:
            raise InputError("a mass spectrum needs at least one ion; got none.")
        filled = int(np.flatnonzero(self._counts)[-1]) + 1 if self._counts.any() else 1
        if self.table is not None:
            last = max(item.upper_da for item in self.table.ranges)
            filled = max(filled, min(int(np.ceil(last / self.bin_da)), len(self._counts)))
        return MassSpectrum(
            bin_lower_da=self._lower[:filled],
            counts=self._counts[:filled].astype(np.float64),
            bin_da=self.bin_da,
            n_events=self._n_events,
            n_below=self._n_below,
            n_above=self._n_above,
            smallest_da=self._smallest,
            largest_da=self._largest,
            range_events=None if self.table is None else self._range_events.copy(),
            table=self.table,
            format=format,
            notices=self._notices(),
        )

    def _notices(self) -> tuple[str, ...]:
        found = []
        if self._n_below:
            found.append(f"{self._n_below} events with m/q < 0 are in no bin")
        if self._n_above:
            found.append(f"{self._n_above} events beyond {self._lower[-1]:g} Da are in no bin")
        if self.segments is not None and self.segments.n_duplicates:
            found.append(f"{self.segments.n_duplicates} ranges repeat an earlier one exactly and count once")
        return tuple(found)


def chunks_of(source: IonSource) -> Iterator[Ions]:
    """Yield the chunks of a source; ions in memory are one chunk."""
    if isinstance(source, Ions):
        yield source
    else:
        yield from source


def mass_spectrum(
    source: IonSource,
    bin_da: float = 0.01,
    *,
    largest_da: float = LARGEST_DA,
    table: RangeTable | None = None,
    on_overlap: OverlapRule = "error",
) -> MassSpectrum:
    """Histogram of mass-to-charge ratios.

    Parameters
    ----------
    source
        Ions, or an iterable of chunks such as ``iter_ions(path, chunk)`` yields; of a stream one chunk is held at a
        time.
    bin_da
        Width of a bin [Da].
    largest_da
        End of the spectrum [Da]; events beyond are counted in ``n_above``.
    table
        Ranges whose events are counted on the stored values in the same pass.
    on_overlap
        Rule where ranges of different ions overlap, as in ``build_segments``.

    Raises
    ------
    InputError
        If there is no ion, a value is not finite, the bin width is not positive, or ranges overlap against the rule.
    """
    accumulator = SpectrumAccumulator(bin_da, largest_da=largest_da, table=table, on_overlap=on_overlap)
    name = "memory"
    for chunk in chunks_of(source):
        accumulator.add(chunk.mass_to_charge_da)
        name = chunk.format
    return accumulator.spectrum(name)
