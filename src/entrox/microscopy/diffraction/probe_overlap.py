r"""How many independent patterns a scan holds when neighboring probes overlap.

Two discs of diameter D at the distance d share the part :math:`(2/\pi)[\arccos u - u \sqrt{1 - u^2}]`, u = d/D, of
their area, and what they see is correlated to that degree. The mean over n patterns then scatters as that of

.. math:: n_\mathrm{eff} = \frac{n^2}{\sum_{ij} \rho(d_{ij})}
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_positive

__all__ = ["disc_overlap", "effective_number"]

Floats = NDArray[np.float64]


def disc_overlap(distance: ArrayLike, diameter: float) -> Floats:
    """Share of the area that two equal discs have in common.

    Parameters
    ----------
    distance
        Distance of their centers, any shape.
    diameter
        Of both, in the same unit.

    Examples
    --------
    >>> disc_overlap([0.0, 0.4, 1.0], 1.0).round(3).tolist()
    [1.0, 0.505, 0.0]
    """
    u = np.clip(np.asarray(distance, dtype=float) / check_positive(diameter, "diameter"), 0.0, 1.0)
    return np.asarray(2.0 / np.pi * (np.arccos(u) - u * np.sqrt(1.0 - u**2)))


def effective_number(region: ArrayLike, step_nm: float, probe_nm: float) -> float:
    """Number of independent patterns of a region of a scan.

    Parameters
    ----------
    region
        Which scan points belong to it, shape ``(rows, columns)``.
    step_nm
        Distance of neighboring scan points [nm].
    probe_nm
        Diameter of the probe [nm].

    Raises
    ------
    InputError
        If the region is empty, or a length is not positive.

    Examples
    --------
    Points one probe apart are independent; at 0.4 of it four patterns count as one:

    >>> effective_number(np.ones((7, 8), dtype=bool), 1.0, 1.0)
    56.0
    >>> round(effective_number(np.ones((7, 8), dtype=bool), 0.4, 1.0), 1)
    13.3
    """
    from scipy.signal import fftconvolve

    chosen = np.asarray(region, dtype=bool)
    if chosen.ndim != 2 or not chosen.any():
        raise InputError("region must hold at least one scan point and have two axes.")
    step, probe = check_positive(step_nm, "step_nm", "nm"), check_positive(probe_nm, "probe_nm", "nm")
    reach = int(probe / step) + 1
    along = step * np.arange(-reach, reach + 1)
    shared = disc_overlap(np.hypot(along[:, None], along[None, :]), probe)
    weight = chosen.astype(float)
    total = float((weight * fftconvolve(weight, shared, mode="same")).sum()) if shared.size > 1 else weight.sum()
    return float(round(weight.sum() ** 2 / total, 9))
