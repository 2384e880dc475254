"""What an objective or a constraint is about: a quantity of a measure, and what stands for it in the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from entrox.core.block_measure import BlockMeasure
from entrox.core.errors import InputError, nearest_names
from entrox.core.measure import Measure
from entrox.core.result import Quantity
from entrox.design.search.energy_density import ENERGY_DENSITY

if TYPE_CHECKING:
    from entrox.design.search.settings import Search

__all__ = ["DESCRIPTORS", "Target", "block_measures", "chosen_measures", "find_targets"]

DESCRIPTORS = "descriptors"


@dataclass(frozen=True)
class Target:
    """A quantity that is searched for or constrained.

    Parameters
    ----------
    quantity
        The quantity as its measure declares it.
    measure
        Name of the measure.
    screened_by
        Quantity that the screen computes in its place, often itself; None where the measure has no fast form: then it
        is known for the candidates that are run again only.
    """

    quantity: Quantity
    measure: str
    screened_by: str | None

    @property
    def name(self) -> str:
        """Name of the quantity."""
        return self.quantity.name


@cache
def block_measures() -> Mapping[str, BlockMeasure]:
    """Return the fast forms that our rooms hand up, by the name of the measure."""
    from entrox.breakdown.block_law import BLOCK_MEASURES as BREAKDOWN
    from entrox.composition.block_descriptors import BLOCK_MEASURES as COMPOSITION

    return {item.measure: item for item in (*COMPOSITION, *BREAKDOWN)}


def chosen_measures(search: Search) -> dict[str, Mapping[str, object]]:
    """Return the settings of the measures of a search, the descriptors first: they cost nothing."""
    return {DESCRIPTORS: search.measures.get(DESCRIPTORS, {}), **search.measures}


def find_targets(names: Sequence[str], search: Search, measures: Mapping[str, Measure]) -> tuple[Target, ...]:
    """Return the targets called ``names``.

    Parameters
    ----------
    names
        Scalar quantities of the measures of the search, or ``energy_density_bound_j_per_cm3`` where the search gives a
        permittivity.
    search
        The search.
    measures
        Known measures by name.

    Raises
    ------
    InputError
        If a quantity is unknown, is an array, or belongs to a measure that the search does not compute.
    """
    known = _known_targets(search, measures)
    found = []
    for name in names:
        if name not in known:
            raise InputError(_unknown(name, known, measures))
        found.append(known[name])
    return tuple(found)


def _known_targets(search: Search, measures: Mapping[str, Measure]) -> dict[str, Target]:
    fast = block_measures()
    known: dict[str, Target] = {}
    for measure in chosen_measures(search):
        form = fast.get(measure)
        for declared in measures[measure].quantities if measure in measures else ():
            if not declared.axes:
                own = declared.name if form and declared.name in form.quantities else None
                known[declared.name] = Target(
                    declared, measure, own or (form.stands_for.get(declared.name) if form else None)
                )
    if search.search.permittivity is not None and "breakdown_field_mv_per_m" in known:
        known[ENERGY_DENSITY.name] = Target(ENERGY_DENSITY, "breakdown", ENERGY_DENSITY.name)
    return known


def _unknown(name: str, known: Mapping[str, Target], measures: Mapping[str, Measure]) -> str:
    if name == ENERGY_DENSITY.name:
        return (
            f"{name} needs a permittivity, which no law of ours predicts: give permittivity in [search], and the "
            "measure breakdown."
        )
    for measure in measures.values():
        for declared in measure.quantities:
            if declared.name == name:
                what = (
                    "is an array; a search needs one number" if declared.axes
                    else f"belongs to the measure {measure.name!r}: add {measure.name} = {{}} to [measures]"
                )  # fmt: skip
                return f"the quantity {name!r} {what}."
    return f"unknown quantity {name!r}; {nearest_names(name, known)}. `entrox study` writes them as columns."
