from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from entrox.core import FormatError, InputError
from entrox.order.response.hysteresis import hysteresis_loop, loop_of_log
from entrox.order.response.switching_log import read_switching_log

MV_PER_CM = 1e8


@pytest.mark.parametrize(
    ("temperature", "minus", "plus", "remanence"), [(300, -10.96, 10.78, 0.525), (340, -10.73, 10.86, 0.523)]
)
def test_the_public_switching_runs_have_the_published_loops(
    temperature: int, minus: float, plus: float, remanence: float, external_data: Callable[[str], Path]
) -> None:
    name = f"perovskite/allegro-pol-batio3/log.hyst_BaTiO3-E0_BaTiO3-sc333_{temperature}_2_19"
    log = read_switching_log(external_data(name))
    assert (log.n_tables, len(log.step), log.warnings) == (2, 10001, ())
    loop = loop_of_log(log, block_steps=500)
    assert loop.coercive_minus_v_per_m / MV_PER_CM == pytest.approx(minus, abs=0.01)
    assert loop.coercive_plus_v_per_m / MV_PER_CM == pytest.approx(plus, abs=0.01)
    assert loop.remanent_c_per_m2 == pytest.approx(remanence, abs=1e-3)
    assert loop.frequency_hz == pytest.approx(5e9, rel=2e-3)
    # the drive was written with 3.14 for pi
    assert 0 < abs(loop.closure_field_v_per_m) < 1e5
    assert any("experiments" in item for item in loop.warnings)


def square_loop(coercive: float, imprint: float, cycles: int = 1, count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """A cosine drive and a polarization of +-1 that switches at the coercive fields, from zero field upward."""
    phase = 2 * np.pi * (np.arange(count * cycles) + 0.5) / count
    field = 3.0 * np.cos(phase)
    rising = np.sin(phase) < 0
    polarization = np.where(rising, field > imprint + coercive, field > imprint - coercive) * 2.0 - 1.0
    return field, polarization


@pytest.mark.parametrize("imprint", [0.0, 0.4, -0.4])
@pytest.mark.parametrize("cycles", [1, 3])
def test_a_square_loop_has_its_coercive_fields_imprint_and_area(imprint: float, cycles: int) -> None:
    field, polarization = square_loop(1.5, imprint, cycles)
    loop = hysteresis_loop(field, polarization, time_ps=np.arange(len(field)) * 0.5)
    assert loop.coercive_v_per_m == pytest.approx(1.5, abs=0.03)
    assert loop.imprint_v_per_m == pytest.approx(imprint, abs=0.03)
    assert loop.remanent_c_per_m2 == pytest.approx(1.0)
    assert loop.area_j_per_m3 == pytest.approx(4 * 1.5, rel=0.02)
    assert loop.n_switches == 2 * cycles
    assert loop.n_cycles == pytest.approx(cycles, rel=1e-6)
    assert loop.frequency_hz == pytest.approx(1.0 / (400 * 0.5e-12))


def test_a_lossless_dielectric_has_no_area_and_the_error_of_a_block_is_told() -> None:
    field, _ = square_loop(1.5, 0.0)
    loop = hysteresis_loop(field, 0.2 * field, block=10)
    assert loop.area_j_per_m3 == pytest.approx(0.0, abs=1e-12)
    assert loop.coercive_v_per_m == pytest.approx(0.0, abs=1e-9)
    assert loop.remanent_c_per_m2 == pytest.approx(0.0, abs=1e-9)
    assert 0 < loop.coercive_resolution_v_per_m < 0.5
    assert len(loop.field_v_per_m) == 40


def test_noise_about_zero_while_switching_counts_as_one_reversal() -> None:
    field = 3.0 * np.cos(np.linspace(0, 2 * np.pi, 401))
    polarization = np.where(np.arange(401) < 100, 1.0, -1.0)
    polarization[100:110] = [0.1, -0.1] * 5
    polarization[330:] = 1.0
    loop = hysteresis_loop(field, polarization)
    assert loop.n_switches == 2
    assert field[110] <= loop.coercive_minus_v_per_m <= field[99]


def test_a_loop_that_does_not_switch_has_no_coercive_field() -> None:
    field, _ = square_loop(1.5, 0.0)
    loop = hysteresis_loop(field, 1.0 + 0.01 * field)
    assert (loop.coercive_plus_v_per_m, loop.coercive_v_per_m, loop.imprint_v_per_m) == (None, None, None)
    assert loop.remanent_plus_c_per_m2 == pytest.approx(1.0, abs=1e-3)
    assert "does not reverse" in loop.warnings[0]


def test_an_open_loop_is_reported() -> None:
    field, polarization = square_loop(1.5, 0.0)
    loop = hysteresis_loop(field[:300], polarization[:300])
    assert any("does not close" in item for item in loop.warnings)


def test_unusable_series_are_refused() -> None:
    with pytest.raises(InputError, match="four blocks"):
        hysteresis_loop([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match="constant"):
        hysteresis_loop(np.zeros(10), np.arange(10.0))


LOG = """LAMMPS (2 Aug 2023)
Per MPI rank memory allocation (min/avg/max) = 3.6 | 3.6 | 3.6 Mbytes
    PotEng          Fmax
 -1.0           0.5
Loop time of 1 on 4 procs for 10 steps with 40 atoms
WARNING: non-constant efield is experimental (src/fix.cpp:193)
Per MPI rank memory allocation (min/avg/max) = 3.6 | 3.6 | 3.6 Mbytes
   Step          Time         v_efield         v_Pz
         0   0              0.1             0.05
        10   0.02           0.0             0.04
WARNING: something between the rows
        20   0.04          -0.1            -0.05
        30   0.06           0.0            -0.04
Loop time of 2 on 4 procs for 30 steps with 40 atoms
"""


def test_the_table_with_both_columns_is_taken_and_its_units_converted(tmp_path: Path) -> None:
    path = tmp_path / "log.lammps"
    path.write_text(LOG)
    found = read_switching_log(path)
    assert found.step.tolist() == [0, 10, 20, 30]
    assert found.field_v_per_m == pytest.approx([1e9, 0.0, -1e9, 0.0])
    assert found.polarization_c_per_m2[0] == pytest.approx(0.05 * 16.02176634)
    assert found.n_tables == 2
    assert found.rows_per_block(20) == 2
    with pytest.raises(InputError, match="multiple of the 10 steps"):
        found.rows_per_block(15)


def test_of_two_fitting_tables_the_last_is_taken_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "log.lammps"
    path.write_text(LOG + LOG.replace("0.05", "0.07"))
    found = read_switching_log(path)
    assert found.polarization_c_per_m2[0] == pytest.approx(0.07 * 16.02176634)
    assert "2 tables" in found.warnings[0]


def test_a_log_that_ends_within_a_row_gives_its_complete_rows(tmp_path: Path) -> None:
    path = tmp_path / "log.lammps"
    path.write_text(LOG[: LOG.index("-0.04") - 8])
    found = read_switching_log(path)
    assert len(found.step) == 3
    assert "ends within a run" in found.warnings[0]


def test_a_log_without_the_columns_is_refused_with_the_headers_seen(tmp_path: Path) -> None:
    path = tmp_path / "log.lammps"
    path.write_text(LOG)
    with pytest.raises(FormatError, match="PotEng Fmax; Step Time v_efield v_Pz"):
        read_switching_log(path, polarization="v_Px")
    path.write_text(LOG.replace("-0.05", "broken"))
    with pytest.raises(FormatError, match="line 12"):
        read_switching_log(path)
