"""The strip that is bent: length, width, one or several layers, and what follows for bending.

Units: m, Pa, N m2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from entrox.core import InputError, check_positive
from entrox.core.units import METER_PER_MICROMETER
from entrox.mechanics.layers import Layer, neutral_axis, stack_stiffness

__all__ = ["STATES", "Strip"]

STATES = ("auto", "strain", "stress")
WIDE = 5.0
"""Widths over thickness from which the strip cannot contract sideways: plane strain."""
THIN = 5.0
"""Least length over thickness."""


@dataclass(frozen=True)
class Strip:
    """A film in the shape of a strip.

    Parameters
    ----------
    length, width
        [m].
    layers
        Bottom to top; the bottom is bent inside.
    plane
        ``strain`` for a wide strip, ``stress`` for a narrow one, ``auto``: strain from five thicknesses on.

    Raises
    ------
    InputError
        If the film is thicker than a fifth of its length.

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> print(f"{strip.outer_modulus / 1e9:.4f} GPa, {strip.stiffness:.5e} N m2")
    74.2784 GPa, 3.16921e-15 N m2
    """

    length: float
    width: float
    layers: tuple[Layer, ...]
    plane: str = "auto"

    def __post_init__(self) -> None:
        check_positive(self.length, "length", "m")
        check_positive(self.width, "width", "m")
        if not self.layers:
            raise InputError("a strip needs at least one layer.")
        if self.plane not in STATES:
            raise InputError(f"plane must be one of {', '.join(STATES)}; got {self.plane!r}.")
        if self.thickness > self.length / THIN:
            raise InputError(
                f"the thickness of {self.thickness / METER_PER_MICROMETER:g} um is more than a fifth of the length of "
                f"{self.length / METER_PER_MICROMETER:g} um: theory of thin films does not hold. Take a longer strip."
            )

    @classmethod
    def single(
        cls, length: float, width: float, thickness: float, modulus: float, poisson: float = 0.0, plane: str = "auto"
    ) -> Strip:
        """Strip of one layer."""
        return cls(length, width, (Layer(thickness, modulus, poisson),), plane)

    @property
    def thickness(self) -> float:
        """Of all layers [m]."""
        return math.fsum(layer.thickness for layer in self.layers)

    @property
    def is_plane_strain(self) -> bool:
        """Whether the strip is too wide to contract sideways."""
        return self.plane == "strain" or (self.plane == "auto" and self.width >= WIDE * self.thickness)

    def modulus_of(self, layer: Layer) -> float:
        """Modulus of a layer against bending of this strip [Pa]."""
        return layer.plane_modulus if self.is_plane_strain else layer.modulus

    @property
    def neutral_height(self) -> float:
        """Height of the neutral axis above the bottom [m]."""
        t, e = self._stack()
        return float(neutral_axis(t, e))

    @property
    def outside(self) -> float:
        """Distance of the outer face, the top, from the neutral axis [m]."""
        return self.thickness - self.neutral_height

    @property
    def inside(self) -> float:
        """Distance of the inner face, the bottom, from the neutral axis [m]."""
        return self.neutral_height

    @property
    def outer_modulus(self) -> float:
        """Modulus of the layer at the outer face against bending [Pa]."""
        return self.modulus_of(self.layers[-1])

    @property
    def stiffness(self) -> float:
        """Bending stiffness [N m2]."""
        t, e = self._stack()
        return float(stack_stiffness(t, e)) * self.width

    @property
    def axial_stiffness(self) -> float:
        """Force over strain of stretching [N]."""
        return math.fsum(layer.thickness * self.modulus_of(layer) for layer in self.layers) * self.width

    def _stack(self) -> tuple[list[float], list[float]]:
        return [layer.thickness for layer in self.layers], [self.modulus_of(layer) for layer in self.layers]
