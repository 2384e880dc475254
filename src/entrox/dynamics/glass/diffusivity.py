r"""How fast each element moves in a melt, with its error: the slope of the mean-square displacement over blocks.

.. math:: D = \frac{1}{6} \frac{d}{dt} \langle |r(t_0 + t) - r(t_0)|^2 \rangle

Each block of a run gives a slope; their scatter is the error. The center of mass of the box rests. Units: angstrom2/ps,
ps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_in_range, check_integer, check_shape, quantity
from entrox.core.linear_fit import fit_linear

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["Diffusivity", "diffusivities", "diffusivities_of_run", "diffusivity", "diffusivity_ratio"]

Floats = NDArray[np.float64]

FEWEST_FRAMES = 8
"""Frames of a block: a slope from fewer is that of one vibration."""
BLOCKS_OF_RUN = 5
DIMENSIONS = 3


@dataclass(frozen=True, kw_only=True)
class Diffusivity(Result):
    """Diffusivity of some atoms, the mean of blocks; the exponent tells whether they diffuse: 1, or less if caged."""

    value: float = quantity("angstrom2/ps", "diffusivity")
    error: float = quantity("angstrom2/ps", "standard error over blocks")
    block_values: Floats = quantity("angstrom2/ps", "diffusivity of each block", axes=("block",))
    lag_ps: Floats = quantity("ps", "time between two frames", axes=("lag",))
    msd: Floats = quantity("angstrom2", "mean-square displacement", axes=("lag",))
    exponent: float = quantity("1", "slope of the displacement over time, both as logarithms, in the fitted range")
    n_atoms: int = quantity("1", "number of atoms")


def diffusivity(
    positions: ArrayLike, interval_ps: float, *, n_blocks: int = 5, first_lag_share: float = 0.2
) -> Diffusivity:
    """Diffusivity from unwrapped positions.

    Parameters
    ----------
    positions
        Shape ``(n_frames, n_atoms, 3)`` [angstrom], equally spaced in time, drift taken off.
    interval_ps
        Time between two frames [ps].
    n_blocks
        Blocks of the run, at least three.
    first_lag_share
        Part of the longest lag before which atoms still fly or rattle; the slope is fitted behind it, up to half the
        length of a block.

    Raises
    ------
    InputError
        If a block has fewer than eight frames, or a value is outside its range.
    """
    places = check_shape(positions, (None, None, DIMENSIONS), "positions")
    check_integer(n_blocks, "n_blocks", low=3)
    check_in_range(first_lag_share, "first_lag_share", low=0.0, high=0.8)
    length = len(places) // n_blocks
    if length < FEWEST_FRAMES:
        raise InputError(
            f"{n_blocks} blocks of at least {FEWEST_FRAMES} frames need {n_blocks * FEWEST_FRAMES} frames; got "
            f"{len(places)}. Keep more frames, or take fewer blocks."
        )
    lags = np.arange(1, length // 2 + 1)
    curves = np.array([_displacement(places[k * length : (k + 1) * length], lags) for k in range(n_blocks)])
    fitted = lags > first_lag_share * lags[-1]
    columns = np.column_stack([np.ones(int(fitted.sum())), lags[fitted] * interval_ps])
    slopes = np.array([fit_linear(columns, curve[fitted]).coefficients[1] for curve in curves])
    values = slopes / (2.0 * DIMENSIONS)
    msd = curves.mean(axis=0)
    logarithms = fit_linear(np.column_stack([np.ones(int(fitted.sum())), np.log(lags[fitted])]), np.log(msd[fitted]))
    return Diffusivity(
        value=float(values.mean()),
        error=float(values.std(ddof=1) / np.sqrt(n_blocks)),
        block_values=values,
        lag_ps=np.asarray(lags * interval_ps, dtype=float),
        msd=msd,
        exponent=float(logarithms.coefficients[1]),
        n_atoms=places.shape[1],
    )


def diffusivities(
    frames: Iterable[Atoms], interval_ps: float, elements: Sequence[str] | None = None, *, n_blocks: int = 5
) -> Mapping[str, Diffusivity]:
    """Diffusivity of each element of a run.

    Parameters
    ----------
    frames
        Unwrapped frames of one run, equally spaced in time.
    interval_ps
        Time between two of them [ps].
    elements
        Which; all if None.
    n_blocks
        Blocks of the run.

    Raises
    ------
    InputError
        If there is no frame, an element is absent, or a block is too short.
    """
    kept = list(frames)
    if not kept:
        raise InputError("diffusion needs frames; got none.")
    symbols = np.array(kept[0].get_chemical_symbols())
    masses = kept[0].get_masses()
    places = np.array([frame.positions for frame in kept])
    places -= (np.einsum("a,fax->fx", masses, places) / masses.sum())[:, None]
    chosen = list(dict.fromkeys(symbols.tolist())) if elements is None else list(elements)
    if missing := [name for name in chosen if name not in symbols]:
        known = ", ".join(sorted(set(symbols.tolist())))
        raise InputError(f"the frames have no {', '.join(missing)}; they have {known}.")
    return {name: diffusivity(places[:, symbols == name], interval_ps, n_blocks=n_blocks) for name in chosen}


def diffusivities_of_run(frames: Iterable[Atoms]) -> Mapping[str, Diffusivity]:
    """Diffusivity of each element in the frames of a run that carry ``time_ps``; empty for fewer than 40 frames."""
    kept = list(frames)
    if len(kept) < BLOCKS_OF_RUN * FEWEST_FRAMES:
        return {}
    interval = float(kept[1].info["time_ps"]) - float(kept[0].info["time_ps"])
    return diffusivities(kept, interval, n_blocks=BLOCKS_OF_RUN)


def diffusivity_ratio(one: Diffusivity, other: Diffusivity) -> tuple[float, float]:
    """Ratio of two diffusivities and its standard error, errors taken as independent.

    Raises
    ------
    InputError
        If the second one is not positive.
    """
    if other.value <= 0.0:
        raise InputError(f"a ratio needs a positive diffusivity below; got {other.value:g} angstrom2/ps.")
    ratio = one.value / other.value
    relative = np.hypot(one.error / one.value if one.value else 0.0, other.error / other.value)
    return ratio, float(abs(ratio) * relative)


def _displacement(places: Floats, lags: NDArray[np.int64]) -> Floats:
    """Return the displacement over each lag, all starts of a block averaged."""
    return np.array([((places[lag:] - places[:-lag]) ** 2).sum(axis=2).mean() for lag in lags])
