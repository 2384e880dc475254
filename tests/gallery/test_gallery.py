"""Every script of the gallery runs and its numbers are those of the physics it shows."""

import math
import runpy
from pathlib import Path

import pytest

matplotlib_image = pytest.importorskip("matplotlib.image")

GALLERY = Path(__file__).parents[2] / "gallery"
SCRIPTS = sorted(path.relative_to(GALLERY).as_posix() for path in GALLERY.glob("*/plot_*.py"))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a script, checks its pictures and returns its numbers."""
    monkeypatch.setenv("ENTROX_GALLERY_OUT", str(tmp_path))

    def run_script(name):
        numbers = runpy.run_path(str(GALLERY / name))["numbers"]
        pictures = list(tmp_path.glob("*.png"))
        assert pictures
        for picture in pictures:
            pixels = matplotlib_image.imread(picture)
            assert pixels.shape[1] >= 1000
            assert pixels[..., :3].std() > 0.05
        return numbers

    return run_script


def test_every_script_of_the_gallery_has_a_test():
    tested = {
        "breakdown/plot_channel_growth.py",
        "breakdown/plot_conductivity.py",
        "composition/plot_entropy_normalizations.py",
        "design/plot_five_families.py",
    }
    assert set(SCRIPTS) == tested


def test_channel_grows_from_the_onset_to_the_breakdown_field_within_picoseconds(run):
    numbers = run("breakdown/plot_channel_growth.py")
    assert numbers["onset_field_mv_per_m"] == pytest.approx(553.4, rel=0.005)
    assert numbers["breakdown_field_mv_per_m"] == pytest.approx(576, rel=0.05)
    assert numbers["breakdown_field_mv_per_m"] > numbers["onset_field_mv_per_m"]
    assert 28 <= numbers["broken_bonds"] < numbers["bonds"]
    assert 0.1 < numbers["propagation_time_ps"] < 10


def test_breakdown_field_falls_with_the_inverse_root_of_the_mean_free_path(run):
    numbers = run("breakdown/plot_conductivity.py")
    fields = [numbers[f"breakdown_field_{path}_angstrom_mv_per_m"] for path in (4, 8, 12, 16)]
    assert fields == sorted(fields, reverse=True)
    assert fields[0] == pytest.approx(1128, rel=0.02)
    assert fields[-1] == pytest.approx(576, rel=0.03)
    assert numbers["exponent"] == pytest.approx(-0.5, abs=0.03)


def test_entropy_normalizations_differ_by_the_number_of_sites_they_divide_by(run):
    numbers = run("composition/plot_entropy_normalizations.py")
    assert numbers["per_formula_unit_sm_family_r"] == pytest.approx(2.282, abs=0.001)
    assert numbers["per_cation_sm_family_r"] == pytest.approx(2.282 / 2, abs=0.001)
    assert numbers["per_bi_site_layered_r"] == pytest.approx([0.909, 1.386, 1.602], abs=0.001)
    per_formula = [4 * value for value in numbers["per_bi_site_layered_r"]]
    assert numbers["per_formula_unit_layered_r"] == pytest.approx(per_formula, rel=1e-9)


def test_breakdown_field_of_every_family_has_its_maximum_inside_the_range_of_x(run):
    numbers = run("design/plot_five_families.py")
    assert numbers["points"] == 30
    assert numbers["host_field_mv_per_m"] == pytest.approx(576, rel=0.03)
    x, value = max(numbers["best"].values(), key=lambda pair: pair[1])
    assert math.isclose(x, 0.2, abs_tol=0.02)
    assert value > 3 * numbers["host_field_mv_per_m"]
    for x, value in numbers["best"].values():
        assert 0 < x < 0.5
        assert value > numbers["host_field_mv_per_m"]
