"""A needle against the film of finite elements: the arc length at which it touches is part of the answer.

Beyond the needle the film is free and straight, so the elements end there. The point of the film at the needle is held
to its place by two multipliers; the arc length is changed until their force is normal to the film, or leans by the
angle of friction.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from entrox.core import ConvergenceError
from entrox.mechanics.fe import LoadedPart, loaded_part, solve_film
from entrox.mechanics.result import BendingResult, FilmSolution

__all__ = ["solve_needle"]

Floats = NDArray[np.float64]
ANGLE_TOLERANCE = 1e-9
"""Largest departure of the force from its direction [radian]."""
ARC_TOLERANCE = 1e-13
"""Relative change of the arc length that rounding leaves; the force of a film hardly bent is not known better."""
PLACE_TOLERANCE = 1e-6
"""Largest error of the place of the needle over the thickness."""
NEARLY = 1e-3
"""Distance from one up to which the ratio of arc lengths of a neighboring load is a start."""
STEPS = 12
ADVICE = "Take more elements, or a smaller increment of the path."


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
    turn = float(part.angle[-1])
    needle = part.tip - bent.contact_offset * _normal(turn)
    for _ in range(STEPS):
        start = _slide(bent, part, needle + bent.contact_offset * _normal(turn), law, elements, start)
        # a needle beside the neutral axis moves its place there as the film turns
        if bent.contact_offset * abs(start.tip_angle - turn) < PLACE_TOLERANCE * bent.strip.thickness:
            return start
        turn = start.tip_angle
    raise ConvergenceError(f"the film still turns at the needle after {STEPS} corrections. {ADVICE}",
                           state=start.position if start is not None else None)  # fmt: skip


def _slide(
    bent: BendingResult, part: LoadedPart, tip: Floats, law: str, elements: tuple[int, int], start: FilmSolution | None
) -> FilmSolution:
    """Film whose mid-line passes through the tip, slid until the force has its direction."""
    assert part.force_direction is not None
    lean = part.force_direction - float(part.angle[-1])

    def attempt(scale: float, before: FilmSolution | None) -> tuple[FilmSolution, float, float]:
        """Film, departure of its force from its direction, and the force in excess along the film, over the force."""
        found = solve_film(bent, _stretched(part, scale), law=law, elements=elements, start=before, tip=tip)
        assert found.force_direction is not None and found.force is not None
        away = math.remainder(found.force_direction - found.tip_angle - lean, 2.0 * math.pi)
        return found, away, found.force / bent.force * math.sin(away)

    # the film bends round the needle; the closed form is inextensible, so its arc length is nearly right
    left = 1.0 if start is None else start.contact_length / part.length
    left = left if abs(left - 1.0) < NEARLY else 1.0
    right = left + 1e-5
    found, away, at_left = attempt(left, start)
    if abs(away) < ANGLE_TOLERANCE:
        return found
    for _ in range(STEPS):
        found, away, at_right = attempt(right, found)
        if abs(away) < ANGLE_TOLERANCE or at_right == at_left or abs(right - left) < ARC_TOLERANCE:
            break
        # the force along the film goes with the arc length, its angle does not
        following = right - at_right * (right - left) / (at_right - at_left)
        left, at_left, right = right, at_right, following
    if abs(away) < ANGLE_TOLERANCE or abs(right - left) < ARC_TOLERANCE:
        return found
    raise ConvergenceError(
        f"the needle found no place on the film: its force still leans by {math.degrees(away):.2g} degree. {ADVICE}",
        state=found.position,
    )


def _normal(angle: float) -> Floats:
    """Direction from the outer face into the film."""
    return np.array([-math.sin(angle), math.cos(angle)])


def _stretched(part: LoadedPart, scale: float) -> LoadedPart:
    """Part with an arc length scaled, on the same shape."""
    return replace(part, length=part.length * scale, arc_length=part.arc_length * scale)
