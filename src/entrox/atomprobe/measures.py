"""Measures of the room: the local mixing entropy of a structure or a tip that belongs to a composition.

Lengths in nm; entropies in R per mole of counted atoms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.entropy_analysis import EntropyAnalysis, analyze_entropy
from entrox.atomprobe.entropy_settings import EntropySettings
from entrox.atomprobe.ranged_ions import RangedIons
from entrox.atomprobe.ranges import read_ranges
from entrox.atomprobe.readers import iter_ions
from entrox.atomprobe.streaming import read_ranged
from entrox.atomprobe.summary import summarize_ions
from entrox.core import InputError
from entrox.core.measure import Measure, MeasureSettings
from entrox.core.result import Quantity
from entrox.order.point_set import PointSet

if TYPE_CHECKING:
    from entrox.structure.structure_source import StructureSource

__all__ = ["MEASURES", "LocalEntropySettings", "counted_atoms", "local_entropy_of_structure"]

Floats = NDArray[np.float64]


class LocalEntropySettings(EntropySettings, MeasureSettings):
    """Settings of the local entropy of a structure: those of ``entrox atomprobe entropy``."""


def local_entropy_of_structure(
    source: StructureSource, settings: LocalEntropySettings, rng: np.random.Generator
) -> Mapping[str, Any]:
    """Local mixing entropy of one structure; of frames the first is taken, since cations keep their places."""
    notices: list[str] = []
    found = analyze_entropy(_atoms(source, notices), settings, rng=rng)
    notes = tuple(dict.fromkeys(f"local entropy: {text}" for text in (*notices, *found.notices)))
    return {**_bulk(found), **_unit(found), **_strongest(found), **_sizes(found), "warnings": notes}


def counted_atoms(source: StructureSource) -> dict[str, float]:
    """Return the atoms of each element: of the first frame, or of all ranged ions of a cloud."""
    if not source.is_cloud:
        atoms = next(source.frames([]))
        symbols, counts = np.unique(atoms.get_chemical_symbols(), return_counts=True)
        return dict(zip(symbols.tolist(), counts.astype(float).tolist(), strict=True))
    table = read_ranges(_ranges(source))
    summary = summarize_ions(iter_ions(source.files[0], **_reading(source)), table, on_overlap=source.on_overlap)
    found = summary.atomic_composition
    if found is None:
        raise InputError(f"{source.files[0]}: no ion lies in a range of {source.ranges}. Check the ranges.")
    return dict(zip(found.elements, np.asarray(found.amount, dtype=float).tolist(), strict=True))


def _reading(source: StructureSource) -> dict[str, Any]:
    names = source.columns
    numbered = names is not None and all(name.isdecimal() for name in names)
    return {
        "byte_order": source.byte_order, "decimal": source.decimal, "drop_invalid": source.drop_invalid,
        "columns": [int(name) for name in names] if names is not None and numbered else names,
    }  # fmt: skip


def _ranges(source: StructureSource) -> str:
    if source.ranges is None:
        raise InputError(f"{source.files[0]} is an ion cloud; give the ranges that name its ions.")
    return source.ranges


def _atoms(source: StructureSource, notices: list[str]) -> RangedIons | PointSet:
    if not source.is_cloud:
        return PointSet.from_atoms(next(source.frames(notices)))
    table = read_ranges(_ranges(source))
    return read_ranged(source.files[0], table, on_overlap=source.on_overlap, **_reading(source))


def _bulk(found: EntropyAnalysis) -> dict[str, Any]:
    scan = found.scan
    return {
        "counted_species": " ".join(scan.species),
        "counted_atoms": float(scan.n_atoms),
        "bulk_entropy_r": float(scan.entropy_bulk),
        "family_p": float(scan.family_p) if np.isfinite(scan.family_p) else None,
        "entropy_verdict": found.verdict,
        "entropy_alpha": float(scan.alpha),
        "tolerated_excess_r": float(scan.tolerance * scan.entropy_bulk),
        "entropy_underpowered": float(found.sume.underpowered),
        "entropy_interval_reliable": float(found.sume.interval_reliable),
    }


def _unit(found: EntropyAnalysis) -> dict[str, Any]:
    """Smallest unit of maximal entropy, by the upper limit of the excess, and the interval of its point value."""
    unit = found.sume
    low, high = unit.sume_interval_nm or (None, None)
    return {
        "sume_nm": unit.sume_bc_nm,
        "sume_point_nm": unit.sume_point_nm,
        "sume_point_low_nm": low if low is None or np.isfinite(low) else None,
        "sume_point_high_nm": high if high is None or np.isfinite(high) else None,
        "sume_bound_nm": unit.lower_bound_nm,
        "smallest_size_nm": unit.smallest_size_nm,
    }


def _strongest(found: EntropyAnalysis) -> dict[str, Any]:
    """Excess at the size that deviates most from chance; the p value of the family allows for this choice."""
    scan = found.scan
    names = ("excess_r", "excess_low_r", "excess_high_r", "excess_size_nm", "excess_z")
    if not np.isfinite(scan.z).any():
        return dict.fromkeys(names)
    row = int(np.nanargmax(np.abs(scan.z)))
    values = (scan.excess_information, scan.excess_lower, scan.excess_upper, scan.size_nm, scan.z)
    numbers = (float(value[row]) for value in values)
    return {name: number if np.isfinite(number) else None for name, number in zip(names, numbers, strict=True)}


def _sizes(found: EntropyAnalysis) -> dict[str, Any]:
    scan = found.scan
    return {
        "sizes_nm": np.asarray(scan.size_nm, dtype=float),
        "atoms_per_cube": np.asarray(scan.n_per_area_mean, dtype=float),
        "excess_of_size_r": np.asarray(scan.excess_information, dtype=float),
        "excess_of_size_low_r": np.asarray(scan.excess_lower, dtype=float),
        "excess_of_size_high_r": np.asarray(scan.excess_upper, dtype=float),
        "p_of_size": np.asarray(scan.p_adjusted, dtype=float),
        "detectable_excess_r": np.asarray(scan.detectable_excess, dtype=float),
    }


_QUANTITIES = (
    Quantity("counted_species", "1", "species whose mixing was tested, text"),
    Quantity("counted_atoms", "1", "counted atoms"),
    Quantity("bulk_entropy_r", "R", "mixing entropy of all counted atoms together"),
    Quantity("family_p", "1", "p value of a random arrangement, all sizes together"),
    Quantity("entropy_verdict", "1", "verdict, text"),
    Quantity("entropy_alpha", "1", "level of significance"),
    Quantity("tolerated_excess_r", "R", "excess that counts as fully mixed"),
    Quantity("entropy_underpowered", "1", "1 where no size would have shown the tolerated excess, else 0"),
    Quantity("entropy_interval_reliable", "1", "1 where the limits rest on enough blocks, else 0"),
    Quantity("sume_nm", "nm", "smallest unit of maximal entropy, by the upper limit of the excess"),
    Quantity("sume_point_nm", "nm", "smallest unit of maximal entropy, by the excess itself"),
    Quantity("sume_point_low_nm", "nm", "lower end of its 95 % interval"),
    Quantity("sume_point_high_nm", "nm", "upper end of its 95 % interval; none where samples did not reach it"),
    Quantity("sume_bound_nm", "nm", "largest size of the scan, which is not yet fully mixed"),
    Quantity("smallest_size_nm", "nm", "smallest size of the scan that could be tested"),
    Quantity("excess_r", "R", "excess information at the size that deviates most"),
    Quantity("excess_low_r", "R", "excess information, lower end of the 95 % interval"),
    Quantity("excess_high_r", "R", "excess information, upper end of the 95 % interval"),
    Quantity("excess_size_nm", "nm", "the size that deviates most from chance"),
    Quantity("excess_z", "1", "its deviation in standard deviations of chance"),
    Quantity("sizes_nm", "nm", "sizes of the scan", axes=("size",)),
    Quantity("atoms_per_cube", "1", "mean counted atoms per cube", axes=("size",)),
    Quantity("excess_of_size_r", "R", "excess information", axes=("size",)),
    Quantity("excess_of_size_low_r", "R", "excess information, lower end", axes=("size",)),
    Quantity("excess_of_size_high_r", "R", "excess information, upper end", axes=("size",)),
    Quantity("p_of_size", "1", "p value adjusted for all sizes", axes=("size",)),
    Quantity("detectable_excess_r", "R", "excess that would be found with power 0.8", axes=("size",)),
)

MEASURES: tuple[Measure, ...] = (
    Measure(
        name="local-entropy",
        description="how well the species of a structure or a tip are mixed at every length, told apart from counting",
        quantities=_QUANTITIES,
        settings=LocalEntropySettings,
        evaluate=local_entropy_of_structure,
        subject="structure",
        rests_on=("order",),
    ),
)
