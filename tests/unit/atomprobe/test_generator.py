from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from entrox.atomprobe.generator import SimulatedTip, simulate_tip, write_tip
from entrox.atomprobe.tip.molecular_events import evaporate
from entrox.atomprobe.tip.settings import EventSettings, TipSettings
from entrox.core import InputError

POISSON = {"kind": "poisson", "density_per_nm3": 40.0}
OXIDE = {"kind": "rock-salt", "lattice_parameter_nm": 0.5, "anion": "O"}
CATIONS = {"Mg": 0.5, "Ni": 0.5}


def tip(seed: int = 1, **settings: Any) -> SimulatedTip:
    known: dict[str, Any] = {
        "box_nm": (8.0, 8.0, 8.0),
        "composition": {"Ni": 0.6, "Cu": 0.4},
        "sites": POISSON,
        "truth": {"sizes_nm": (1, 2)},
    }
    return simulate_tip(TipSettings(**{**known, **settings}), np.random.default_rng(seed))


@pytest.mark.parametrize(("kind", "atoms"), [("fcc", 4), ("bcc", 2), ("rock-salt", 8)])
def test_lattices_hold_the_atoms_of_their_cells(kind: str, atoms: int) -> None:
    sites = {"kind": kind, "lattice_parameter_nm": 0.5, **({"anion": "O"} if kind == "rock-salt" else {})}
    found = tip(sites=sites, box_nm=(4.0, 4.0, 5.0))
    assert found.truth.n_sites == 8 * 8 * 10 * atoms
    assert found.sites.positions_nm.max(axis=0) == pytest.approx([3.75, 3.75, 4.75])


def test_rock_salt_has_six_unlike_neighbors_at_half_the_lattice_parameter() -> None:
    from scipy.spatial import cKDTree

    found = tip(sites=OXIDE, composition=CATIONS, box_nm=(4.0, 4.0, 4.0))
    anion = found.sites.labels == 2
    inner = (np.abs(found.sites.positions_nm - 2.0) < 1.2).all(axis=1)
    tree = cKDTree(found.sites.positions_nm[anion])
    near = tree.query_ball_point(found.sites.positions_nm[inner & ~anion], 0.26, return_length=True)
    assert set(near.tolist()) == {6}
    assert int(anion.sum()) == int((~anion).sum())


def test_efficiency_thins_all_species_alike_and_species_efficiency_one_of_them() -> None:
    found = tip(detection={"efficiency": 0.37})
    n, m = found.truth.n_sites, found.truth.n_recorded
    assert abs(m - 0.37 * n) < 4 * np.sqrt(0.37 * 0.63 * n)
    lossy = tip(detection={"efficiency": 0.5, "species_efficiency": {"Cu": 0.5}}).truth
    assert lossy.fractions_detected == pytest.approx([0.75, 0.25])
    assert lossy.fractions == pytest.approx([0.6, 0.4])
    assert lossy.n_recorded == pytest.approx(lossy.n_sites * (0.3 + 0.1), rel=0.05)


def test_later_stages_leave_the_earlier_ones_as_they_were() -> None:
    whole, thinned = tip(), tip(detection={"efficiency": 0.4, "smear_lateral_nm": 0.5})
    assert (whole.sites.positions_nm == thinned.sites.positions_nm).all()
    assert (whole.sites.labels == thinned.sites.labels).all()
    assert (tip().ions.mass_to_charge_da == whole.ions.mass_to_charge_da).all()


def test_smear_moves_ions_by_its_widths_and_keeps_them_in_the_box() -> None:
    found = tip(detection={"smear_lateral_nm": 0.4, "smear_depth_nm": 0.1})
    moved = found.ions.positions_nm - found.sites.positions_nm[found.site]
    inner = (np.abs(found.sites.positions_nm[found.site] - 4.0) < 2.0).all(axis=1)
    assert moved[inner].std(axis=0) == pytest.approx([0.4, 0.4, 0.1], rel=0.05)
    assert found.ions.positions_nm.min() >= 0.0
    assert found.ions.positions_nm.max() <= 8.0


def test_pores_particles_and_poles_change_the_density_where_they_are() -> None:
    pore = {"pores": [{"center_nm": (4, 4, 4), "radius_nm": 2.0}]}
    distance = np.linalg.norm(tip(density=pore).ions.positions_nm - 4.0, axis=1)
    assert distance.min() > 1.999
    ball = {"spheres": [{"center_nm": (4, 4, 4), "radius_nm": 3.0}]}
    inside = tip(density=ball)
    assert np.linalg.norm(inside.ions.positions_nm - 4.0, axis=1).max() < 3.001
    assert inside.truth.n_sites == pytest.approx(40.0 * 4.0 / 3.0 * np.pi * 27.0, rel=0.05)
    streak = {"poles": [{"center_nm": (4, 4), "radius_nm": 1.0, "density_factor": 0.2, "species_factors": {"Cu": 0.5}}]}
    found = tip(density=streak)
    core = np.linalg.norm(found.ions.positions_nm[:, :2] - 4.0, axis=1) < 0.5
    label = found.sites.labels[found.site]
    outside = np.linalg.norm(found.ions.positions_nm[:, :2] - 4.0, axis=1) > 3.5
    assert np.mean(label[core] == 1) < np.mean(label[outside] == 1)
    assert core.sum() < 0.6 * 40.0 * 8.0 * np.pi * 0.25
    assert found.truth.excess_detected[0] > 10.0 * abs(found.truth.excess_information[0]) + 1e-4


def test_molecular_ions_conserve_the_atoms_of_the_tip() -> None:
    labels = np.repeat(np.array([0, 1, 2], dtype=np.int16), [4000, 4000, 8000])
    settings = EventSettings(metal={"M": 0.5, "MO": 0.3, "MO2": 0.1, "M2": 0.1}, anion={"O": 0.5, "O2": 0.5})
    events = evaporate(labels, ("Mg", "Ni", "O"), "O", settings, np.random.default_rng(1))
    atoms = {
        name: sum(ion.get(name, 0) * int((events.ion == index).sum()) for index, ion in enumerate(events.ions))
        for name in ("Mg", "Ni", "O")
    }
    for name, known in (("Mg", 4000), ("Ni", 4000), ("O", 8000)):
        assert atoms[name] == pytest.approx(known, rel=0.03)
    assert len(set(events.site.tolist())) == len(events.site)
    assert set(events.names) == {"Mg", "MgO", "MgO2", "Mg2", "Ni", "NiO", "NiO2", "Ni2", "O", "O2"}


def test_ions_that_cannot_be_are_refused() -> None:
    labels = np.repeat(np.array([0, 1], dtype=np.int16), [100, 100])
    rng = np.random.default_rng(1)
    with pytest.raises(InputError, match="there are only 100"):
        evaporate(labels, ("Mg", "O"), "O", EventSettings(metal={"MO3": 1.0}), rng)
    with pytest.raises(InputError, match="no ion of a Mg site"):
        evaporate(labels, ("Mg", "O"), "O", EventSettings(metal={"O2": 1.0}), rng)
    with pytest.raises(InputError, match="from other metal sites"):
        evaporate(labels, ("Mg", "Ni"), None, EventSettings(metal={"MNi": 1.0}), rng)


def test_every_ion_of_a_peak_lies_in_a_range_of_its_ion() -> None:
    found = tip(spectrum={"isotopes": "natural", "charge_states": {"Cu": {1: 0.5, 2: 0.5}}})
    ratio = found.ions.mass_to_charge_da.astype(np.float64)
    for index, name in enumerate(found.ion_names):
        mine = [item for item in found.ranges.ranges if item.ion == name]
        inside = np.zeros(len(ratio), dtype=int)
        for item in mine:
            inside += (ratio >= item.lower_da) & (ratio < item.upper_da)
        assert (inside[found.ion == index] == 1).all()
        assert (inside[found.ion != index] == 0).all()
    copper = ratio[found.ion == found.ion_names.index("Cu")]
    assert np.mean(copper < 40.0) == pytest.approx(0.5, abs=0.03)
    assert np.mean((copper > 62.5) & (copper < 63.5)) / np.mean(copper > 60.0) == pytest.approx(0.69, abs=0.03)


def test_the_width_of_a_peak_follows_the_resolving_power() -> None:
    found = tip(spectrum={"resolving_power": 500.0, "tail_share": 0.0}, composition={"Ni": 1.0})
    ratio = found.ions.mass_to_charge_da.astype(np.float64)
    assert ratio.std() * 2.3548 == pytest.approx(57.935 / 500.0, rel=0.03)
    assert ratio.mean() == pytest.approx(57.935, abs=0.003)


def test_overlapping_peaks_are_refused_unless_they_are_wanted() -> None:
    both = {"composition": {"Ni": 0.5, "Zn": 0.5}, "spectrum": {"isotopes": "natural"}}
    with pytest.raises(InputError, match=r"Ni and Zn at 63\.8"):
        tip(**both)
    tip(**{**both, "spectrum": {"isotopes": "natural", "allow_overlaps": True}})


def test_background_of_the_spectrum_is_constant_in_time_of_flight() -> None:
    found = tip(detection={"background_fraction": 0.3}, spectrum={"background_range_da": (1.0, 100.0)})
    noise = found.ions.mass_to_charge_da[found.site < 0].astype(np.float64)
    assert len(noise) == found.truth.n_background == pytest.approx(0.3 * found.truth.n_recorded, rel=0.06)
    assert (found.ion[found.site < 0] == -1).all()
    counts, _ = np.histogram(np.sqrt(noise), bins=9, range=(1.0, 10.0))
    assert np.abs(counts - counts.mean()).max() < 4.0 * np.sqrt(counts.mean())


def test_pulses_have_the_multiplicity_asked_for_and_hold_neighbors() -> None:
    found = tip(detection={"multiplicity": (0.5, 0.3, 0.2)}, box_nm=(12.0, 12.0, 12.0))
    pulse = found.ions.pulse
    assert pulse is not None
    size = np.bincount(pulse)
    assert np.bincount(size)[1:] / len(size) == pytest.approx([0.5, 0.3, 0.2], abs=0.01)
    first = np.flatnonzero(np.diff(pulse, prepend=-1))
    assert found.ions.ions_in_pulse is not None
    assert (found.ions.ions_in_pulse[first] == size).all()
    assert int(found.ions.ions_in_pulse.sum()) == len(found.ions)
    step = np.linalg.norm(np.diff(found.ions.positions_nm, axis=0), axis=1)
    assert np.median(step[np.diff(pulse) == 0]) < 0.2 * np.median(step[np.diff(pulse) == 1])
    name = np.array(found.sites.species)[found.sites.labels[found.site]]
    assert (name == np.array(found.ion_names)[found.ion]).all()


def test_time_of_flight_follows_the_square_root_of_the_mass() -> None:
    ions = tip(detection={"multiplicity": (1.0,)}).ions
    assert ions.time_of_flight_ns is not None
    ratio = ions.time_of_flight_ns.astype(np.float64) ** 2 / ions.mass_to_charge_da
    assert ratio.std() / ratio.mean() < 1e-5
    assert ions.detector_mm is not None
    assert np.abs(ions.detector_mm).max() <= 30.001


def test_clusters_hold_the_cluster_composition_and_the_matrix_the_other() -> None:
    labels = {"kind": "clusters", "density_per_nm3": 0.002, "radius_nm": 2.0, "composition": {"Cu": 1.0}}
    found = tip(labels=labels, composition={"Ni": 1.0, "Cu": 0.0})
    copper = found.sites.positions_nm[found.sites.labels == 1]
    assert found.truth.fractions[1] == pytest.approx(len(copper) / found.truth.n_sites, abs=0.01)
    assert 0.0 < len(copper) <= 1.15 * 40.0 * 4.0 / 3.0 * np.pi * 8.0
    with pytest.raises(InputError, match="no cluster"):
        tip(labels={**labels, "density_per_nm3": 1e-5})


def test_full_order_puts_one_species_on_the_corners() -> None:
    fcc = {"kind": "fcc", "lattice_parameter_nm": 0.5}
    order = {"kind": "ordered", "order_parameter": 1.0, "corner_composition": {"Cu": 1.0}}
    found = tip(sites=fcc, labels=order, composition={"Ni": 0.75, "Cu": 0.25})
    corner = (np.abs(found.sites.positions_nm / 0.5 - np.round(found.sites.positions_nm / 0.5)) < 1e-9).all(axis=1)
    assert (found.sites.labels[corner] == 1).all()
    assert (found.sites.labels[~corner] == 0).all()
    assert found.truth.notices
    with pytest.raises(InputError, match=r"composition has only 0\.1"):
        tip(sites=fcc, labels=order, composition={"Ni": 0.9, "Cu": 0.1})


def test_a_tip_is_written_with_its_truth(tmp_path: Path) -> None:
    found = tip(detection={"efficiency": 0.5, "multiplicity": (0.7, 0.3)})
    paths = write_tip(tmp_path / "run", found)
    assert [path.name for path in paths] == ["tip.epos", "tip.rrng", "truth.json", "truth_labels.npz"]
    assert paths[0].stat().st_size == 44 * len(found.ions)
    truth = json.loads(paths[2].read_text())
    assert truth["entropy_bulk"] == pytest.approx(-(0.6 * np.log(0.6) + 0.4 * np.log(0.4)))
    assert truth["settings"]["detection"]["efficiency"] == 0.5
    assert truth["counts_before_losses"] == found.sites.totals.tolist()
    with np.load(paths[3]) as stored:
        assert (stored["labels"] == found.sites.labels).all()
        assert stored["species"].tolist() == ["Ni", "Cu"]
        assert (stored["site"] == found.site).all()


def test_a_box_of_nothing_and_a_box_too_large_are_refused() -> None:
    with pytest.raises(InputError, match="would hold"):
        tip(box_nm=(1e3, 1e3, 1e4))
    with pytest.raises(InputError, match="no ion was detected"):
        tip(box_nm=(2.0, 2.0, 2.0), sites={"kind": "poisson", "density_per_nm3": 0.2}, detection={"efficiency": 1e-9})
