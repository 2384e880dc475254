"""From settings and files to a refinement that can be run: box, sample, lengths, bins, operators, constraints.

Units: angstrom, 1/angstrom, fm; data as their form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from entrox.composition.scattering_factors import lengths_of
from entrox.composition.tables import VACANCY
from entrox.core import InputError
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.data_files import read_correlation
from entrox.scattering.data.forms import check_form, is_real_space
from entrox.scattering.data.independent_data import independent_data_warnings
from entrox.scattering.data.length_check import LengthCheck, infer_length_table
from entrox.scattering.data.limits import PLATEAU_SHARE, SHORTEST_ANGSTROM, infer_form
from entrox.scattering.data.sample import Sample, sample_of
from entrox.scattering.data.weights import FaberZiman, faber_ziman_weights
from entrox.scattering.engine.problem import MoveRules, RmcProblem
from entrox.scattering.operators.bins import Bins
from entrox.scattering.operators.set_operator import SetOperator
from entrox.scattering.setup.operators_of_settings import bins_of_settings, independent_numbers, operators_of_settings
from entrox.scattering.setup.rmc_settings import RmcSettings
from entrox.scattering.setup.site_box import StartBox
from entrox.scattering.setup.start_box import build_start_box, formula_amounts
from entrox.scattering.terms.bond_valence import bond_valence_term
from entrox.scattering.terms.closest_approach import repair
from entrox.scattering.terms.constraint_terms import CoordinationTerm, DistanceWindowRule

__all__ = ["RmcSetup", "check_files", "problem_of_settings"]

Floats = NDArray[np.float64]

PLATEAU_POINTS = 5


@dataclass(frozen=True, eq=False)
class RmcSetup:
    """A refinement with what led to it.

    Parameters
    ----------
    settings
        Settings.
    problem
        What the engine needs.
    burn_in
        The same with scale and offset held: a box that has not found its thermal width yet would drive them astray.
    start
        Start box with its sites.
    sample
        Composition, density and neutron lengths (or the probe of x-rays).
    lengths
        Check of the plateau against the tables of lengths; None where no set of r reaches down to it.
    weights
        Faber-Ziman weights of the pairs.
    n_independent
        Independent numbers in the data; transforms of one measurement count once.
    warnings
        What was decided or looks doubtful.
    """

    settings: RmcSettings
    problem: RmcProblem
    burn_in: RmcProblem
    start: StartBox
    sample: Sample
    lengths: LengthCheck | None
    weights: FaberZiman
    n_independent: float
    warnings: tuple[str, ...] = ()


def check_files(settings: RmcSettings) -> None:
    """Refuse settings whose files are not there, all of them at once.

    Raises
    ------
    InputError
        With every missing file.
    """
    named = [item.file for item in settings.data]
    named += [file for file in (settings.sample.structure, settings.sample.box) if file is not None]
    missing = [str(settings.path(file)) for file in named if not settings.path(file).is_file()]
    if missing:
        raise InputError(f"missing files: {', '.join(dict.fromkeys(missing))}. Correct the names or bring the files.")


def problem_of_settings(
    settings: RmcSettings, rng: np.random.Generator, *, bond_valence: bool | None = None
) -> RmcSetup:
    """Set up a refinement.

    Parameters
    ----------
    settings
        Settings.
    rng
        Draws the occupation of shared sites.
    bond_valence
        Whether the bond valence constraint is on; None: unless the settings say off.

    Raises
    ------
    InputError
        If files are missing, the form of data cannot be told, data and formula disagree, a range does not fit the box,
        a species lacks a length, R0 or charge, or points held out come back through a second set.
    FormatError
        If a file is damaged.
    """
    check_files(settings)
    start = build_start_box(settings, rng)
    data = [read_correlation(settings.path(item.file), form=item.form) for item in settings.data]
    samples = {probe: _sample(settings, start, probe) for probe in ("neutron", "xray") if _uses(settings, probe)}
    data = [_with_form(found, samples[item.probe]) for item, found in zip(settings.data, data, strict=True)]
    lengths = _length_check(settings, data, samples)
    if lengths is not None and "neutron" in samples and settings.sample.lengths == "auto":
        samples["neutron"] = lengths.sample
    bins, notes = bins_of_settings(settings, data, start)
    operators = _weighted(operators_of_settings(settings, data, samples, bins, start), settings.run.data_weight)
    first = samples.get("neutron") or next(iter(samples.values()), None) or _sample(settings, start, "xray")
    number = independent_numbers(settings, operators, bins)
    few = () if number is None else _few(number, bins, len(start.atoms))
    remarks = [*start.warnings, *(lengths.warnings if lengths is not None else ()), *notes, *few]
    for found, operator in zip(data, operators, strict=True):
        remarks += [f"{operator.name}: {note}" for note in (*found.warnings, *operator.warnings)]
    problem = _problem(settings, start, samples, bins, operators, bond_valence)
    held = tuple(replace(item, fit_scale=False, fit_offset=False) for item in operators)
    return RmcSetup(
        settings=settings,
        problem=problem,
        burn_in=replace(problem, operators=held),
        start=start,
        sample=first,
        lengths=lengths,
        weights=faber_ziman_weights(first),
        n_independent=0.0 if number is None else number,
        warnings=tuple(dict.fromkeys(remarks)),
    )


def _weighted(operators: tuple[SetOperator, ...], weight: float) -> tuple[SetOperator, ...]:
    """Operators with the errors that the acceptance sees."""
    return tuple(replace(item, sigma=item.sigma / np.sqrt(weight)) for item in operators)


def _uses(settings: RmcSettings, probe: str) -> bool:
    return any(item.probe == probe for item in settings.data)


def _sample(settings: RmcSettings, start: StartBox, probe: str) -> Sample:
    table = settings.sample
    amounts = start.counts if table.formula is None else formula_amounts(table.formula)
    amounts = {name: float(x) for name, x in amounts.items() if name != VACANCY}
    density = table.number_density_per_angstrom3 or start.number_density
    if probe == "xray":
        return sample_of(amounts, density, probe="xray")
    named = "sears1992" if table.lengths == "auto" else table.lengths
    return sample_of(amounts, density, table=named, lengths_fm=table.lengths_fm or None)


def _with_form(data: CorrelationData, sample: Sample) -> CorrelationData:
    """The data with their form; inferred where neither the settings nor the file tell."""
    if data.form is not None:
        return data
    found = infer_form(data, sample)
    note = f"the form is {found.form} by the limits of the data"
    return replace(data, form=found.form, warnings=(*data.warnings, note))


def _length_check(
    settings: RmcSettings, data: Sequence[CorrelationData], samples: dict[str, Sample]
) -> LengthCheck | None:
    """Plateau of the first set of r that reaches down to it."""
    for item, found in zip(settings.data, data, strict=True):
        low = (found.x > 0.0) & (found.x < PLATEAU_SHARE * SHORTEST_ANGSTROM)
        if is_real_space(check_form(found.form)) and low.sum() >= PLATEAU_POINTS:
            return infer_length_table(found, samples[item.probe], scale_free=item.fit_scale)
    return None


def _few(number: float, bins: Bins, n_atoms: int) -> tuple[str, ...]:
    return independent_data_warnings(bins.radius_angstrom, number * np.pi / bins.radius_angstrom, n_atoms)


def _problem(
    settings: RmcSettings,
    start: StartBox,
    samples: dict[str, Sample],
    bins: Bins,
    operators: tuple[SetOperator, ...],
    bond_valence: bool | None,
) -> RmcProblem:
    elements = start.elements
    numbers = {name: k for k, name in enumerate(elements)}
    species = np.array([numbers[name] for name in start.atoms.get_chemical_symbols()], dtype=np.int64)
    cell, closest = np.asarray(start.atoms.cell), _closest(settings, elements)
    positions = start.atoms.get_positions()
    if settings.sample.repair:
        positions = repair(positions, species, cell, closest)
    table = settings.constraints.bond_valence
    active = table.mode != "off" if bond_valence is None else bond_valence
    neutron = samples.get("neutron")
    return RmcProblem(
        cell=cell,
        sites_angstrom=start.sites_angstrom,
        species=species,
        elements=elements,
        lengths_fm={} if neutron is None else lengths_of(elements, own=neutron.lengths_fm),
        bins=bins,
        operators=operators,
        moves=_moves(settings, elements, start),
        closest_angstrom=closest,
        grid=start.grid,
        site_kind=start.site_kind,
        sublattice=start.sublattice,
        windows=tuple(
            DistanceWindowRule(*rule.pair, rule.low_angstrom, rule.high_angstrom)
            for rule in settings.constraints.distance_window
        ),
        bond_valence=bond_valence_term(elements, **table.model_dump(exclude={"mode"})) if active else None,
        coordination=tuple(CoordinationTerm(**rule.model_dump()) for rule in settings.constraints.coordination),
        early_rejection=settings.moves.early_rejection,
        positions_angstrom=positions,
        margin_angstrom=settings.moves.margin_angstrom,
        solve_every=settings.moves.solve_every or len(start.atoms),
    )


def _closest(settings: RmcSettings, elements: tuple[str, ...]) -> Floats:
    """Closest approach of each pair of elements, shape ``(elements, elements)``."""
    limits = np.full((len(elements), len(elements)), settings.constraints.default_closest_approach_angstrom)
    for pair, distance in settings.constraints.closest_approach_angstrom.items():
        names = pair.split("-")
        if len(names) != 2 or any(name not in elements for name in names):
            raise InputError(
                f"constraints.closest_approach_angstrom: {pair!r} is not a pair of the elements {', '.join(elements)}, "
                "written such as Ti-O."
            )
        one, two = (elements.index(name) for name in names)
        limits[one, two] = limits[two, one] = distance
    return limits


def _moves(settings: RmcSettings, elements: tuple[str, ...], start: StartBox) -> MoveRules:
    table = settings.moves
    if unknown := sorted(set(table.radius_angstrom) - set(elements)):
        raise InputError(f"moves.radius_angstrom names {unknown}; the box holds {', '.join(elements)}.")
    if unknown := sorted(set(table.swap_share) - set(start.sublattice)):
        raise InputError(f"moves.swap_share names {unknown}; the sublattices are {sorted(set(start.sublattice))}.")
    if sum(table.swap_share.values()) > 1.0:
        raise InputError(f"moves.swap_share must sum to at most one; got {table.swap_share}.")
    return MoveRules(
        radius_angstrom={name: table.radius_angstrom.get(name, table.default_radius_angstrom) for name in elements},
        swap_share=dict(table.swap_share),
        swap_positions=table.swap_positions,
    )
