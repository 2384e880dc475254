"""Figures of nucleation and free energies: what they show, and what they refuse to show."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.plots.thermo import plot_barrier_map, plot_barrier_series, plot_nucleation_work
from entrox.plots.thermo_terms import plot_frequencies, plot_spectrum
from entrox.thermo import BarrierRow, VibrationalSpectrum, barrier_series, nucleation_result


def line(axes, number: int) -> np.ndarray:
    return np.asarray(axes.lines[number].get_xydata(), dtype=float)


def test_the_curve_of_the_work_has_its_top_at_the_marked_barrier() -> None:
    found = nucleation_result(-2e9, 300.0, gamma_j_per_m2=1.0)
    axes = plot_nucleation_work(found)
    curve = line(axes, 3)
    top = curve[curve[:, 1].argmax()]
    assert top == pytest.approx([found.critical_radius_nm, found.barrier_ev], rel=0.01)
    assert axes.get_ylim()[1] > found.barrier_ev
    assert "nm" in axes.get_xlabel()


def test_without_a_barrier_none_is_drawn_and_the_map_refuses() -> None:
    found = nucleation_result(2e9, 300.0, gamma_j_per_m2=1.0)
    axes = plot_nucleation_work(found)
    assert [text.get_text() for text in axes.texts] == ["no barrier: W rises without bound"]
    assert (np.diff(line(axes, 3)[:, 1]) > 0.0).all()
    with pytest.raises(InputError, match="no barrier to place"):
        plot_barrier_map(found)


def test_laws_are_drawn_where_they_were_fitted_and_points_without_barrier_are_marked() -> None:
    rows = [BarrierRow(0.0, 1e8), *(BarrierRow(s, -1e9 * s, 5e7) for s in (0.8, 1.2, 1.6))]
    axes = plot_barrier_series(barrier_series(rows, 300.0, entropy_per="cation", rng=generator(1)))
    assert axes.get_xlabel() == "Configurational entropy per cation [R]"
    laws = [item.get_xydata() for item in axes.lines if len(item.get_xdata()) == 200]
    assert len(laws) == 5
    assert all(curve[:, 0].min() == pytest.approx(0.8) and curve[:, 0].max() == pytest.approx(1.6) for curve in laws)
    with pytest.raises(InputError, match="nothing to draw"):
        plot_barrier_series(barrier_series(rows[:2], 300.0, rng=generator(1)))


def test_imaginary_modes_stand_left_of_zero_and_spectra_end_where_states_do() -> None:
    axes = plot_frequencies([-2.0, 0.0, 1.0, 4.0, 4.0])
    assert axes.get_xlim() == (-2.0, 4.0)
    assert sum(bar.get_height() for bar in axes.patches) == 5
    places = np.linspace(0.0, 50.0, 501)
    density = np.where(places < 10.0, 0.3, 0.0)
    spectrum = VibrationalSpectrum(
        frequency_thz=places, density_per_thz=density, resolution_thz=0.1, n_segments=1, share_at_zero=0.0,
        share_at_end=0.0,
    )  # fmt: skip
    assert plot_spectrum(spectrum).get_xlim()[1] == pytest.approx(10.0, abs=0.5)
