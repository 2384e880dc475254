from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from entrox.core import InputError
from entrox.dynamics.diagrams.phase_diagram import DiagramBand, DiagramPoint, PhaseDiagram
from entrox.dynamics.diagrams.phase_diagram_settings import CompositionLine
from entrox.dynamics.diagrams.ramps import TemperatureRun
from entrox.dynamics.diagrams.series import SeriesRow
from entrox.dynamics.engine import Trajectory
from entrox.plots.dynamics import plot_run
from entrox.plots.phase_diagram import plot_phase_diagram, plot_temperature_runs
from entrox.plots.potentials import plot_calibration, plot_learning, plot_parity, plot_training, plot_wells
from entrox.plots.style import svg_bytes
from entrox.potentials.learning.convergence import CellCounts
from entrox.potentials.learning.learn_result import GenerationReport, LearnResult
from entrox.potentials.training.model_file import LearningCurve
from entrox.potentials.validation.calibrate import calibrate
from entrox.potentials.validation.validate import Parity, ValidationReport
from entrox.potentials.validation.wells import WellScan

RNG = np.random.default_rng(0)


def trajectory(rows: int = 100, deviations: int = 10, status: str = "finished") -> Trajectory:
    return Trajectory(
        folder=Path("run"),
        engine="ase",
        potential="toy",
        status=status,
        seed=1,
        step=np.arange(rows) * 10,
        time_ps=np.arange(rows) * 0.02,
        temperature_k=300.0 + RNG.normal(size=rows),
        pressure_bar=1000.0 * RNG.normal(size=rows),
        stress_ev_per_angstrom3=np.zeros((rows, 6)),
        potential_energy_ev=-100.0 + RNG.normal(size=rows),
        conserved_energy_ev=np.full(rows, -90.0),
        cell_angstrom=np.tile(8.0 * np.eye(3), (rows, 1, 1)),
        deviation_step=np.arange(deviations) * 100,
        force_deviation_ev_per_angstrom=np.where(np.arange(deviations) == 3, np.nan, 0.1),
        frames_file=Path("run/frames.extxyz"),
        frame_step=np.empty(0, dtype=np.int64),
        n_steps=1000,
        cpu_s=1.0,
        wall_s=1.0,
    )


def test_a_run_shows_temperature_pressure_in_gpa_and_energies_from_their_start() -> None:
    panels = plot_run(trajectory(deviations=0))
    assert [axes.get_ylabel() for axes in panels] == ["Temperature [K]", "Pressure [GPa]", "Energy from the start [eV]"]
    drawn = panels[1].lines[0].get_ydata()
    assert np.abs(drawn).max() < 1.0
    assert all(line.get_ydata()[0] == 0.0 for line in panels[2].lines[:2])


def test_the_deviation_of_a_committee_is_drawn_over_time_and_lost_values_are_counted() -> None:
    axes = plot_run(trajectory(status="diverged"))[3]
    assert axes.get_yscale() == "log"
    assert axes.lines[0].get_xdata()[-1] == pytest.approx(1.8)
    assert axes.get_legend().get_texts()[0].get_text() == "1 values not shown"
    with pytest.raises(InputError, match="no row"):
        plot_run(trajectory(rows=0, deviations=0))


def temperature_run(direction: str) -> TemperatureRun:
    t = np.array([100.0, 200.0, 300.0])
    order = np.array([[0.0, 0.1, -0.2], [0.0, 0.0, -0.1], [0.0, 0.0, 0.0]])
    edges = np.tile([3.9, 4.0, 4.1], (3, 1))
    turned = slice(None, None, 1 if direction == "heating" else -1)
    return TemperatureRun(
        temperature_k=t[turned], measured_k=t[turned], order_parameter=order[turned],
        order_error=np.full((3, 3), 0.01),
        susceptibility=np.ones(3), energy_ev=np.zeros(3), lattice_angstrom=edges,
        lattice_error_angstrom=np.zeros((3, 3)), lattice_axis=np.tile([0, 1, 2], (3, 1)),
        angle_deg=np.full((3, 3), 90.0), n_frames=np.full(3, 10), n_cells=8, measure="displacement of B",
        unit="angstrom",
    )  # fmt: skip


def series_row(direction: str, *, lost: bool = False) -> SeriesRow:
    return SeriesRow(
        formula="BaTiO3", shape=(2, 2, 2), arrangement=0, direction=direction, model=0,
        status="failed" if lost else "finished", folder=Path("run"), seed=1, cpu_s=1.0,
        run=None if lost else temperature_run(direction),
    )  # fmt: skip


def point(x: float, t: float, direction: str = "heating", n_cells: int = 8) -> DiagramPoint:
    formula = CompositionLine(formula="BaTi(1-x)SnxO3", x=(x,)).compositions()[0].formula
    return DiagramPoint(
        kind="T-C", direction=direction, t_k=t, t_low_k=t - 10.0, t_high_k=t + 10.0, bracket_k=10.0, block_k=0.0,
        arrangement_k=None, committee_k=None, n_arrangements=1, n_models=1, n_runs=1, n_searched=1, x=x, y=None,
        formula=formula, shape=(2, 2, 2), n_cells=n_cells,
    )  # fmt: skip


def diagram(*points: DiagramPoint) -> PhaseDiagram:
    bands = (
        DiagramBand(
            x=np.array([0.0, 0.25]), t_k=np.array([400.0, 300.0]), t_low_k=np.array([390.0, 290.0]),
            t_high_k=np.array([410.0, 310.0]), line=0, variable="x", kind="T-C", direction="heating", n_points=2,
        ),
    )  # fmt: skip
    empty = np.empty((0, 0, 3))
    return PhaseDiagram(
        title="t", points=points, bands=bands, lines=(CompositionLine(formula="BaTi(1-x)SnxO3", x=(0, 0.25)),), runs=(),
        order_unit="angstrom", x=np.empty(0), y=np.empty(0), cells=np.empty(0, dtype=int),
        arrangement=np.empty(0, dtype=int), model=np.empty(0, dtype=int), heating=np.empty(0, dtype=bool),
        temperature_k=np.empty((0, 0)), order_parameter=empty, order_error=empty, lattice_angstrom=empty,
        lattice_error_angstrom=empty, angle_deg=empty,
    )  # fmt: skip


def test_a_diagram_shows_the_points_of_the_largest_box_and_the_band() -> None:
    drawn = diagram(point(0.0, 400.0), point(0.25, 300.0), point(0.0, 380.0, "cooling"), point(0.0, 350.0, n_cells=1))
    (axes,) = plot_phase_diagram(drawn)
    heights = [bar.lines[0].get_ydata()[0] for bar in axes.containers]
    assert heights == [400.0, 300.0, 380.0]
    # cooling stands beside heating, with an open symbol
    heating, cooling = axes.containers[0].lines[0], axes.containers[2].lines[0]
    assert heating.get_xdata()[0] > cooling.get_xdata()[0]
    assert cooling.get_markerfacecolor() == "white"
    assert axes.get_xlabel().startswith("x in BaTi")
    with pytest.raises(InputError, match="no run shows a transition"):
        plot_phase_diagram(diagram())


def test_the_variable_y_is_no_letter_of_an_element() -> None:
    line = CompositionLine(formula="Ba(1-y)CayTi(1-x)SnxO3", x=0, y=(0, 0.25))
    drawn = replace(diagram(point(0.0, 400.0)), lines=(line,), bands=())
    label = plot_phase_diagram(drawn)[0].get_xlabel()
    assert r"Ca$_\mathregular{y}$" in label
    assert label.endswith("x = 0")


def test_runs_over_temperature_show_sorted_sizes_and_leave_out_what_failed() -> None:
    order, edges = plot_temperature_runs(
        [series_row("heating"), series_row("cooling"), series_row("heating", lost=True)]
    )
    assert len(order.lines) == len(edges.lines) == 6
    assert order.lines[0].get_ydata().tolist() == [0.2, 0.1, 0.0]
    assert order.lines[3].get_ydata().tolist() == [0.2, 0.1, 0.0]
    assert edges.lines[0].get_ydata().tolist() == [3.9] * 3
    with pytest.raises(InputError, match="no run has a row"):
        plot_temperature_runs([series_row("heating", lost=True)])


def learning_curve() -> LearningCurve:
    step = np.arange(0, 1000, 10)
    error = 0.5 * np.exp(-step / 300.0) + 0.1
    return LearningCurve(
        step=step, loss=error, energy_rmse_mev_per_atom=10.0 * error, force_rmse_ev_per_angstrom=error,
        virial_rmse_mev_per_atom=np.full(len(step), np.nan), rate=error,
    )  # fmt: skip


def test_training_shows_a_line_for_each_model_and_no_panel_without_labels() -> None:
    panels = plot_training([learning_curve(), learning_curve()])
    assert [axes.get_ylabel() for axes in panels] == ["Energy error [meV/atom]", "Force error [eV/Å]"]
    assert all(axes.get_yscale() == "log" and len(axes.lines) == 4 for axes in panels)
    with pytest.raises(InputError, match="no learning curve"):
        plot_training([])


def parity(label: str, count: int) -> Parity:
    true = RNG.normal(size=count) + (-5.0 if label == "energy" else 0.0)
    return Parity(
        label=label, unit="eV/atom" if label == "energy" else "eV/angstrom", true=true, predicted=true + 0.1,
        rmse=0.1, mae=0.1, r_squared=0.99,
    )  # fmt: skip


def test_parity_counts_energies_from_their_mean_and_bins_many_values() -> None:
    report = ValidationReport(
        n_frames=10, energy=parity("energy", 10), force=parity("force", 5000), virial=None, force_rmse_by_model=None,
        compositions=(), calibration=None, warnings=(),
    )  # fmt: skip
    energy, force = plot_parity(report)
    assert float(np.mean(energy.lines[0].get_xdata())) == pytest.approx(0.0, abs=1e-12)
    assert "RMSE 0.1 eV/Å" in force.get_title(loc="right")
    assert len(force.collections) == 1
    with pytest.raises(InputError, match="neither energies"):
        plot_parity(replace(report, energy=None, force=None))


def generation(number: int) -> GenerationReport:
    deviation = np.geomspace(0.05, 0.5, 10)
    explored = number > 0
    return GenerationReport(
        generation=number, accurate=10 * explored, candidate=70 * explored, failed=20 * explored,
        cells=(CellCounts(composition="BaTiO3", temperature_k=300.0, accurate=1, candidate=7, failed=2),),
        length_ps=0.8 * explored, life_ps=0.2 * number, warmth=1.0, sigma_high_ev_per_angstrom=0.5, sieved=0, queued=60,
        labeled=60, unlabeled=0, calibration=calibrate(deviation, 2.5 * deviation), n_training=100, n_held_out=10,
        force_rmse_ev_per_angstrom=0.3 / (1 + number), force_rmse_before_ev_per_angstrom=None,
        relative_force_error=0.1,
    )  # fmt: skip


def learn_result(count: int) -> LearnResult:
    return LearnResult(
        title="t", folder=Path("run"), teacher="toy", student="linear", sigma_low_ev_per_angstrom=0.125,
        generations=tuple(map(generation, range(count))), models=(), quarantined=(), converged=False, reasons=(),
        warnings=(),
    )  # fmt: skip


def test_a_learning_loop_shows_trust_life_error_and_calibration() -> None:
    trust, life, error, ranks = plot_learning(learn_result(3))
    heights = np.array([bar.get_height() for bar in trust.patches]).reshape(3, 2)
    assert heights == pytest.approx(np.array([[0.1] * 2, [0.7] * 2, [0.2] * 2]))
    assert life.lines[1].get_ydata().tolist() == [0.2, 0.4]
    assert error.lines[0].get_ydata().tolist() == pytest.approx([0.3, 0.15, 0.1])
    assert "error = 2.5" in ranks.get_title(loc="right")
    # the first generation explores nothing
    assert len(plot_learning(learn_result(1))[0].patches) == 0
    with pytest.raises(InputError, match="no generation"):
        plot_learning(learn_result(0))


def test_a_calibration_without_frames_is_an_empty_figure() -> None:
    assert len(plot_calibration(calibrate([], [])).lines) == 0


def test_wells_show_a_curve_for_each_direction_and_force_field() -> None:
    scan = WellScan(
        directions=("001", "111"), edge_angstrom=np.array([3.97, 4.0, 4.04]),
        energy_mev=np.array([[-3.0, -12.0, -28.0], [-5.0, -21.0, -48.0]]), shift_angstrom=np.zeros((2, 3)),
    )  # fmt: skip
    axes = plot_wells([("teacher", scan), ("student", scan)])
    assert len(axes.lines) == 5
    assert axes.lines[1].get_ydata().tolist() == [-5.0, -21.0, -48.0]
    with pytest.raises(InputError, match="no scan"):
        plot_wells([])


def test_figures_of_dynamics_are_the_same_bytes_each_time() -> None:
    run = trajectory()
    first, second = (svg_bytes(plot_run(run)[0].get_figure()) for _ in range(2))
    assert first == second
