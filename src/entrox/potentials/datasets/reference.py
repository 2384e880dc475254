r"""Energy of each element in a data set, so that a model learns only what the arrangement of the atoms does.

.. math:: E_\mathrm{fit} = \sum_e n_e \varepsilon_e

fitted for each source of labels by ridge regression toward tabulated energies. Where the counts of elements vary in
fewer ways than there are elements (A : B : O fixed at 1 : 1 : 3), only the combinations that vary are determined; the
others keep their tabulated values. Energies in eV per atom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_in_range
from entrox.potentials.datasets.dataset import Dataset

if TYPE_CHECKING:
    from ase import Atoms

__all__ = [
    "ATOM_ENERGIES_EV",
    "EnergyReference",
    "check_one_energy_zero",
    "energy_zero_offsets",
    "fit_energy_reference",
    "subtract_reference",
]

Floats = NDArray[np.float64]

ATOM_ENERGIES_EV: Mapping[str, float] = {
    "O": -8.3861, "Na": -1.7406, "Mg": -1.6788, "Al": -4.2833, "Si": -6.2002, "K": -1.5668, "Ca": -3.4451,
    "Sc": -7.0549, "Ti": -9.1465, "V": -9.2594, "Cr": -9.3514, "Mn": -8.9843, "Fe": -8.0228, "Co": -6.4955,
    "Ni": -5.6057, "Cu": -3.4002, "Zn": -0.9217, "Ga": -3.2499, "Ge": -4.9164, "Sr": -3.2175, "Y": -7.4994,
    "Zr": -9.3816, "Nb": -10.4386, "Mo": -9.9539, "Sn": -4.0054, "Ba": -3.7180, "La": -6.8133, "Hf": -10.6666,
    "Ta": -11.8761, "W": -11.8491, "Pb": -3.1295, "Bi": -3.3328,
}  # fmt: skip
"""Energy of an atom in oxides and other compounds by linear regression over the MPtrj set (PBE and PBE+U), the
composition model of CHGNet 0.3.0: Deng et al., Nat. Mach. Intell. 5, 1031 (2023)."""

OFFSET_TOLERANCE_EV = 0.2
"""Two sources whose lowest frames of one composition differ by more have different zeros of energy [eV/atom]: heat and
functionals change less, codes and pseudopotentials more."""
RIDGE = 1e-8
SPAN_TOLERANCE = 1e-6


@dataclass(frozen=True)
class EnergyReference:
    """Reference energies of the elements for each source.

    Parameters
    ----------
    elements
        Elements in the order of the energies.
    eps
        By source, energy of each element [eV].
    rank
        By source, number of combinations of elements that the data determine.
    residual_mev_per_atom
        By source, root mean square of what the reference leaves [meV/atom].
    """

    elements: tuple[str, ...]
    eps: Mapping[str, tuple[float, ...]]
    rank: Mapping[str, int]
    residual_mev_per_atom: Mapping[str, float]

    def energy_ev(self, atoms: Atoms, source: str) -> float:
        """Reference energy of a structure [eV].

        Raises
        ------
        InputError
            If the source or an element is unknown.
        """
        if source not in self.eps:
            raise InputError(f"no energy reference for the source {source!r}; known: {', '.join(self.eps)}.")
        table = dict(zip(self.elements, self.eps[source], strict=True))
        symbols = atoms.get_chemical_symbols()
        if missing := sorted(set(symbols) - set(table)):
            raise InputError(f"no reference energy of {', '.join(missing)}; known: {', '.join(self.elements)}.")
        return float(sum(table[symbol] for symbol in symbols))

    @property
    def common_source(self) -> str | None:
        """A source whose zero of energy all share, None if they have several."""
        sources = list(self.eps)
        return sources[0] if len(set(self.eps.values())) == 1 else None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "elements": list(self.elements),
            "eps_ev": {source: list(values) for source, values in self.eps.items()},
            "rank": dict(self.rank),
            "residual_mev_per_atom": dict(self.residual_mev_per_atom),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> EnergyReference:
        """Read what :meth:`to_dict` gave."""
        return cls(
            tuple(content["elements"]),
            {source: tuple(values) for source, values in content["eps_ev"].items()},
            dict(content["rank"]),
            dict(content["residual_mev_per_atom"]),
        )


def fit_energy_reference(
    dataset: Dataset,
    prior: Mapping[str, float] = ATOM_ENERGIES_EV,
    ridge: float = RIDGE,
    *,
    per_source_reference: bool = False,
) -> EnergyReference:
    r"""Fit the reference energies.

    Parameters
    ----------
    dataset
        Frames; those without energy do not count.
    prior
        Energies toward which the fit goes [eV]; zero for an element that is absent.
    ridge
        Weight of the prior over the mean squared singular value of the counts. The fit is
        :math:`\varepsilon = \varepsilon_0 + (C^T C + \lambda)^{-1} C^T (E - C \varepsilon_0)`.
    per_source_reference
        Fit sources with different zeros of energy on their own; those that agree are fitted together. Each fit leaves
        residuals around zero, so that what one source is hotter than another, as a whole, is lost from the energies.

    Returns
    -------
    EnergyReference
        The same energies for all sources that share a zero.

    Raises
    ------
    InputError
        If no frame has an energy, or sources have different zeros and ``per_source_reference`` is off.
    """
    check_in_range(ridge, "ridge", low=0.0)
    labeled = np.isfinite(dataset.energies_ev)
    if not labeled.any():
        raise InputError("an energy reference needs frames with energies; the data set has none.")
    sources = np.array([frame.source for frame in dataset])
    start = np.array([prior.get(name, 0.0) for name in dataset.elements])
    if not per_source_reference:
        check_one_energy_zero(dataset)
    clusters = sources_of_one_zero(dataset) if per_source_reference else [dataset.sources]
    found = {}
    for cluster in clusters:
        rows = labeled & np.isin(sources, cluster)
        if rows.any():
            found.update(dict.fromkeys(cluster, _fitted(dataset, rows, start, ridge)))
    return EnergyReference(
        dataset.elements,
        {source: tuple(eps.tolist()) for source, (eps, _, _) in found.items()},
        {source: rank for source, (_, rank, _) in found.items()},
        {source: residual for source, (_, _, residual) in found.items()},
    )


def _fitted(dataset: Dataset, rows: NDArray[np.bool_], start: Floats, ridge: float) -> tuple[Floats, int, float]:
    """Return energies, rank, and root mean square of the residual [meV/atom] of chosen frames."""
    counts = dataset.element_counts[rows].astype(float)
    energies = dataset.energies_ev[rows]
    left, singular, right = np.linalg.svd(counts, full_matrices=False)
    rank = int(np.linalg.matrix_rank(counts))
    weight = ridge * float((singular**2).mean())
    # directions that the counts do not span keep the prior exactly, not up to rounding
    gain = np.where(np.arange(len(singular)) < rank, singular / (singular**2 + weight), 0.0)
    eps = start + right.T @ (gain * (left.T @ (energies - counts @ start)))
    residual = (energies - counts @ eps) / counts.sum(axis=1)
    return eps, rank, 1000.0 * float(np.sqrt((residual**2).mean()))


def subtract_reference(dataset: Dataset, reference: EnergyReference) -> Dataset:
    """Return the data set with the reference taken off the energies, so that all sources share one zero."""
    frames = tuple(
        frame
        if frame.energy_ev is None
        else replace(frame, energy_ev=frame.energy_ev - reference.energy_ev(frame.atoms, frame.source))
        for frame in dataset
    )
    return replace(dataset, frames=frames)


def energy_zero_offsets(dataset: Dataset) -> dict[str, dict[str, float]]:
    """Energy by which the other sources lie above the one with the most frames, by source and composition [eV/atom].

    Compared are the lowest frames of each composition, with what the elements' energies of the first source give for
    it; compositions that these do not determine are left out.
    """
    energies = dataset.energies_ev / dataset.element_counts.sum(axis=1)
    lowest: dict[tuple[str, str], int] = {}
    for index in np.argsort(-energies):
        if np.isfinite(energies[index]):
            lowest[dataset.frames[index].source, dataset.frame_compositions[index]] = int(index)
    sources = [frame.source for frame in dataset if frame.energy_ev is not None]
    if len(set(sources)) < 2:
        return {}
    base = max(dict.fromkeys(sources), key=sources.count)
    own = [index for (source, _), index in lowest.items() if source == base]
    fractions = dataset.element_counts / dataset.element_counts.sum(axis=1, keepdims=True)
    inverse = np.linalg.pinv(fractions[own])
    spanned = inverse @ fractions[own]
    offsets: dict[str, dict[str, float]] = {}
    for (source, composition), index in lowest.items():
        row = fractions[index]
        if source == base or np.abs(row @ spanned - row).max() > SPAN_TOLERANCE:
            continue
        offsets.setdefault(source, {})[composition] = float(energies[index] - row @ inverse @ energies[own])
    return offsets


def sources_of_one_zero(dataset: Dataset) -> list[tuple[str, ...]]:
    """Sources in groups that share a zero of energy; one that cannot be compared with another stands alone."""
    clusters: list[tuple[str, ...]] = []
    for source in sorted(dataset.sources, key=lambda name: -sum(frame.source == name for frame in dataset)):
        for index, cluster in enumerate(clusters):
            members = [number for number, frame in enumerate(dataset) if frame.source in (*cluster, source)]
            offsets = energy_zero_offsets(dataset.select(members))
            found = [value for by_composition in offsets.values() for value in by_composition.values()]
            if found and max(map(abs, found)) <= OFFSET_TOLERANCE_EV:
                clusters[index] = (*cluster, source)
                break
        else:
            clusters.append((source,))
    return clusters


def check_one_energy_zero(dataset: Dataset) -> None:
    """Raise InputError, with the offsets, if the sources have different zeros of energy."""
    wrong = {
        source: found
        for source, found in energy_zero_offsets(dataset).items()
        if max(map(abs, found.values())) > OFFSET_TOLERANCE_EV
    }
    if not wrong:
        return
    shown = "; ".join(f"{source} {_offset_text(found)}" for source, found in wrong.items())
    raise InputError(
        f"the sources have different zeros of energy, in eV/atom against the largest source: {shown}. Fit each source "
        "on its own with per_source_reference=True (--per-source-reference), or train on one of them."
    )


def _offset_text(offsets: Mapping[str, float]) -> str:
    items: Sequence[tuple[str, float]] = sorted(offsets.items())
    more = f" and {len(items) - 4} more" if len(items) > 4 else ""
    return ", ".join(f"{value:+.3f} ({composition})" for composition, value in items[:4]) + more
