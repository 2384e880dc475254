"""Which of several laws the points prefer, if they can tell."""

from __future__ import annotations

import math
from collections.abc import Sequence

from numpy.typing import ArrayLike

from entrox.core import InputError, check_finite
from entrox.core.information_criterion import DISTINGUISHABLE
from entrox.thermo.barrier_laws import CURVED, LAWS, PARAMETERS, LawFit, fit_law

__all__ = ["compare_laws"]


def compare_laws(
    x: ArrayLike, y: ArrayLike, relative_errors: ArrayLike | None = None, laws: Sequence[str] = LAWS
) -> tuple[tuple[LawFit, ...], str]:
    """Fit several laws to the same points and say whether they can be told apart.

    Parameters
    ----------
    x, y, relative_errors
        As in :func:`fit_law`. Points at x = 0 are left out of all fits if a power law is among them.
    laws
        Names of laws; power and exponential are fitted in y and in ln y.

    Returns
    -------
    tuple
        The fits, best first, those without a criterion last; and a verdict in words.

    Examples
    --------
    >>> x = [0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4]
    >>> fits, verdict = compare_laws(x, [4 / value**2 for value in x], relative_errors=[0.05] * 7)
    >>> verdict
    'power law preferred; monotone: too many parameters for 7 points'
    """
    places, values = check_finite(x, "x"), check_finite(y, "y")
    errors = None if relative_errors is None else check_finite(relative_errors, "relative_errors")
    if "power" in laws and places.shape == values.shape:
        used = places != 0.0
        places, values, errors = places[used], values[used], None if errors is None else errors[used]
    fits: list[LawFit] = []
    for law in laws:
        for target in ("y", "log y") if law in CURVED else ("y",):
            if law != "monotone" and len(places) < len(PARAMETERS[law]):
                continue
            fits.append(fit_law(places, values, law, relative_errors=errors, target=target))
    # a single level is the constant law once more
    fits = [fit for fit in fits if fit.law != "monotone" or fit.n_parameters > 1 or "constant" not in laws]
    if not fits:
        raise InputError(f"no law can be fitted to {len(places)} points with x > 0. Give two or more.")
    fits.sort(key=lambda fit: math.inf if fit.aicc is None else fit.aicc)
    return tuple(fits), _comparison(fits)


def _comparison(fits: Sequence[LawFit]) -> str:
    judged = [fit for fit in fits if fit.aicc is not None]
    n = len(fits[0].x)
    if len(judged) < 2:
        return f"not distinguishable: {n} points are too few to compare laws"
    best = judged[0].aicc
    assert best is not None
    near = list(dict.fromkeys(fit.law for fit in judged if fit.aicc is not None and fit.aicc - best < DISTINGUISHABLE))
    left = list(dict.fromkeys(fit.law for fit in fits if fit.aicc is None))
    rest = f"; {', '.join(left)}: too many parameters for {n} points" if left else ""
    return f"{near[0]} law preferred{rest}" if len(near) == 1 else f"not distinguishable: {', '.join(near)}{rest}"
