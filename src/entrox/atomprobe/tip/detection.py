"""What happens to the events of a simulated tip on the way to the file: losses, smear, background, pulses.

Units: nm, Da, ns, V, mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import constants

from entrox.atomprobe.ions import Ions
from entrox.atomprobe.tip.settings import DetectionSettings

__all__ = ["Recorded", "ions_with_pulses", "ions_without_pulses", "record_events"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SLAB_NM = 0.2
"""Ions of one pulse come from one slab in depth and lie near one another across it."""
STRIP_NM = 1.0
VOLTAGE_V = 5000.0
PULSE_FRACTION = 0.2
FLIGHT_LENGTH_M = 0.1
DETECTOR_RADIUS_MM = 30.0
PULSES_PER_EVENT = 100.0


@dataclass(frozen=True, eq=False)
class Recorded:
    """Events on the detector, in the order of detection.

    Parameters
    ----------
    positions_nm
        Reconstructed positions, shape ``(n, 3)``.
    ion
        Index of the ion that the detector sees, shape ``(n,)``; -1 for background without a peak.
    site
        Index of the site that the event came from, shape ``(n,)``; -1 for background.
    """

    positions_nm: Floats
    ion: NDArray[np.int16]
    site: Ints


def record_events(
    positions_nm: Floats,
    ion: NDArray[np.int16],
    site: Ints,
    survival: Floats,
    box_nm: tuple[float, float, float],
    settings: DetectionSettings,
    rng: np.random.Generator,
) -> Recorded:
    """Lose, smear and contaminate events.

    Parameters
    ----------
    positions_nm, ion, site
        Position, ion and site of each event.
    survival
        Probability that an event is detected, shape ``(n_events,)``.
    box_nm
        Edges of the box; it is cut from a larger tip, so that what smears out of it is mirrored back at its faces.
    settings
        Smear and background.
    rng
        Source of randomness.

    Returns
    -------
    Recorded
        In the order of depth. A fraction ``background_fraction`` of the events is background at the place of an event.
    """
    kept = rng.random(len(ion)) < survival
    positions = positions_nm[kept]
    width = np.array([settings.smear_lateral_nm, settings.smear_lateral_nm, settings.smear_depth_nm])
    if width.any():
        positions = _mirrored(positions + rng.standard_normal(positions.shape) * width, np.array(box_nm))
    seen, origin = ion[kept].copy(), site[kept].copy()
    noise = np.flatnonzero(rng.random(len(seen)) < settings.background_fraction)
    if len(noise):
        seen[noise] = rng.choice(seen, size=len(noise)) if settings.background == "ions" else -1
        origin[noise] = -1
    order = np.argsort(positions[:, 2], kind="stable")
    return Recorded(positions_nm=positions[order], ion=seen[order], site=origin[order])


def _mirrored(positions: Floats, box: Floats) -> Floats:
    folded = np.mod(positions, 2.0 * box)
    return np.where(folded > box, 2.0 * box - folded, folded)


def ions_without_pulses(recorded: Recorded, mass_to_charge_da: Floats) -> tuple[Ions, Ints]:
    """Return ions as a .pos file stores them, and the index of the record of each."""
    ions = Ions(
        positions_nm=recorded.positions_nm.astype(np.float32),
        mass_to_charge_da=mass_to_charge_da.astype(np.float32),
        format="pos",
    )
    return ions, np.arange(len(mass_to_charge_da))


def ions_with_pulses(
    recorded: Recorded, mass_to_charge_da: Floats, multiplicity: tuple[float, ...], rng: np.random.Generator
) -> tuple[Ions, Ints]:
    """Group events into pulses and return ions as an .epos file stores them.

    Parameters
    ----------
    recorded
        Events in the order of depth.
    mass_to_charge_da
        Mass-to-charge ratios, shape ``(n,)``.
    multiplicity
        Shares of the pulses with 1, 2, ... ions.
    rng
        Source of randomness.

    Returns
    -------
    tuple
        The ions, and for each the index of its event in ``recorded``. Ions of one pulse are neighbors on the surface.
    """
    order, size = _pulses(recorded.positions_nm, multiplicity, rng)
    positions, ratio = recorded.positions_nm[order], mass_to_charge_da[order]
    first = np.concatenate([[0], np.cumsum(size)[:-1]])
    since = np.zeros(len(order), dtype=np.uint32)
    since[first] = rng.geometric(1.0 / PULSES_PER_EVENT, size=len(size))
    in_pulse = np.zeros(len(order), dtype=np.uint32)
    in_pulse[first] = size
    energy = constants.e * VOLTAGE_V * (1.0 + PULSE_FRACTION)
    flight = FLIGHT_LENGTH_M * np.sqrt(ratio * constants.atomic_mass / (2.0 * energy)) / constants.nano
    center = 0.5 * (positions[:, :2].min(axis=0) + positions[:, :2].max(axis=0))
    radius = max(float(np.abs(positions[:, :2] - center).max()), 1e-9)
    ions = Ions(
        positions_nm=positions.astype(np.float32),
        mass_to_charge_da=ratio.astype(np.float32),
        time_of_flight_ns=flight.astype(np.float32),
        dc_voltage_v=np.full(len(order), VOLTAGE_V, dtype=np.float32),
        pulse_voltage_v=np.full(len(order), VOLTAGE_V * PULSE_FRACTION, dtype=np.float32),
        detector_mm=((positions[:, :2] - center) * (DETECTOR_RADIUS_MM / radius)).astype(np.float32),
        pulses_since_last=since,
        ions_in_pulse=in_pulse,
        format="epos",
    )
    return ions, order


def _pulses(positions: Floats, multiplicity: tuple[float, ...], rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Order of the events in which pulses stand together, and the number of ions of each pulse."""
    n = len(positions)
    slab = np.floor(positions[:, 2] / SLAB_NM)
    path = np.lexsort((positions[:, 0], np.floor(positions[:, 1] / STRIP_NM), slab))
    shares = np.array(multiplicity) / sum(multiplicity)
    size = 1 + rng.choice(len(shares), size=n, p=shares)
    size = size[: int(np.searchsorted(np.cumsum(size), n)) + 1]
    size[-1] -= int(size.sum()) - n
    pulse = np.repeat(np.arange(len(size)), size)
    # Pulses of one slab come in any order; the ions of a pulse stay together.
    rank = np.empty(len(size), dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(size)[:-1]])
    rank[np.lexsort((rng.random(len(size)), slab[path][first]))] = np.arange(len(size))
    within = np.argsort(rank[pulse], kind="stable")
    sizes = np.empty_like(size)
    sizes[rank] = size
    return path[within], sizes
