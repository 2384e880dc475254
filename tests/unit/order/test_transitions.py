from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from entrox.core import FormatError, InputError
from entrox.order.response.feram_curve import OrderCurve, read_csv_curve, read_feram_curve
from entrox.order.response.transitions import Transitions, find_transitions, phase_of_rows

FERAM = {
    ("24x24x24", "heating"): [("R-O", 225, 230), ("O-T", 255, 260), ("T-C", 315, 320)],
    ("24x24x24", "cooling"): [("R-O", 200, 205), ("O-T", 240, 245), ("T-C", 310, 315)],
    ("16x16x16", "heating"): [("R-O", 215, 220), ("O-T", 255, 260), ("T-C", 315, 320)],
    ("16x16x16", "cooling"): [("R-O", 215, 220), ("O-T", 245, 250), ("T-C", 315, 320)],
}


def brackets(found: Transitions) -> list[tuple[str, float, float]]:
    return [(item.kind, item.t_low_k, item.t_high_k) for item in found.transitions]


@pytest.mark.parametrize(("size", "direction"), FERAM)
def test_the_transitions_of_barium_titanate_are_bracketed_by_the_right_rows(
    size: str, direction: str, external_data: Callable[[str], Path]
) -> None:
    found = find_transitions(read_feram_curve(external_data(f"perovskite/feram-batio3/{direction}-{size}.avg")))
    assert brackets(found) == FERAM[size, direction]
    assert {item.direction for item in found.transitions} == {direction}
    # the latent heat sits in the same three intervals, and nowhere else
    heat = [(peak.t_low_k, peak.t_high_k) for peak in found.peaks if peak.detector == "specific heat"]
    assert heat == [(low, high) for _, low, high in FERAM[size, direction]]
    assert all("specific heat" in item.confirmed_by for item in found.transitions)
    assert found.warnings == ()


def test_heating_and_cooling_differ_by_the_hysteresis(external_data: Callable[[str], Path]) -> None:
    curves = [
        read_feram_curve(external_data(f"perovskite/feram-batio3/{name}-24x24x24.avg"))
        for name in ("cooling", "heating")
    ]
    found = find_transitions(curves)
    assert {item.kind: item.width_k for item in found.hysteresis} == {"R-O": 25.0, "O-T": 15.0, "T-C": 5.0}
    assert all(item.bracket_error_k == 5.0 for item in found.hysteresis)
    assert [item.direction for item in found.transitions] == ["heating"] * 3 + ["cooling"] * 3
    assert all(item.confirmed_by == ("specific heat", "susceptibility") for item in found.transitions)


def curve(temperatures: list[float], classes: list[int], noise: float = 0.0, source: str = "") -> OrderCurve:
    sizes = np.array([[1.0 if k < n else 0.0 for k in range(3)] for n in classes])
    sizes += np.random.default_rng(0).normal(scale=noise, size=sizes.shape)
    return OrderCurve(
        temperature_k=np.array(temperatures), order_parameter=sizes, susceptibility=None, energy_ev=None, source=source
    )


def test_a_cooling_file_that_runs_down_gives_the_brackets_of_the_same_rows_upward() -> None:
    temperatures = [100.0 + 10 * k for k in range(8)]
    classes = [3, 3, 2, 2, 1, 1, 0, 0]
    up = find_transitions(curve(temperatures, classes, 0.05))
    down = find_transitions(curve(temperatures[::-1], classes[::-1], 0.05))
    expected = [("R-O", 110, 120), ("O-T", 130, 140), ("T-C", 150, 160)]
    assert brackets(up) == brackets(down) == expected
    assert {item.direction for item in down.transitions} == {"cooling"}


def test_a_loop_in_one_file_is_cut_where_it_turns() -> None:
    temperatures = [100.0, 110.0, 120.0, 130.0, 140.0, 130.0, 120.0, 110.0, 100.0]
    found = find_transitions(curve(temperatures, [1, 1, 1, 0, 0, 0, 0, 1, 1]))
    assert [(item.direction, item.temperature_k) for item in found.transitions] == [("heating", 125), ("cooling", 115)]
    assert found.hysteresis[0].width_k == 10.0
    assert len(found.reference) == 2


def test_a_single_odd_row_is_a_fluctuation_unless_it_is_wanted() -> None:
    row = curve([10.0 * k for k in range(1, 9)], [1, 1, 1, 2, 1, 1, 0, 0])
    assert [item.kind for item in find_transitions(row).transitions] == ["T-C"]
    loud = find_transitions(row, min_run=1)
    assert [item.kind for item in loud.transitions] == ["T-O", "O-T", "T-C"]
    assert "more components" in loud.warnings[0]


def test_an_odd_row_between_two_phases_equally_near_joins_the_longer_one() -> None:
    temperatures = [10.0 * k for k in range(1, 8)]
    assert brackets(find_transitions(curve(temperatures, [2, 2, 2, 1, 0, 0, 0]))) == [("O-C", 40, 50)]
    assert brackets(find_transitions(curve([10.0 * k for k in range(1, 9)], [2, 2, 2, 1, 0, 0, 0, 0]))) == [
        ("O-C", 30, 40)
    ]
    assert brackets(find_transitions(curve([10.0 * k for k in range(1, 9)], [2, 2, 2, 2, 1, 0, 0, 0]))) == [
        ("O-C", 50, 60)
    ]


def test_the_reference_is_the_median_of_the_colder_half() -> None:
    classes, reference = phase_of_rows(curve([40.0, 30.0, 20.0, 10.0], [0, 0, 3, 3]))
    assert reference == 1.0
    assert classes.tolist() == [0, 0, 3, 3]


def test_unusable_curves_are_refused() -> None:
    with pytest.raises(InputError, match="repeats"):
        find_transitions(curve([100.0, 100.0, 110.0], [1, 1, 0]))
    with pytest.raises(InputError, match="zero in the colder half"):
        find_transitions(curve([100.0, 110.0, 120.0], [0, 0, 0]))
    with pytest.raises(InputError, match="fraction"):
        find_transitions(curve([100.0, 110.0], [1, 0]), fraction=1.5)
    with pytest.raises(InputError, match="at least one curve"):
        find_transitions([])


def test_a_csv_curve_is_read_by_the_names_of_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_text(
        "# made by hand\np_z,temperature_k,p_x,p_y,note\n0.3,100,0,0,a\n0.3,110,0,0,b\n0.0,120,0,0,c\n0,130,0,0,d\n"
    )
    found = read_csv_curve(path)
    assert found.order_parameter[:, 2].tolist() == [0.3, 0.3, 0.0, 0.0]
    assert (found.susceptibility, found.energy_ev) == (None, None)
    assert brackets(find_transitions(found)) == [("T-C", 110, 120)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("temperature_k,p_x,p_y\n1,2,3\n", "p_z"),
        ("temperature_k,p_x,p_y,p_z\n100,0,0,1\n110,0,x,1\n", "line 3"),
        ("temperature_k,p_x,p_y,p_z\n100,0,0,1\n", "two temperatures"),
        ("", "empty"),
    ],
)
def test_a_bad_csv_curve_is_refused_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(FormatError, match=message):
        read_csv_curve(path)


def feram_row(temperature: float, mode: float) -> str:
    values = [temperature, *[0.0] * 9, 0.0, 0.0, mode, 0.1, 0.1, 1000 * mode**2 + 0.1, *[0.0] * 11, 1e-4 * temperature]
    return " ".join(f"{item:.7E}" for item in [*values, *[0.0] * (31 - len(values))])


def test_the_susceptibility_follows_from_the_columns_of_squares(tmp_path: Path) -> None:
    path = tmp_path / "run.avg"
    path.write_text("\n".join(feram_row(t, 0.1 if t < 115 else 0.0) for t in (100, 110, 120, 130)) + "\n")
    found = read_feram_curve(path)
    assert found.susceptibility == pytest.approx(0.3 / found.temperature_k, rel=1e-4)
    assert read_feram_curve(path, n_cells=1000).susceptibility == pytest.approx(found.susceptibility)
    assert np.diff(found.energy_ev) == pytest.approx(1e-3)


def test_a_feram_file_of_other_columns_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "run.avg"
    path.write_text(feram_row(100, 0.1) + "\n1 2 3\n")
    with pytest.raises(FormatError, match=r"line 2.*31 columns"):
        read_feram_curve(path)
    path.write_text(feram_row(100, 0.1) + "\n" + feram_row(110, 0.1).replace("E", "x", 1) + "\n")
    with pytest.raises(FormatError, match="line 2"):
        read_feram_curve(path)
