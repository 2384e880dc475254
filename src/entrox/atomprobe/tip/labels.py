"""Composition of a simulated tip at every place: the noise-free truth from which the species are drawn.

Lengths in nm; fractions dimensionless.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.tip.settings import (
    ClusterLabels,
    FieldLabels,
    GradientLabels,
    LamellaLabels,
    OrderedLabels,
    TipSettings,
)
from entrox.core import InputError
from entrox.structure.composition_field import (
    CompositionField,
    draw_labels,
    gaussian_fields,
    grid_spacing_nm,
    local_fractions,
)

__all__ = ["LabelField", "build_label_field", "draw_site_labels"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
CHUNK = 1 << 18


class LabelField(Protocol):
    """The composition at every place."""

    @property
    def length_nm(self) -> float | None:
        """Distance over which the composition changes; None where it does not."""

    def fractions_at(self, positions_nm: Floats, corner: Flags | None = None) -> NDArray[np.floating]:
        """Return the fractions at positions, shape ``(n, n_species)``; ``corner`` marks corners of lattice cells."""


@dataclass(frozen=True, eq=False)
class _Uniform:
    bulk: Floats
    length_nm: float | None = None

    def fractions_at(self, positions_nm: Floats, corner: Flags | None = None) -> NDArray[np.floating]:
        return np.broadcast_to(self.bulk, (len(positions_nm), len(self.bulk)))


@dataclass(frozen=True, eq=False)
class _Correlated:
    bulk: Floats
    amplitude: float
    fields: CompositionField

    @property
    def length_nm(self) -> float:
        return 3.0 * grid_spacing_nm(self.fields.correlation_length_nm)

    def fractions_at(self, positions_nm: Floats, corner: Flags | None = None) -> NDArray[np.floating]:
        return local_fractions(self.bulk, self.amplitude, self.fields.at(positions_nm))


@dataclass(frozen=True, eq=False)
class _Clusters:
    bulk: Floats
    core: Floats
    centers: Floats
    radius: float
    width: float

    @property
    def length_nm(self) -> float:
        return min(self.radius, max(self.width, 0.5 * self.radius))

    def fractions_at(self, positions_nm: Floats, corner: Flags | None = None) -> NDArray[np.floating]:
        from scipy.spatial import cKDTree

        distance, _ = cKDTree(self.centers).query(positions_nm, distance_upper_bound=self.radius + self.width)
        if self.width > 0.0:
            share = np.clip(0.5 + (self.radius - distance) / self.width, 0.0, 1.0)
        else:
            share = np.where(distance <= self.radius, 1.0, 0.0)
        return np.asarray(self.bulk + share[:, None] * (self.core - self.bulk))


@dataclass(frozen=True, eq=False)
class _Ordered:
    bulk: Floats
    corner: Floats
    other: Floats
    length_nm: float | None = None

    def fractions_at(self, positions_nm: Floats, corner: Flags | None = None) -> NDArray[np.floating]:
        if corner is None:
            return np.broadcast_to(self.bulk, (len(positions_nm), len(self.bulk)))
        return np.where(corner[:, None], self.corner, self.other)


@dataclass(frozen=True, eq=False)
class _Gradient:
    start: Floats
    end: Floats
    height: float

    @property
    def length_nm(self) -> float:
        return self.height

    def fractions_at(self, positions_nm: Floats, corner: Flags | None = None) -> NDArray[np.floating]:
        share = np.clip(positions_nm[:, 2:3] / self.height, 0.0, 1.0)
        return np.asarray(self.start + share * (self.end - self.start))


@dataclass(frozen=True, eq=False)
class _Lamellae:
    bulk: Floats
    plate: Floats
    period: float
    share: float

    @property
    def length_nm(self) -> float:
        return self.period * min(self.share, 1.0 - self.share)

    def fractions_at(self, positions_nm: Floats, corner: Flags | None = None) -> NDArray[np.floating]:
        phase = (positions_nm[:, 2:3] / self.period) % 1.0
        return np.where(phase < self.share, self.plate, self.bulk)


def build_label_field(settings: TipSettings, rng: np.random.Generator) -> LabelField:
    """Make the composition of a tip.

    Parameters
    ----------
    settings
        Settings of the tip.
    rng
        Source of randomness of fields and cluster centers.

    Raises
    ------
    InputError
        If the box is too small for the field, holds no cluster, or the rest of an ordered lattice would be negative.
    """
    labels, box = settings.labels, settings.box_nm
    bulk = np.array(list(settings.composition.values()))

    def vector(composition: dict[str, float]) -> Floats:
        return np.array([composition.get(name, 0.0) for name in settings.species])

    if isinstance(labels, FieldLabels):
        fields = gaussian_fields(len(bulk), box, labels.correlation_length_nm, rng)
        return _Correlated(bulk, labels.amplitude, fields)
    if isinstance(labels, ClusterLabels):
        centers = _cluster_centers(labels, box, rng)
        return _Clusters(bulk, vector(labels.composition), centers, labels.radius_nm, labels.interface_width_nm)
    if isinstance(labels, OrderedLabels):
        return _ordered(labels, bulk, vector(labels.corner_composition), settings)
    if isinstance(labels, GradientLabels):
        return _Gradient(bulk, vector(labels.end_composition), box[2])
    if isinstance(labels, LamellaLabels):
        return _Lamellae(bulk, vector(labels.composition), labels.period_nm, labels.share)
    return _Uniform(bulk)


def _cluster_centers(labels: ClusterLabels, box: tuple[float, float, float], rng: np.random.Generator) -> Floats:
    """Centers in the box; the nearest one counts where clusters overlap."""
    number = round(labels.density_per_nm3 * box[0] * box[1] * box[2])
    if number < 1:
        raise InputError(
            f"labels.density_per_nm3 = {labels.density_per_nm3:g} puts no cluster into a box of "
            f"{box[0] * box[1] * box[2]:g} nm3; take a larger box or a higher density."
        )
    return np.asarray(rng.random((number, 3)) * np.array(box))


def _ordered(labels: OrderedLabels, bulk: Floats, corner: Floats, settings: TipSettings) -> _Ordered:
    share = 0.5 if settings.sites.kind == "bcc" else 0.25
    rest = (bulk - share * corner) / (1.0 - share)
    if rest.min() < -1e-9:
        name = settings.species[int(rest.argmin())]
        raise InputError(
            f"labels.corner_composition puts {share * corner[rest.argmin()]:g} of all sites as {name} on the corners; "
            f"the composition has only {bulk[rest.argmin()]:g}."
        )
    order = labels.order_parameter
    return _Ordered(bulk, bulk + order * (corner - bulk), np.clip(bulk + order * (rest - bulk), 0.0, None))


def draw_site_labels(
    field: LabelField, positions_nm: Floats, corner: Flags, rng: np.random.Generator
) -> NDArray[np.int16]:
    """Draw the species of sites; given the composition at its place, each is independent. Shape ``(n,)``."""
    labels = np.empty(len(positions_nm), dtype=np.int16)
    for start in range(0, len(positions_nm), CHUNK):
        part = slice(start, start + CHUNK)
        labels[part] = draw_labels(field.fractions_at(positions_nm[part], corner[part]), rng)
    return labels
