r"""What Qmax does to D(r) on an even grid, as a convolution by fast Fourier transform.

The kernels are those of :mod:`entrox.scattering.operators.termination` at a point; peaks of a small box are smooth on
the grid, so that the sum over its points is the integral. Units: angstrom, 1/angstrom.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import sici

from entrox.core import InputError, check_integer, check_positive, nearest_names
from entrox.order.sine_transform import WINDOWS

__all__ = ["GridTermination"]

Floats = NDArray[np.float64]


class GridTermination:
    """Termination of functions given at step, 2 step, ..., count step.

    Parameters
    ----------
    step_angstrom, count
        Grid; beyond its end the function counts as zero.
    qmax_per_angstrom
        End of the data in Q; None leaves the function as it is.
    window
        ``"none"`` or ``"lorch"``.

    Raises
    ------
    InputError
        If the window is unknown, a number is not positive, or the grid is too coarse for Qmax.
    """

    def __init__(self, step_angstrom: float, count: int, qmax_per_angstrom: float | None, window: str = "none") -> None:
        step = check_positive(step_angstrom, "step_angstrom", "angstrom")
        self._count = check_integer(count, "count", low=1)
        self._kernel: NDArray[np.complex128] | None = None
        if window not in WINDOWS:
            raise InputError(f"There is no window {window!r}; {nearest_names(window, WINDOWS)}.")
        if qmax_per_angstrom is None:
            return
        qmax = check_positive(qmax_per_angstrom, "qmax_per_angstrom", "1/angstrom")
        if qmax * step >= np.pi:
            raise InputError(f"a grid of {step:g} angstrom holds nothing above Q = {np.pi / step:.4g} 1/angstrom.")
        self._size = next_fast_len(4 * self._count + 2, real=True)
        lags = np.asarray(step * np.arange(2 * self._count + 1), dtype=np.float64)
        half = step * _kernel(lags, qmax, window)
        wrapped = np.zeros(self._size)
        wrapped[: len(half)] = half
        wrapped[-len(half) + 1 :] = half[:0:-1]
        self._kernel = rfft(wrapped)

    def __call__(self, values: Floats) -> Floats:
        """Return the function as it is seen up to Qmax, shape ``(count,)``."""
        if self._kernel is None:
            return values
        n = self._count
        odd = np.zeros(self._size)
        odd[1 : n + 1] = values
        odd[-n:] = -values[::-1]
        return np.asarray(irfft(rfft(odd) * self._kernel, self._size)[1 : n + 1])


def _kernel(x: Floats, qmax: float, window: str) -> Floats:
    if window == "none":
        return np.asarray(qmax / np.pi * np.sinc(qmax * x / np.pi))
    delta = np.pi / qmax
    return np.asarray((sici(qmax * (x + delta))[0] - sici(qmax * (x - delta))[0]) / (2.0 * np.pi * delta))
