"""What ``entrox bend`` answers, in micrometers, gigapascals, degrees and percent: plain data and tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import print_heading, print_table, print_text, print_warnings, rounded
from entrox.core import to_jsonable

if TYPE_CHECKING:
    from entrox.mechanics import (
        BendingPath,
        BendingResult,
        FilmSolution,
        Reading,
        StackBending,
        ThicknessError,
        Unreachable,
    )
    from entrox.mechanics.strain import FaceStrain

__all__ = [
    "bending_content",
    "path_content",
    "print_bending",
    "print_path",
    "print_readings",
    "readings_content",
    "thickness_error_content",
    "unreachable_content",
]


def bending_content(bent: BendingResult, stack: StackBending | None = None) -> dict[str, Any]:
    """Return one equilibrium with the keys of ``--json``."""
    content = {
        "case": bent.case,
        "reachable": True,
        "verdict": bent.verdict,
        "strain_percent": _percent(bent.tension),
        "compression_percent": _percent(bent.compression),
        "radius_um": _um(bent.radius),
        "fold_angle_deg": math.degrees(bent.fold_angle),
        "fold_angle_definition": "rotation of the tangent between the two moment-free ends; of a clamped film, its tip",
        "opening_angle_deg": math.degrees(bent.opening_angle),
        "turn_deg": math.degrees(bent.turn),
        "gap_um": _um(bent.gap),
        "plate_spacing_um": _um(bent.gap + bent.strip.thickness) if bent.case == "plates" and bent.gap else None,
        "bent_length_um": _um(bent.loaded_length),
        "leg_length_um": _um(bent.leg_length),
        "height_um": _um(bent.height),
        "loaded_point_um": [_um(value) for value in bent.tip.tolist()],
        "needle_um": _needle(bent),
        "force_direction_deg": None if bent.force_direction is None else math.degrees(bent.force_direction),
        "force_n_per_m": bent.force_per_width,
        "force_un": _micronewton(bent.force),
        "force_over_critical": bent.force_over_critical,
        "moment_n_m": bent.moment,
        "energy_j": bent.energy,
        "stiffness_n_m2": bent.stiffness,
        "stress_gpa": {"uniaxial": _gpa(bent.stress_uniaxial), "of_the_strip": _gpa(bent.stress_plane)},
        "modulus_gpa": _gpa(bent.strip.outer_modulus),
        "modulus_with_saddle_gpa": _saddle(bent),
        "plane": "strain" if bent.strip.is_plane_strain else "stress",
        "axial_strain_percent": 100.0 * bent.axial_strain,
        "elliptic_modulus": bent.elliptic_modulus,
        "contact": bent.contact,
        "layers": None if stack is None else _layers(stack),
        "fe": None if bent.fe is None else _fe(bent.fe, bent),
        "warnings": [*bent.warnings, *_trap(bent.fe)],
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def _saddle(bent: BendingResult) -> float | None:
    """Modulus of a strip of this width at the tightest place, where the edges curve across; None for layers."""
    from entrox.mechanics import anticlastic_share

    if len(bent.strip.layers) > 1:
        return None
    layer, width = bent.strip.layers[0], bent.strip.width
    share = anticlastic_share(width, layer.thickness, bent.radius, layer.poisson)
    return _gpa(layer.plane_modulus * (1.0 - share * layer.poisson**2))


def _needle(bent: BendingResult) -> list[float | None] | None:
    """Place of the needle: beside the loaded point of the neutral axis."""
    if bent.case != "needle":
        return None
    angle = bent.fold_angle
    x, y = bent.tip.tolist()
    return [_um(x + bent.contact_offset * math.sin(angle)), _um(y - bent.contact_offset * math.cos(angle))]


def unreachable_content(found: Unreachable) -> dict[str, Any]:
    """Return a strain that is out of reach with the keys of ``--json``."""
    return {
        "case": found.case,
        "reachable": False,
        "asked_percent": 100.0 * found.strain,
        "measure": found.measure,
        "largest_percent": 100.0 * found.largest_strain,
        "reason": found.reason,
        "warnings": [],
    }


def thickness_error_content(found: ThicknessError) -> dict[str, Any]:
    """Return the errors that follow from that of the thickness with the keys of ``--json``."""
    return {
        "thickness_um": _um(found.thickness),
        "strain_percent": 100.0 * found.strain,
        "radius_um": _um(found.radius),
        "gap_um": _um(found.gap),
        "force_n_per_m": found.force_per_width,
        "one_sided": found.one_sided,
    }


def path_content(path: BendingPath) -> dict[str, Any]:
    """Return a path with the keys of ``--json``."""
    steps = [bending_content(step) for step in path.steps]
    content = {
        "case": path.case,
        "verdict": path.verdict,
        "n_steps": len(steps),
        "halvings": path.halvings,
        "largest_strain_percent": 100.0 * float(path.strain.max()),
        "steps": steps,
        "warnings": _path_warnings(path),
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def readings_content(readings: Sequence[Reading], strain_percent: float, measure: str) -> dict[str, Any]:
    """Return what every way of bending says about a strain."""
    rows = []
    for reading in readings:
        bent = reading.bending
        direction = None if reading.force_angle is None else math.degrees(reading.force_angle)
        rows.append({
            "case": reading.case,
            "force_direction_deg": direction,
            "reachable": reading.reachable,
            "gap_um": None if bent is None else _um(bent.gap),
            "fold_angle_deg": None if bent is None else math.degrees(bent.fold_angle),
            "bent_length_um": None if bent is None else _um(bent.loaded_length),
            "force_n_per_m": None if bent is None else bent.force_per_width,
            "contact": None if bent is None else bent.contact,
            "largest_percent": None if reading.largest_strain is None else 100.0 * reading.largest_strain,
            "reason": reading.reason,
        })  # fmt: skip
    return {"strain_percent": strain_percent, "measure": measure, "readings": rows, "warnings": []}


def print_bending(content: Mapping[str, Any]) -> None:
    """Print one equilibrium, or why there is none."""
    if not content["reachable"]:
        print_heading(f"{content['case']}: {content['asked_percent']:.4g} % ({content['measure']}) is out of reach")
        print_text(f"Limit: {content['largest_percent']:.4g} %: {content['reason'].rstrip('.')}.")
        return
    print_heading(f"{content['case']}: {content['verdict']}")
    print_text()
    names = ("mid_line", "nominal", "logarithmic", "green")
    rows = [("closed form, tension", *_strains(content["strain_percent"], names)),
            ("closed form, compression", *_strains(content["compression_percent"], names))]  # fmt: skip
    if content["fe"]:
        fe = content["fe"]
        rows += [(f"{fe['law']}, tension", *_strains(fe["strain_percent"], names)),
                 (f"{fe['law']}, compression", *_strains(fe["compression_percent"], names))]  # fmt: skip
    print_table(("Strain [%]", *(name.replace("_", "-") for name in names)), rows, right=range(1, 5))
    print_text()
    print_table(("", "Value"), _rows(content), right=(1,))
    if content["layers"]:
        print_text()
        cells = [(row["name"], rounded(row["bottom_percent"]), rounded(row["top_percent"]), rounded(row["stress_gpa"]))
                 for row in content["layers"]]  # fmt: skip
        print_table(("Layer, bottom first", "bottom [%]", "top [%]", "largest stress [GPa]"), cells, right=(1, 2, 3))
    print_warnings(content["warnings"])


def print_path(content: Mapping[str, Any]) -> None:
    """Print the steps of a path."""
    print_heading(f"{content['case']}, {content['n_steps']} steps: {content['verdict']}")
    print_text()
    cells = [
        (str(index), rounded(step["gap_um"]), rounded(step["fold_angle_deg"]),
         rounded((step["fe"] or step)["strain_percent"]["nominal"]), rounded((step["fe"] or step)["force_n_per_m"]))
        for index, step in enumerate(content["steps"], 1)
    ]  # fmt: skip
    headers = ("Step", "Gap [um]", "Fold angle [degree]", "Nominal strain [%]", "Force [N/m]")
    print_table(headers, cells, right=range(5))
    print_warnings(content["warnings"])


def print_readings(content: Mapping[str, Any]) -> None:
    """Print what every way of bending says about a strain."""
    print_heading(f"{content['strain_percent']:g} % ({content['measure']}) by every way of bending")
    print_text()
    cells = []
    for row in content["readings"]:
        angle = "" if row["force_direction_deg"] is None else f", push at {row['force_direction_deg']:.0f} degree"
        limit = "" if row["largest_percent"] is None else f"limit {row['largest_percent']:.4g} %: {row['reason']}"
        cells.append((row["case"] + angle, "yes" if row["reachable"] else "no", rounded(row["fold_angle_deg"]),
                      rounded(row["gap_um"]), rounded(row["force_n_per_m"]), limit))  # fmt: skip
    headers = ("Way", "Possible", "Fold angle [degree]", "Gap [um]", "Force [N/m]", "Why not")
    print_table(headers, cells, right=(2, 3, 4))


def _rows(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("Radius at the tightest place [um]", content["radius_um"]),
        ("Fold angle [degree]", content["fold_angle_deg"]),
        ("Opening angle [degree]", content["opening_angle_deg"]),
        ("Gap between neutral axes, or ends [um]", content["gap_um"]),
        ("Spacing of the plates [um]", content["plate_spacing_um"]),
        ("Bent length [um]", content["bent_length_um"]),
        ("Straight length of a side [um]", content["leg_length_um"]),
        ("Height [um]", content["height_um"]),
        ("Force per width [N/m]", content["force_n_per_m"]),
        ("Force [uN]", content["force_un"]),
        ("Force over that of buckling", content["force_over_critical"]),
        ("Largest moment [N m]", content["moment_n_m"]),
        ("Bending energy [J]", content["energy_j"]),
        ("Stress, E x strain [GPa]", content["stress_gpa"]["uniaxial"]),
        (f"Stress in plane {content['plane']} [GPa]", content["stress_gpa"]["of_the_strip"]),
    ]
    rows.append(("Modulus of this width, with its saddle [GPa]", content["modulus_with_saddle_gpa"]))
    for name, key in (("nominal strain [%]", "strain_percent"), ("radius [um]", "radius_um"), ("gap [um]", "gap_um"),
                      ("force per width [N/m]", "force_n_per_m")):  # fmt: skip
        rows.append((f"Error by the thickness: {name}", content.get("thickness_error", {}).get(key)))
    shown = [(name, rounded(value, 6)) for name, value in rows if value is not None]
    shown.append(("Contact", content["contact"]))
    if content["fe"]:
        fe = content["fe"]
        thick = content.get("thick_film")
        if thick:
            shown.append(("Film of finite thickness: force per width [N/m]", rounded(thick["force_n_per_m"], 6)))
        shown += [("Finite elements: force per width [N/m]", rounded(fe["force_n_per_m"], 6)),
                  ("Finite elements: degrees of freedom, iterations", f"{fe['dofs']}, {fe['iterations']}")]  # fmt: skip
    return shown


def _fe(film: FilmSolution, bent: BendingResult) -> dict[str, Any]:
    return {
        "law": film.law,
        "plane": film.plane,
        "elements": list(film.elements),
        "dofs": film.dofs,
        "iterations": film.iterations,
        "residual": film.residual,
        "thickness_over_element": film.thickness_over_element,
        "mesh_error_percent": 100.0 * film.mesh_error,
        "strain_percent": _percent(film.tension),
        "compression_percent": _percent(film.compression),
        "force_n_per_m": None if film.force is None else film.force / bent.strip.width,
        "moment_at_clamp_n_m": film.moment,
        "energy_j": film.energy,
        "bent_length_um": _um(film.contact_length * (2.0 if bent.case in ("plates", "hinged") else 1.0)),
        "tip_angle_deg": math.degrees(film.tip_angle),
    }


def _path_warnings(path: BendingPath) -> list[str]:
    """Warnings of all steps, once each; the trap of the integration points at the largest strain alone."""
    largest = path.steps[int(path.strain.argmax())]
    own = dict.fromkeys(warning for step in path.steps for warning in step.warnings)
    return [*own, *_trap(largest.fe)]


def _trap(film: FilmSolution | None) -> list[str]:
    if film is None or film.tension.gauss_point is None:
        return []
    return [
        f"the strain at the integration points is {100.0 * film.tension.gauss_point:.3g} %, that of the face "
        f"{100.0 * film.tension.nominal:.3g} %: a contour plot of the former is too low"
    ]


def _layers(stack: StackBending) -> list[dict[str, Any]]:
    return [
        {"name": name, "bottom_percent": 100.0 * strain[0], "top_percent": 100.0 * strain[1],
         "stress_gpa": _gpa(max(stress, key=abs))}
        for name, strain, stress in zip(stack.names, stack.strain.tolist(), stack.stress.tolist(), strict=True)
    ]  # fmt: skip


def _percent(face: FaceStrain) -> dict[str, float | None]:
    values = {name: getattr(face, name) for name in ("mid_line", "nominal", "logarithmic", "green", "gauss_point")}
    return {name: None if value is None else 100.0 * value for name, value in values.items()}


def _strains(values: Mapping[str, float | None], names: Sequence[str]) -> list[str]:
    return [rounded(values[name], 5) for name in names]


def _um(length: float | None) -> float | None:
    from entrox.core.units import METER_PER_MICROMETER

    return None if length is None else length / METER_PER_MICROMETER


def _gpa(stress: float) -> float:
    from entrox.core.units import PASCAL_PER_GIGAPASCAL

    return stress / PASCAL_PER_GIGAPASCAL


def _micronewton(force: float) -> float:
    from entrox.core.units import MICRONEWTON_PER_NEWTON

    return force * MICRONEWTON_PER_NEWTON
