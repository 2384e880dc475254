"""Energies of the elements: what the counts determine is found, what they do not keeps its tabulated value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms

from entrox.core import InputError, generator
from entrox.potentials.datasets.dataset import Dataset, read_dataset
from entrox.potentials.datasets.reference import (
    ATOM_ENERGIES_EV,
    EnergyReference,
    energy_zero_offsets,
    fit_energy_reference,
    subtract_reference,
)
from entrox.potentials.label import LabeledFrame

ELEMENTS = ("Ba", "Ca", "Ti", "Sn", "O")
TRUE = {"Ba": -3.0, "Ca": -2.0, "Ti": -8.0, "Sn": -5.0, "O": -7.0}


def frame(a, b, energies, source="first", noise=0.0, oxygen=24):
    """Return an oxide with ``a`` Ca of 8 A sites and ``b`` Sn of 8 B sites."""
    symbols = ["Ba"] * (8 - a) + ["Ca"] * a + ["Ti"] * (8 - b) + ["Sn"] * b + ["O"] * oxygen
    atoms = Atoms(symbols, positions=np.zeros((len(symbols), 3)), cell=np.eye(3) * 8, pbc=True)
    energy = sum(energies[symbol] for symbol in symbols) + noise
    return LabeledFrame(
        atoms=atoms, energy_ev=energy, forces_ev_per_angstrom=None, virial_ev=None, source=source, group=f"{a}{b}"
    )


def solid_solutions(energies, source="first", noise=0.0, seed=1):
    rng = generator(seed)
    return [frame(a, b, energies, source, noise * rng.normal()) for a in (0, 1, 2) for b in (0, 1, 2) for _ in range(4)]


def test_perovskites_of_five_elements_determine_three_combinations():
    reference = fit_energy_reference(Dataset(tuple(solid_solutions(TRUE)), ELEMENTS))
    assert reference.rank == {"first": 3}


def test_determined_combinations_are_found_and_the_others_keep_their_prior():
    prior = {"Ba": -3.5, "Ca": -3.5, "Ti": -9.0, "Sn": -4.0, "O": -8.0}
    reference = fit_energy_reference(Dataset(tuple(solid_solutions(TRUE)), ELEMENTS), prior)
    eps = dict(zip(reference.elements, reference.eps["first"], strict=True))
    assert eps["Ba"] - eps["Ca"] == pytest.approx(-1.0, abs=1e-4)
    assert eps["Ti"] - eps["Sn"] == pytest.approx(-3.0, abs=1e-4)
    total = 8 * eps["Ba"] + 8 * eps["Ti"] + 24 * eps["O"]
    assert total == pytest.approx(8 * (-3.0 - 8.0) - 24 * 7.0, abs=1e-4)
    # combinations that no composition changes: here the ratios of A to B and of cations to O
    counts = Dataset(tuple(solid_solutions(TRUE)), ELEMENTS).element_counts.astype(float)
    free = np.linalg.svd(counts)[2][3:]
    shift = np.array([eps[name] - prior[name] for name in ELEMENTS])
    assert np.abs(free @ shift).max() < 1e-9


def test_a_full_set_of_compositions_determines_every_element():
    frames = [frame(a, b, TRUE, oxygen=oxygen) for a in (0, 3) for b in (0, 2) for oxygen in (20, 24)]
    frames += [replace(item, atoms=item.atoms[1:], energy_ev=item.energy_ev - TRUE["Ba"]) for item in frames[:2]]
    reference = fit_energy_reference(Dataset(tuple(frames), ELEMENTS), ridge=1e-14)
    assert reference.rank == {"first": 5}
    assert reference.eps["first"] == pytest.approx([TRUE[name] for name in ELEMENTS], abs=1e-6)


def test_the_residual_is_the_scatter_of_the_frames():
    noise = 0.4
    reference = fit_energy_reference(Dataset(tuple(solid_solutions(TRUE, noise=noise)), ELEMENTS))
    assert reference.residual_mev_per_atom["first"] == pytest.approx(1000 * noise / 40, rel=0.3)


def test_taking_the_reference_off_leaves_the_scatter_and_a_model_can_add_it_again():
    dataset = Dataset(tuple(solid_solutions(TRUE, noise=0.1)), ELEMENTS)
    reference = fit_energy_reference(dataset)
    left = subtract_reference(dataset, reference)
    assert np.abs(left.energies_ev).max() < 0.5
    again = [item.energy_ev + reference.energy_ev(item.atoms, item.source) for item in left]
    assert again == pytest.approx(dataset.energies_ev.tolist())
    assert EnergyReference.from_dict(reference.to_dict()) == reference


def test_sources_with_other_zeros_are_refused_with_their_offsets_and_fitted_on_their_own():
    shifted = {name: energy - 100.0 for name, energy in TRUE.items()}
    both = Dataset(tuple(solid_solutions(TRUE) + solid_solutions(shifted, "second")[:20]), ELEMENTS)
    offsets = energy_zero_offsets(both)
    assert set(offsets) == {"second"}
    assert list(offsets["second"].values()) == pytest.approx([-100.0] * len(offsets["second"]))
    with pytest.raises(InputError, match=r"second -100\.000 \(.*--per-source-reference"):
        fit_energy_reference(both)
    reference = fit_energy_reference(both, per_source_reference=True)
    assert np.abs(subtract_reference(both, reference).energies_ev).max() < 1e-3
    assert reference.common_source is None


def test_sources_that_share_a_zero_are_fitted_together_and_keep_their_difference_in_heat():
    shifted = {name: energy - 100.0 for name, energy in TRUE.items()}
    hot = [replace(item, energy_ev=item.energy_ev + 4.0) for item in solid_solutions(TRUE, "hot")]
    whole = Dataset(tuple(solid_solutions(TRUE) + hot + solid_solutions(shifted, "other")), ELEMENTS)
    reference = fit_energy_reference(whole, per_source_reference=True)
    assert reference.eps["first"] == reference.eps["hot"] != reference.eps["other"]
    left = subtract_reference(whole, reference)
    heat = {source: left.select(lambda item, name=source: item.source == name).energies_ev for source in whole.sources}
    assert heat["hot"].mean() - heat["first"].mean() == pytest.approx(4.0, abs=1e-3)


def test_an_offset_is_seen_where_no_composition_is_shared():
    first = [frame(a, b, TRUE) for a, b in ((0, 0), (2, 0), (0, 2), (2, 2))]
    second = [frame(1, 1, {name: energy + 2.0 for name, energy in TRUE.items()}, "second")]
    offsets = energy_zero_offsets(Dataset(tuple(first + second), ELEMENTS))
    assert offsets == {"second": {"Ba7Ca1Ti7Sn1O24": pytest.approx(2.0)}}


def test_heat_is_no_offset_and_compositions_that_say_nothing_are_left_out():
    hot = [replace(item, energy_ev=item.energy_ev + 40 * 0.1) for item in solid_solutions(TRUE, "hot")]
    both = Dataset(tuple(solid_solutions(TRUE) + hot), ELEMENTS)
    reference = fit_energy_reference(both)
    assert reference.common_source is not None
    # Ca is only in the second source: its own zero of energy could be anything
    apart = Dataset((frame(0, 0, TRUE), frame(2, 0, {**TRUE, "Ca": 50.0}, "second")), ELEMENTS)
    assert energy_zero_offsets(apart) == {}


def test_a_reference_needs_energies_and_known_elements():
    unlabeled = replace(frame(0, 0, TRUE), energy_ev=None, virial_ev=np.eye(3))
    with pytest.raises(InputError, match="needs frames with energies"):
        fit_energy_reference(Dataset((unlabeled,)))
    reference = fit_energy_reference(Dataset((frame(0, 0, TRUE),)))
    with pytest.raises(InputError, match="no reference energy of Ca"):
        reference.energy_ev(frame(1, 0, TRUE).atoms, "first")
    with pytest.raises(InputError, match="no energy reference for the source 'other'"):
        reference.energy_ev(frame(0, 0, TRUE).atoms, "other")


def test_tabulated_energies_are_those_of_bound_atoms():
    assert all(-13.0 < energy < 0.0 for energy in ATOM_ENERGIES_EV.values())
    assert set(ELEMENTS) <= set(ATOM_ENERGIES_EV)


def test_published_solid_solutions_have_rank_three(external_data):
    whole = read_dataset(external_data("perovskite/unipero-db"))
    solid = whole.select(lambda item: "Sr" not in item.atoms.get_chemical_symbols())
    reference = fit_energy_reference(Dataset(solid.frames))
    assert sorted(reference.elements) == ["Ba", "Ca", "O", "Ti", "Zr"]
    assert reference.rank == {"unipero-db": 3}


def test_published_sources_of_two_codes_are_told_apart(external_data):
    sources = [read_dataset(external_data(f"perovskite/{name}")) for name in ("unipero-db", "unipero-aimd")]
    offsets = energy_zero_offsets(sources[0].merge(sources[1]))["unipero-aimd"]
    # by frames at 300 K against the lowest of the other source: heat shifts them by up to 0.03 eV/atom
    published = {"Ba8Ti8O24": 706.870, "Sr8Ti8O24": 736.216, "Ba7Ti7O24Ca1Zr1": 707.443}
    for composition, offset in published.items():
        assert -offsets[composition] == pytest.approx(offset, abs=0.03)
    with pytest.raises(InputError, match=r"unipero-aimd.*-706\.8"):
        fit_energy_reference(sources[0].merge(sources[1]))
