"""Settings of a simulated tip: what it is made of, how it is measured, and its spectrum.

Units: nm, nm^-3, Da; the names end in their unit. Every part but the box, the composition and the sites has defaults.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, model_validator

from entrox.composition.elements import known_elements
from entrox.core import nearest_names

__all__ = [
    "ClusterLabels",
    "DensitySettings",
    "DetectionSettings",
    "EventSettings",
    "FieldLabels",
    "GradientLabels",
    "LamellaLabels",
    "OrderedLabels",
    "Pole",
    "RandomLabels",
    "SiteSettings",
    "SpectrumSettings",
    "Sphere",
    "TipSettings",
    "TruthSettings",
]

Share = Annotated[float, Field(ge=0.0, le=1.0)]
NotNegative = Annotated[float, Field(ge=0.0)]
Vector = tuple[float, float, float]
Edges = tuple[PositiveFloat, PositiveFloat, PositiveFloat]
SUM_TOLERANCE = 1e-6


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _check_sum(shares: dict[str, float], name: str) -> None:
    if not shares or min(shares.values()) < 0.0 or abs(sum(shares.values()) - 1.0) > SUM_TOLERANCE:
        total = sum(shares.values())
        raise ValueError(f"{name} must be >= 0 and sum to 1 (tolerance {SUM_TOLERANCE:g}); got sum {total:g}")


class SiteSettings(_Settings):
    """The ``[sites]`` table: a lattice with its parameter, or Poisson points of a density.

    In rock salt the composition fills the cation sites and ``anion`` all others.
    """

    kind: Literal["poisson", "fcc", "bcc", "rock-salt"]
    density_per_nm3: PositiveFloat | None = None
    lattice_parameter_nm: PositiveFloat | None = None
    anion: str | None = None

    @model_validator(mode="after")
    def _check(self) -> SiteSettings:
        poisson = self.kind == "poisson"
        if poisson and self.density_per_nm3 is None:
            raise ValueError("poisson sites need density_per_nm3")
        if poisson and self.lattice_parameter_nm is not None:
            raise ValueError("poisson sites have no lattice_parameter_nm; give density_per_nm3 alone")
        if not poisson and self.lattice_parameter_nm is None:
            raise ValueError(f"{self.kind} sites need lattice_parameter_nm")
        if not poisson and self.density_per_nm3 is not None:
            raise ValueError(f"{self.kind} sites need no density_per_nm3; lattice_parameter_nm fixes it")
        if (self.kind == "rock-salt") != (self.anion is not None):
            raise ValueError("anion is needed for rock-salt sites and for no others")
        return self


class RandomLabels(_Settings):
    """Ideal random alloy."""

    kind: Literal["random"] = "random"


class FieldLabels(_Settings):
    """Correlated Gaussian fields: ``p_i(x)`` proportional to ``p_i exp(amplitude g_i(x))``."""

    kind: Literal["field"]
    correlation_length_nm: PositiveFloat
    amplitude: NotNegative


class ClusterLabels(_Settings):
    """Spheres of another composition at random places; the tip's composition is that of the matrix.

    Across the interface the composition changes linearly over ``interface_width_nm``, centered on the radius.
    """

    kind: Literal["clusters"]
    density_per_nm3: PositiveFloat
    radius_nm: PositiveFloat
    composition: dict[str, Share]
    interface_width_nm: NotNegative = 0.0

    @model_validator(mode="after")
    def _check(self) -> ClusterLabels:
        _check_sum(self.composition, "composition")
        if self.interface_width_nm > 2.0 * self.radius_nm:
            raise ValueError("interface_width_nm must be at most twice radius_nm")
        return self


class OrderedLabels(_Settings):
    """Two sublattices of a cubic lattice: the corners of the cell, and the other sites (L1_2 in fcc, B2 in bcc).

    ``corner_composition`` holds at ``order_parameter`` 1, where the other sites take the rest; at 0 all are alike.
    """

    kind: Literal["ordered"]
    order_parameter: Share
    corner_composition: dict[str, Share]

    @model_validator(mode="after")
    def _check(self) -> OrderedLabels:
        _check_sum(self.corner_composition, "corner_composition")
        return self


class GradientLabels(_Settings):
    """Composition that changes linearly along z, from the tip's at z = 0 to ``end_composition`` at the far end."""

    kind: Literal["gradient"]
    end_composition: dict[str, Share]

    @model_validator(mode="after")
    def _check(self) -> GradientLabels:
        _check_sum(self.end_composition, "end_composition")
        return self


class LamellaLabels(_Settings):
    """Plates normal to z: in each period the first ``share`` has ``composition``, the rest that of the tip."""

    kind: Literal["lamellae"]
    period_nm: PositiveFloat
    share: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5
    composition: dict[str, Share]

    @model_validator(mode="after")
    def _check(self) -> LamellaLabels:
        _check_sum(self.composition, "composition")
        return self


LabelSettings = Annotated[
    RandomLabels | FieldLabels | ClusterLabels | OrderedLabels | GradientLabels | LamellaLabels,
    Field(discriminator="kind"),
]


class Sphere(_Settings):
    """A sphere in the box."""

    center_nm: Vector
    radius_nm: PositiveFloat


class Pole(_Settings):
    """A crystallographic pole: a column along z with a Gaussian profile in which fewer ions are found.

    At its center the share ``density_factor`` of all ions remains, and of each species in ``species_factors`` that
    share in addition.
    """

    center_nm: tuple[float, float]
    radius_nm: PositiveFloat
    density_factor: Share = 1.0
    species_factors: dict[str, Share] = {}


class DensitySettings(_Settings):
    """The ``[density]`` table: where material is.

    ``spheres`` are particles, with nothing between them; ``pores`` are empty; ``poles`` are artifacts of evaporation.
    """

    spheres: tuple[Sphere, ...] = ()
    pores: tuple[Sphere, ...] = ()
    poles: tuple[Pole, ...] = ()


class EventSettings(_Settings):
    """The ``[events]`` table: which ions leave a site, as shares of its events.

    ``metal`` is for the sites of the composition; in its formulas ``M`` stands for the element of the site. ``anion``
    is for the anion sites. All atoms of an ion are found at one point. Atoms that an ion takes along are missing
    elsewhere, so that the composition does not change.
    """

    metal: dict[str, Share] = {"M": 1.0}
    anion: dict[str, Share] = {}

    @model_validator(mode="after")
    def _check(self) -> EventSettings:
        _check_sum(self.metal, "metal")
        if self.anion:
            _check_sum(self.anion, "anion")
        return self


class DetectionSettings(_Settings):
    """The ``[detection]`` table.

    ``background = "ions"`` gives background events the labels of the whole tip at random; ``"spectrum"`` a
    mass-to-charge ratio constant in time of flight, of which the ranges catch a part. ``multiplicity`` lists the shares
    of pulses with 1, 2, ... ions; with it the tip has the columns of an .epos file.
    """

    efficiency: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    species_efficiency: dict[str, Share] = {}
    smear_lateral_nm: NotNegative = 0.0
    smear_depth_nm: NotNegative = 0.0
    background_fraction: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    background: Literal["ions", "spectrum"] = "spectrum"
    multiplicity: tuple[Share, ...] | None = None

    @model_validator(mode="after")
    def _check(self) -> DetectionSettings:
        if self.multiplicity is not None:
            _check_sum({str(i): share for i, share in enumerate(self.multiplicity)}, "multiplicity")
        return self


class SpectrumSettings(_Settings):
    """The ``[spectrum]`` table: isotopes, charge states by ion (1+ where none is given) and the shape of the peaks.

    ``resolving_power`` is m/q over the full width at half maximum; ``tail_share`` of the ions lie in an exponential
    tail towards heavy masses of the relative length ``tail_length``.
    """

    isotopes: Literal["principal", "natural"] = "principal"
    charge_states: dict[str, dict[int, Share]] = {}
    resolving_power: PositiveFloat = 1000.0
    tail_share: Share = 0.3
    tail_length: NotNegative = 5e-4
    allow_overlaps: bool = False
    smallest_abundance: Annotated[float, Field(ge=0.0, lt=0.5)] = 1e-3
    background_range_da: tuple[PositiveFloat, PositiveFloat] = (1.0, 200.0)

    @model_validator(mode="after")
    def _check(self) -> SpectrumSettings:
        for ion, states in self.charge_states.items():
            _check_sum({str(charge): share for charge, share in states.items()}, f"charge_states of {ion}")
            if min(states) < 1:
                raise ValueError(f"charge_states of {ion} must be >= 1; got {min(states)}")
        if self.background_range_da[0] >= self.background_range_da[1]:
            raise ValueError("background_range_da must be given as lower, upper")
        return self


class TruthSettings(_Settings):
    """The ``[truth]`` table: cube sizes at which the true excess information is computed."""

    sizes_nm: tuple[PositiveFloat, ...] = (1.0, 2.0, 3.0, 4.0, 5.0, 8.0, 10.0)


class TipSettings(_Settings):
    """Settings of a simulated tip.

    Parameters
    ----------
    box_nm
        Edges of the box [nm]; in the file they stand in ``[tip]``.
    composition
        Fraction of each element on the sites (rock salt: on the cation sites).
    sites, labels, density, events, detection, spectrum, truth
        The tables of the same names.
    """

    box_nm: Edges
    composition: dict[str, Share]
    sites: SiteSettings
    labels: LabelSettings = RandomLabels()
    density: DensitySettings = DensitySettings()
    events: EventSettings = EventSettings()
    detection: DetectionSettings = DetectionSettings()
    spectrum: SpectrumSettings = SpectrumSettings()
    truth: TruthSettings = TruthSettings()

    @property
    def species(self) -> tuple[str, ...]:
        """Elements of the composition in their order."""
        return tuple(self.composition)

    @model_validator(mode="after")
    def _check(self) -> TipSettings:
        _check_sum(self.composition, "composition")
        if self.sites.anion in self.composition:
            raise ValueError(f"the anion {self.sites.anion} cannot be in the composition of the cation sites too")
        if self.events.anion and self.sites.anion is None:
            raise ValueError("events.anion needs rock-salt sites")
        if self.labels.kind == "ordered" and self.sites.kind == "poisson":
            raise ValueError("ordered labels need a lattice; sites.kind is poisson")
        self._check_names()
        return self

    def _check_names(self) -> None:
        known = (*self.composition, *([self.sites.anion] if self.sites.anion else []))
        for name in known:
            if name not in known_elements():
                raise ValueError(f"{name!r} is not an element symbol; {nearest_names(name, known_elements())}")
        used = {
            "labels": [name for key in ("composition", "corner_composition", "end_composition")
                       for name in getattr(self.labels, key, ())],
            "detection.species_efficiency": list(self.detection.species_efficiency),
            "density.poles.species_factors": [name for pole in self.density.poles for name in pole.species_factors],
        }  # fmt: skip
        for place, names in used.items():
            for name in names:
                allowed = self.composition if place == "labels" else known
                if name not in allowed:
                    raise ValueError(f"{place} names {name!r}; {nearest_names(name, allowed)}")
