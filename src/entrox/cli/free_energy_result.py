"""Results of ``entrox free-energy``: the keys of their JSON, and their tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import print_heading, print_table, print_text, print_warnings, rounded
from entrox.core import to_jsonable

if TYPE_CHECKING:
    from entrox.thermo.free_energy import FreeEnergyDifference
    from entrox.thermo.free_energy_terms import FreeEnergyTerm

__all__ = ["difference_content", "print_difference", "print_spectrum", "print_vibrations"]

MEV = 1000.0


def difference_content(found: FreeEnergyDifference) -> dict[str, Any]:
    """Return a difference with the keys of ``--json``."""
    content = {
        "formula": found.formula,
        "temperature_k": found.temperature_k,
        "pressure_bar": found.pressure_bar,
        "calculator": found.calculator,
        "terms": [_term_content(found, term) for term in found.terms],
        "df_ev_per_atom": {
            "value": found.df_ev_per_atom,
            "statistical": found.statistical_ev_per_atom,
            "systematic": found.systematic_ev_per_atom,
            "standard_error": found.standard_error_ev_per_atom,
        },
        "df_kj_per_mol_formula_unit": found.df_kj_per_mol,
        "df_j_per_m3": {
            "value": found.df_j_per_m3,
            "standard_error": found.standard_error_j_per_m3,
            "p05": found.df_p05_j_per_m3,
            "p95": found.df_p95_j_per_m3,
        },
        "p_below_zero": found.p_below_zero,
        "substitutional": found.substitutional,
        "substitutional_surplus": found.surplus,
        "divided_by": found.divided_by,
        "volume_angstrom3_per_atom": found.volume_angstrom3_per_atom,
        "volume_change_percent": found.volume_change_percent,
        "atoms_per_formula": found.atoms_per_formula,
        "n_draws": found.n_draws,
        "verdict": found.verdict,
        "warnings": found.warnings,
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def _term_content(found: FreeEnergyDifference, term: FreeEnergyTerm) -> dict[str, Any]:
    from entrox.core.units import EV_PER_KJ_PER_MOL, J_PER_M3_PER_EV_PER_ANGSTROM3

    energy = term.value_ev_per_atom
    return {
        "name": term.name,
        "value_ev_per_atom": energy,
        "statistical_ev_per_atom": term.statistical_ev_per_atom,
        "systematic_ev_per_atom": term.systematic_ev_per_atom,
        "degrees_of_freedom": term.degrees_of_freedom,
        "value_kj_per_mol_formula_unit": energy * found.atoms_per_formula / EV_PER_KJ_PER_MOL,
        "value_j_per_m3": energy * J_PER_M3_PER_EV_PER_ANGSTROM3 / found.volume_angstrom3_per_atom,
        "remark": term.remark,
    }


def print_difference(content: Mapping[str, Any]) -> None:
    """Print the five terms and their sum."""
    print_heading(f"{content['formula']}, {content['temperature_k']:g} K: {content['verdict']}")
    print_text()
    rows = [
        (term["name"], _mev(term["value_ev_per_atom"]), _mev(term["statistical_ev_per_atom"]),
         _mev(term["systematic_ev_per_atom"]), _density(term["value_j_per_m3"]), term["remark"])
        for term in content["terms"]
    ]  # fmt: skip
    total = content["df_ev_per_atom"]
    rows.append(("df", _mev(total["value"]), _mev(total["statistical"]), _mev(total["systematic"]),
                 _density(content["df_j_per_m3"]["value"]), "amorphous minus crystal"))  # fmt: skip
    print_table(("Term", "[meV/atom]", "Statistical", "Systematic", "[J/m3]", ""), rows, right=(1, 2, 3, 4))
    print_text()
    density = content["df_j_per_m3"]
    print_text(
        f"df = {rounded(density['value'])} ± {rounded(density['standard_error'], 2)} J/m3 = "
        f"{rounded(content['df_kj_per_mol_formula_unit'])} kJ/mol per formula unit; "
        f"P(df < 0) {_probability(content)}"
    )
    change = content["volume_change_percent"]
    if (surplus := content["substitutional_surplus"]) is not None:
        used = "in df" if content["substitutional"] == "all-cations" else "not in df"
        print_text(
            f"A glass that mixes all cations: {rounded(surplus['surplus_r'], 5)} R per formula unit more, "
            f"{rounded(surplus['surplus_per_atom_r'])} R per atom, {_mev(surplus['energy_ev_per_atom'])} meV/atom, "
            f"{_density(surplus['energy_j_per_m3'])} J/m3 ({used}); the same for every composition of these sites"
        )
    print_text(
        f"Divided by the volume of the {content['divided_by']}; the glass is {rounded(abs(change), 3)} % "
        f"{'larger' if change >= 0.0 else 'smaller'}"
    )
    print_warnings(content["warnings"])


def print_vibrations(content: Mapping[str, Any]) -> None:
    """Print what a box adds to the settings of a difference."""
    rows = [
        ("Inherent energy [eV/atom]", rounded(content["energy_ev_per_atom"], 7)),
        ("Volume [angstrom3/atom]", rounded(content["volume_angstrom3_per_atom"], 6)),
        ("Largest force [eV/angstrom]", rounded(content["largest_force_ev_per_angstrom"], 2)),
        ("Modes, imaginary", f"{content['n_modes']}, {content['n_imaginary']}"),
        ("Frequencies [THz]", f"{rounded(content['lowest_thz'], 3)} to {rounded(content['highest_thz'], 4)}"),
        (f"Vibrational free energy at {content['temperature_k']:g} K [eV/atom]",
         rounded(content["vibrational_ev_per_atom"], 5)),
    ]  # fmt: skip
    print_table(("", content["model"]), rows, right=(1,))
    print_warnings(content["warnings"])


def print_spectrum(content: Mapping[str, Any]) -> None:
    """Print what a spectrum gives."""
    rows = [
        ("Frames, atoms", f"{content['n_frames']}, {content['n_atoms']}"),
        ("Resolution [THz]", rounded(content["resolution_thz"], 3)),
        ("Mean and highest frequency [THz]", f"{rounded(content['mean_thz'])}, {rounded(content['highest_thz'])}"),
        ("States at zero, at the upper end", f"{content['share_at_zero']:.2%}, {content['share_at_end']:.2%}"),
        (f"Vibrational free energy at {content['temperature_k']:g} K [eV/atom]",
         rounded(content["vibrational_ev_per_atom"], 5)),
    ]  # fmt: skip
    print_table(("", "Spectrum"), rows, right=(1,))
    print_warnings(content["warnings"])


def _mev(value: float) -> str:
    return f"{MEV * value:.2f}"


def _density(value: float) -> str:
    return f"{value:.2e}" if value else "0"


def _probability(content: Mapping[str, Any]) -> str:
    value = content["p_below_zero"]
    return f"= {value:.3g}" if value > 0.0 else f"< {1.0 / content['n_draws']:.0e}"
