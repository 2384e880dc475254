"""Patterns, profiles and scans in files: round trips, scales, and what is damaged or is none."""

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from diffraction_patterns import as_pattern, ring_picture
from entrox.core import FormatError, InputError, MissingExtraError
from entrox.microscopy import read_pattern, read_profile, read_scan, region_sums, write_pattern


@pytest.fixture
def picture():
    return ring_picture(64, (31.0, 32.0), rng=np.random.default_rng(1))


@pytest.mark.parametrize("name", ["pattern.hspy", "pattern.tif", "pattern.npy", "pattern.npz"])
def test_a_pattern_comes_back_with_its_scale_where_the_format_holds_one(tmp_path, picture, name):
    write_pattern(tmp_path / name, as_pattern(picture, pixel=0.0123))
    found = read_pattern(tmp_path / name, keep_saturated=True)
    assert found.intensity == pytest.approx(picture, rel=1e-6)
    assert found.pixel_per_angstrom == (pytest.approx(0.0123) if name.endswith("hspy") else None)
    assert any("no scale in reciprocal space" in text for text in found.warnings) != name.endswith("hspy")


def test_the_scale_of_the_user_counts(tmp_path, picture):
    write_pattern(tmp_path / "a.hspy", as_pattern(picture, pixel=0.0123))
    assert read_pattern(tmp_path / "a.hspy", pixel_inverse_nm=0.2).pixel_per_angstrom == pytest.approx(0.02)


def test_a_length_in_real_space_is_no_scale_of_a_pattern(tmp_path, picture):
    write_pattern(tmp_path / "a.hspy", as_pattern(picture, pixel=0.0123))
    with h5py.File(tmp_path / "a.hspy", "r+") as file:
        for number in (0, 1):
            file[f"Experiments/image/axis-{number}"].attrs["units"] = "nm"
    assert read_pattern(tmp_path / "a.hspy").pixel_per_angstrom is None


def test_masked_padded_and_saturated_pixels_do_not_count(tmp_path, picture):
    picture[:6] = 0.0
    picture[30:33, 30:33] = 65535
    mask = np.zeros(picture.shape, dtype=np.uint8)
    mask[50:, 50:] = 1
    np.save(tmp_path / "mask.npy", mask)
    np.save(tmp_path / "a.npy", picture.astype(np.uint16))
    corners = [(10, 40), (20, 40), (10, 50)]
    found = read_pattern(tmp_path / "a.npy", mask=tmp_path / "mask.npy", polygons_px=[corners])
    assert not found.usable[:8].any()
    assert not found.usable[50:, 50:].any()
    assert not found.usable[30:33, 30:33].any()
    assert not found.usable[42, 12]
    assert found.usable[40, 40]


def test_a_table_of_the_command_line_and_bare_columns_are_profiles(tmp_path):
    (tmp_path / "a.csv").write_text("radius_px,s_inverse_nm,mean,standard_error\n0,0,5,1\n1,2.5,4,0.5\n2,5,3,0.5\n")
    found = read_profile(tmp_path / "a.csv")
    assert found.s_per_angstrom == pytest.approx([0.0, 0.25, 0.5])
    assert found.standard_error == pytest.approx([1.0, 0.5, 0.5])
    (tmp_path / "b.txt").write_text("# s I\n0.0 0\n0.1 0\n0.2 7\n0.3 6\n")
    found = read_profile(tmp_path / "b.txt")
    assert found.s_per_angstrom == pytest.approx([0.2, 0.3])
    assert "first 2 points are zero" in found.warnings[0]


def write_line(path, values, scale=1.0, units=""):
    with h5py.File(path, "w") as file:
        group = file.create_group("Experiments/line")
        group["data"] = values
        axis = group.create_group("axis-0")
        axis.attrs["scale"], axis.attrs["offset"], axis.attrs["units"] = scale, 0.0, units


def test_a_line_without_a_scale_needs_its_step(tmp_path):
    write_line(tmp_path / "a.hspy", np.array([0.0, 5.0, 4.0, 3.0]))
    with pytest.raises(InputError, match="s-step"):
        read_profile(tmp_path / "a.hspy")
    assert read_profile(tmp_path / "a.hspy", s_step_per_angstrom=0.1).s_per_angstrom == pytest.approx([0.1, 0.2, 0.3])
    write_line(tmp_path / "b.hspy", np.array([6.0, 5.0, 4.0, 3.0]), 0.5, "1/nm")
    assert read_profile(tmp_path / "b.hspy").s_per_angstrom == pytest.approx([0.0, 0.05, 0.1, 0.15])


@pytest.mark.parametrize(
    ("name", "text", "error", "match"),
    [
        ("a.csv", "q,mean\n1,2\n2,3\n", FormatError, "header must name"),
        ("a.csv", "0.1,5\n0.2,x\n", FormatError, "line 2"),
        ("a.csv", "", FormatError, "empty"),
        ("a.csv", "0.1,0\n0.2,0\n0.3,0\n", InputError, "all points are zero"),
        ("a.csv", "0.3,1\n0.2,2\n", InputError, "must rise"),
        ("a.png", "x", FormatError, "unknown ending"),
        ("a.hspy", "no hdf5", FormatError, "no readable HDF5"),
    ],
)
def test_what_is_no_profile_is_refused_with_its_place(tmp_path, name, text, error, match):
    (tmp_path / name).write_text(text)
    with pytest.raises(error, match=match):
        read_profile(tmp_path / name)


@pytest.fixture
def stack():
    return np.random.default_rng(2).poisson(3.0, (3, 4, 8, 8)).astype(np.uint16)


def test_scans_of_npy_and_hdf5_have_the_same_sums(tmp_path, stack):
    np.save(tmp_path / "a.npy", stack)
    with h5py.File(tmp_path / "a.hspy", "w") as file:
        group = file.create_group("Experiments/scan")
        group["data"] = stack
        for number, (scale, unit) in enumerate([(0.4, "nm"), (0.4, "nm"), (0.2, "1/nm"), (0.2, "1/nm")]):
            axis = group.create_group(f"axis-{number}")
            axis.attrs["scale"], axis.attrs["units"] = scale, unit
    with read_scan(tmp_path / "a.npy") as first, read_scan(tmp_path / "a.hspy") as second:
        assert second.scan_step_nm == pytest.approx(0.4)
        assert second.pixel_per_angstrom == pytest.approx(0.02)
        region = np.ones((3, 4), dtype=bool)
        assert np.array_equal(region_sums(first, region), region_sums(second, region))
        assert np.array_equal(region_sums(first, region), stack.sum(axis=(0, 1)))


def test_a_long_row_of_patterns_takes_the_shape_of_the_scan(tmp_path, stack):
    np.save(tmp_path / "row.npy", stack.reshape(12, 8, 8))
    with h5py.File(tmp_path / "row.h5", "w") as file:
        file["data"] = stack.reshape(12, 8, 8)
    for name in ("row.npy", "row.h5"):
        with pytest.raises(InputError, match="scan_shape"):
            read_scan(tmp_path / name)
        with read_scan(tmp_path / name, scan_shape=(3, 4)) as scan:
            assert np.array_equal(region_sums(scan, np.eye(3, 4)), sum(stack[i, i].astype(float) for i in range(3)))
    with pytest.raises(InputError, match="does not fit"):
        read_scan(tmp_path / "row.npy", scan_shape=(5, 4))


def test_a_truncated_scan_is_a_format_error_with_its_path(tmp_path, stack):
    np.save(tmp_path / "whole.npy", stack)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "whole.npy").read_bytes()[:300])
    with pytest.raises(FormatError, match=r"cut\.npy"):
        read_scan(tmp_path / "cut.npy")
    with h5py.File(tmp_path / "whole.h5", "w") as file:
        file["data"] = stack
    content = (tmp_path / "whole.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(content[: len(content) // 2])
    with pytest.raises(FormatError, match=r"cut\.h5"):
        read_scan(tmp_path / "cut.h5")


def test_a_zarr_store_needs_its_package(tmp_path):
    try:
        import zarr  # noqa: F401
    except ImportError:
        (tmp_path / "a.zarr").mkdir()
        with pytest.raises(MissingExtraError, match="zarr"):
            read_scan(tmp_path / "a.zarr")
    else:
        pytest.skip("zarr is installed")
