"""Names for ions whose range belongs to several: probabilities from the solved overlaps, and draws from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from entrox.atomprobe.background import fit_background
from entrox.atomprobe.overlaps import OverlapSolution, solve_overlaps
from entrox.atomprobe.range_counts import range_counts
from entrox.atomprobe.ranging import RangedIons
from entrox.atomprobe.spectrum import mass_spectrum
from entrox.core import InputError

__all__ = ["impute_labels", "name_by_isotopes", "with_label_probabilities"]


def with_label_probabilities(ranged: RangedIons, solution: OverlapSolution) -> RangedIons:
    """Return the cloud with the names that a solution allows for every range and their probabilities.

    Ions that only the solution names are added to ``ion_names``; ``ion_index`` holds the most probable name.

    Raises
    ------
    InputError
        If a range of the cloud is not in the solution.
    """
    names = tuple(dict.fromkeys([*ranged.ion_names, *solution.ions]))
    known = dict(zip(ranged.ion_names, ranged.compositions, strict=True))
    table = np.zeros((len(ranged.table) + 1, len(names)))
    columns = [names.index(ion) for ion in solution.ions]
    table[solution.range_index[:, None], np.array(columns)] = solution.probabilities
    missing = np.flatnonzero(np.bincount(ranged.range_index + 1, minlength=len(table))[1:])
    missing = missing[table[missing].sum(axis=1) == 0.0]
    if len(missing):
        ions = ", ".join(ranged.table.ranges[index].ion for index in missing)
        raise InputError(f"the solution has no probabilities for the ranges {missing.tolist()} ({ions}): other table?")
    best = table.argmax(axis=1).astype(np.int16)
    best[-1] = -1
    uncertain = table.max(axis=1) < 1.0
    claim_of_range = np.where(uncertain, np.cumsum(uncertain) - 1, -1).astype(np.int32)
    claim_of_range[-1] = -1
    return replace(
        ranged,
        ion_names=names,
        compositions=tuple(known.get(name, solution.compositions.get(name)) for name in names),
        ion_index=best[ranged.range_index],
        claim=claim_of_range[ranged.range_index],
        claim_probabilities=table[uncertain & (np.arange(len(table)) < len(ranged.table))],
    )


def impute_labels(ranged: RangedIons, probabilities: OverlapSolution, rng: np.random.Generator) -> RangedIons:
    """Draw a name for every ion from the probabilities of its range.

    Names are drawn independently of each other, which dilutes order among the ions concerned; a notice says so.

    Parameters
    ----------
    ranged
        Ranged cloud, of the table that the overlaps were solved with.
    probabilities
        Solution of the overlaps.
    rng
        Source of randomness.

    Returns
    -------
    RangedIons
        Cloud with certain names; ions that only the solution knows are among its ``ion_names``.
    """
    return with_label_probabilities(ranged, probabilities).impute(rng)


def name_by_isotopes(ranged: RangedIons, candidates: Sequence[str] = (), bin_da: float = 0.01) -> RangedIons:
    """Return the cloud with the names that the natural abundances of isotopes allow in every range.

    Parameters
    ----------
    ranged
        Ranged cloud.
    candidates
        Further ions with their charge, as for :func:`~entrox.atomprobe.overlaps.solve_overlaps`.
    bin_da
        Width of a bin of the spectrum that the background is fitted on [Da].

    Raises
    ------
    InputError
        If the overlaps cannot be solved.
    """
    spectrum = mass_spectrum(ranged.ions, bin_da, table=ranged.table)
    counts = range_counts(spectrum, ranged.table, fit_background(spectrum, ranged.table))
    return with_label_probabilities(ranged, solve_overlaps(counts, candidates))
