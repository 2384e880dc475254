"""What refined boxes say about local order: displacements, classes, pair distributions and bond valences, with spreads.

Only distributions mean anything: a box holds a thousand times more coordinates than the data hold numbers. Beside every
value stand its spread over boxes and what chance or thermal motion alone gives. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_in_range, check_integer, quantity
from entrox.order.lattice.fit import fit_lattice
from entrox.order.pair_distribution import PartialRdf, partial_rdf
from entrox.order.phases.phases import PhaseFractions, classify
from entrox.order.report.polar_analysis import analyze_polar
from entrox.order.report.polar_report import PolarReport
from entrox.order.report.polar_settings import PolarSettings
from entrox.scattering.run.box_analysis import BoxAnalysis, analyze_box
from entrox.scattering.run.box_valence import sums_of_box
from entrox.scattering.run.rmc_result import RmcResult

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["RmcAnalysis", "SiteClasses", "ValenceHistogram", "analyze_rmc"]

Floats = NDArray[np.float64]

REPORT_SETTINGS = PolarSettings(
    source="rmc", window_ps=0.0, measures=("displacement", "phases", "bonds", "domains", "correlation", "tilts")
)
RDF_RADIUS_ANGSTROM, RDF_STEP_ANGSTROM = 10.0, 0.02
VALENCE_STEP_E = 0.05


@dataclass(frozen=True, kw_only=True)
class SiteClasses(Result):
    """Shares of the nearest-axis classes of the cations of one site, over boxes."""

    site: str
    classes: tuple[str, ...]
    share: Floats = quantity("1", "share of each class", axes=("box", "class"))
    mean: Floats = quantity("1", "mean over boxes", axes=("class",))
    spread: Floats | None = quantity("1", "standard deviation over boxes; None for one", axes=("class",))
    chance: Floats = quantity("1", "share of random directions", axes=("class",))
    within: Floats = quantity("1", "standard error within a box, cations taken as independent", axes=("class",))


@dataclass(frozen=True, kw_only=True)
class ValenceHistogram(Result):
    """Distribution of the bond valence sums of each element."""

    elements: tuple[str, ...]
    edges_e: Floats = quantity("e", "edges of the bins", axes=("edge",))
    density: Floats = quantity("1/e", "density, mean over boxes", axes=("element", "bin"))
    mean_e: Floats = quantity("e", "mean sum", axes=("element",))
    spread_e: Floats = quantity("e", "standard deviation of the sums of all atoms", axes=("element",))
    gii_e: float = quantity("e", "global instability index, mean over boxes")


@dataclass(frozen=True, kw_only=True)
class RmcAnalysis(Result):
    """Refined boxes together. ``boxes`` hold the vectors of each; arrays by element follow ``elements``.

    ``between_within`` is the standard deviation of the means of the boxes over the error that independent cations of
    one box would have: near one, boxes differ by counting alone; far above, a single box says less than it seems to.
    """

    elements: tuple[str, ...]
    sites: tuple[str, ...]
    n_boxes: int = quantity("1", "boxes")
    mean_modulus_angstrom: Floats = quantity("angstrom", "mean length of the displacements", axes=("element",))
    mean_modulus_spread_angstrom: Floats | None = quantity(
        "angstrom", "its standard deviation over boxes; None for one", axes=("element",)
    )
    thermal_floor_angstrom: Floats = quantity("angstrom", "mean length by thermal motion alone", axes=("element",))
    shuffled_angstrom: Floats = quantity("angstrom", "mean length of the shuffled boxes", axes=("element",))
    taid_angstrom: Floats = quantity("angstrom", "length of the mean displacement", axes=("element",))
    taid_spread_angstrom: Floats | None = quantity(
        "angstrom", "its standard deviation over boxes; None for one", axes=("element",)
    )
    variance_angstrom2: Floats = quantity("angstrom^2", "variance about the average site, per axis", axes=("element",))
    anion_variance_angstrom2: float = quantity("angstrom^2", "the same of the anions")
    between_within: Floats | None = quantity(
        "1", "deviation between boxes over the error within one; None for one", axes=("element",)
    )
    classes: tuple[SiteClasses, ...]
    angle_edges_deg: Floats = quantity("deg", "edges of the bins of the angle to [001]", axes=("edge",))
    angle_density: Floats = quantity("1/deg", "density of the angle to [001]", axes=("element", "bin"))
    angle_chance: Floats = quantity("1/deg", "the same for random directions", axes=("bin",))
    partials: PartialRdf
    partials_spread: Floats | None = quantity(
        "1", "standard deviation of the partial g(r) over boxes; None for one", axes=("pair", "bin")
    )
    valence: ValenceHistogram | None = None
    boxes: tuple[BoxAnalysis, ...]
    reports: tuple[PolarReport, ...]
    warnings: tuple[str, ...] = ()


def analyze_rmc(
    boxes: RmcResult | Atoms | Iterable[RmcResult | Atoms],
    *,
    labels: Sequence[str] | None = None,
    threshold_angstrom: float = 0.0,
    shuffles: int = 1,
    seed: int = 0,
    report_settings: PolarSettings | None = None,
    r_max_angstrom: float | None = None,
    bond_valence: Mapping[str, Any] | None = None,
) -> RmcAnalysis:
    """Measure the local order of refined boxes.

    Parameters
    ----------
    boxes
        Results of refinements, or boxes read from files; of one composition.
    labels
        Names of the boxes.
    threshold_angstrom
        Shorter displacements belong to no class; zero by default, so that shares stand beside those of chance.
    shuffles, seed
        Number of shuffled boxes to average for the null, and the seed of the shuffling.
    report_settings
        Of the polar reports; displacements, phases, bonds, domains, correlation and tilts by default.
    r_max_angstrom
        End of the pair distributions; 10 angstrom, or half the box, by default. Results keep the bins of their
        refinement.
    bond_valence
        Parameters of the bond valence sums of boxes from files, as for
        :func:`entrox.scattering.terms.bond_valence.bond_valence_term`; those of the set ``classic`` by default.

    Returns
    -------
    RmcAnalysis
        With a :class:`entrox.order.PolarReport` of source ``rmc`` for every box.

    Raises
    ------
    InputError
        If there is no box, one is no perovskite, or the boxes hold different elements.
    """
    items: list[Any] = [boxes] if isinstance(boxes, RmcResult) or hasattr(boxes, "positions") else list(boxes)
    if not items:
        raise InputError("there is no box to analyze.")
    check_in_range(threshold_angstrom, "threshold_angstrom", low=0.0, unit="angstrom")
    check_integer(shuffles, "shuffles", low=1)
    names = _labels(items, labels)
    settings = REPORT_SETTINGS if report_settings is None else report_settings
    atoms = [item.atoms if isinstance(item, RmcResult) else item for item in items]
    found: list[BoxAnalysis] = []
    reports: list[PolarReport] = []
    for box, name in zip(atoms, names, strict=True):
        lattice_map = fit_lattice(box)
        rng = np.random.default_rng([seed, len(found)])
        found.append(analyze_box(box, lattice_map, rng, label=name, shuffles=shuffles))
        reports.append(analyze_polar(box, settings, lattice_map=lattice_map, label=name).report)
    if len({item.elements for item in found}) > 1:
        raise InputError(f"the boxes hold different cations: {sorted({item.elements for item in found})}.")
    partials, spread = _partials(items, atoms, r_max_angstrom)
    valence, notes = _valence(items, bond_valence or {})
    return RmcAnalysis(
        **_summary(found),
        classes=tuple(_site_classes(found, site, threshold_angstrom) for site in ("A", "B")),
        partials=partials,
        partials_spread=spread,
        valence=valence,
        boxes=tuple(found),
        reports=tuple(reports),
        warnings=tuple(dict.fromkeys([*(note for item in found for note in item.warnings), *notes])),
    )


def _labels(items: list[Any], labels: Sequence[str] | None) -> list[str]:
    if labels is None:
        return [f"seed {item.seed}" if isinstance(item, RmcResult) else f"box {k + 1}" for k, item in enumerate(items)]
    if len(labels) != len(items):
        raise InputError(f"labels must name the {len(items)} boxes; got {len(labels)}.")
    return list(labels)


def _spread(values: Floats) -> Floats | None:
    """Standard deviation over the first axis; None for one row."""
    return np.asarray(values.std(axis=0, ddof=1)) if len(values) > 1 else None


def _summary(found: list[BoxAnalysis]) -> dict[str, Any]:
    """Means over boxes, and the spread of those that have one."""

    def stacked(name: str) -> Floats:
        return np.array([getattr(item, name) for item in found])

    modulus, taid = stacked("mean_modulus_angstrom"), stacked("taid_angstrom")
    between = _spread(modulus)
    within = np.sqrt((stacked("mean_modulus_error_angstrom") ** 2).mean(axis=0))
    return {
        "elements": found[0].elements,
        "sites": found[0].sites,
        "n_boxes": len(found),
        "mean_modulus_angstrom": modulus.mean(axis=0),
        "mean_modulus_spread_angstrom": between,
        "taid_angstrom": taid.mean(axis=0),
        "taid_spread_angstrom": _spread(taid),
        "anion_variance_angstrom2": float(stacked("anion_variance_angstrom2").mean()),
        "between_within": None if between is None else between / np.maximum(within, 1e-300),
        "angle_edges_deg": found[0].angle_edges_deg,
        "angle_chance": found[0].angle_chance,
        **{
            name: stacked(name).mean(axis=0)
            for name in ("thermal_floor_angstrom", "shuffled_angstrom", "variance_angstrom2", "angle_density")
        },
    }


def _site_classes(found: list[BoxAnalysis], site: str, threshold: float) -> SiteClasses:
    fractions: list[PhaseFractions] = [
        classify(item.a if site == "A" else item.b, threshold_angstrom=threshold) for item in found
    ]
    names = fractions[0].classes
    kept = [names.index(name) for name in ("T", "O", "R")]
    share = np.array([item.fractions[kept] for item in fractions])
    number = float(np.mean([item.n_vectors for item in fractions]))
    left = float(np.mean([1.0 - item.fractions[0] for item in fractions]))
    mean = share.mean(axis=0)
    return SiteClasses(
        site=site,
        classes=tuple(names[k] for k in kept),
        share=share,
        mean=mean,
        spread=_spread(share),
        chance=fractions[0].chance[kept] * left,
        within=np.sqrt(mean * (1.0 - mean) / number),
    )


def _partials(items: list[Any], atoms: list[Atoms], r_max: float | None) -> tuple[PartialRdf, Floats | None]:
    """Partial pair distributions of all boxes together, and their spread over boxes."""
    first = items[0]
    options: dict[str, Any] = {"r_max_angstrom": r_max or RDF_RADIUS_ANGSTROM, "bin_angstrom": RDF_STEP_ANGSTROM}
    if r_max is None and isinstance(first, RmcResult) and first.partials is not None:
        options = {"bin_edges": first.partials.edges_angstrom}
    elif r_max is None:
        half = 0.5 / float(np.linalg.norm(np.linalg.inv(np.asarray(atoms[0].cell)), axis=0).max())
        options["r_max_angstrom"] = min(RDF_RADIUS_ANGSTROM, half)
    single = [partial_rdf(box, **options) for box in atoms]
    if len(single) == 1:
        return single[0], None
    return partial_rdf(atoms, single[0].pairs, **options), _spread(np.array([item.g for item in single]))


def _valence(items: list[Any], options: Mapping[str, Any]) -> tuple[ValenceHistogram | None, tuple[str, ...]]:
    """Distribution of the bond valence sums; boxes from files take the parameters given. None with the reason."""
    values, names, indices = [], [], []
    for item in items:
        try:
            own, index = _sums_of_result(item) if isinstance(item, RmcResult) else sums_of_box(item, options)
        except InputError as error:
            return None, (f"no bond valence sums: {error}",)
        if own is None:
            return None, ()
        values.append(own)
        names.append(np.array(item.species if isinstance(item, RmcResult) else item.get_chemical_symbols()))
        indices.append(index)
    sums, symbols = np.concatenate(values), np.concatenate(names)
    elements = tuple(sorted(set(symbols.tolist())))
    low = np.floor(sums.min() / VALENCE_STEP_E)
    edges = VALENCE_STEP_E * np.arange(low, np.ceil(sums.max() / VALENCE_STEP_E) + 2.0)
    by_element = [sums[symbols == name] for name in elements]
    found = ValenceHistogram(
        elements=elements,
        edges_e=edges,
        density=np.array([np.histogram(part, edges, density=True)[0] for part in by_element]),
        mean_e=np.array([part.mean() for part in by_element]),
        spread_e=np.array([part.std() for part in by_element]),
        gii_e=float(np.mean(indices)),
    )
    return found, ()


def _sums_of_result(item: RmcResult) -> tuple[Floats | None, float]:
    return (None if item.valence_e is None else np.asarray(item.valence_e)), float(item.gii_e or 0.0)
