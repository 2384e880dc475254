r"""Polarization loops: stored and recoverable energy, efficiency, remanence, coercive field.

.. math:: U_\mathrm{rec} = \int_{P_r}^{P_\mathrm{max}} E \, dP \;\text{on discharge}, \qquad
    U_\mathrm{tot} = \int E \, dP \;\text{on charge}, \qquad \eta = U_\mathrm{rec} / U_\mathrm{tot}

Branches are cut at the turning points of the field. Gap and drift are reported and corrected only on request. Units:
V/m, C/m2, J/m3. A leaky film looks like one that switches: the charge that leaks, the integral of J, is set beside P.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import constants

from entrox.core.checks import check_positive, check_shape
from entrox.core.errors import FormatError, InputError
from entrox.core.result import Result, quantity

__all__ = ["LoopResult", "linear_energy", "measure_loop", "turning_points"]

Floats = NDArray[np.float64]

SMALLEST_BRANCH = 4
ZERO_SHARE = 0.05
"""A field smaller than this share of the largest counts as none."""
TURN_SHARE = 0.2
"""A reversal smaller than this share of the whole swing is noise."""


@dataclass(frozen=True, kw_only=True)
class LoopResult(Result):
    """One loop."""

    field: Floats = quantity("V/m", "field", axes=("point",))
    polarization: Floats = quantity("C/m2", "polarization, corrected as asked", axes=("point",))
    charge: Floats = quantity("1", "1 while the field grows in size, else 0", axes=("point",))
    kind: str
    recoverable: float = quantity("J/m3", "energy given back on discharge")
    total: float = quantity("J/m3", "energy taken up on charge")
    efficiency: float = quantity("1", "recoverable over total energy; NaN where none is taken up")
    area: float = quantity("J/m3", "energy lost in one closed cycle, mean over all")
    p_max: float = quantity("C/m2", "polarization at the largest field")
    p_r: float = quantity("C/m2", "polarization where the discharge reaches no field")
    p_r_error: float = quantity("C/m2", "its standard error from the scatter around a line")
    coercive_field: float | None = quantity("V/m", "half the distance of the fields without polarization")
    coercive_error: float | None = quantity("V/m", "half the difference of the two in size")
    offset: float = quantity("C/m2", "middle of the extreme polarizations; a bipolar loop should have none")
    closure_gap: float = quantity("C/m2", "last minus first polarization")
    conductivity_of_gap: float | None = quantity(
        "S/m", "conductivity that explains the whole gap, where it was removed"
    )
    leaked_charge: float | None = quantity("C/m2", "charge of the given conduction over the positive branches")
    warnings: tuple[str, ...] = ()


def linear_energy(field_v_per_m: float, permittivity: float) -> float:
    """Energy density of a linear dielectric, eps0 eps_r E^2 / 2 [J/m3].

    Examples
    --------
    >>> round(linear_energy(1e8, 35.0) / 1e6, 5)
    1.54948
    """
    return 0.5 * constants.epsilon_0 * check_positive(permittivity, "permittivity") * float(field_v_per_m) ** 2


def turning_points(field_v_per_m: ArrayLike) -> NDArray[np.intp]:
    """Indices at which the field turns, ends included; reversals smaller than a fifth of its swing are noise."""
    field = check_shape(field_v_per_m, (None,), "field_v_per_m")
    threshold = TURN_SHARE * float(np.ptp(field))
    marks, extreme, way = [0], 0, 0
    for index in range(1, len(field)):
        if way == 0:
            if abs(field[index] - field[0]) > threshold:
                way, extreme = (1 if field[index] > field[0] else -1), index
        elif way * (field[index] - field[extreme]) >= 0.0:
            extreme = index
        elif way * (field[extreme] - field[index]) > threshold:
            marks.append(extreme)
            way, extreme = -way, index
    if marks[-1] != len(field) - 1:
        marks.append(len(field) - 1)
    return np.array(marks, dtype=np.intp)


def measure_loop(
    field_v_per_m: ArrayLike,
    polarization_c_per_m2: ArrayLike,
    *,
    time_s: ArrayLike | None = None,
    conductivity_s_per_m: float | None = None,
    remove_leakage: bool = False,
    remove_drift: bool = False,
) -> LoopResult:
    """Measure one loop.

    Parameters
    ----------
    field_v_per_m, polarization_c_per_m2
        In the order in which they were measured, shape ``(n,)``.
    time_s
        Of each point, shape ``(n,)``; needed for leakage.
    conductivity_s_per_m
        Of the film; with it the leaked charge is known. None: where its removal is asked for, a unipolar loop gives the
        one that would explain its whole closure gap, the most that the film can leak.
    remove_leakage
        Subtract the integral of sigma E; needs the times.
    remove_drift
        Subtract a line so that the loop closes.

    Raises
    ------
    InputError
        If shapes differ or the field does not vary.
    FormatError
        If there is only one branch.

    Examples
    --------
    >>> field = 1e8 * np.abs(np.sin(np.linspace(0.0, np.pi, 201)))
    >>> found = measure_loop(field, 35.0 * 8.8541878188e-12 * field)
    >>> round(found.recoverable / 1e6, 4), round(found.efficiency, 6)
    (1.5495, 1.0)
    """
    field = check_shape(field_v_per_m, (None,), "field_v_per_m")
    polarization = check_shape(polarization_c_per_m2, field.shape, "polarization_c_per_m2")
    if len(field) < 2 * SMALLEST_BRANCH or np.ptp(field) <= 0.0:
        raise InputError(f"a loop needs at least {2 * SMALLEST_BRANCH} points and a field that varies.")
    if np.ptp(polarization) <= 0.0:
        raise InputError(f"the polarization is {polarization[0]:g} C/m2 throughout: that is no loop. Check the column.")
    gap = float(polarization[-1] - polarization[0])
    estimated = None
    if remove_leakage and conductivity_s_per_m is None:
        estimated = conductivity_s_per_m = _conductivity_of_gap(field, time_s, gap)
    leaked = None if conductivity_s_per_m is None else _leaked(field, time_s, conductivity_s_per_m)
    if remove_leakage and leaked is not None:
        polarization = polarization - leaked
    if remove_drift:
        polarization = polarization - np.linspace(0.0, float(polarization[-1] - polarization[0]), len(field))
    pieces = _branches(field)
    up, down = _main_branches(field, pieces)
    top = float(np.abs(field).max())
    bipolar = field.min() < -0.5 * top and field.max() > 0.5 * top
    scale = -1.0 if not bipolar and abs(field.min()) > field.max() else 1.0
    offset = 0.5 * float(polarization.max() + polarization.min()) if bipolar else 0.0
    return _result(scale * field, scale * polarization, up, down, offset=scale * offset, gap=scale * gap,
                   leaked=leaked, estimated=estimated, cycles=max(1, len(pieces) // 2),
                   bipolar=bool(bipolar))  # fmt: skip


def _conductivity_of_gap(field: Floats, time_s: ArrayLike | None, gap: float) -> float:
    """Conductivity whose charge is the closure gap [S/m]; charge and discharge of both signs would cancel."""
    impulse = float(_leaked(field, time_s, 1.0)[-1])
    if abs(impulse) < 0.1 * float(np.abs(_leaked(np.abs(field), time_s, 1.0)[-1])):
        raise InputError(
            "in a bipolar loop what leaks forth leaks back: its gap gives no conductivity. Give one, "
            "--conductivity-s-per-m; a fit of the leakage has it."
        )
    if gap / impulse <= 0.0:
        raise InputError("the loop has no gap in the direction of the field: there is no leakage to remove.")
    return gap / impulse


def _leaked(field: Floats, time_s: ArrayLike | None, conductivity: float) -> Floats:
    """Charge that has leaked until each point [C/m2]."""
    if time_s is None:
        raise InputError("the leaked charge needs the time of each point: a column time, or --frequency-hz.")
    time = check_shape(time_s, field.shape, "time_s")
    if (np.diff(time) <= 0.0).any():
        raise InputError("time_s must rise from point to point.")
    current = check_positive(conductivity, "conductivity_s_per_m", "S/m") * field
    steps = 0.5 * (current[1:] + current[:-1]) * np.diff(time)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _branches(field: Floats) -> list[tuple[int, int]]:
    marks = turning_points(field)
    pieces = [(int(a), int(b) + 1) for a, b in pairwise(marks) if b - a + 1 >= SMALLEST_BRANCH]
    if len(pieces) < 2:
        raise FormatError("the field turns nowhere: this is one branch, no loop. Give charge and discharge.")
    return pieces


def _main_branches(field: Floats, pieces: list[tuple[int, int]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Points of the charge to the largest field and of the discharge from it, between no field and that one.

    Of several charges the last counts: the first may start from another state.
    """
    sign = 1.0 if field.max() >= -field.min() else -1.0
    size, top = sign * field, float((sign * field).max())
    charge = [p for p in pieces if size[p[1] - 1] > 0.8 * top and size[p[0]] < 0.5 * top]
    discharge = [p for p in pieces if size[p[0]] > 0.8 * top and size[p[1] - 1] < 0.5 * top]
    if not charge or not discharge:
        raise FormatError("the loop has no whole charge and discharge at its largest field. Give one branch of each.")
    pair = next(
        ((c, d) for d in reversed(discharge) for c in reversed(charge) if c[0] < d[0]), (charge[-1], discharge[-1])
    )
    return np.arange(*pair[0], dtype=np.intp), np.arange(*pair[1], dtype=np.intp)


def _above_zero(field: Floats, polarization: Floats) -> tuple[Floats, Floats]:
    """Part of a branch with field >= 0; the place without field is interpolated in."""
    order = np.argsort(field, kind="stable")
    x, y = field[order], polarization[order]
    inside = x > 0.0
    if x[0] < 0.0:
        at_zero = float(np.interp(0.0, x, y))
        return np.concatenate([[0.0], x[inside]]), np.concatenate([[at_zero], y[inside]])
    return x, y


def _result(
    field: Floats, polarization: Floats, up: NDArray[np.intp], down: NDArray[np.intp], *, offset: float, gap: float,
    leaked: Floats | None, estimated: float | None, cycles: int, bipolar: bool,
) -> LoopResult:  # fmt: skip
    rise, p_rise = _above_zero(field[up], polarization[up])
    fall, p_fall = _above_zero(field[down], polarization[down])
    total = float(np.trapezoid(rise, p_rise))
    recoverable = float(np.trapezoid(fall, p_fall))
    remanent, error = _at_zero(field[down], polarization[down])
    coercive, coercive_error = _coercive(field, polarization - offset) if bipolar else (None, None)
    charge = np.zeros(len(field))
    charge[up] = 1.0
    area = abs(float(np.trapezoid(np.append(field, field[0]), np.append(polarization, polarization[0])))) / cycles
    span = float(np.ptp(polarization))
    warnings = _sign_warnings(total, recoverable, float(p_fall[-1] - p_fall[0]))
    if estimated is not None:
        warnings.append("the whole gap is taken as leakage: a remanence would be taken out with it")
    if estimated is None and abs(gap) > ZERO_SHARE * span:
        warnings.append(f"the loop does not close: the gap is {100.0 * abs(gap) / span:.0f} % of its height")
    if bipolar and abs(offset) > ZERO_SHARE * span:
        warnings.append(f"the loop is shifted by {100.0 * abs(offset) / span:.0f} % of its height: offset or imprint")
    if fall[0] > ZERO_SHARE * fall[-1]:
        warnings.append("the discharge ends before the field is gone; the remanence is extrapolated")
    lost = None if leaked is None else abs(float(leaked[down[0]] - leaked[up[0]]))
    if lost is not None and lost > ZERO_SHARE * span:
        warnings.append(f"leakage makes up {100.0 * lost / span:.0f} % of the height: it is no polarization")
    return LoopResult(
        field=field, polarization=polarization, charge=charge, kind="bipolar" if bipolar else "unipolar",
        recoverable=recoverable, total=total, efficiency=recoverable / total if total > 0.0 else float("nan"),
        area=area, p_max=float(p_fall[-1]), p_r=remanent, p_r_error=error, coercive_field=coercive,
        coercive_error=coercive_error, offset=offset, closure_gap=gap, conductivity_of_gap=estimated,
        leaked_charge=lost, warnings=tuple(warnings),
    )  # fmt: skip


def _sign_warnings(total: float, recoverable: float, rise: float) -> list[str]:
    """Energies that no film has: they tell of a sign, a drift or an order of the points."""
    if total <= 0.0 or rise < 0.0:
        return ["the polarization falls where the field rises: check the sign of the columns"]
    if recoverable > total:
        return [
            "more energy comes back than was taken up: the loop runs the wrong way round, or the polarization drifts"
        ]
    return []


def _at_zero(field: Floats, polarization: Floats) -> tuple[float, float]:
    """Polarization at no field from a parabola through the points nearest to it, with its standard error."""
    nearest = np.argsort(np.abs(field))[: max(SMALLEST_BRANCH, len(field) // 12)]
    scale = float(np.abs(field).max())
    x, y = field[nearest] / scale, polarization[nearest]
    columns = np.vander(x, 3 if len(x) > SMALLEST_BRANCH else 2, increasing=True)
    coefficients, _, rank, _ = np.linalg.lstsq(columns, y, rcond=None)
    if rank < columns.shape[1]:
        return float(y[0]), float("nan")
    residual = y - columns @ coefficients
    variance = float(residual @ residual) / max(len(x) - columns.shape[1], 1)
    return float(coefficients[0]), float(np.sqrt(variance * np.linalg.inv(columns.T @ columns)[0, 0]))


def _coercive(field: Floats, polarization: Floats) -> tuple[float | None, float | None]:
    """Half the distance of the mean crossings of P = 0 on rising and falling fields, and half their asymmetry."""
    sign = np.signbit(polarization)
    places = np.flatnonzero(sign[1:] != sign[:-1])
    crossings: dict[bool, list[float]] = {True: [], False: []}
    for at in places:
        part = polarization[at] / (polarization[at] - polarization[at + 1])
        crossings[bool(field[at + 1] > field[at])].append(float(field[at] + part * (field[at + 1] - field[at])))
    if not crossings[True] or not crossings[False]:
        return None, None
    high, low = float(np.mean(crossings[True])), float(np.mean(crossings[False]))
    return 0.5 * abs(high - low), 0.5 * abs(high + low)
