r"""Piezoelectric coefficient d33 in three ways that must agree.

.. math:: d_{33} = \frac{\partial \varepsilon_3}{\partial E_3} = \frac{\partial (M_3 / V_0)}{\partial \sigma_3}, \qquad
          d_{aij} = \frac{1}{k_\mathrm{B} T} \, \langle \delta M_a \, \delta \varepsilon_{ij} \rangle_{NPT}

The first two by symmetric finite fields or stresses, the third by fluctuations at rest. M is the dipole of the box
against a reference (:mod:`entrox.dynamics.electric.field`), strain counts without rotation from a reference cell of
volume V0.
With fixed effective charges. Units: d in pC/N, which is pm/V; field in V/m, stress in Pa, dipole in e angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_positive, check_shape, quantity
from entrox.core.blocking import block_errors
from entrox.core.linear_fit import fit_linear
from entrox.core.units import (
    BOLTZMANN_EV_PER_K,
    VOLT_PER_METER_PER_VOLT_PER_ANGSTROM,
)
from entrox.dynamics.electric.field import FIXED_CHARGES

__all__ = [
    "PiezoelectricSlope",
    "PiezoelectricTensor",
    "box_strain",
    "piezoelectric_from_field",
    "piezoelectric_from_fluctuations",
    "piezoelectric_from_stress",
]

Floats = NDArray[np.float64]

PICO = 1e-12
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
"""Order of the strain components of a tensor."""
SMALLEST_DRIVES = 4
BEND = 0.1
"""Part of the response at the largest drive that may bend before it is mentioned."""


@dataclass(frozen=True, kw_only=True)
class PiezoelectricSlope(Result):
    """A coefficient from responses to several drives."""

    d_pc_per_n: float = quantity("pC/N", "piezoelectric coefficient")
    error_pc_per_n: float = quantity("pC/N", "standard error of the fit")
    bend: float = quantity("1", "quadratic part of the response over the linear one, at the largest drive")
    method: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PiezoelectricTensor(Result):
    """All coefficients from fluctuations; shear strains count twice, as in Voigt's notation."""

    d_pc_per_n: Floats = quantity("pC/N", "piezoelectric coefficients", axes=("component", "voigt"))
    error_pc_per_n: Floats = quantity("pC/N", "standard errors from blocks", axes=("component", "voigt"))
    n_samples: int = quantity("1", "samples")
    warnings: tuple[str, ...] = ()


def box_strain(cell_angstrom: ArrayLike, reference_angstrom: ArrayLike) -> tuple[Floats, Floats]:
    """Strain and rotation of cells against a reference cell, both of shape ``(n, 3, 3)``.

    The deformation h0^-1 h is the product U R of a stretch and a rotation; the strain is U - 1. A vector v of the
    turned cell is v R^T in the frame of the reference.

    Parameters
    ----------
    cell_angstrom
        Cell vectors as rows, shape ``(n, 3, 3)``.
    reference_angstrom
        Shape ``(3, 3)``.
    """
    cells = check_shape(cell_angstrom, (None, 3, 3), "cell_angstrom")
    deformation = np.linalg.solve(check_shape(reference_angstrom, (3, 3), "reference_angstrom")[None], cells)
    squares, axes = np.linalg.eigh(deformation @ deformation.transpose(0, 2, 1))
    stretch = np.einsum("nik,nk,njk->nij", axes, np.sqrt(squares), axes)
    return np.asarray(stretch - np.eye(3)), np.linalg.solve(stretch, deformation)


def piezoelectric_from_field(field_v_per_m: ArrayLike, strain: ArrayLike) -> PiezoelectricSlope:
    """Coefficient from the strain in fields of both signs.

    Parameters
    ----------
    field_v_per_m
        Fields along one axis, shape ``(n,)``, n >= 4 and symmetric about zero.
    strain
        Component of the strain at each, shape ``(n,)``.

    Raises
    ------
    InputError
        If the fields are too few or not symmetric.
    """
    return _slope(field_v_per_m, strain, "strain in a field", "field_v_per_m")


def piezoelectric_from_stress(stress_pa: ArrayLike, polarization_c_per_m2: ArrayLike) -> PiezoelectricSlope:
    """Coefficient from the polarization under stresses of both signs.

    Parameters
    ----------
    stress_pa
        Component of the stress, tension positive, shape ``(n,)``, n >= 4 and symmetric about zero.
    polarization_c_per_m2
        Dipole over the volume of the reference cell at each, shape ``(n,)``.

    Raises
    ------
    InputError
        If the stresses are too few or not symmetric.
    """
    return _slope(stress_pa, polarization_c_per_m2, "polarization under a stress", "stress_pa")


def piezoelectric_from_fluctuations(
    dipole_e_angstrom: ArrayLike, cell_angstrom: ArrayLike, temperature_k: float
) -> PiezoelectricTensor:
    """Coefficients from a run at constant temperature and stress, without field.

    Parameters
    ----------
    dipole_e_angstrom
        Dipole of the box in equally spaced frames, shape ``(n, 3)``, from the settled part of the run.
    cell_angstrom
        Cell vectors, shape ``(n, 3, 3)``.
    temperature_k
        Temperature.

    Notes
    -----
    The error is that of the mean of the products of deviations, by blocks: the time in which dipole and strain forget
    each other must be short against the run, which near a transition it is not.
    """
    dipole = check_shape(dipole_e_angstrom, (None, 3), "dipole_e_angstrom")
    cells = check_shape(cell_angstrom, (len(dipole), 3, 3), "cell_angstrom")
    if len(dipole) < 2:
        raise InputError(f"fluctuations need at least two samples; got {len(dipole)}.")
    strain, rotation = box_strain(cells, cells[0])
    # a box without walls turns in the course of a run: dipoles are compared in the frame of its cell
    dipole = np.einsum("nb,nab->na", dipole, rotation)
    voigt = np.stack([strain[:, i, j] * (1.0 if i == j else 2.0) for i, j in VOIGT], axis=1)
    products = (dipole - dipole.mean(axis=0))[:, :, None] * (voigt - voigt.mean(axis=0))[:, None, :]
    angstrom_per_volt = 1.0 / (BOLTZMANN_EV_PER_K * check_positive(temperature_k, "temperature_k", "K"))
    scale = angstrom_per_volt / VOLT_PER_METER_PER_VOLT_PER_ANGSTROM / PICO
    errors, settled = block_errors(products) or (np.full(products.shape[1:], np.nan), np.zeros(products.shape[1:]))
    remarks = [FIXED_CHARGES]
    if not settled.all():
        remarks.append("the run is too short for its memory: some errors are lower bounds.")
    return PiezoelectricTensor(
        d_pc_per_n=scale * products.mean(axis=0),
        error_pc_per_n=scale * errors,
        n_samples=len(dipole),
        warnings=tuple(remarks),
    )


def _slope(drive: ArrayLike, response: ArrayLike, method: str, name: str) -> PiezoelectricSlope:
    """Fit a line with a quadratic part, which a symmetric drive keeps apart from the slope."""
    given = check_shape(drive, (None,), name)
    values = check_shape(response, (len(given),), "response")
    scale = float(np.abs(given).max(initial=0.0))
    ordered = np.sort(given)
    if len(given) < SMALLEST_DRIVES or scale == 0.0 or np.abs(ordered + ordered[::-1]).max() > 1e-6 * scale:
        raise InputError(
            f"{name} must hold at least {SMALLEST_DRIVES} values, symmetric about zero; got {given.tolist()}."
        )
    share = given / scale
    fit = fit_linear(np.stack([np.ones_like(share), share, share**2], axis=1), values)
    linear, quadratic = float(fit.coefficients[1]), float(fit.coefficients[2])
    bend = abs(quadratic / linear) if linear else float("inf")
    remarks = [FIXED_CHARGES]
    if bend > BEND:
        remarks.append(f"the response bends by {bend:.2g} of its slope: make {name} smaller.")
    return PiezoelectricSlope(
        d_pc_per_n=linear / scale / PICO,
        error_pc_per_n=float(fit.standard_errors[1]) / scale / PICO,
        bend=bend,
        method=method,
        warnings=tuple(remarks),
    )
