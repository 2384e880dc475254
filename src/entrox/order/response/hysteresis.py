r"""Polarization against field: coercive fields, remanence, imprint, area and the frequency of the drive.

Units: field V/m, polarization C/m2, area J/m3 per cycle, time ps.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_finite, check_integer, quantity
from entrox.core.units import SECOND_PER_PICOSECOND
from entrox.order.response.switching_log import SwitchingLog

__all__ = ["Loop", "hysteresis_loop", "loop_of_log"]

Floats = NDArray[np.float64]

STATE_SHARE = 0.25
"""Of the largest |value|: beyond it, the sign of a series is one of its two states; noise within does not switch."""
FAST_HZ = 1e6
"""Above this frequency coercive fields are not those of experiments."""
CLOSURE_SHARE = 0.02
"""Gap between the ends of a loop, in its span, that is mentioned."""


@dataclass(frozen=True, kw_only=True)
class Loop(Result):
    """A hysteresis loop, averaged over blocks. Names with plus belong to the rising, with minus to the falling branch.

    None where the series never crosses: a loop that does not switch has no coercive field.
    """

    field_v_per_m: Floats = quantity("V/m", "field, block means", axes=("block",))
    polarization_c_per_m2: Floats = quantity("C/m2", "polarization, block means", axes=("block",))
    coercive_minus_v_per_m: float | None = quantity("V/m", "field where the polarization falls through zero")
    coercive_plus_v_per_m: float | None = quantity("V/m", "field where the polarization rises through zero")
    coercive_v_per_m: float | None = quantity("V/m", "half the distance of the two coercive fields")
    imprint_v_per_m: float | None = quantity("V/m", "middle of the two coercive fields")
    coercive_resolution_v_per_m: float | None = quantity("V/m", "half the change of the field over the crossing block")
    remanent_minus_c_per_m2: float | None = quantity("C/m2", "polarization where the field rises through zero")
    remanent_plus_c_per_m2: float | None = quantity("C/m2", "polarization where the field falls through zero")
    remanent_c_per_m2: float | None = quantity("C/m2", "half the distance of the two remanent polarizations")
    area_j_per_m3: float = quantity("J/m3", "energy lost per cycle, positive for a lossy loop")
    n_cycles: float = quantity("1", "cycles of the field")
    n_switches: int = quantity("1", "reversals of the polarization")
    frequency_hz: float | None = quantity("Hz", "frequency of the field; None without times")
    closure_field_v_per_m: float = quantity("V/m", "field at the end minus field at the start")
    closure_polarization_c_per_m2: float = quantity("C/m2", "polarization at the end minus that at the start")
    warnings: tuple[str, ...] = ()


def hysteresis_loop(
    field_v_per_m: ArrayLike, polarization_c_per_m2: ArrayLike, block: int = 1, time_ps: ArrayLike | None = None
) -> Loop:
    """Measure a loop of one or more cycles.

    Parameters
    ----------
    field_v_per_m, polarization_c_per_m2
        Series of equally spaced samples, shape ``(n,)``.
    block
        Samples of one block; both series are averaged over blocks first, an incomplete last block is left out.
    time_ps
        Times, shape ``(n,)``; give the frequency.

    Returns
    -------
    Loop
        Coercive fields are those at which the polarization goes from one state (|P| above a quarter of its maximum) to
        the other, interpolated between blocks and averaged over the crossings of all cycles; the remanence in the same
        way with field and polarization exchanged.

    Raises
    ------
    InputError
        If the series differ in length or leave fewer than four blocks, or one of them does not vary.
    """
    field, polarization = check_finite(field_v_per_m, "field"), check_finite(polarization_c_per_m2, "polarization")
    check_integer(block, "block", low=1)
    if field.ndim != 1 or field.shape != polarization.shape or len(field) // block < 4:
        raise InputError(
            f"field and polarization must be series of one length with at least four blocks of {block}; got "
            f"{field.shape} and {polarization.shape}."
        )
    gap = (float(field[-1] - field[0]), float(polarization[-1] - polarization[0]))
    times = None if time_ps is None else _blocks(check_finite(time_ps, "time_ps"), block)
    field, polarization = _blocks(field, block), _blocks(polarization, block)
    if np.ptp(field) == 0 or np.ptp(polarization) == 0:
        raise InputError("neither field nor polarization may be constant; a loop needs both to vary.")
    falls, rises, steps = _reversals(polarization, field)
    field_falls, field_rises, _ = _reversals(field, polarization)
    minus, plus, low, high = _mean(falls), _mean(rises), _mean(field_rises), _mean(field_falls)
    cycles, frequency = _cycles(field, times)
    area = float(0.5 * ((field[1:] + field[:-1]) * np.diff(polarization)).sum())
    # the chord that closes the loop, where the drive does not
    area += 0.5 * float((field[0] + field[-1]) * (polarization[0] - polarization[-1]))
    return Loop(
        field_v_per_m=field,
        polarization_c_per_m2=polarization,
        coercive_minus_v_per_m=minus,
        coercive_plus_v_per_m=plus,
        coercive_v_per_m=None if minus is None or plus is None else 0.5 * (plus - minus),
        imprint_v_per_m=None if minus is None or plus is None else 0.5 * (plus + minus),
        coercive_resolution_v_per_m=0.5 * max(steps) if steps else None,
        remanent_minus_c_per_m2=low,
        remanent_plus_c_per_m2=high,
        remanent_c_per_m2=None if low is None or high is None else 0.5 * (high - low),
        area_j_per_m3=area / max(round(cycles), 1),
        n_cycles=cycles,
        n_switches=len(falls) + len(rises),
        frequency_hz=frequency,
        closure_field_v_per_m=gap[0],
        closure_polarization_c_per_m2=gap[1],
        warnings=_warnings(field, polarization, gap, minus is None or plus is None, frequency, cycles),
    )


def loop_of_log(log: SwitchingLog, block_steps: int = 500) -> Loop:
    """Return the loop of a switching run, averaged over blocks of ``block_steps`` time steps."""
    block = log.rows_per_block(block_steps)
    return hysteresis_loop(log.field_v_per_m, log.polarization_c_per_m2, block, log.time_ps)


def _blocks(series: Floats, block: int) -> Floats:
    count = len(series) // block
    return np.asarray(series[: count * block].reshape(count, block).mean(axis=1))


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _reversals(series: Floats, other: Floats) -> tuple[list[float], list[float], list[float]]:
    """Values of ``other`` where ``series`` falls and rises from one state to the other, and how far ``other`` steps.

    A series that wavers about zero between its two states crosses several times: the mean of those counts once.
    """
    level = STATE_SHARE * float(np.abs(series).max())
    state = np.where(series > level, 1, np.where(series < -level, -1, 0))
    settled = np.flatnonzero(state)
    falls: list[float] = []
    rises: list[float] = []
    steps: list[float] = []
    for a, b in pairwise(settled):
        if state[a] == state[b]:
            continue
        places = []
        for k in range(a, b):
            if series[k] * series[k + 1] < 0 or series[k + 1] == 0:
                share = series[k] / (series[k] - series[k + 1]) if series[k] != series[k + 1] else 0.0
                places.append(float(other[k] + share * (other[k + 1] - other[k])))
                steps.append(abs(float(other[k + 1] - other[k])))
        (falls if state[b] < 0 else rises).append(float(np.mean(places)))
    return falls, rises, steps


def _cycles(field: Floats, times: Floats | None) -> tuple[float, float | None]:
    """Cycles of the field, from the phase between its zero crossings, and their frequency [Hz]."""
    crossings = []
    for k in np.flatnonzero(field[1:] * field[:-1] < 0):
        crossings.append(float(k + field[k] / (field[k] - field[k + 1])))
    if len(crossings) < 2:
        return 0.5 * len(crossings), None
    period = 2.0 * (crossings[-1] - crossings[0]) / (len(crossings) - 1)
    cycles = len(field) / period
    if times is None:
        return cycles, None
    step = float(times[-1] - times[0]) / (len(times) - 1)
    return cycles, 1.0 / (period * step * SECOND_PER_PICOSECOND)


def _warnings(
    field: Floats, polarization: Floats, gap: tuple[float, float], unswitched: bool, frequency: float | None,
    cycles: float,
) -> tuple[str, ...]:  # fmt: skip
    found = []
    if unswitched:
        found.append("the polarization does not reverse in both directions: there is no pair of coercive fields.")
    if abs(gap[0]) > CLOSURE_SHARE * np.ptp(field) or abs(gap[1]) > CLOSURE_SHARE * np.ptp(polarization):
        found.append(
            f"the loop does not close: its end misses its start by {gap[0]:.3g} V/m and {gap[1]:.3g} C/m2; the area is "
            "closed by a chord."
        )
    if abs(cycles - round(cycles)) > 0.05 or cycles < 0.95:
        found.append(f"the field makes {cycles:.2f} cycles, not a whole number: the area is not that of whole loops.")
    if frequency is not None and frequency > FAST_HZ:
        found.append(
            f"the field cycles at {frequency:.3g} Hz: coercive fields at such frequencies are 100 to 1000 times those "
            "of experiments."
        )
    return tuple(found)
