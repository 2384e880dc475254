from __future__ import annotations

import numpy as np
import pytest

from entrox.atomprobe.range_segments import build_segments
from entrox.atomprobe.range_table import MassRange, RangeTable


def located(masses: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the number of the piece of each m/q by plain comparison: the twin of the kernel."""
    piece = np.searchsorted(edges, masses.astype(np.float64), side="right") - 1
    return np.where((piece >= 0) & (piece < len(edges) - 1), piece, len(edges) - 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(6))
def test_the_kernel_finds_the_piece_that_comparison_finds(seed: int, dtype: type) -> None:
    rng = np.random.default_rng(seed)
    # Widths over nine decades, so that many edges share one bin of the look-up table.
    lower = rng.uniform(0, 200, 300)
    upper = lower + 10.0 ** rng.uniform(-8, 1, 300)
    table = RangeTable(tuple(MassRange(a, b, "Fe", {"Fe": 1}) for a, b in zip(lower, upper, strict=True)))
    segments = build_segments(table)
    edges = segments.edges_da
    masses = np.concatenate(
        [rng.uniform(-5, 260, 20_000), edges, np.nextafter(edges, 0), np.nextafter(edges, 999), [0, -0.0, 1e30, -1e30]]
    ).astype(dtype)
    masses = np.append(masses, np.array([np.nan, np.inf, -np.inf], dtype))
    assert np.array_equal(segments.locate(masses)[:-3], located(masses[:-3], edges))
    assert segments.locate(masses)[-3:].tolist() == [len(edges) - 1] * 3
