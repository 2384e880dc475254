"""Labeled frames: every label survives writing and reading bit by bit, and what is damaged is named with its place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from hypothesis import given, settings
from hypothesis import strategies as st

from entrox.core import FormatError, InputError, generator
from entrox.potentials.datasets.dataset import DATASET_FORMS, Dataset, read_dataset, write_dataset
from entrox.potentials.label import LabeledFrame, virial_of_stress
from entrox.potentials.teachers.toy import toy_answer
from entrox.structure.perovskite import build_perovskite

SYMBOLS = ("Ba", "Ca", "Ti", "Sn", "O", "O", "O")


def labeled(seed, *, symbols=SYMBOLS, group="run-1", source="toy"):
    """Return a frame whose numbers use all bits of their mantissa."""
    rng = generator(seed)
    cell = np.diag([4.0, 4.1, 4.2]) + rng.normal(0, 0.1, (3, 3))
    atoms = Atoms(symbols, positions=rng.random((len(symbols), 3)) @ cell, cell=cell, pbc=True)
    return LabeledFrame(
        atoms=atoms,
        energy_ev=float(rng.normal() * 10.0 ** rng.integers(-3, 5)),
        forces_ev_per_angstrom=rng.normal(size=(len(symbols), 3)),
        virial_ev=rng.normal(size=(3, 3)),
        source=source,
        group=group,
    )


def assert_same(first, second):
    """Every number is the same, to the last bit."""
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        assert a.atoms.get_chemical_symbols() == b.atoms.get_chemical_symbols()
        assert np.array_equal(a.atoms.positions, b.atoms.positions)
        assert np.array_equal(a.atoms.cell.array, b.atoms.cell.array)
        assert np.array_equal(a.atoms.pbc, b.atoms.pbc)
        assert (a.energy_ev, a.source, a.group) == (b.energy_ev, b.source, b.group)
        for name in ("forces_ev_per_angstrom", "virial_ev"):
            one, two = getattr(a, name), getattr(b, name)
            assert (one is None) == (two is None)
            assert one is None or np.array_equal(one, two)


@pytest.mark.parametrize("form", DATASET_FORMS)
def test_every_label_survives_writing_and_reading_bit_by_bit(tmp_path, form):
    frames = [labeled(seed, group="run-1") for seed in range(5)] + [labeled(seed, group="run-2") for seed in (5, 6)]
    write_dataset(frames, tmp_path / "data", form)
    assert_same(read_dataset(tmp_path / "data"), frames)


@given(
    st.floats(-1e8, 1e8).filter(lambda value: value != 0),
    st.lists(st.floats(-1e3, 1e3), min_size=9, max_size=9),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), min_size=1, max_size=12),
)
@settings(max_examples=60, deadline=None)
def test_any_number_and_any_name_survives_extended_xyz(tmp_path_factory, energy, numbers, name):
    path = tmp_path_factory.mktemp("labels") / "data.xyz"
    values = np.array(numbers).reshape(3, 3)
    frame = replace(
        labeled(1, symbols=("Ba", "Ti", "O")), energy_ev=energy, forces_ev_per_angstrom=values, virial_ev=values.T,
        group=name,
    )  # fmt: skip
    write_dataset([frame], path, "extxyz")
    assert_same(read_dataset(path), [frame])


def test_arrays_to_extended_xyz_and_back_keep_the_order_of_types(tmp_path):
    frames = [labeled(seed) for seed in range(3)]
    order = ("O", "Sn", "Ti", "Ca", "Ba")
    write_dataset(frames, tmp_path / "first", type_map=order)
    read = read_dataset(tmp_path / "first")
    assert read.elements == order
    write_dataset(read, tmp_path / "data.xyz", "extxyz")
    write_dataset(read_dataset(tmp_path / "data.xyz"), tmp_path / "second", type_map=read.elements)
    folders = [next((tmp_path / name).iterdir()) for name in ("first", "second")]
    for file in ("type.raw", "type_map.raw"):
        assert (folders[0] / file).read_text() == (folders[1] / file).read_text()
    for array in ("coord", "box", "energy", "force", "virial"):
        one, two = (np.load(folder / "set.000" / f"{array}.npy") for folder in folders)
        assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize("form", DATASET_FORMS)
@pytest.mark.parametrize("missing", ["energy_ev", "forces_ev_per_angstrom", "virial_ev"])
def test_a_label_that_a_source_did_not_give_stays_absent(tmp_path, form, missing):
    frames = [replace(labeled(1), **{missing: None}), labeled(2)]
    write_dataset(frames, tmp_path / "data", form)
    read = sorted(read_dataset(tmp_path / "data"), key=lambda frame: getattr(frame, missing) is not None)
    assert_same(read, frames)


def test_frames_of_one_composition_but_other_order_of_atoms_get_folders_of_their_own(tmp_path):
    turned = labeled(2, symbols=SYMBOLS[::-1])
    write_dataset([labeled(1), turned], tmp_path / "data")
    assert len(list((tmp_path / "data").iterdir())) == 2
    write_dataset([labeled(1), turned], tmp_path / "mixed", "deepmd-mixed")
    assert len(list((tmp_path / "mixed").iterdir())) == 1
    assert_same(read_dataset(tmp_path / "mixed"), [labeled(1), turned])


def test_the_virial_is_minus_the_change_of_energy_with_strain(tmp_path):
    box = build_perovskite("Ba", "Ti", (1, 1, 1), 4.0)
    box.positions += generator(3).normal(0, 0.05, box.positions.shape)
    answer = toy_answer(box)
    frame = LabeledFrame(
        atoms=box, energy_ev=answer.energy_ev, forces_ev_per_angstrom=answer.forces_ev_per_angstrom,
        virial_ev=virial_of_stress(answer.stress_ev_per_angstrom3, box.get_volume()), source="toy", group="one",
    )  # fmt: skip
    write_dataset([frame], tmp_path / "data")
    (read,) = read_dataset(tmp_path / "data")
    step = 1e-5
    for i, j in ((0, 0), (1, 1), (1, 2), (0, 2)):
        energies = []
        for sign in (1.0, -1.0):
            strain = np.zeros((3, 3))
            strain[i, j] += 0.5 * sign * step
            strain[j, i] += 0.5 * sign * step
            strained = box.copy()
            strained.set_cell(box.cell.array @ (np.eye(3) + strain), scale_atoms=True)
            energies.append(toy_answer(strained).energy_ev)
        slope = (energies[0] - energies[1]) / (2.0 * step)
        assert read.virial_ev[i, j] == pytest.approx(-slope, abs=1e-5)


def test_a_stress_of_ase_becomes_a_virial_of_the_other_sign(tmp_path):
    path = tmp_path / "data.xyz"
    path.write_text(
        '1\nLattice="2 0 0 0 2 0 0 0 2" Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.5 '
        'stress="1 0 0 0 2 0 0 0 3"\nBa 0 0 0 0.1 0.2 0.3\n'
    )
    (frame,) = read_dataset(path)
    assert frame.virial_ev.diagonal() == pytest.approx([-8.0, -16.0, -24.0])
    assert (frame.source, frame.group) == ("data.xyz", "data")


def damaged(tmp_path, change):
    """Write a system of four frames and let ``change`` damage its folder."""
    write_dataset([labeled(seed) for seed in range(4)], tmp_path / "data")
    folder = next((tmp_path / "data").iterdir())
    change(folder)
    return tmp_path / "data"


def _nan_energy(folder):
    energies = np.load(folder / "set.000" / "energy.npy")
    energies[2] = np.nan
    np.save(folder / "set.000" / "energy.npy", energies)


def _short_forces(folder):
    np.save(folder / "set.000" / "force.npy", np.load(folder / "set.000" / "force.npy")[:, :-3])


def _no_volume(folder):
    boxes = np.load(folder / "set.000" / "box.npy")
    boxes[1] = 0.0
    np.save(folder / "set.000" / "box.npy", boxes)


@pytest.mark.parametrize(
    ("change", "message", "kept"),
    [(_nan_energy, r"frame 2: the energy is not finite.*--skip-bad", 3), (_no_volume, r"frame 1: the cell has no", 3),
     (_short_forces, r"force\.npy: shape \(4, 21\) expected for 7 atoms; found \(4, 18\)", 0),
     (lambda folder: (folder / "type_map.raw").unlink(), r"no type_map\.raw", 0)],
)  # fmt: skip
def test_what_cannot_be_used_is_named_or_dropped_and_counted(tmp_path, change, message, kept):
    path = damaged(tmp_path, change)
    with pytest.raises((FormatError, InputError), match=message):
        read_dataset(path)
    if kept:
        read = read_dataset(path, skip_bad=True)
        assert (len(read), read.n_dropped) == (kept, 4 - kept)
    else:
        with pytest.raises(InputError, match="no usable frame"):
            read_dataset(path, skip_bad=True)


def test_a_damaged_system_is_dropped_whole_and_its_frames_are_counted(tmp_path):
    write_dataset([labeled(seed, group=f"run-{seed // 3}") for seed in range(6)], tmp_path / "data")
    _short_forces(tmp_path / "data" / "run-1")
    read = read_dataset(tmp_path / "data", skip_bad=True)
    assert (len(read), read.n_dropped) == (3, 3)
    assert "force.npy" in str(read.dropped[0])


def test_nothing_is_overwritten(tmp_path):
    write_dataset([labeled(1)], tmp_path / "data")
    with pytest.raises(InputError, match="not overwritten"):
        write_dataset([labeled(2)], tmp_path / "data")
    write_dataset([labeled(1)], tmp_path / "data.xyz", "extxyz")
    with pytest.raises(InputError, match="not overwritten"):
        write_dataset([labeled(2)], tmp_path / "data.xyz", "extxyz")
    assert_same(read_dataset(tmp_path / "data.xyz"), [labeled(1)])


def test_elements_outside_the_type_map_are_named(tmp_path):
    with pytest.raises(InputError, match="Sn, O is missing in Ba, Ca, Ti"):
        write_dataset([labeled(1)], tmp_path / "data", type_map=("Ba", "Ca", "Ti"))
    with pytest.raises(InputError, match="form must be one of"):
        write_dataset([labeled(1)], tmp_path / "data", "npz")
    with pytest.raises(InputError, match="at least one frame"):
        Dataset(())


def test_published_frames_survive_both_forms(tmp_path, external_data):
    whole = read_dataset(external_data("perovskite/unipero-db"))
    chosen = whole.select(range(0, len(whole), 25))
    write_dataset(chosen, tmp_path / "data.xyz", "extxyz")
    write_dataset(read_dataset(tmp_path / "data.xyz"), tmp_path / "data")
    assert_same(read_dataset(tmp_path / "data"), chosen)
    assert (len(whole), len(whole.groups)) == (3259, 19)
