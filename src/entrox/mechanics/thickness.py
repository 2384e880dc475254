"""What an error of the thickness does to a bent film: it enters the strain linearly and the force as its cube.

Units: m, N/m.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from entrox.core import InputError, Result, check_positive, quantity
from entrox.mechanics.layers import Layer
from entrox.mechanics.result import BendingResult, Unreachable
from entrox.mechanics.strip import Strip

__all__ = ["ThicknessError", "thickness_error"]


@dataclass(frozen=True, kw_only=True)
class ThicknessError(Result):
    """Errors under the same load, from films thinner and thicker by the error of the thickness."""

    thickness: float = quantity("m", "error of the thickness")
    strain: float = quantity("1", "error of the nominal strain of the outer face")
    radius: float = quantity("m", "error of the radius of the neutral axis")
    force_per_width: float = quantity("N/m", "error of the force per width")
    gap: float | None = quantity("m", "error of the gap; None where the case has none")
    one_sided: bool
    """True where the load is out of reach of the thinner or of the thicker film."""


def thickness_error(strip: Strip, error: float, bend: Callable[[Strip], BendingResult | Unreachable]) -> ThicknessError:
    """Errors of strain, radius, gap and force that follow from the error of the thickness.

    Parameters
    ----------
    strip
        Strip of one layer.
    error
        Error of its thickness [m], one standard deviation or a bound; the answer is of the same kind.
    bend
        Function that bends a strip by the load in question.

    Raises
    ------
    InputError
        If the strip has several layers, the error is not below the thickness, or neither film reaches the load.

    Examples
    --------
    >>> from entrox.mechanics import bend_between_plates
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> found = thickness_error(strip, 0.02e-6, lambda film: bend_between_plates(film, 9.9845e-6))
    >>> print(f"{found.strain * 100:.3f} %, {found.force_per_width:.2f} N/m")
    0.240 %, 1.71 N/m
    """
    check_positive(error, "error of the thickness", "m")
    if len(strip.layers) > 1:
        raise InputError("the error of a thickness is taken for a film of one layer; leave it out with several.")
    layer = strip.layers[0]
    if error >= layer.thickness:
        raise InputError(
            f"the error of the thickness, {error:g} m, must be smaller than the thickness, {layer.thickness:g} m."
        )
    bent = [_bent(bend, strip, replace(layer, thickness=layer.thickness + sign * error)) for sign in (-1.0, 0.0, 1.0)]
    reached = [film for film in bent if film is not None]
    if bent[1] is None or len(reached) < 2:
        raise InputError("neither the thinner nor the thicker film reaches this load; give a smaller error.")
    one_sided = len(reached) == 2
    low, high, share = reached[0], reached[-1], 1.0 if one_sided else 0.5
    return ThicknessError(
        thickness=error,
        strain=share * abs(high.tension.nominal - low.tension.nominal),
        radius=share * abs(high.radius - low.radius),
        force_per_width=share * abs(high.force_per_width - low.force_per_width),
        gap=None if low.gap is None or high.gap is None else share * abs(high.gap - low.gap),
        one_sided=one_sided,
    )


def _bent(bend: Callable[[Strip], BendingResult | Unreachable], strip: Strip, layer: Layer) -> BendingResult | None:
    """Film under the load, None where it does not reach it."""
    try:
        found = bend(replace(strip, layers=(layer,)))
    except InputError:
        return None
    return found if isinstance(found, BendingResult) else None
