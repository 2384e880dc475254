"""Atom-probe tips with known truth: from sites and composition to ions, ranges and files.

The stages are sites, species, density, ions that leave, detection, and the spectrum; each draws from its own generator,
so that changing a later stage leaves the earlier ones as they were. Units: nm, Da.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.ions import Ions
from entrox.atomprobe.range_table import RangeTable
from entrox.atomprobe.tip.detection import Recorded, ions_with_pulses, ions_without_pulses, record_events
from entrox.atomprobe.tip.labels import LabelField, build_label_field, draw_site_labels
from entrox.atomprobe.tip.molecular_events import TipEvents, evaporate
from entrox.atomprobe.tip.peaks import IonPeaks, background_ratios, draw_ratios, ion_peaks, peak_ranges
from entrox.atomprobe.tip.settings import TipSettings
from entrox.atomprobe.tip.sites import TipSites, build_sites, material_density, pole_survival
from entrox.atomprobe.tip.truth import DEFAULT_TOLERANCE, TipTruth, cube_information, true_composition
from entrox.composition.entropy import mixing_entropy_of_site
from entrox.core import InputError, spawn_generators, to_jsonable
from entrox.order.local_entropy.maximal_unit import crossing_length
from entrox.order.point_set import PointSet

__all__ = ["SimulatedTip", "simulate_tip", "write_tip"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
STAGES = 7
ORDER_NOTICE = (
    "ordering on a sublattice averages out in every cell, so the true excess of the composition is 0; it shows as a "
    "negative excess of the counted atoms."
)


@dataclass(frozen=True, eq=False)
class SimulatedTip:
    """A simulated tip and everything that is known of it.

    Parameters
    ----------
    ions
        What the instrument would store, in float32.
    ranges
        Ranges around the peaks.
    truth
        Composition, entropy and excess information without noise.
    sites
        All atoms before losses with their true places; the anion, if any, is the last species.
    ion_names
        Formula of each distinct ion.
    ion
        Index of the ion of each record, shape ``(n_ions,)``; -1 for background without a peak.
    site
        Index of the site of each record, shape ``(n_ions,)``; -1 for background.
    settings
        From what the tip was made.
    """

    ions: Ions
    ranges: RangeTable
    truth: TipTruth
    sites: PointSet
    ion_names: tuple[str, ...]
    ion: NDArray[np.int16]
    site: Ints
    settings: TipSettings


def simulate_tip(settings: TipSettings, rng: np.random.Generator) -> SimulatedTip:
    """Simulate the measurement of a tip.

    Parameters
    ----------
    settings
        What the tip is and how it is measured.
    rng
        Source of randomness.

    Returns
    -------
    SimulatedTip
        Every ion of a peak lies inside the range of its ion, so that reading and ranging give the true ions back.

    Raises
    ------
    InputError
        If the settings contradict one another, peaks of different ions overlap, or nothing is detected.
    """
    site_rng, field_rng, label_rng, event_rng, detection_rng, spectrum_rng, truth_rng = spawn_generators(rng, STAGES)
    field = build_label_field(settings, field_rng)
    sites, labels = _fill_sites(settings, field, site_rng, label_rng)
    anion = settings.sites.anion
    names = (*settings.species, *([anion] if anion else []))
    events = evaporate(labels, names, anion, settings.events, event_rng)
    survival = _survival(settings, names, sites, labels, events)
    recorded = record_events(
        sites.positions_nm[events.site],
        events.ion,
        events.site,
        survival,
        settings.box_nm,
        settings.detection,
        detection_rng,
    )
    if len(recorded.ion) == 0:
        raise InputError("no ion was detected; take a larger box or a higher detection.efficiency.")
    peaks = ion_peaks(events.ions, settings.spectrum)
    ratios = _ratios(recorded, peaks, settings, spectrum_rng)
    ranges = peak_ranges(peaks, settings.spectrum)
    if settings.detection.multiplicity is None:
        ions, order = ions_without_pulses(recorded, ratios)
    else:
        ions, order = ions_with_pulses(recorded, ratios, settings.detection.multiplicity, detection_rng)
    return SimulatedTip(
        ions=ions,
        ranges=ranges,
        truth=_truth(settings, field, labels, events, recorded, ranges, truth_rng),
        sites=PointSet(positions_nm=sites.positions_nm, labels=labels, species=names),
        ion_names=events.names,
        ion=recorded.ion[order],
        site=recorded.site[order],
        settings=settings,
    )


def _fill_sites(
    settings: TipSettings, field: LabelField, site_rng: np.random.Generator, label_rng: np.random.Generator
) -> tuple[TipSites, NDArray[np.int16]]:
    sites = build_sites(settings.sites, settings.box_nm, site_rng)
    if settings.density.spheres or settings.density.pores:
        sites = sites.take(material_density(settings.density, sites.positions_nm) > 0.0)
    labels = np.full(len(sites), len(settings.species), dtype=np.int16)
    metal = ~sites.anion
    labels[metal] = draw_site_labels(field, sites.positions_nm[metal], sites.corner[metal], label_rng)
    return sites, labels


def _survival(
    settings: TipSettings, names: tuple[str, ...], sites: TipSites, labels: NDArray[np.int16], events: TipEvents
) -> Floats:
    """Probability that each event is detected; that of a molecular ion is that of its site."""
    label = labels[events.site]
    per_species = np.array([settings.detection.species_efficiency.get(name, 1.0) for name in names])
    survival = settings.detection.efficiency * per_species[label]
    left = pole_survival(settings.density, names, sites.positions_nm[events.site])
    return survival if left is None else survival * left[np.arange(len(label)), label]


def _ratios(recorded: Recorded, peaks: tuple[IonPeaks, ...], settings: TipSettings, rng: np.random.Generator) -> Floats:
    ratios = np.empty(len(recorded.ion))
    for index, item in enumerate(peaks):
        here = recorded.ion == index
        ratios[here] = draw_ratios(item, int(here.sum()), settings.spectrum, rng)
    noise = recorded.ion < 0
    ratios[noise] = background_ratios(int(noise.sum()), settings.spectrum, rng)
    return ratios


def _truth(
    settings: TipSettings,
    field: LabelField,
    labels: NDArray[np.int16],
    events: TipEvents,
    recorded: Recorded,
    ranges: RangeTable,
    rng: np.random.Generator,
) -> TipTruth:
    background = _background_fractions(settings, labels, events, ranges)
    composition = true_composition(settings, field, rng, background)
    sizes = np.array(sorted({size for size in settings.truth.sizes_nm if size <= max(settings.box_nm)}))
    if len(sizes) == 0:
        raise InputError(
            f"truth.sizes_nm must hold a size of at most {max(settings.box_nm):g} nm, the edge of the box."
        )
    atoms, detected = (part.sum(axis=(1, 2, 3), dtype=np.float64) for part in (composition.atoms, composition.detected))
    fractions, seen = atoms / atoms.sum(), detected / detected.sum()
    of_origins = cube_information(composition.atoms, settings.box_nm, sizes)
    same = composition.detected is composition.atoms
    excess = of_origins.mean(axis=1)
    seen_excess = excess if same else cube_information(composition.detected, settings.box_nm, sizes).mean(axis=1)
    bulk = float(mixing_entropy_of_site(fractions))
    return TipTruth(
        species=settings.species,
        fractions=fractions,
        fractions_detected=seen,
        entropy_bulk=bulk,
        entropy_bulk_detected=float(mixing_entropy_of_site(seen)),
        size_nm=sizes,
        excess_information=excess,
        excess_first_origin=of_origins[:, 0],
        excess_detected=seen_excess,
        maximal_size_nm=_crossing(sizes, excess, DEFAULT_TOLERANCE * bulk),
        counts_before_losses=np.bincount(labels, minlength=len(settings.species))[: len(settings.species)],
        n_sites=len(labels),
        n_events=len(events.ion),
        n_recorded=len(recorded.ion),
        n_background=int((recorded.site < 0).sum()),
        notices=(ORDER_NOTICE,) if settings.labels.kind == "ordered" else (),
    )


def _crossing(sizes: Floats, excess: Floats, level: float) -> float | None:
    """Size from which on the excess stays below a level; None where the sizes do not bracket it."""
    found = crossing_length(sizes, excess, level)
    return found if sizes[0] < found < np.inf else None


def _background_fractions(
    settings: TipSettings, labels: NDArray[np.int16], events: TipEvents, ranges: RangeTable
) -> Floats:
    """Share of background of each species among the counted atoms."""
    share = settings.detection.background_fraction
    counts = np.zeros(len(settings.species))
    if share == 0.0:
        return counts
    atoms = np.array([[ion.get(name, 0) for name in settings.species] for ion in events.ions], dtype=float)
    made = np.bincount(events.ion, minlength=len(events.ions)) / len(events.ion)
    signal = (1.0 - share) * made @ atoms
    if settings.detection.background == "ions":
        counts = share * made @ atoms
    else:
        lower, upper = np.sqrt(settings.spectrum.background_range_da)
        for item in ranges.ranges:
            caught = np.diff(np.clip(np.sqrt([item.lower_da, item.upper_da]), lower, upper))[0] / (upper - lower)
            counts += share * caught * atoms[events.names.index(item.ion)]
    return np.asarray(counts / (counts.sum() + signal.sum()))


def write_tip(folder: str | Path, tip: SimulatedTip) -> tuple[Path, ...]:
    """Write a tip as an instrument would, and its truth.

    Parameters
    ----------
    folder
        Made if it does not exist.
    tip
        The tip.

    Returns
    -------
    tuple of Path
        ``tip.pos`` (``tip.epos`` with pulses), ``tip.rrng``, ``truth.json`` with the truth and the settings, and
        ``truth_labels.npz`` with the atoms before losses (``positions_nm``, ``labels``, ``species``) and the true ion
        and site of each record (``ion``, ``ion_names``, ``site``).
    """
    from entrox.atomprobe.formats.epos import write_epos
    from entrox.atomprobe.formats.pos import write_pos
    from entrox.atomprobe.formats.rrng import write_rrng

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with_pulses = tip.ions.pulses_since_last is not None
    positions = folder / ("tip.epos" if with_pulses else "tip.pos")
    (write_epos if with_pulses else write_pos)(positions, tip.ions)
    write_rrng(folder / "tip.rrng", tip.ranges)
    content = {**tip.truth.to_dict(), "settings": to_jsonable(tip.settings), "labels_file": "truth_labels.npz"}
    (folder / "truth.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    np.savez_compressed(
        folder / "truth_labels.npz",
        positions_nm=tip.sites.positions_nm.astype(np.float32),
        labels=tip.sites.labels,
        species=np.array(tip.sites.species),
        ion=tip.ion,
        ion_names=np.array(tip.ion_names),
        site=tip.site,
    )
    return positions, folder / "tip.rrng", folder / "truth.json", folder / "truth_labels.npz"
