"""A needle against the film of finite elements: the arc length at which it touches is part of the answer.

Beyond the needle the film is free and straight, so the elements end there. The point of the film at the needle is held
to its place by two multipliers; the arc length is changed until their force is normal to the film, or leans by the
angle of friction.
"""

from __future__ import annotations

import math
from dataclasses import replace

from entrox.core import ConvergenceError
from entrox.mechanics.fe import LoadedPart, loaded_part, solve_film
from entrox.mechanics.result import BendingResult, FilmSolution

__all__ = ["solve_needle"]

ANGLE_TOLERANCE = 1e-9
"""Largest departure of the force from its direction [radian]."""
STEPS = 12


def solve_needle(
    bent: BendingResult, *, law: str, elements: tuple[int, int], start: FilmSolution | None = None
) -> FilmSolution:
    """Return the film at a needle; ``bent`` is the closed form at the same place of the needle.

    Raises
    ------
    ConvergenceError
        If no arc length is found.
    """
    part = loaded_part(bent)
    assert part.force_direction is not None
    lean = part.force_direction - float(part.angle[-1])

    def attempt(scale: float, before: FilmSolution | None) -> tuple[FilmSolution, float]:
        found = solve_film(bent, _stretched(part, scale), law=law, elements=elements, start=before, tip=part.tip)
        assert found.force_direction is not None
        away = found.force_direction - found.tip_angle - lean
        return found, math.remainder(away, 2.0 * math.pi)

    # the film bends round the needle; the closed form is inextensible, so its arc length is nearly right
    left, right = 1.0, 1.0 + 1e-5
    found, at_left = attempt(left, start)
    if abs(at_left) < ANGLE_TOLERANCE:
        return found
    for _ in range(STEPS):
        found, at_right = attempt(right, found)
        if abs(at_right) < ANGLE_TOLERANCE:
            return found
        if at_right == at_left:
            break
        following = right - at_right * (right - left) / (at_right - at_left)
        left, at_left, right = right, at_right, following
    raise ConvergenceError(
        f"the needle found no place on the film: its force still leans by {math.degrees(at_right):.2g} degree. Take "
        "more elements, or a smaller increment of the path.",
        state=found.position,
    )


def _stretched(part: LoadedPart, scale: float) -> LoadedPart:
    """Part with an arc length scaled, on the same shape."""
    return replace(part, length=part.length * scale, arc_length=part.arc_length * scale)
