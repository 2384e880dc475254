"""Glasses of a finished run of melting and quenching, as ``result.json`` of ``entrox glass quench`` lists them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scipy import constants

from entrox.composition.lattice import molar_mass
from entrox.core import FormatError, InputError
from entrox.core.units import METER_PER_ANGSTROM
from entrox.thermo.substitutional import atoms_per_formula

if TYPE_CHECKING:
    from entrox.composition.sites import Composition

__all__ = ["QuenchedGlasses", "read_quenched_glasses"]

GLASS = "glass"
KEYS = ("energy_ev_per_atom", "density_g_per_cm3", "rate_k_per_ps", "verdict")
CENTIMETER = constants.centi


@dataclass(frozen=True)
class QuenchedGlasses:
    """Energies, volumes and rates of the members that are glasses, what was left out, and the force field."""

    energies_ev_per_atom: tuple[float, ...]
    volumes_angstrom3_per_atom: tuple[float, ...]
    rates_k_per_ps: tuple[float, ...]
    left_out: tuple[str, ...]
    potential: str = ""


def read_quenched_glasses(path: str | Path, composition: Composition) -> QuenchedGlasses:
    """Read the glasses of a run; members that kept a crystal, or became one, are left out by their verdict.

    Parameters
    ----------
    path
        Run folder, or its ``result.json``.
    composition
        Its molar mass makes volumes of densities.

    Raises
    ------
    InputError
        If the file cannot be opened, or no member is a glass.
    FormatError
        If it is not such a result.
    """
    place = Path(path)
    place = place / "result.json" if place.is_dir() else place
    content = _content(place)
    members = _members(content, place)
    glasses = [member for member in members if member["verdict"] == GLASS]
    others = [str(member["verdict"]) for member in members if member["verdict"] != GLASS]
    left_out = tuple(f"{others.count(name)} of {len(members)}: {name}" for name in dict.fromkeys(others))
    if not glasses:
        raise InputError(
            f"no member of {place} is a glass ({'; '.join(left_out)}): none of its energies may be used. Melt longer "
            "or hotter."
        )
    mass_g = molar_mass(composition) / atoms_per_formula(composition) / constants.N_A
    volume = mass_g * CENTIMETER**3 / METER_PER_ANGSTROM**3
    return QuenchedGlasses(
        energies_ev_per_atom=tuple(float(member["energy_ev_per_atom"]) for member in glasses),
        volumes_angstrom3_per_atom=tuple(volume / float(member["density_g_per_cm3"]) for member in glasses),
        rates_k_per_ps=tuple(float(member["rate_k_per_ps"]) for member in glasses),
        left_out=left_out,
        potential=str(content.get("potential") or ""),
    )


def _content(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}. Is it the folder of a finished run?") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"not valid JSON: {error}", path=path, line=getattr(error, "lineno", None)) from error
    return content if isinstance(content, Mapping) else {}


def _members(content: Mapping[str, Any], path: Path) -> list[Mapping[str, Any]]:
    members = content.get("members")
    if not isinstance(members, list) or not members:
        raise FormatError("a result of a quench has a list of members; found none.", path=path)
    for number, member in enumerate(members):
        missing = [key for key in KEYS if not isinstance(member, Mapping) or key not in member]
        if missing or (member["verdict"] == GLASS and any(member[key] is None for key in KEYS)):
            raise FormatError(f"members[{number}] needs {', '.join(missing or KEYS)}.", path=path)
    return members
