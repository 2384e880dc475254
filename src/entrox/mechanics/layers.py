"""Films of several layers: neutral axis, stiffness, strains on a radius, misfit, and the cover that moves the axis.

Layers go from bottom to top; heights y are counted from the bottom. Units: m, Pa, N m2; strains as fractions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import (
    InputError,
    Result,
    check_in_range,
    check_integer,
    check_positive,
    check_shape,
    quantity,
)
from entrox.core.units import METER_PER_MICROMETER, PERCENT

__all__ = [
    "Layer",
    "StackBending",
    "bend_stack",
    "cover_thickness",
    "free_curvature",
    "neutral_axis",
    "stack_stiffness",
]

Floats = NDArray[np.float64]
POISSON_LIMIT = 0.5


@dataclass(frozen=True)
class Layer:
    """One layer of a film.

    Parameters
    ----------
    thickness
        [m].
    modulus
        Young's modulus [Pa].
    poisson
        Poisson's ratio, below 0.5.
    misfit
        Strain that the layer would take if it were free, against the other layers: thermal, or of growth.
    name
        For tables.
    """

    thickness: float
    modulus: float
    poisson: float = 0.0
    misfit: float = 0.0
    name: str = ""

    def __post_init__(self) -> None:
        check_positive(self.thickness, "thickness of a layer", "m")
        check_positive(self.modulus, "modulus of a layer", "Pa")
        check_in_range(self.misfit, "misfit of a layer", low=-0.2, high=0.2)
        if not -1.0 < self.poisson < POISSON_LIMIT:
            raise InputError(
                f"Poisson's ratio must lie in (-1, 0.5); got {self.poisson:g}. Theory of thin films needs a "
                "compressible layer; take 0.49 for rubber."
            )

    @property
    def plane_modulus(self) -> float:
        """Modulus of a wide strip, E / (1 - nu^2) [Pa]."""
        return self.modulus / (1.0 - self.poisson**2)

    @property
    def biaxial_modulus(self) -> float:
        """Modulus of a layer strained alike in both directions, E / (1 - nu) [Pa]."""
        return self.modulus / (1.0 - self.poisson)


@dataclass(frozen=True, kw_only=True)
class StackBending(Result):
    """Layers bent on a radius: strains at the bottom and the top of each."""

    neutral_axis: float = quantity("m", "height of the neutral axis above the bottom")
    stiffness_per_width: float = quantity("N m", "bending stiffness per width")
    radius: float = quantity("m", "radius of the neutral axis")
    radius_inside: float = quantity("m", "radius of the bottom face, that of a mandrel")
    bending_strain: Floats = quantity("1", "strain of bending at bottom and top of each layer", axes=("layer", "face"))
    strain: Floats = quantity("1", "elastic strain with that of the misfit", axes=("layer", "face"))
    stress: Floats = quantity("Pa", "stress along the bend at bottom and top of each layer", axes=("layer", "face"))
    names: tuple[str, ...] = ()


def neutral_axis(thicknesses: ArrayLike, plane_moduli: ArrayLike) -> Floats:
    """Height of the neutral axis above the bottom [m].

    Parameters
    ----------
    thicknesses
        Bottom to top [m], shape ``(..., n_layers)``; leading axes are many stacks at once.
    plane_moduli
        Moduli of the strip [Pa], of the same shape.

    Examples
    --------
    >>> float(neutral_axis([1.0, 1.0], [2.0, 2.0]))
    1.0
    """
    t, e = np.asarray(thicknesses, float), np.asarray(plane_moduli, float)
    middle = np.cumsum(t, axis=-1) - 0.5 * t
    axis: Floats = (e * t * middle).sum(axis=-1) / (e * t).sum(axis=-1)
    return axis


def stack_stiffness(thicknesses: ArrayLike, plane_moduli: ArrayLike) -> Floats:
    """Bending stiffness per width about the neutral axis [N m]; arguments as :func:`neutral_axis`.

    Examples
    --------
    >>> float(stack_stiffness([1.0], [12.0]))
    1.0
    """
    t, e = np.asarray(thicknesses, float), np.asarray(plane_moduli, float)
    off = np.cumsum(t, axis=-1) - 0.5 * t - neutral_axis(t, e)[..., None]
    stiffness: Floats = (e * (t**3 / 12.0 + t * off**2)).sum(axis=-1)
    return stiffness


def bend_stack(
    layers: Sequence[Layer], *, radius: float | None = None, mandrel: float | None = None, plane_strain: bool = True
) -> StackBending:
    """Strains of layers that are bent on a cylinder, the top outside.

    Parameters
    ----------
    layers
        Bottom to top.
    radius
        Radius of the neutral axis [m]; negative bends the top inside.
    mandrel
        Radius of the cylinder on which the bottom lies [m]. Give one of the two.
    plane_strain
        True for a wide strip, False for a narrow one.

    Raises
    ------
    InputError
        If both or none are given, or a face would be strained by more than 20 %.

    Notes
    -----
    Strain of bending is ``(y - y_n) / R``. A misfit adds what the layer carries while the stack is held flat,
    so the residual forces of all layers are in balance; its stress is that of a layer strained in both directions.

    Examples
    --------
    A film of 0.4 um on a sheet of 20 um, on a radius of 3 mm:

    >>> found = bend_stack([Layer(20e-6, 60e9, 0.25), Layer(0.4e-6, 70e9, 0.24)], radius=3e-3)
    >>> print(f"{found.neutral_axis * 1e6:.4f} um, {found.strain[1, 1] * 100:.5f} %")
    10.2314 um, 0.33895 %
    """
    t, e, biaxial, misfit = _columns(layers)
    if not plane_strain:
        e = np.array([layer.modulus for layer in layers])
    y_n = float(neutral_axis(t, e))
    if (radius is None) == (mandrel is None):
        raise InputError("give one of the radius of the neutral axis and the radius of the mandrel.")
    bent = check_positive(mandrel, "radius of the mandrel", "m") + y_n if mandrel is not None else radius
    assert bent is not None
    if not math.isfinite(bent) or abs(bent) <= 0.0:
        raise InputError(f"the radius must be finite and not zero; got {bent:g} m.")
    top = np.cumsum(t)
    bending = (np.column_stack([top - t, top]) - y_n) / bent
    largest = float(np.abs(bending).max())
    if largest > 0.2:
        raise InputError(
            f"a radius of {bent / METER_PER_MICROMETER:g} um strains a face of the layers by {largest * PERCENT:.3g} "
            "%; theory of thin films holds to 20 %. Take a larger radius."
        )
    residual = (biaxial * t * misfit).sum() / (biaxial * t).sum() - misfit
    return StackBending(
        neutral_axis=y_n,
        stiffness_per_width=float(stack_stiffness(t, e)),
        radius=bent,
        radius_inside=bent - y_n,
        bending_strain=bending,
        strain=bending + residual[:, None],
        stress=e[:, None] * bending + (biaxial * residual)[:, None],
        names=tuple(layer.name or f"layer {index + 1}" for index, layer in enumerate(layers)),
    )


def free_curvature(layers: Sequence[Layer]) -> float:
    """Curvature that misfits give to layers nothing holds [1/m]; positive where the top is outside.

    Notes
    -----
    Forces and moments of the layers vanish; curvatures of both directions are taken alike, which holds as long as the
    bow is smaller than the thickness. For a thin film on a thick sheet this is Stoney's formula.

    Examples
    --------
    >>> stoney = free_curvature([Layer(500e-6, 170e9, 0.3), Layer(1e-8, 100e9, 0.3, misfit=1e-3)])
    >>> print(f"{stoney / (6 * 100 / 170 * 1e-8 * 1e-3 / 500e-6**2):.4f}")
    1.0000
    """
    t, _, biaxial, misfit = _columns(layers)
    top = np.cumsum(t)
    middle, second = top - 0.5 * t, (top**3 - (top - t) ** 3) / 3.0
    a = biaxial * t
    matrix = np.array([[a.sum(), (a * middle).sum()], [(a * middle).sum(), (biaxial * second).sum()]])
    return float(np.linalg.solve(matrix, [(a * misfit).sum(), (a * misfit * middle).sum()])[1])


def cover_thickness(layers: Sequence[Layer], index: int, modulus: float, poisson: float = 0.0) -> float:
    """Thickness of a cover on top that puts the neutral axis into the middle of one layer [m].

    Parameters
    ----------
    layers
        Bottom to top, without the cover.
    index
        The layer to be spared, counted from 0 at the bottom.
    modulus, poisson
        Of the cover [Pa].

    Raises
    ------
    InputError
        If the neutral axis already lies above the middle of that layer.

    Examples
    --------
    >>> cover = cover_thickness([Layer(20e-6, 60e9, 0.25), Layer(0.4e-6, 70e9, 0.24)], 1, 60e9, 0.25)
    >>> print(f"{cover * 1e6:.2f} um")
    20.00 um
    """
    check_integer(index, "index of the layer", low=0, high=len(layers) - 1)
    cover = Layer(1.0, modulus, poisson)
    t, e, _, _ = _columns(layers)
    middle = np.cumsum(t) - 0.5 * t
    wanted, height = middle[index], t.sum()
    lack = float((e * t * (wanted - middle)).sum())
    if lack < 0.0:
        raise InputError(
            f"the neutral axis lies above the middle of layer {index + 1} already; a cover moves it further up. "
            "Thicken the bottom instead."
        )
    lever = height - wanted
    return float(math.sqrt(lever**2 + 2.0 * lack / cover.plane_modulus) - lever)


def _columns(layers: Sequence[Layer]) -> tuple[Floats, Floats, Floats, Floats]:
    if not layers:
        raise InputError("a film needs at least one layer.")
    table = [(layer.thickness, layer.plane_modulus, layer.biaxial_modulus, layer.misfit) for layer in layers]
    t, e, biaxial, misfit = check_shape(table, (None, 4), "layers").T
    return t, e, biaxial, misfit
