"""Results of ``entrox glass quench`` and ``stretch``: the keys of their JSON, and their tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import print_heading, print_table, print_text, print_warnings, rounded
from entrox.core import to_jsonable

if TYPE_CHECKING:
    from entrox.dynamics.glass.quench_ensemble import QuenchEnsemble
    from entrox.dynamics.glass.quench_result import QuenchResult
    from entrox.dynamics.glass.tension import TensileResult
    from entrox.order.coordination import Coordination

__all__ = ["print_quench", "print_stretch", "quench_content", "stretch_content"]

WORDS = {
    "glass": "a glass",
    "crystal memory": "the crystal was not forgotten: no energy of a glass",
    "recrystallized": "the melt crystallized again: no energy of a glass",
    "failed": "every run failed",
}


def quench_content(ensemble: QuenchEnsemble, n_atoms: int, entropy: float | None) -> dict[str, Any]:
    """Return an ensemble with the keys of ``--json``."""
    warnings = dict.fromkeys(text for member in ensemble.members for text in member.warnings)
    if ensemble.difference.error is None:
        warnings["fewer than three melts became a glass: the energy has no error."] = None
    content = {
        "verdict": ensemble.verdict,
        "members": [_member(member) for member in ensemble.members],
        "energy_difference_ev_per_atom": {
            "value": ensemble.difference.value,
            "error": ensemble.difference.error,
            "n_melts": ensemble.difference.n_melts,
            "rate_k_per_ps": ensemble.difference.rate_k_per_ps,
        },
        "extrapolated": None if ensemble.extrapolated is None else ensemble.extrapolated.to_dict(),
        "potential": ensemble.members[0].potential,
        "n_atoms": n_atoms,
        "entropy_r_per_a_site": entropy,
        "one_model": True,
        "warnings": list(warnings),
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def _member(member: QuenchResult) -> dict[str, Any]:
    melt, end = member.melt, member.end
    return {
        "seed": member.seed,
        "rate_k_per_ps": member.rate_k_per_ps,
        "energy_ev_per_atom": member.energy_ev_per_atom,
        "crystal_energy_ev_per_atom": member.crystal_energy_ev_per_atom,
        "density_g_per_cm3": member.density_g_per_cm3,
        "crystallinity": member.crystallinity,
        "crystal_share": {
            "+".join(share.elements): {
                "value": share.fraction,
                "error": share.error,
                "misclassified": share.limit.misclassified,
                "threshold": share.limit.threshold,
                "cutoff_angstrom": share.cutoff_angstrom,
            }
            for share in member.crystal_shares
        },
        "order_limit": None if melt is None else melt.order_limit,
        "melt_largest_order": None if melt is None else melt.largest_order,
        "melt_cation_msd_angstrom2": None if melt is None else melt.cation_msd,
        "msd_limit_angstrom2": None if melt is None else melt.msd_limit,
        "end_orders": None if end is None else end.order,
        "empty_sphere_angstrom": member.empty_sphere_angstrom,
        "coordination": None if member.coordination is None else _shells(member.coordination),
        "melt_diffusivity_angstrom2_per_ps": {
            name: {"value": found.value, "error": found.error, "exponent": found.exponent}
            for name, found in member.melt_diffusivities.items()
        },
        "relaxed": member.relaxed,
        "n_steps": member.n_steps,
        "cpu_s": member.cpu_s,
        "verdict": member.verdict,
        "reason": member.reason,
    }


def _shells(found: Coordination) -> dict[str, dict[str, float]]:
    """Return mean, error and cutoff of each pair."""
    return {
        f"{one}-{two}": {
            "mean": float(found.mean[k]),
            "error": float(found.error[k]),
            "cutoff_angstrom": float(found.cutoff_angstrom[k]),
        }
        for k, (one, two) in enumerate(found.pairs)
    }


def print_quench(content: Mapping[str, Any]) -> None:
    """Print an ensemble as a table with its verdict."""
    print_heading(f"{content['n_atoms']} atoms with {content['potential']}: {WORDS[content['verdict']]}")
    rows = [
        (
            str(member["seed"]),
            rounded(member["rate_k_per_ps"]),
            rounded(member["energy_ev_per_atom"], 6),
            rounded(member["density_g_per_cm3"]),
            rounded(member["melt_cation_msd_angstrom2"], 3),
            rounded(member["melt_largest_order"], 3),
            rounded(member["crystallinity"], 3),
            member["verdict"],
        )
        for member in content["members"]
    ]
    headers = (
        "seed", "rate [K/ps]", "energy [eV/atom]", "density [g/cm3]", "melt: MSD [Å2]", "melt: |S|/N", "end: |S|/N",
        "verdict",
    )  # fmt: skip
    print_table(headers, rows, right=range(7))
    for reason, count in Counter(member["reason"] for member in content["members"] if member["reason"]).items():
        print_text(f"{count} of {len(content['members'])} members: {reason}.")
    print_text(_difference_text(content))
    print_warnings(content["warnings"])


def _difference_text(content: Mapping[str, Any]) -> str:
    found, line = content["energy_difference_ev_per_atom"], content["extrapolated"]
    if found["value"] is None:
        return "No energy of a glass: no melt became one at the slowest rate, or the start was no crystal."
    text = f"Glass over crystal: {rounded(found['value'])}{_pm(found['error'])} eV/atom at "
    text += f"{rounded(found['rate_k_per_ps'])} K/ps ({found['n_melts']} melts, one model)."
    if line is not None:
        text += (
            f" At {line['rate_k_per_ps']:g} K/ps, {rounded(line['decades'], 3)} decades slower: "
            f"{rounded(line['value'])}{_pm(line['error'])} eV/atom, if the logarithm holds so far."
        )
    return text


def _pm(error: float | None) -> str:
    return "" if error is None else f" +- {rounded(error, 2)}"


def stretch_content(result: TensileResult) -> dict[str, Any]:
    """Return a tension test with the keys of ``--json``."""
    content = {
        "modulus_gpa": result.modulus_gpa,
        "modulus_error_gpa": result.modulus_error_gpa,
        "modulus_kind": result.modulus_kind,
        "peak_stress_gpa": result.peak_stress_gpa,
        "peak_strain": result.peak_strain,
        "yield_stress_gpa": result.yield_stress_gpa,
        "yield_strain": result.yield_strain,
        "transit_ratio": result.transit_ratio,
        "transit_ps": result.transit_ps,
        "mode": result.mode,
        "rate_per_ps": result.rate_per_ps,
        "status": result.status,
        "curve": {
            "strain": result.strain,
            "stress_gpa": result.stress_gpa,
            "nominal_stress_gpa": result.nominal_stress_gpa,
            "lateral_stress_gpa": result.lateral_stress_gpa,
            "temperature_k": result.temperature_k,
            "energy_ev_per_atom": result.energy_ev_per_atom,
        },
        "warnings": result.warnings,
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def print_stretch(content: Mapping[str, Any]) -> None:
    """Print a tension test."""
    print_heading(f"Tension, {content['mode']}: {content['status']}")
    rows = [
        (f"{content['modulus_kind']} below 1 %", rounded(content["modulus_gpa"]), "GPa"),
        ("yield stress, 0.2 % offset", rounded(content["yield_stress_gpa"]), "GPa"),
        ("highest stress", rounded(content["peak_stress_gpa"]), "GPa"),
        ("strain at it", rounded(content["peak_strain"]), ""),
        ("time over transit of sound", rounded(content["transit_ratio"]), ""),
    ]
    print_table(("quantity", "value", "unit"), rows, right=(1,))
    print_warnings(content["warnings"])
