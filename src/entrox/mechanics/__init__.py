"""Bending of thin films: the elastica, every definition of strain, multilayers, the finite-strain film.

Units: SI inside; strains as fractions; micrometers, gigapascals and degrees only in tables and options.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entrox.mechanics.anticlastic import anticlastic_share
    from entrox.mechanics.cases import (
        bend_arc,
        bend_between_plates,
        bend_clamped,
        bend_hinged,
        hinged_tip_angle,
        plate_arc_length,
    )
    from entrox.mechanics.elastica_shape import Elastica, UnitElastica, elastica, unit_elastica
    from entrox.mechanics.fe import bend_film
    from entrox.mechanics.inverse import (
        Reading,
        bend_for_strain,
        end_distance_for_strain,
        needle_angle_for_strain,
        plate_gap_for_strain,
        read_strain,
        tip_angle_for_strain,
    )
    from entrox.mechanics.laws import ElasticLaw, elastic_law
    from entrox.mechanics.layer_table import read_layers
    from entrox.mechanics.layers import (
        Layer,
        StackBending,
        bend_stack,
        cover_thickness,
        free_curvature,
        neutral_axis,
        stack_stiffness,
    )
    from entrox.mechanics.needle import bend_needle, needle_limit, push_needle
    from entrox.mechanics.path import BendingPath, follow_path, read_path
    from entrox.mechanics.result import BendingResult, FilmSolution, Unreachable
    from entrox.mechanics.smallest_radius import BendingLimit, bending_limit
    from entrox.mechanics.strain import FaceStrain, face_strain, nominal_strain
    from entrox.mechanics.strain_curves import StrainMap, strain_map
    from entrox.mechanics.strip import Strip
    from entrox.mechanics.thick_film import ThickFilm, bend_thick_film
    from entrox.mechanics.thick_section import BentSection, bend_section
    from entrox.mechanics.thickness import ThicknessError, thickness_error

_HOMES = {
    "anticlastic": ("anticlastic_share",),
    "cases": (
        "bend_arc",
        "bend_between_plates",
        "bend_clamped",
        "bend_hinged",
        "hinged_tip_angle",
        "plate_arc_length",
    ),
    "elastica_shape": ("Elastica", "UnitElastica", "elastica", "unit_elastica"),
    "fe": ("bend_film",),
    "inverse": (
        "Reading",
        "bend_for_strain",
        "end_distance_for_strain",
        "needle_angle_for_strain",
        "plate_gap_for_strain",
        "read_strain",
        "tip_angle_for_strain",
    ),
    "layer_table": ("read_layers",),
    "layers": (
        "Layer",
        "StackBending",
        "bend_stack",
        "cover_thickness",
        "free_curvature",
        "neutral_axis",
        "stack_stiffness",
    ),
    "laws": ("ElasticLaw", "elastic_law"),
    "needle": ("bend_needle", "needle_limit", "push_needle"),
    "path": ("BendingPath", "follow_path", "read_path"),
    "result": ("BendingResult", "FilmSolution", "Unreachable"),
    "smallest_radius": ("BendingLimit", "bending_limit"),
    "strain": ("FaceStrain", "face_strain", "nominal_strain"),
    "strain_curves": ("StrainMap", "strain_map"),
    "strip": ("Strip",),
    "thick_film": ("ThickFilm", "bend_thick_film"),
    "thick_section": ("BentSection", "bend_section"),
    "thickness": ("ThicknessError", "thickness_error"),
}
_HOME_OF: dict[str, str] = {name: home for home, names in _HOMES.items() for name in names}
"""The module of each public name; it is loaded when the name is first used."""

__all__ = [
    "BendingLimit",
    "BendingPath",
    "BendingResult",
    "BentSection",
    "Elastica",
    "ElasticLaw",
    "FaceStrain",
    "FilmSolution",
    "Layer",
    "Reading",
    "StackBending",
    "StrainMap",
    "Strip",
    "ThickFilm",
    "ThicknessError",
    "UnitElastica",
    "Unreachable",
    "anticlastic_share",
    "bend_arc",
    "bend_between_plates",
    "bend_clamped",
    "bend_film",
    "bend_for_strain",
    "bend_hinged",
    "bend_needle",
    "bend_section",
    "bend_stack",
    "bend_thick_film",
    "bending_limit",
    "cover_thickness",
    "elastic_law",
    "elastica",
    "end_distance_for_strain",
    "face_strain",
    "follow_path",
    "free_curvature",
    "hinged_tip_angle",
    "needle_angle_for_strain",
    "needle_limit",
    "neutral_axis",
    "nominal_strain",
    "plate_arc_length",
    "plate_gap_for_strain",
    "push_needle",
    "read_layers",
    "read_path",
    "read_strain",
    "stack_stiffness",
    "strain_map",
    "thickness_error",
    "tip_angle_for_strain",
    "unit_elastica",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"entrox.mechanics.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'entrox.mechanics' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
