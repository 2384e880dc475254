"""Which ions leave the sites of a simulated tip: atoms that fly together are one event at one point."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.ion_names import ion_formula, parse_ion_formula
from entrox.atomprobe.tip.settings import EventSettings
from entrox.composition.mapping import FrozenDict
from entrox.core import InputError

__all__ = ["TipEvents", "evaporate", "ion_of_template"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_PLACEHOLDER = re.compile(r"M(?![a-z])")


@dataclass(frozen=True, eq=False)
class TipEvents:
    """Ions that left the tip.

    Parameters
    ----------
    ions
        Atoms of each distinct ion; its name is the formula.
    ion
        Index of the ion of each event, shape ``(n_events,)``.
    site
        Index of the site of each event, shape ``(n_events,)``; ascending.
    """

    ions: tuple[FrozenDict[str, int], ...]
    ion: NDArray[np.int16]
    site: Ints

    @property
    def names(self) -> tuple[str, ...]:
        """Formula of each distinct ion."""
        return tuple(ion_formula(item) for item in self.ions)


def ion_of_template(template: str, element: str) -> FrozenDict[str, int]:
    """Return the atoms of an ion; ``M`` in the template is the element of the site.

    Raises
    ------
    InputError
        If the template is no formula, or the ion would not hold the element of its site.

    Examples
    --------
    >>> dict(ion_of_template("MO2", "Mg"))
    {'Mg': 1, 'O': 2}
    """
    ion = parse_ion_formula(_PLACEHOLDER.sub(element, template))
    if ion is None or element not in ion:
        raise InputError(
            f"events: {template!r} is no ion of a {element} site. Write a formula that holds M, the element of the "
            "site, such as 'MO2'; for anion sites a formula with the anion, such as 'O2'."
        )
    return ion


def evaporate(
    labels: NDArray[np.integer], species: tuple[str, ...], anion: str | None, settings: EventSettings,
    rng: np.random.Generator,
) -> TipEvents:  # fmt: skip
    """Turn the atoms of a tip into ions.

    Parameters
    ----------
    labels
        Index of the element of each site, shape ``(n,)``.
    species
        Elements, the anion last if there is one.
    anion
        The anion; its sites follow the table ``anion``, all others the table ``metal``.
    settings
        Shares of the ions.
    rng
        Source of randomness.

    Returns
    -------
    TipEvents
        Atoms that an ion takes along are removed at random among the sites of their element, so that the composition
        stays that of the tip on average. An element without sites (hydrogen from the chamber) is added.

    Raises
    ------
    InputError
        If a formula is wrong, or the ions need more anions than there are.
    """
    ions: dict[FrozenDict[str, int], int] = {}
    chosen = np.full(len(labels), -1, dtype=np.int16)
    bound: dict[str, int] = {}
    for index, element in enumerate(species):
        is_anion = element == anion
        table = (settings.anion or {element: 1.0}) if is_anion else settings.metal
        kinds = [ion_of_template(template, element) for template in table]
        shares = np.array(list(table.values())) / sum(table.values())
        sites = np.flatnonzero(labels == index)
        own = float(sum(share * kind[element] for share, kind in zip(shares, kinds, strict=True)))
        kept = _remaining(sites, own, bound.get(element, 0), element, rng)
        drawn = rng.choice(len(kinds), size=len(kept), p=shares)
        chosen[kept] = np.array([ions.setdefault(kind, len(ions)) for kind in kinds], dtype=np.int16)[drawn]
        for number, kind in enumerate(kinds):
            _add_bound(bound, kind, element, species, anion, int((drawn == number).sum()))
    site = np.flatnonzero(chosen >= 0)
    return TipEvents(ions=tuple(ions), ion=chosen[site], site=site)


def _remaining(sites: Ints, own: float, bound: int, element: str, rng: np.random.Generator) -> Ints:
    """Sites whose atoms are not yet part of another event: n_events * own atoms + bound atoms = all atoms."""
    if bound > len(sites):
        raise InputError(
            f"events: the ions of the metal sites take {bound} {element} atoms along, but there are only {len(sites)}. "
            f"Lower the shares of the ions with {element}."
        )
    n_events = round((len(sites) - bound) / own)
    return sites if n_events == len(sites) else np.sort(rng.choice(sites, size=n_events, replace=False))


def _add_bound(
    bound: dict[str, int], kind: FrozenDict[str, int], element: str, species: tuple[str, ...], anion: str | None,
    events: int,
) -> None:  # fmt: skip
    for other, count in kind.items():
        if other == element:
            continue
        if other in species and (other != anion):
            raise InputError(
                f"events: {ion_formula(kind)} takes {other} from other metal sites; an ion may take along the anion, "
                "or elements that the tip does not hold."
            )
        bound[other] = bound.get(other, 0) + count * events
