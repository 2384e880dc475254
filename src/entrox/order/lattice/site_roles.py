"""Which site an element of a perovskite may take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError

__all__ = ["A_SITE_ELEMENTS", "B_SITE_ELEMENTS", "EITHER", "atom_roles", "site_elements"]

Ints = NDArray[np.int64]

A_SITE_ELEMENTS = (
    "Ba", "Sr", "Ca", "Pb", "Bi", "Na", "K", "Rb", "Cs", "Ag", "Tl", "Ra", "Cd", "Eu", "La", "Ce", "Pr", "Nd", "Pm",
    "Sm", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y", "Li", "Mn",
)  # fmt: skip
"""Elements found on A sites."""
B_SITE_ELEMENTS = (
    "Ti", "Zr", "Hf", "Sn", "Nb", "Ta", "Sc", "Mg", "Zn", "In", "Fe", "Co", "Ni", "Cu", "Cr", "V", "Mo", "W", "Al",
    "Ga", "Ge", "Sb", "Te", "Ru", "Rh", "Ir", "Pt", "Os", "Re", "Tc", "Pd", "U", "Th", "Mn", "Li", "Ce", "Y", "Dy",
    "Ho", "Er", "Tm", "Yb", "Lu",
)  # fmt: skip
"""Elements found on B sites. Those also found on A sites are placed by the fit."""

A_ATOM, B_ATOM, X_ATOM, EITHER = 0, 1, 2, 3


def site_elements(
    present: Sequence[str], a_site: Sequence[str] | None, b_site: Sequence[str] | None, x_site: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Elements present that may sit on the A, B and X sites.

    Parameters
    ----------
    present
        Elements of the structure.
    a_site, b_site
        Elements allowed on each cation site; None takes the known ones that the other list does not claim.
    x_site
        Anions.

    Raises
    ------
    InputError
        If an element has no site, a listed anion is also a cation, or no element has a site of its own.
    """
    anions = tuple(dict.fromkeys(x_site))
    listed_a, listed_b = set(a_site or ()), set(b_site or ())
    if listed_x := (listed_a | listed_b) & set(anions):
        raise InputError(f"{', '.join(sorted(listed_x))}: listed as anion (x_site) and as cation; name one site.")
    allowed_a = listed_a if a_site is not None else set(A_SITE_ELEMENTS) - listed_b - set(anions)
    allowed_b = listed_b if b_site is not None else set(B_SITE_ELEMENTS) - listed_a - set(anions)
    known = sorted(set(present))
    homeless = [s for s in known if s not in allowed_a | allowed_b | set(anions)]
    if homeless:
        raise InputError(
            f"{', '.join(homeless)}: neither in a_site nor in b_site nor in x_site. The A sites take "
            f"{_listing(allowed_a, known)}, the B sites {_listing(allowed_b, known)}, the X sites "
            f"{', '.join(anions) or 'nothing'}. Name every element of the structure in a_site=, b_site= or x_site=."
        )
    cations_a = tuple(s for s in known if s in allowed_a)
    cations_b = tuple(s for s in known if s in allowed_b)
    if not set(cations_a) ^ set(cations_b):
        raise InputError(
            f"no element is sure of its site: A sites take {', '.join(cations_a) or 'none'}, B sites "
            f"{', '.join(cations_b) or 'none'} of the elements present ({', '.join(known)}). Name at least one element "
            "in only one of a_site= and b_site=."
        )
    return cations_a, cations_b, tuple(s for s in known if s in anions)


def _listing(allowed: set[str], present: list[str]) -> str:
    here = [s for s in present if s in allowed]
    return ", ".join(here) if here else "none of the elements present"


def atom_roles(symbols: Sequence[str], sites: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]) -> Ints:
    """Role of each atom: 0 on A, 1 on B, 2 on X, 3 on A or B, to be decided by its place."""
    cations_a, cations_b, anions = sites
    role = dict.fromkeys(anions, X_ATOM)
    role.update(dict.fromkeys(cations_b, B_ATOM))
    role.update({s: EITHER if s in cations_b else A_ATOM for s in cations_a})
    names, inverse = np.unique(np.asarray(symbols), return_inverse=True)
    unknown = [str(s) for s in names if str(s) not in role]
    if unknown:
        raise InputError(
            f"{', '.join(unknown)}: not among the elements of the map, {', '.join(sorted(role))}. "
            "Fit a new map to this structure."
        )
    roles: Ints = np.array([role[str(s)] for s in names], dtype=np.int64)[inverse]
    return roles
