"""Numbers of nucleation and substitution for Bi(4-4x)(La,Nd,Pr,Sm)(4x)Ti3O12, with the functions that recompute them.

The barriers follow from the driving forces and the interface energy of 1 J/m2 alone, at 300 K; neither of these was
published with an error or a method.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from entrox.composition import parse_formula
from entrox.composition.entropy import mixing_entropy_of_site
from entrox.core.measure import LedgerRow
from entrox.thermo.nucleation import barrier, critical_radius, driving_force_of_barrier, thermal_energy
from entrox.thermo.substitutional import substitutional_surplus

__all__ = ["LEDGER"]

THEORY = "classical nucleation theory at the published driving force, interface energy 1 J/m2"
NANOPHASES = "measured nanophases of the Bi4Ti3O12 series"
SUBSTITUTION = "ideal mixing of all seven cations of a formula unit against mixing on their sites"
SERIES = "Bi(4-4x)LaxNdxPrxSmxTi3O12"
ROOM_TEMPERATURE_K, DEPOSITION_TEMPERATURE_K = 300.0, 873.0
LANTHANIDES = 4
CRYSTAL_VOLUME_ANGSTROM3 = 248.458
"""Of a formula unit of Bi4Ti3O12: a quarter of the cell of 76 atoms."""
GAMMA_J_PER_M2 = 1.0
BARRIER_TOLERANCE, ENTROPY_TOLERANCE_R = 1e-4, 1e-3


def _radius_nm(df: float) -> float:
    found = critical_radius(df, GAMMA_J_PER_M2)
    assert found is not None
    return found


def _barrier_ev(df: float) -> float:
    found = barrier(df, GAMMA_J_PER_M2)
    assert found is not None
    return found


def _barrier_kt(df: float) -> float:
    return _barrier_ev(df) / thermal_energy(ROOM_TEMPERATURE_K)


def _reached_force() -> float:
    return -driving_force_of_barrier(60.0, GAMMA_J_PER_M2, ROOM_TEMPERATURE_K)


def _smaller_gamma_ratio() -> float:
    smaller = barrier(-1e9, 0.3)
    assert smaller is not None
    return _barrier_ev(-1e9) / smaller


def _entropy_of_ratio(lanthanides_per_bismuth: float) -> float:
    """Entropy per A site where Bi and Ln stand as 1 to this, the four Ln in equal parts."""
    share = lanthanides_per_bismuth / (1.0 + lanthanides_per_bismuth)
    return float(mixing_entropy_of_site([1.0 - share, *[share / LANTHANIDES] * LANTHANIDES]))


def _entropy_of_nanophases() -> float:
    """What the second nanophase has more than the first [R]."""
    return _entropy_of_ratio(3.04) - _entropy_of_ratio(2.69)


def _energy_of_nanophases() -> float:
    """Its energy at 873 K [meV per A site]."""
    return 1000.0 * _entropy_of_nanophases() * thermal_energy(DEPOSITION_TEMPERATURE_K)


def _surplus_mev() -> float:
    """Surplus of entropy at 300 K [meV per atom]."""
    return 1000.0 * _surplus("surplus_per_atom_r") * thermal_energy(ROOM_TEMPERATURE_K)


def _surplus(field: str) -> float:
    found = substitutional_surplus(parse_formula(SERIES).at(x=0.75), ROOM_TEMPERATURE_K, CRYSTAL_VOLUME_ANGSTROM3)
    return float(getattr(found, field))


def _row(
    name: str, quantity: str, unit: str, published: float, source: str, compute: Callable[[], float],
    tolerance: float = BARRIER_TOLERANCE, *, relative: bool = True,
) -> LedgerRow:  # fmt: skip
    return LedgerRow(
        id=f"thermo.{name}", room="thermo", quantity=quantity, unit=unit, published=published, tolerance=tolerance,
        relative=relative, source=source, compute=compute,
    )  # fmt: skip


def _barrier_rows(
    df: float, name: str, radius: float, height: float, height_kt: float, last_digit: float
) -> tuple[LedgerRow, ...]:
    where = f"of a driving force of {-df:g} J/m3"
    return (
        _row(f"radius_{name}", f"critical radius {where}", "nm", radius, THEORY, partial(_radius_nm, df)),
        _row(f"barrier_{name}", f"barrier {where}", "eV", height, THEORY, partial(_barrier_ev, df)),
        _row(f"barrier_kt_{name}", f"barrier {where} at 300 K", "kT", height_kt, THEORY, partial(_barrier_kt, df),
             0.5 * last_digit, relative=False),
    )  # fmt: skip


LEDGER: tuple[LedgerRow, ...] = (
    *_barrier_rows(-1e9, "1e9", 2.0, 104.577, 4045.0, 1.0),
    *_barrier_rows(-2e9, "2e9", 1.0, 26.144, 1011.0, 1.0),
    *_barrier_rows(-5e9, "5e9", 0.4, 4.183, 161.8, 0.1),
    _row("force_of_60_kt", "driving force of a barrier of 60 kT at 300 K", "J/m3", 8.2e9, THEORY, _reached_force, 0.01),
    _row("gamma_03", "barrier at 1 J/m2 over that at 0.3 J/m2", "1", 37.0, THEORY, _smaller_gamma_ratio, 0.01),
    _row("nanophase_1_entropy", "configurational entropy per A site at Bi:Ln = 1:2.69", "R", 1.5949, NANOPHASES,
         partial(_entropy_of_ratio, 2.69), ENTROPY_TOLERANCE_R, relative=False),
    _row("nanophase_2_entropy", "configurational entropy per A site at Bi:Ln = 1:3.04", "R", 1.6028, NANOPHASES,
         partial(_entropy_of_ratio, 3.04), ENTROPY_TOLERANCE_R, relative=False),
    *(
        LedgerRow(
            id=f"thermo.nanophase_{number}_ratio", room="thermo", quantity=f"ratio Ln:Bi of nanophase {number}",
            unit="1", published=ratio, tolerance=0.1, source=NANOPHASES,
        )
        for number, ratio in ((1, 2.69), (2, 3.04))
    ),
    _row("nanophase_difference", "what the second has more than the first", "R", 0.008, NANOPHASES,
         _entropy_of_nanophases, 5e-4, relative=False),
    _row("nanophase_energy", "its energy at 873 K, per A site", "meV", 0.6, NANOPHASES, _energy_of_nanophases, 0.05,
         relative=False),
    _row("largest_entropy", "configurational entropy per A site at x = 0.8, its maximum", "R", 1.60944, SUBSTITUTION,
         partial(_entropy_of_ratio, 4.0), 1e-5, relative=False),
    _row("surplus_formula_unit", "entropy of mixing all cations beyond the sites, per formula unit", "R", 4.7804,
         SUBSTITUTION, partial(_surplus, "surplus_r")),
    _row("surplus_atom", "the same per atom", "R", 0.2516, SUBSTITUTION, partial(_surplus, "surplus_per_atom_r"), 2e-4),
    _row("surplus_atom_energy", "the same at 300 K", "meV", 6.50, SUBSTITUTION, _surplus_mev, 0.01, relative=False),
    _row("surplus_energy", "the same at 300 K per volume of the crystal", "J/m3", 8.0e7, SUBSTITUTION,
         partial(_surplus, "energy_j_per_m3"), 0.01),
)  # fmt: skip
