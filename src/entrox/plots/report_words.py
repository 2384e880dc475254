"""What the sections of a report say in words, made from numbers: how a quantity goes along x, and how sure that is.

Plain text: whoever puts it on a page escapes it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from entrox.design import BestPoint, StructureResult
from entrox.plots.curves import DISTORTION, ENTROPY, FamilyCurve, interval_columns
from entrox.plots.entropy_words import VERDICT_WORDS, p_text
from entrox.plots.labels import number_text

__all__ = [
    "barrier_headline",
    "bending_sentences",
    "breakdown_headline",
    "course_sentence",
    "descriptor_sentences",
    "local_entropy_sentence",
    "local_entropy_verdict",
    "nucleation_sentences",
    "polar_headline",
    "polar_sentences",
    "structure_label",
]

TOLD_APART = 1.96
"""Standard errors of a difference from which two values are told apart at 95 %."""
DIRECTIONS = {
    "amorphous-in-crystal": "Amorphous nucleus in the crystal",
    "crystal-in-amorphous": "Crystal nucleus in the amorphous phase",
}
ONE_VALUE = "One point: no trend can be given."
NO_ARRANGEMENT = (
    "Errors are over time in one box each: what another arrangement of the same cations gives is not in them."
)


def _value(curve: FamilyCurve, column: str, row: int, unit: str) -> str:
    """Return a value with its interval and where it stands."""
    ends = interval_columns(column, list(curve.points.columns))
    text = number_text(curve.values(column)[row], 3) + (f" {unit}" if unit else "")
    if ends is not None:
        low, high = (float(curve.values(end)[row]) for end in ends)
        if np.isfinite([low, high]).all():
            text += f" ({number_text(low, 3)} to {number_text(high, 3)})"
        elif math.isfinite(low):
            text += f" (at least {number_text(low, 3)})"
    return f"{text} at x = {number_text(curve.values('x')[row], 3)}"


def course_sentence(what: str, curve: FamilyCurve, column: str, unit: str = "") -> str:
    """Return how a quantity goes along x: from the first value over an extreme inside to the last; empty without any.

    Parameters
    ----------
    what
        The quantity, as the subject of the sentence.
    curve
        Points of the family.
    column
        Column of the points table; its interval stands in brackets where there is one.
    unit
        Unit as printed.
    """
    if column not in curve.points.columns:
        return ""
    values = curve.values(column)
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return ""
    first, last = int(known[0]), int(known[-1])
    if len(known) == 1:
        return f"{what} is {_value(curve, column, first, unit)}. {ONE_VALUE}"
    low, high = int(known[np.argmin(values[known])]), int(known[np.argmax(values[known])])
    if np.isclose(values[low], values[high], rtol=1e-12, atol=0.0):
        shown = _value(curve, column, first, unit).rsplit(" at x", 1)[0]
        return f"{what} is {shown} at all {len(known)} compositions."
    start, end = (_value(curve, column, row, unit) for row in (first, last))
    if {first, last} == {low, high}:
        return f"{what} {'rises' if values[last] > values[first] else 'falls'} from {start} to {end}."
    if high not in (first, last):
        return f"{what} goes from {start} over a maximum of {_value(curve, column, high, unit)} to {end}."
    return f"{what} goes from {start} over a minimum of {_value(curve, column, low, unit)} to {end}."


def descriptor_sentences(curve: FamilyCurve) -> list[str]:
    """Return what entropy and distortion do along x, and how sure that is."""
    said = [
        course_sentence("The configurational entropy", curve, ENTROPY, "R"),
        course_sentence("The lattice distortion", curve, DISTORTION),
    ]
    if said[0]:
        said.append(
            "The entropy, per formula unit, is exact for ideal mixing and an upper bound of the real one: short-range "
            "order lowers it."
        )
    if said[1]:
        said.append(
            "The distortion has no error of its own; it rests on tabulated radii, the doubtful ones under Warnings."
        )
    return [text for text in said if text]


def breakdown_headline(curve: FamilyCurve, best: BestPoint) -> str:
    """Return the largest breakdown field of a family in one line."""
    row = int(np.argmin(np.abs(curve.values("x") - best.x)))
    found = f"Largest field {_value(curve, best.quantity, row, 'MV/m')}"
    gain = "" if not best.host_value else f", {number_text(best.value / best.host_value, 3)} times that of the host"
    return f"{found}{gain}{'; extrapolated' if curve.outside[row] else ''}."


def barrier_headline(curve: FamilyCurve) -> str:
    """Return the lowest barrier of a family in one line."""
    barrier = curve.values("barrier_ev")
    if not np.isfinite(barrier).any():
        return "No composition has a barrier."
    lowest = _value(curve, "barrier_ev", int(np.nanargmin(barrier)), "eV")
    count = int((np.isfinite(curve.values("df_j_per_m3")) & ~np.isfinite(barrier)).sum())
    return f"Lowest barrier {lowest}; no barrier at {count} of {len(barrier)} compositions."


def nucleation_sentences(curve: FamilyCurve, settings: Mapping[str, Any]) -> list[str]:
    """Return where there is a barrier, how high it is, and how sure that is.

    Parameters
    ----------
    curve
        Points of the family.
    settings
        Settings of the measure.
    """
    x, energy, barrier = (curve.values(name) for name in ("x", "df_j_per_m3", "barrier_ev"))
    known, without = np.isfinite(energy), np.isfinite(energy) & ~np.isfinite(barrier)
    direction = DIRECTIONS.get(str(settings.get("direction")), "Nucleus")
    said = [f"{direction} at {settings.get('temperature_k', math.nan):g} K, from the free energies given."]
    if without.any():
        places = ", ".join(number_text(place, 3) for place in x[without])
        said.append(
            f"No barrier at x = {places} ({int(without.sum())} of {int(known.sum())} compositions): the driving force "
            "points the other way, a nucleus costs more the larger it is, and none forms."
        )
    if np.isfinite(barrier).any():
        said += [
            course_sentence("The barrier", curve, "barrier_ev", "eV"),
            course_sentence("The decimal logarithm of the rate over its kinetic factor", curve, "log10_rate"),
            "In brackets the 5 and 95 % quantiles of draws of driving force and interface energy.",
        ]
    said += _doubtful_barriers(curve)
    if settings.get("gamma_j_per_m2") is None:
        said.append("The interface energy is assumed, 1 J/m²; 1 % of it is 3 % of the barrier.")
    return [text for text in said if text]


def _doubtful_barriers(curve: FamilyCurve) -> list[str]:
    """Return where the errors do not decide whether there is a barrier."""
    share = curve.values("p_no_barrier")
    open_rows = np.flatnonzero((share > 0.05) & (share < 0.95))
    if not len(open_rows):
        return []
    places = "; ".join(
        f"x = {number_text(curve.values('x')[row], 3)} ({100 * share[row]:.0f} % of the draws without one)"
        for row in open_rows
    )
    return [f"Whether there is a barrier is not decided within the errors at {places}."]


def bending_sentences(curve: FamilyCurve, settings: Mapping[str, Any]) -> list[str]:
    """Return how far a film can be bent, and what of that is known of the composition."""
    strains = settings.get("failure_strain_percent", ())
    thickness, error = settings.get("thickness_um", math.nan), settings.get("thickness_error_um", 0.0)
    film = f"{thickness:g} ± {error:g} µm" if error else f"{thickness:g} µm, its error not given,"
    said = [
        f"Film of one layer, {film} thick; {settings.get('measure', 'nominal').replace('_', '-')} strain of the outer "
        "face at failure, as given: " + _strains(strains, settings.get("failure_strain_error_percent", ())) + ".",
        course_sentence("The smallest bending radius", curve, "bending_radius_um", "µm"),
        course_sentence("The smallest gap of a fold between two plates", curve, "plate_gap_um", "µm"),
    ]
    if settings.get("x"):
        said.append(
            "Between the points given the failure strain is interpolated; what else the composition does is not in it."
        )
    else:
        said.append(
            "The failure strain is a setting: the limit is the same for every composition and says nothing about which "
            "of them bends further."
        )
    if not any(settings.get("failure_strain_error_percent") or ()):
        said.append("No error of the failure strain was given: the limit is no better known than that strain.")
    return [text for text in said if text]


def _strains(strains: Sequence[float], errors: Sequence[float]) -> str:
    known = list(errors) or [0.0] * len(strains)
    return ", ".join(f"{s:g} ± {e:g} %" if e else f"{s:g} %" for s, e in zip(strains, known, strict=True))


def polar_sentences(structures: Sequence[StructureResult]) -> list[str]:
    """Return how polarization and displacements go along x, and whether the ends are told apart."""
    said = [
        _between_structures("Polarization of the box", structures, "polarization_c_per_m2",
                            "polarization_error_c_per_m2", "C/m²"),
        _between_structures("Net displacement of the B site", structures, "net_displacement_b_angstrom",
                            "net_displacement_b_error_angstrom", "Å"),
        _between_structures("Net displacement of the A site", structures, "net_displacement_a_angstrom",
                            "net_displacement_a_error_angstrom", "Å"),
    ]  # fmt: skip
    loose = [item.name for item in structures if item.number("polar_converged") == 0.0]
    if loose:
        said.append(f"Errors are lower bounds or absent where the run is too short: {'; '.join(loose)}.")
    return [text for text in [*said, NO_ARRANGEMENT] if text]


def polar_headline(structures: Sequence[StructureResult]) -> str:
    """Return how the net displacement of the B site goes along x, in one line."""
    return _between_structures(
        "Net displacement of the B site", structures, "net_displacement_b_angstrom",
        "net_displacement_b_error_angstrom", "Å",
    )  # fmt: skip


def structure_label(item: StructureResult) -> str:
    """Return the name of a structure, with x where the name does not tell it."""
    return item.name if "x =" in item.name else f"{item.name}, x = {number_text(item.x, 3)}"


def local_entropy_verdict(item: StructureResult) -> str:
    """Return the verdict on the mixing of one structure, with the length where there is one."""
    verdict = item.text("entropy_verdict")
    if verdict == "resolved":
        low, high = (item.number(f"sume_point_{end}_nm") for end in ("low", "high"))
        ends = f"{number_text(low, 3)} to {number_text(high, 3)} nm" if math.isfinite(high) else (
            f"{number_text(low, 3)} nm to beyond the largest size"
        )  # fmt: skip
        point = f"by the excess itself {number_text(item.number('sume_point_nm'), 3)} nm, 95 % interval {ends}"
        return f"Segregated; fully mixed from {number_text(item.number('sume_nm'), 3)} nm on ({point})."
    if verdict == "not_reached":
        largest = number_text(item.number("sume_bound_nm"), 3)
        return f"Segregated, and not yet fully mixed at the largest size, {largest} nm."
    return VERDICT_WORDS.get(verdict, verdict)


def _between_structures(what: str, structures: Sequence[StructureResult], value: str, error: str, unit: str) -> str:
    known = sorted((item for item in structures if np.isfinite(item.number(value))), key=lambda item: item.x)
    if not known:
        return ""
    first, last = known[0], known[-1]

    def told(item: StructureResult) -> str:
        sure = f" ± {number_text(item.number(error), 2)}" if np.isfinite(item.number(error)) else ""
        return f"{number_text(item.number(value), 3)}{sure} {unit} at x = {number_text(item.x, 3)}"

    if len(known) == 1:
        return f"{what}: {told(first)}. One structure: no trend can be given."
    change = last.number(value) - first.number(value)
    scale = math.hypot(first.number(error), last.number(error))
    sentence = f"{what}: from {told(first)} to {told(last)}"
    if not math.isfinite(scale) or scale == 0.0:
        return f"{sentence}; without errors it is not known whether that is a change."
    apart = abs(change) / scale
    verdict = "told apart" if apart > TOLD_APART else "not told apart"
    return f"{sentence}, {verdict} (difference {number_text(apart, 2)} standard errors)."


def local_entropy_sentence(item: StructureResult) -> str:
    """Return the verdict on the mixing of one structure with the numbers that it rests on."""
    species = ", ".join(item.text("counted_species").split())
    said = [
        f"{structure_label(item)}: {species} ({number_text(item.number('counted_atoms'), 4)} counted). "
        f"{local_entropy_verdict(item)}"
    ]
    if np.isfinite(item.number("family_p")):
        said.append(f"p of a random arrangement {p_text(item.number('family_p'), 0)}, all sizes together.")
    if np.isfinite(item.number("excess_r")):
        low, high = (number_text(item.number(name), 2) for name in ("excess_low_r", "excess_high_r"))
        said.append(
            f"Excess {number_text(item.number('excess_r'), 2)} R ({low} to {high}) at the size that deviates most, "
            f"{number_text(item.number('excess_size_nm'), 3)} nm."
        )
    if item.number("entropy_underpowered") == 1.0:
        said.append("Underpowered: an excess of the tolerance would not have been seen at any size.")
    if item.number("entropy_interval_reliable") == 0.0:
        said.append("The limits rest on few blocks and are not reliable.")
    return " ".join(said)
