"""The small box against plain NumPy, against the matrix of termination, and against PDFfit2 where it is installed."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms

from entrox.scattering.data.sample import sample_of
from entrox.scattering.operators.bins import Bins
from entrox.scattering.operators.termination import termination_matrix
from entrox.scattering.small_box.cell import pairs_within
from entrox.scattering.small_box.symmetry import cell_symmetry
from entrox.scattering.small_box.termination import GridTermination
from small_boxes import cubic_perovskite, made_data, nickel, polar_perovskite

MOTION = {"u_Pb": 0.006, "u_Ti": 0.004, "u_O": 0.005}


def plain_g(atoms: Atoms, r: np.ndarray, peak_in: str, delta2: float, qbroad: float) -> np.ndarray:
    """All pairs of a cell with the atoms around it, one Gaussian each, isotropic motion."""
    sample = sample_of(atoms)
    lengths = np.array([sample.lengths_fm[name] for name in atoms.get_chemical_symbols()])
    motion = np.array([MOTION[f"u_{name}"] for name in atoms.get_chemical_symbols()])
    curve = np.zeros_like(r)
    steps = np.array(np.meshgrid(*[range(-3, 4)] * 3)).reshape(3, -1).T @ atoms.cell
    for i in range(len(atoms)):
        for j in range(len(atoms)):
            distances = np.linalg.norm(steps + atoms.positions[j] - atoms.positions[i], axis=1)
            for distance in distances[(distances > 0.1) & (distances < 8.0)]:
                variance = (motion[i] + motion[j]) * (1.0 - delta2 / distance**2 + (qbroad * distance) ** 2)
                peak = np.exp(-0.5 * (r - distance) ** 2 / variance) / np.sqrt(2.0 * np.pi * variance)
                curve += lengths[i] * lengths[j] * peak / (distance if peak_in == "D" else r)
    norm = len(atoms) * lengths.mean() ** 2
    return curve / norm - 4.0 * np.pi * r * len(atoms) / atoms.get_volume()


@pytest.mark.parametrize("peak_in", ["D", "R"])
def test_the_compiled_peaks_are_those_of_plain_numpy(peak_in: str) -> None:
    atoms = polar_perovskite(3.9, 4.15)
    r = np.arange(1.5, 6.0, 0.01)
    data = made_data(atoms, {**MOTION, "delta2": 1.2, "qbroad": 0.03}, r, peak_in=peak_in)
    np.testing.assert_allclose(data.y, plain_g(atoms, data.x, peak_in, 1.2, 0.03), atol=1e-7)


def test_pairs_from_one_site_of_each_kind_count_as_all_pairs_do() -> None:
    atoms = polar_perovskite(3.9, 4.15)
    lattice, places = np.asarray(atoms.cell), atoms.get_scaled_positions()
    orbits = cell_symmetry(lattice, places, atoms.numbers.astype(np.int64)).orbits
    few, every = pairs_within(lattice, places, orbits, 6.0), pairs_within(lattice, places, np.arange(5), 6.0)
    assert len(few.pairs) < len(every.pairs)
    assert few.counts.sum() == every.counts.sum() == len(every.pairs)
    assert few.shortest == every.shortest


@pytest.mark.parametrize("window", ["none", "lorch"])
def test_termination_by_fourier_transform_is_that_of_the_matrix(window: str) -> None:
    bins = Bins(step_angstrom=0.01, count=600)
    r = bins.centers_angstrom
    values = np.exp(-0.5 * ((r - 2.0) / 0.06) ** 2) - 0.4 * np.exp(-0.5 * ((r - 0.3) / 0.08) ** 2)
    fast = GridTermination(0.01, 600, 25.0, window)(values)
    np.testing.assert_allclose(fast, termination_matrix(r, bins, 25.0, window) @ values, atol=2e-3)
    assert np.abs(fast - values).max() > 0.05


@pytest.mark.parametrize(("qmax", "share"), [(0.0, 2e-4), (31.4, 0.01)])
@pytest.mark.parametrize("perovskite", [False, True])
def test_pdffit_draws_the_same_curve_with_gaussians_in_r(perovskite: bool, qmax: float, share: float) -> None:
    pdffit = pytest.importorskip("diffpy.pdffit2", exc_type=ImportError)
    structure = pytest.importorskip("diffpy.structure", exc_type=ImportError)
    atoms = cubic_perovskite(3.894) if perovskite else nickel(3.5233)
    motion = {"Sr": 0.003, "Ti": 0.004, "O": 0.006, "Ni": 0.0056}
    r = np.linspace(0.01, 15.0, 1500)
    cell = structure.Structure(lattice=structure.Lattice(*atoms.cell.cellpar()))
    for name, place in zip(atoms.get_chemical_symbols(), atoms.get_scaled_positions(), strict=True):
        cell.append(structure.Atom(name, place, Uisoequiv=motion[name]))
    peer = pdffit.PdfFit()
    peer.add_structure(cell)
    peer.alloc("N", qmax, 0.0177, float(r[0]), float(r[-1]), len(r))
    peer.setvar("qbroad", 0.019)
    peer.setvar("delta2", 1.5)
    peer.calc()
    ours = made_data(
        atoms, {f"u_{name}": motion[name] for name in set(atoms.get_chemical_symbols())} | {"delta2": 1.5}, r,
        sample_of(atoms, table="periodictable"), qmax_per_angstrom=qmax or None, qdamp_per_angstrom=0.0177,
        qbroad_per_angstrom=0.019, peak_in="R",
    )  # fmt: skip
    theirs = np.array(peer.getpdf_fit())
    inner = (r > 1.5) & (r < 13.0)
    assert np.abs(ours.y - theirs)[inner].max() < share * np.abs(theirs).max()
