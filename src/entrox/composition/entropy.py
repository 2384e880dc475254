r"""Ideal mixing entropy of oxides whose sites are shared by several species, in every normalization in use.

Pure functions of arrays and nouns. Unit: R, equal to k_B per particle; a number without its normalization says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.composition.sites import Composition
from entrox.composition.tables import VACANCY
from entrox.core.checks import check_shape, check_site_fractions
from entrox.core.result import Result, quantity

__all__ = ["Entropies", "configurational_entropy", "entropies", "mixing_entropy_of_site"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Entropies(Result):
    """Configurational entropy in the normalizations of the literature."""

    per_formula_unit: float = quantity("R", "configurational entropy per formula unit, cation sites")
    per_site: dict[str, float]
    per_cation: float = quantity("R", "configurational entropy per cation")
    per_atom: float = quantity("R", "configurational entropy per atom")
    entropy_metric: float = quantity("R", "entropy metric")
    warnings: tuple[str, ...] = ()


def mixing_entropy_of_site(fractions: ArrayLike) -> Floats:
    r"""Ideal mixing entropy of one site.

    .. math:: S / R = -\sum_i c_i \ln c_i

    Parameters
    ----------
    fractions
        Site fractions, shape ``(..., n_species)``, each row summing to one. A vacancy is a species.

    Returns
    -------
    ndarray
        Entropy per mole of this site [R], shape ``(...)``.

    Raises
    ------
    InputError
        If a fraction is negative or a row does not sum to one.

    Examples
    --------
    >>> round(float(mixing_entropy_of_site([0.5, 0.5])), 4)
    0.6931
    """
    return _entropy(check_site_fractions([fractions], "fractions")[0])[()]


def configurational_entropy(site_fractions: Sequence[ArrayLike], sites_per_formula: ArrayLike) -> Floats:
    r"""Ideal configurational entropy of independent sublattices.

    .. math:: S / k_\mathrm{B} = -\sum_s m_s \sum_i x_{si} \ln x_{si}

    Parameters
    ----------
    site_fractions
        One array per sublattice *s*, shape ``(..., n_species_s)``, each row summing to one. A vacancy is a species.
    sites_per_formula
        Sites :math:`m_s` per formula unit, shape ``(n_sublattices,)``.

    Returns
    -------
    ndarray
        Entropy [k_B per formula unit], shape ``(...)``.

    Raises
    ------
    InputError
        If a fraction is negative, a sublattice does not sum to one, or the lengths differ.

    Notes
    -----
    Random mixing is assumed; short-range order only lowers the value. Rost et al., Nat. Commun. 6, 8485 (2015).

    Examples
    --------
    Five cations in equal parts on the cation sites of rock salt give ln 5:

    >>> round(float(configurational_entropy([[0.2] * 5, [1.0]], [1, 1])), 4)
    1.6094
    """
    sublattices = check_site_fractions(site_fractions)
    multiplicities = check_shape(sites_per_formula, (len(sublattices),), "sites_per_formula")
    total: Floats = np.asarray(0.0)
    for multiplicity, fractions in zip(multiplicities, sublattices, strict=True):
        total = total + multiplicity * _entropy(fractions)
    return total[()]


def entropies(composition: Composition) -> Entropies:
    r"""Entropy of mixing of a composition in every normalization.

    Parameters
    ----------
    composition
        Species on sites.

    Returns
    -------
    Entropies
        All in units of R.

        - ``per_formula_unit``: :math:`S_\mathrm{fu} = -\sum_s m_s \sum_i c_{si} \ln c_{si}` over the cation sites.
        - ``per_site``: :math:`-\sum_i c_{si} \ln c_{si}` per mole of each site, by label, the anion site included; the
          convention of the Bi4Ti3O12 literature.
        - ``per_cation``: :math:`S_\mathrm{fu}` over the cations per formula unit (vacancies are no cations).
        - ``per_atom``: :math:`S_\mathrm{fu}` over the atoms per formula unit.
        - ``entropy_metric``: :math:`\mathrm{EM} = L \, S_\mathrm{SL} / R` with the sublattice entropy per mole of sites
          :math:`S_\mathrm{SL} = -R \sum_s m_s \sum_i c_{si} \ln c_{si} / \sum_s m_s` over all sublattices, anions
          included, and the number of sublattices *L*.

    Notes
    -----
    Vacancies count as a species. Mixing on the anion site enters ``per_site`` and ``entropy_metric`` only; a warning
    gives what it would add. The entropy metric is our reading, from memory, of C. Dippo and K. Vecchio, Scripta
    Materialia 201, 113974 (2021), not checked against the paper; it gives ln 5 = 1.609 for five equal cations in rock
    salt, and 3/5 of the entropy per formula unit in a perovskite.

    Examples
    --------
    >>> from entrox.composition import parse_formula
    >>> found = entropies(parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3").at(x=0.2))
    >>> round(found.per_formula_unit, 3), {label: round(value, 3) for label, value in found.per_site.items()}
    (2.282, {'A': 1.332, 'B': 0.95, 'X': 0.0})
    """
    per_site = {}
    for label, site in composition.sites.items():
        per_site[label] = float(_entropy(np.array([float(c) for c in site.fractions.values()])))
    multiplicity = {label: float(site.multiplicity) for label, site in composition.sites.items()}
    anion = composition.anion_site.label
    per_formula = sum(multiplicity[label] * value for label, value in per_site.items() if label != anion)
    everything = per_formula + multiplicity[anion] * per_site[anion]
    atoms = sum(n for s, n in composition.amounts.items() if s != VACANCY)
    cations = sum(
        site.multiplicity * c for site in composition.cation_sites for s, c in site.fractions.items() if s != VACANCY
    )
    warnings: tuple[str, ...] = ()
    if per_site[anion] > 0.0:
        warnings = (
            f"mixing on the anion site adds {multiplicity[anion] * per_site[anion]:.3f} R per formula unit, "
            "which per_formula_unit, per_cation and per_atom leave out",
        )
    return Entropies(
        per_formula_unit=per_formula,
        per_site=per_site,
        per_cation=per_formula / float(cations),
        per_atom=per_formula / float(atoms),
        entropy_metric=len(per_site) * everything / sum(multiplicity.values()),
        warnings=warnings,
    )


def _entropy(fractions: Floats) -> Floats:
    """Return -sum c ln c along the last axis; zero fractions add nothing."""
    logarithms = np.log(np.where(fractions > 0.0, fractions, 1.0))
    return np.asarray(-(fractions * logarithms).sum(axis=-1) + 0.0)
