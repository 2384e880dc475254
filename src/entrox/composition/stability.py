r"""Tolerance factors of perovskites and the electronegativity of their bonds.

Pure functions of nouns and numbers; dimensionless, electronegativities on Pauling's scale.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from entrox.composition.distortion import mean_radius_of_site
from entrox.composition.elements import electronegativity
from entrox.composition.radii import comparable_radii_of_site, radii_of_site, radius_warnings
from entrox.composition.sites import Composition, Site
from entrox.composition.tables import VACANCY
from entrox.core.errors import InputError

__all__ = [
    "bartel_tau",
    "electronegativity_mismatch",
    "electronegativity_mismatch_of_site",
    "goldschmidt_tolerance",
    "mean_electronegativity_difference",
    "octahedral_factor",
    "tolerance_factor_warnings",
]


def goldschmidt_tolerance(composition: Composition, *, radii: Mapping[str, float] | None = None) -> float:
    r"""Goldschmidt's tolerance factor of a perovskite.

    .. math:: t = \frac{r_A + r_X}{\sqrt 2 \, (r_B + r_X)}

    with the mean radii of the sites, A in coordination 12, B and X in 6. Cubic perovskites have t near 1.

    Raises
    ------
    InputError
        If the composition is no perovskite or a radius is unknown.

    Notes
    -----
    V. M. Goldschmidt, Naturwissenschaften 14, 477 (1926).

    Examples
    --------
    >>> from entrox.composition import parse_formula
    >>> round(goldschmidt_tolerance(parse_formula("SrTiO3").at()), 3)
    1.002
    """
    large, small, anion = _perovskite_radii(composition, radii)
    return (large + anion) / (math.sqrt(2.0) * (small + anion))


def bartel_tau(composition: Composition, *, radii: Mapping[str, float] | None = None) -> float | None:
    r"""Tolerance factor of Bartel et al.; a perovskite is expected below 4.18.

    .. math:: \tau = \frac{r_X}{r_B} - n_A \left(n_A - \frac{r_A/r_B}{\ln(r_A/r_B)}\right)

    with the mean charge :math:`n_A` of the A site.

    Returns
    -------
    float or None
        None where :math:`r_A \le r_B`, for which the expression is not defined.

    Raises
    ------
    InputError
        If the composition is no perovskite or a radius is unknown.

    Notes
    -----
    C. J. Bartel et al., Science Advances 5, eaav0693 (2019). Mean radii and charge on shared sites are our extension.

    Examples
    --------
    >>> from entrox.composition import parse_formula
    >>> round(bartel_tau(parse_formula("BaTiO3").at()), 2)
    3.75
    """
    large, small, anion = _perovskite_radii(composition, radii)
    if large <= small:
        return None
    charge, ratio = _occupied_charge(composition.sites["A"]), large / small
    return anion / small - charge * (charge - ratio / math.log(ratio))


def octahedral_factor(composition: Composition, *, radii: Mapping[str, float] | None = None) -> float:
    """Ratio of the mean B radius to the mean X radius; octahedra are stable from about 0.41 to 0.73."""
    _, small, anion = _perovskite_radii(composition, radii)
    return small / anion


def tolerance_factor_warnings(composition: Composition, *, radii: Mapping[str, float] | None = None) -> tuple[str, ...]:
    """Radii of other coordinations in the tolerance factors, where the distortion of the site takes different ones.

    Parameters
    ----------
    composition
        Species on sites.
    radii
        The user's own radii [angstrom] by symbol.

    Returns
    -------
    tuple of str
        Empty if the composition is no perovskite or both take the same radii: then the warnings of the distortion hold.
    """
    if composition.prototype != "perovskite":
        return ()
    notes: list[str] = []
    for site in composition.cation_sites:
        nearest = radii_of_site(site.fractions, site.charges, site.coordination, radii)
        comparable, _ = comparable_radii_of_site(site, radii)
        notes += radius_warnings(datum for symbol, datum in nearest.items() if datum != comparable[symbol])
    return tuple(f"tolerance factors: {note}" for note in notes)


def electronegativity_mismatch(
    composition: Composition, *, electronegativities: Mapping[str, float] | None = None
) -> dict[str, float]:
    r"""Spread of the electronegativity on every cation site, :math:`\sqrt{\sum_i c_i (\chi_i - \bar\chi)^2}`, by label.

    Parameters
    ----------
    composition
        Species on sites; vacancies are left out.
    electronegativities
        The user's own values by symbol.

    Raises
    ------
    InputError
        If an element has no tabulated electronegativity (Eu, Tb, Yb) and none is given.
    """
    own = electronegativities
    return {
        site.label: electronegativity_mismatch_of_site(site, electronegativities=own)
        for site in composition.cation_sites
    }


def electronegativity_mismatch_of_site(site: Site, *, electronegativities: Mapping[str, float] | None = None) -> float:
    """Spread of the electronegativity on one site, see :func:`electronegativity_mismatch`."""
    shares = _occupied_shares(site)
    values = {symbol: _electronegativity(symbol, electronegativities) for symbol in shares}
    mean = sum(share * values[symbol] for symbol, share in shares.items())
    return math.sqrt(sum(share * (values[symbol] - mean) ** 2 for symbol, share in shares.items()))


def mean_electronegativity_difference(
    composition: Composition, *, electronegativities: Mapping[str, float] | None = None
) -> float:
    r"""Mean difference of electronegativity between anions and cations, a measure of how ionic the bonds are.

    .. math:: \Delta\chi = \frac{1}{N_s} \sum_s (\bar\chi_X - \bar\chi_s)

    over the :math:`N_s` kinds of cation site; in a perovskite the mean of the A-O and the B-O difference.

    Raises
    ------
    InputError
        If an element has no tabulated electronegativity (Eu, Tb, Yb) and none is given.

    Examples
    --------
    >>> from entrox.composition import parse_formula
    >>> round(mean_electronegativity_difference(parse_formula("BaTiO3").at()), 3)
    2.225
    """
    means = []
    for site in composition.sites.values():
        shares = _occupied_shares(site)
        means.append(sum(c * _electronegativity(symbol, electronegativities) for symbol, c in shares.items()))
    return means[-1] - sum(means[:-1]) / len(means[:-1])


def _electronegativity(symbol: str, own: Mapping[str, float] | None) -> float:
    return float(own[symbol]) if own and symbol in own else electronegativity(symbol).value


def _occupied_shares(site: Site) -> dict[str, float]:
    """Return the fractions of the species on a site, vacancies left out, summing to one."""
    occupied = 1 - site.fractions.get(VACANCY, 0)
    return {symbol: float(c / occupied) for symbol, c in site.fractions.items() if symbol != VACANCY}


def _occupied_charge(site: Site) -> float:
    """Return the mean charge of the cations on a site [e], vacancies left out."""
    return sum(share * site.charges[symbol] for symbol, share in _occupied_shares(site).items())


def _perovskite_radii(composition: Composition, radii: Mapping[str, float] | None) -> tuple[float, float, float]:
    """Return the mean radii of A, B and X [angstrom]."""
    if composition.prototype != "perovskite":
        raise InputError(
            f"Tolerance and octahedral factors are defined for perovskites; {composition.formula} was read as "
            f"{composition.prototype}. Pass prototype='perovskite' (--prototype perovskite) if it is one."
        )
    large, small, anion = (mean_radius_of_site(site, radii=radii) for site in composition.sites.values())
    return large, small, anion
