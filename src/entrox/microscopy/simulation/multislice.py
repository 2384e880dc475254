"""Image of one column and its surroundings by multislice, through abTEM (extra ``microscopy``).

Not for a field of view: a scan of 3 x 3 x 25 cells takes minutes. The grid of the wave sets the largest angle,
lambda / (2 sampling), of which the engine keeps two thirds, so that waves do not fold back; a detector beyond that
would count nothing there and say nothing, and is refused.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy import constants

from entrox.core import InputError, MissingExtraError, check_positive
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.simulation.simulation_settings import NotNegative, Positive

if TYPE_CHECKING:
    from ase import Atoms

__all__ = [
    "MultisliceSettings", "electron_wavelength", "largest_angle_mrad", "needed_sampling", "simulate_multislice",
]  # fmt: skip

Floats = NDArray[np.float64]

KEPT_SHARE = 2.0 / 3.0
"""Share of the largest angle that the band limit of the engine keeps."""


class MultisliceSettings(BaseModel):
    """Microscope and grid.

    Attributes
    ----------
    energy_kv, convergence_mrad, defocus_angstrom
        Of the probe.
    inner_mrad, outer_mrad
        Angles of the annular detector.
    sampling_angstrom
        Grid of the wave; the default reaches 200 mrad at 300 kV.
    slice_angstrom
        Thickness of a slice.
    scan_step_angstrom
        Step of the scan: the pixel of the image.
    scan_angstrom
        Width and height of the scan from the corner of the box; the whole box if not given.
    phonon_configurations, phonon_sigma_angstrom
        Frozen phonons and their displacement (rms of one component); none at zero.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    energy_kv: Positive = 300.0
    convergence_mrad: Positive = 25.0
    defocus_angstrom: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    inner_mrad: NotNegative = 52.0
    outer_mrad: Positive = 200.0
    sampling_angstrom: Positive = 0.032
    slice_angstrom: Positive = 2.0
    scan_step_angstrom: Positive = 0.2
    scan_angstrom: tuple[Positive, Positive] | None = None
    phonon_configurations: Annotated[int, Field(ge=0)] = 0
    phonon_sigma_angstrom: Positive = 0.08


def electron_wavelength(energy_kv: float) -> float:
    r"""Wavelength of electrons [angstrom].

    .. math:: \lambda = h c / \sqrt{E (E + 2 m c^2)}

    Parameters
    ----------
    energy_kv
        Acceleration [kV].

    Examples
    --------
    >>> round(electron_wavelength(300.0), 5)
    0.01969
    """
    energy = 1e3 * check_positive(energy_kv, "energy_kv", "kV") * constants.e
    rest = constants.m_e * constants.c**2
    return float(constants.h * constants.c / math.sqrt(energy * (energy + 2.0 * rest)) / constants.angstrom)


def largest_angle_mrad(energy_kv: float, sampling_angstrom: float) -> float:
    """Largest angle on a grid, lambda / (2 sampling) [mrad]; the band limit of the engine keeps two thirds of it.

    Examples
    --------
    >>> round(largest_angle_mrad(300.0, 0.06))
    164
    """
    check_positive(sampling_angstrom, "sampling_angstrom", "angstrom")
    return 1e3 * electron_wavelength(energy_kv) / (2.0 * sampling_angstrom)


def needed_sampling(energy_kv: float, angle_mrad: float) -> float:
    """Coarsest grid that keeps an angle, band limit included [angstrom].

    Examples
    --------
    >>> round(needed_sampling(300.0, 200.0), 4)
    0.0328
    """
    return 1e3 * KEPT_SHARE * electron_wavelength(energy_kv) / (2.0 * check_positive(angle_mrad, "angle_mrad", "mrad"))


def simulate_multislice(atoms: Atoms, settings: MultisliceSettings, rng: np.random.Generator) -> Micrograph:
    """Scan a box of atoms with the beam along its third axis.

    Parameters
    ----------
    atoms
        Rectangular box; x points right in the image, y up, the beam runs along z. It closes on itself, and should be
        wider than the probe gets inside.
    settings
        Microscope and grid.
    rng
        Gives the engine its seed for the phonons.

    Returns
    -------
    Micrograph
        Share of the beam on the detector, no noise.

    Raises
    ------
    InputError
        If the detector reaches beyond the angles that the grid keeps, or the box is not rectangular or smaller than a
        pixel.
    MissingExtraError
        If abTEM is not installed.
    """
    _check_detector(settings)
    edges = _box(atoms)
    width, height = settings.scan_angstrom or (edges[0], edges[1])
    step = settings.scan_step_angstrom
    counts = (int(width / step + 1e-6), int(height / step + 1e-6))
    if min(counts) < 1:
        raise InputError(f"the scan is smaller than a pixel: {width:g} x {height:g} against {step:g} angstrom.")
    signal = _scanned(atoms, settings, counts, int(rng.integers(2**31)))
    # the engine counts x first and y upwards
    return Micrograph(
        intensity=np.ascontiguousarray(np.asarray(signal, dtype=float).T[::-1]),
        pixel_size_angstrom=step,
        source=f"multislice: {settings.energy_kv:g} kV, {settings.inner_mrad:g} to {settings.outer_mrad:g} mrad",
    )


def _check_detector(settings: MultisliceSettings) -> None:
    if settings.inner_mrad >= settings.outer_mrad:
        raise InputError(f"outer_mrad must be above inner_mrad; got {settings.inner_mrad:g}, {settings.outer_mrad:g}.")
    whole = largest_angle_mrad(settings.energy_kv, settings.sampling_angstrom)
    if settings.outer_mrad > KEPT_SHARE * whole:
        raise InputError(
            f"the detector ends at {settings.outer_mrad:g} mrad; a grid of {settings.sampling_angstrom:g} angstrom has "
            f"angles up to {whole:.1f} mrad and keeps {KEPT_SHARE * whole:.1f} mrad of them. Take a sampling_angstrom "
            f"of at most {needed_sampling(settings.energy_kv, settings.outer_mrad):.4f}."
        )


def _box(atoms: Atoms) -> Floats:
    """Edges of a rectangular box."""
    cell = np.asarray(atoms.cell.array, dtype=float)
    edges = cell.diagonal()
    if np.abs(cell - np.diag(edges)).max() > 1e-6 * max(float(edges.max()), 1.0) or edges.min() <= 0.0:
        raise InputError(f"multislice needs a rectangular box along x, y and z; got the cell {cell.tolist()}.")
    return np.asarray(edges)


def _scanned(atoms: Atoms, settings: MultisliceSettings, counts: tuple[int, int], seed: int) -> Any:
    """Signal of every point of the scan, shape ``(x, y)``."""
    try:
        import abtem
    except ImportError as error:
        raise MissingExtraError("abtem", "microscopy", "multislice simulation") from error
    source: Any = atoms
    if settings.phonon_configurations:
        source = abtem.FrozenPhonons(
            atoms, num_configs=settings.phonon_configurations, sigmas=settings.phonon_sigma_angstrom, seed=seed
        )
    potential = abtem.Potential(
        source, sampling=settings.sampling_angstrom, slice_thickness=settings.slice_angstrom, projection="infinite"
    )
    probe = abtem.Probe(
        energy=1e3 * settings.energy_kv, semiangle_cutoff=settings.convergence_mrad, defocus=settings.defocus_angstrom
    )
    probe.grid.match(potential)
    step = settings.scan_step_angstrom
    # a pixel's value is that at its center, half a step from the corner of the box
    scan = abtem.GridScan(
        start=(0.5 * step, 0.5 * step), end=((counts[0] + 0.5) * step, (counts[1] + 0.5) * step), gpts=counts,
        endpoint=False,
    )  # fmt: skip
    detector = abtem.AnnularDetector(inner=settings.inner_mrad, outer=settings.outer_mrad)
    with abtem.config.set({"local_diagnostics.progress_bar": False}):
        return probe.scan(potential, scan=scan, detectors=detector).compute(progress_bar=False).array
