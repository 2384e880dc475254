r"""Mean form factors of a composition: :math:`\langle f^2 \rangle` and :math:`\langle f \rangle^2` against s."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.composition.atomic_fractions import atomic_fractions
from entrox.composition.electron_factors import electron_form_factors

__all__ = ["mean_factors"]

Floats = NDArray[np.float64]


def mean_factors(
    composition: str | Mapping[str, float], s_per_angstrom: ArrayLike, factors: str = "lobato"
) -> tuple[Floats, Floats]:
    r"""Mean square and squared mean of the electron form factors.

    Parameters
    ----------
    composition
        Formula, or amounts by element.
    s_per_angstrom
        Shape ``(n,)``.
    factors
        Source of the form factors.

    Returns
    -------
    mean_square, square_of_mean : numpy.ndarray
        Shape ``(n,)`` [angstrom^2].

    Raises
    ------
    InputError
        If the formula has variables, the amounts are no amounts, or an element has no form factor.
    """
    fractions = atomic_fractions(composition)
    share = np.array(list(fractions.values()))
    f = electron_form_factors(list(fractions), s_per_angstrom, factors)
    return np.asarray(share @ f**2), np.asarray((share @ f) ** 2)
