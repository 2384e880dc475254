r"""Pair distribution of a box as a scattering experiment would give it.

.. math:: D_{ij}(r) = 4 \pi \rho_0 r (g_{ij} - 1), \qquad
    Q (A_{ij} - 1) = \int D_{ij} \sin(Qr) \, dr, \qquad
    Q(S - 1) = \sum_{i \le j} w_{ij}(Q) \, Q (A_{ij} - 1)

.. math:: G_\mathrm{pdf}(r) = \frac{2}{\pi} \int_{Q_\mathrm{min}}^{Q_\mathrm{max}} M(Q) \, Q(S - 1) \sin(Qr) \, dQ
    = 4 \pi \rho_0 r (g - 1)

the last for weights that do not depend on Q, without an end of the data. A box already moves thermally; a crystal on
its sites needs a width. The resolution exp(-(Qdamp r)^2/2) acts before the data end. Names as D. A. Keen, J. Appl.
Cryst. 34, 172 (2001), gives them. Units: angstrom, 1/angstrom, barn for D, T and F of neutrons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_in_range, check_positive, nearest_names, quantity
from entrox.order.pair_distribution.partial import PartialRdf, partial_rdf
from entrox.order.pair_distribution.waves import PairWaves, pair_waves, watched_frames
from entrox.order.pair_distribution.weights import PROBES, scattering_strengths
from entrox.order.sine_transform import WINDOWS, gaussian_window, lorch_window, sine_nodes

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["Q_WINDOWS", "PairDistribution", "pair_distribution"]

Floats = NDArray[np.float64]

Q_WINDOWS = (*WINDOWS, "gaussian")
Q_STEP = 0.02
DEFAULT_Q_END = 25.0
RIPPLES = 10.0
"""Pairs are counted so many periods 2 pi/Qmax beyond the last distance, whose ripples reach back, and end softly."""
BARN_PER_SQUARE_FM = 0.01


@dataclass(frozen=True, kw_only=True)
class PairDistribution(Result):
    """Total pair distribution and structure factor; ``partials`` are those of the pairs, without any weight or cut.

    The names say which function it is: ``g`` goes to one, ``G_pdf`` is D over the squared mean length, ``R`` the radial
    distribution, ``S`` goes to one. ``D``, ``T`` and ``F`` are in barn and for neutrons only, else None. ``g`` and
    ``R`` are those of ``G_pdf``, cut and damped as it is. Without an end in Q the pairs end with the last distance,
    whose edge leaves ripples in ``S``: count far where it is wanted.
    """

    probe: str
    pairs: tuple[tuple[str, str], ...]
    fractions: Mapping[str, float]
    density_per_angstrom3: float = quantity("1/angstrom3", "number density")
    r_angstrom: Floats = quantity("angstrom", "distance", axes=("bin",))
    g: Floats = quantity("1", "pair distribution g(r)", axes=("bin",))
    G_pdf: Floats = quantity("1/angstrom^2", "reduced pair distribution", axes=("bin",))
    R: Floats = quantity("1/angstrom", "radial distribution 4 pi r^2 rho g", axes=("bin",))
    D: Floats | None = quantity("barn/angstrom^2", "differential correlation function", axes=("bin",))
    T: Floats | None = quantity("barn/angstrom^2", "total correlation function", axes=("bin",))
    q_per_angstrom: Floats = quantity("1/angstrom", "momentum transfer", axes=("point",))
    S: Floats = quantity("1", "structure factor", axes=("point",))
    QSm1: Floats = quantity("1/angstrom", "reduced structure factor Q (S - 1)", axes=("point",))
    F: Floats | None = quantity("barn", "total scattering structure factor", axes=("point",))
    weights: Floats = quantity("1", "weight of each pair", axes=("pair", "point"))
    q_max_per_angstrom: float | None = quantity("1/angstrom", "end of the integral over Q; None without")
    partials: PartialRdf
    warnings: tuple[str, ...] = ()


def pair_distribution(
    frames: Iterable[Atoms] | Atoms,
    probe: str = "neutron",
    r_max_angstrom: float = 20.0,
    r_step_angstrom: float = 0.02,
    *,
    q_max_per_angstrom: float | None = None,
    q_min_per_angstrom: float = 0.0,
    window: str = "none",
    damping_angstrom2: float = 0.0,
    qdamp_per_angstrom: float = 0.0,
    qbroad_per_angstrom: float = 0.0,
    peak_width_angstrom: float = 0.0,
    table: str = "sears1992",
    lengths_fm: Mapping[str, float] | None = None,
    factors: str = "lobato",
) -> PairDistribution:
    """Total pair distribution of periodic boxes for neutrons, x-rays or electrons.

    Parameters
    ----------
    frames
        One or many frames of one composition, read once.
    probe
        ``"neutron"``, ``"xray"`` or ``"electron"``.
    r_max_angstrom, r_step_angstrom
        Largest distance and width of the bins. Distances above half the box are counted over its images and flagged.
    q_max_per_angstrom, q_min_per_angstrom
        Ends of the integral over Q. Without an upper end, which only neutrons allow, nothing is cut.
    window
        ``"none"``, ``"lorch"`` or ``"gaussian"``, on the data in Q.
    damping_angstrom2
        b of the Gaussian window exp(-b Q^2), which needs one > 0; without that window it must be 0.
    qdamp_per_angstrom, qbroad_per_angstrom
        Resolution: damping of G, and broadening of peaks by sqrt(1 + (Qbroad r)^2).
    peak_width_angstrom
        Standard deviation given to every distance, for atoms at rest on their sites.
    table, lengths_fm
        Table of neutron lengths, and lengths [fm] that replace those of the table.
    factors
        Electron form factors, ``"lobato"`` or ``"mott-bethe"``.

    Raises
    ------
    InputError
        If an option is out of range, x-rays or electrons come without the end of Q, or a frame is not periodic.

    Examples
    --------
    >>> from ase.build import bulk
    >>> found = pair_distribution(bulk("Ni", cubic=True), "neutron", 4.0, peak_width_angstrom=0.08)
    >>> float(found.r_angstrom[found.G_pdf.argmax()].round(2))
    2.49
    """
    top = check_positive(r_max_angstrom, "r_max_angstrom", "angstrom")
    step = check_positive(r_step_angstrom, "r_step_angstrom", "angstrom")
    width = check_in_range(peak_width_angstrom, "peak_width_angstrom", low=0.0, unit="angstrom")
    broad = check_in_range(qbroad_per_angstrom, "qbroad_per_angstrom", low=0.0, unit="1/angstrom")
    check_in_range(qdamp_per_angstrom, "qdamp_per_angstrom", low=0.0, unit="1/angstrom")
    if broad > 0.0 and width == 0.0:
        raise InputError("qbroad_per_angstrom widens peaks of a width: give peak_width_angstrom too.")
    _check_q(probe, q_max_per_angstrom, q_min_per_angstrom, window, step)
    if (check_in_range(damping_angstrom2, "damping_angstrom2", low=0.0, unit="angstrom^2") > 0.0) != (
        window == "gaussian"
    ):
        raise InputError(
            f"damping_angstrom2 belongs to window='gaussian' and is > 0 there; got {damping_angstrom2:g} with window "
            f"{window!r}."
        )
    noticed: dict[str, float] = {}
    reach = top + (0.0 if q_max_per_angstrom is None else RIPPLES * 2.0 * np.pi / q_max_per_angstrom)
    reach += 5.0 * width * float(np.hypot(1.0, broad * reach))
    partials = partial_rdf(watched_frames(frames, noticed), None, reach, step)
    options: dict[str, object] = {"table": table, "lengths_fm": lengths_fm, "factors": factors}
    waves = pair_waves(partials, noticed, probe, options, (width, broad, qdamp_per_angstrom), top)
    g_pdf = _real_space(waves, (q_min_per_angstrom, q_max_per_angstrom), window, damping_angstrom2, top)
    return _result(waves, partials, noticed, g_pdf, q_max_per_angstrom)


def _check_q(probe: str, q_max: float | None, q_min: float, window: str, step: float) -> None:
    if probe not in PROBES:
        raise InputError(f"There is no probe {probe!r}; {nearest_names(probe, PROBES)}.")
    if window not in Q_WINDOWS:
        raise InputError(f"There is no window {window!r}; {nearest_names(window, Q_WINDOWS)}.")
    if q_max is None:
        if probe != "neutron":
            raise InputError(
                f"form factors of the probe {probe!r} depend on Q, and G(r) on the end of the data: give "
                "q_max_per_angstrom, such as 25."
            )
        if window != "none" or q_min > 0.0:
            raise InputError("window and q_min_per_angstrom belong to an integral over Q: give q_max_per_angstrom too.")
        return
    check_positive(q_max, "q_max_per_angstrom", "1/angstrom")
    check_in_range(q_min, "q_min_per_angstrom", low=0.0, high=q_max, high_open=True, unit="1/angstrom")
    if q_max * step > np.pi:
        raise InputError(
            f"bins of {step:g} angstrom cannot hold waves up to Q = {q_max:g}: r_step_angstrom must be "
            f"{np.pi / q_max:.3g} at most."
        )


def _real_space(
    waves: PairWaves, ends: tuple[float, float | None], window: str, damping_angstrom2: float, top: float
) -> Floats:
    """G_pdf on the bins up to the largest distance."""
    wanted = waves.r[: max(1, round(top / waves.step))]
    low, high = ends
    if high is None:
        direct = (waves.weights(np.zeros(1)) * waves.pairs_d).sum(axis=0)
        return np.asarray(direct[: len(wanted)])
    q, weights = sine_nodes(low, high, float(wanted[-1] + waves.r[-1]))
    if window == "lorch":
        weights = weights * lorch_window(q, high)
    elif window == "gaussian":
        weights = weights * gaussian_window(q, damping_angstrom2)
    return np.asarray(2.0 / np.pi * np.sin(wanted[:, None] * q) @ (weights * waves.reduced(q)))


def _result(
    waves: PairWaves, partials: PartialRdf, fractions: Mapping[str, float], g_pdf: Floats, q_max: float | None
) -> PairDistribution:
    r, density = waves.r[: len(g_pdf)], partials.density_per_angstrom3
    end = DEFAULT_Q_END if q_max is None else q_max
    q: Floats = Q_STEP * np.arange(1.0, max(1, round(end / Q_STEP)) + 1)
    reduced = waves.reduced(q)
    g = 1.0 + g_pdf / (4.0 * np.pi * density * r)
    square = None
    if waves.probe == "neutron":
        strengths = scattering_strengths("neutron", waves.elements, [0.0], **waves.options)  # type: ignore[arg-type]
        square = BARN_PER_SQUARE_FM * float(waves.fractions @ strengths[:, 0]) ** 2
    return PairDistribution(
        probe=waves.probe,
        pairs=partials.pairs,
        fractions=dict(fractions),
        density_per_angstrom3=density,
        r_angstrom=r,
        g=g,
        G_pdf=g_pdf,
        R=4.0 * np.pi * density * r**2 * g,
        D=None if square is None else square * g_pdf,
        T=None if square is None else square * (g_pdf + 4.0 * np.pi * density * r),
        q_per_angstrom=q,
        S=1.0 + reduced / q,
        QSm1=reduced,
        F=None if square is None else square * reduced / q,
        weights=waves.weights(q),
        q_max_per_angstrom=q_max,
        partials=partials,
        warnings=partials.warnings,
    )
