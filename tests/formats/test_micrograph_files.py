"""Image files: what is read is what was written, and what cannot be read says where and why."""

from __future__ import annotations

import dataclasses
import json
import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from entrox.core import FormatError, InputError, MissingExtraError
from entrox.microscopy.images.frame_shifts import frame_shifts
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.images.micrograph_files import read_micrograph, write_micrograph
from entrox.microscopy.lattice.positions_file import read_positions

Floats = NDArray[np.float64]
IMAGE = np.random.default_rng(3).normal(5.0, 2.0, (40, 50))


def save_tiff(path: Path, pages: list[NDArray[np.generic]], description: str | None = None, **options: object) -> Path:
    from PIL import Image

    images = [Image.fromarray(page) for page in pages]
    if description is not None:
        options["description"] = description
    images[0].save(path, format="TIFF", save_all=len(pages) > 1, append_images=images[1:], **options)
    return path


@pytest.mark.parametrize(("name", "digits"), [("a.tif", 1e-6), ("a.hspy", 0.0), ("a.npz", 0.0), ("a.h5", 0.0)])
def test_an_image_survives_the_file_with_its_pixel(tmp_path: Path, name: str, digits: float) -> None:
    write_micrograph(tmp_path / name, Micrograph(intensity=IMAGE, pixel_size_angstrom=0.0932))
    back = read_micrograph(tmp_path / name)
    np.testing.assert_allclose(back.intensity, IMAGE, rtol=digits, atol=digits)
    assert back.pixel_size_angstrom == pytest.approx(0.0932, rel=1e-12)
    assert back.intensity.dtype == np.float64
    assert back.warnings == ()


def test_a_bare_array_has_no_pixel_and_the_note_says_how_to_give_it(tmp_path: Path) -> None:
    write_micrograph(tmp_path / "a.npy", Micrograph(intensity=IMAGE))
    back = read_micrograph(tmp_path / "a.npy")
    assert back.pixel_size_angstrom is None
    assert any("pixel-size-pm" in text for text in back.warnings)
    given = read_micrograph(tmp_path / "a.npy", pixel_size_pm=9.3)
    assert given.pixel_size_angstrom == pytest.approx(0.093)
    assert given.warnings == ()
    with pytest.raises(InputError, match="pixel_size_pm"):
        read_micrograph(tmp_path / "a.npy", pixel_size_pm=-1.0)


@pytest.mark.parametrize("name", ["s.tif", "s.hspy", "s.npz"])
def test_a_stack_is_listed_chosen_from_or_summed_with_its_shifts(tmp_path: Path, name: str) -> None:
    scene = np.random.default_rng(1).normal(size=(40, 50))
    frames = np.stack([scene, np.roll(scene, (2, -3), (0, 1)), scene])
    write_micrograph(tmp_path / name, Micrograph(intensity=frames.sum(axis=0), frames=frames, pixel_size_angstrom=0.1))
    with pytest.raises(InputError, match="stack of 3 frames of 50 x 40 px, numbered 0 to 2"):
        read_micrograph(tmp_path / name)
    np.testing.assert_allclose(read_micrograph(tmp_path / name, frame=1).intensity, frames[1], atol=1e-6)
    total = read_micrograph(tmp_path / name, frame="all")
    np.testing.assert_allclose(total.intensity, frames.sum(axis=0), atol=1e-5)
    assert total.frames is not None
    assert total.frames.shape == (3, 40, 50)
    assert total.pixel_size_angstrom == pytest.approx(0.1)
    assert any("(-3.0, +2.0)" in text for text in total.warnings)
    with pytest.raises(InputError, match="from 0 to 2"):
        read_micrograph(tmp_path / name, frame=3)
    with pytest.raises(InputError, match="'all'"):
        read_micrograph(tmp_path / name, frame="some")  # type: ignore[arg-type]


def test_frame_shifts_are_measured_below_a_pixel() -> None:
    y, x = np.mgrid[:64, :64].astype(float)

    def blob(dx: float, dy: float) -> Floats:
        return np.exp(-((x - 30 - dx) ** 2 + (y - 33 - dy) ** 2) / 50.0)

    shifts = frame_shifts(np.stack([blob(0.0, 0.0), blob(1.4, -2.6)]))
    np.testing.assert_allclose(shifts, [[0.0, 0.0], [1.4, -2.6]], atol=0.05)


def test_half_precision_is_widened_before_it_overflows(tmp_path: Path) -> None:
    frames = np.full((40, 8, 8), 4000.0, dtype=np.float16)
    np.save(tmp_path / "half.npy", frames)
    total = read_micrograph(tmp_path / "half.npy", frame="all")
    assert (total.intensity == 160000.0).all()


def test_infinite_and_missing_pixels_become_nan(tmp_path: Path) -> None:
    image = IMAGE.astype(np.float16)
    image[3, 4], image[5, 6], image[7, 8] = np.nan, np.inf, -np.inf
    np.save(tmp_path / "holes.npy", image)
    back = read_micrograph(tmp_path / "holes.npy")
    assert np.isnan(back.intensity).sum() == 3
    assert back.saturated is not None
    np.testing.assert_array_equal(np.argwhere(back.saturated), [[5, 6]])
    assert any("3 pixels are NaN" in text for text in back.warnings)


def test_negative_values_are_kept(tmp_path: Path) -> None:
    np.save(tmp_path / "negative.npy", IMAGE - 20.0)
    assert read_micrograph(tmp_path / "negative.npy").intensity.min() < -10.0


def test_the_end_of_an_integer_type_and_a_pile_at_the_top_are_saturated(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    byte = rng.poisson(100.0, (60, 60)).astype(np.uint8)
    byte[2, 3] = 255
    np.save(tmp_path / "byte.npy", byte)
    saturated = read_micrograph(tmp_path / "byte.npy").saturated
    assert saturated is not None
    np.testing.assert_array_equal(np.argwhere(saturated), [[2, 3]])
    clipped = np.minimum(rng.poisson(3000.0, (60, 60)), 3060).astype(np.uint16)
    save_tiff(tmp_path / "clipped.tif", [clipped])
    piled = read_micrograph(tmp_path / "clipped.tif").saturated
    assert piled is not None
    np.testing.assert_array_equal(piled, clipped == 3060)
    np.save(tmp_path / "free.npy", rng.poisson(3.0, (60, 60)).astype(np.uint16))
    assert read_micrograph(tmp_path / "free.npy").saturated is None


@pytest.mark.parametrize("kind", ["array", "npy", "png"])
def test_a_mask_takes_pixels_out(tmp_path: Path, kind: str) -> None:
    from PIL import Image

    np.save(tmp_path / "a.npy", IMAGE)
    mask = np.zeros(IMAGE.shape, dtype=np.uint8)
    mask[30:, 5:20] = 255
    where: object = mask
    if kind == "npy":
        np.save(tmp_path / "mask.npy", mask)
        where = tmp_path / "mask.npy"
    elif kind == "png":
        Image.fromarray(mask).save(tmp_path / "mask.png")
        where = tmp_path / "mask.png"
    back = read_micrograph(tmp_path / "a.npy", mask=where)  # type: ignore[arg-type]
    np.testing.assert_array_equal(np.isnan(back.intensity), mask > 0)
    with pytest.raises(InputError, match="shape of the image"):
        read_micrograph(tmp_path / "a.npy", mask=mask[:-1])


def test_colors_are_refused_with_the_reason(tmp_path: Path) -> None:
    rgb = np.zeros((20, 30, 3), dtype=np.uint8)
    save_tiff(tmp_path / "rgb.tif", [rgb])
    np.save(tmp_path / "rgb.npy", rgb)
    for name in ("rgb.tif", "rgb.npy"):
        with pytest.raises(InputError, match=r"color image.*screenshot.*mask"):
            read_micrograph(tmp_path / name)
    with pytest.raises(InputError, match="picture for the eye"):
        read_micrograph(tmp_path / "figure.png")


@pytest.mark.parametrize(
    "text", ['[{"shifts_y": [-29.2, 1.0]}]', '{"other": 1}', '{"broken', "some words", '{"pixel_size_angstrom": "x"}']
)
def test_other_descriptions_give_no_pixel(tmp_path: Path, text: str) -> None:
    save_tiff(tmp_path / "a.tif", [IMAGE.astype(np.float32)], text)
    assert read_micrograph(tmp_path / "a.tif").pixel_size_angstrom is None


def test_dots_per_inch_are_no_scale_but_imagej_writes_one(tmp_path: Path) -> None:
    page = IMAGE.astype(np.float32)
    save_tiff(tmp_path / "dpi.tif", [page], dpi=(300, 300))
    assert read_micrograph(tmp_path / "dpi.tif").pixel_size_angstrom is None
    save_tiff(tmp_path / "ij.tif", [page], "ImageJ=1.53a\nunit=nm\n", x_resolution=50.0, y_resolution=50.0)
    assert read_micrograph(tmp_path / "ij.tif").pixel_size_angstrom == pytest.approx(0.2)


def write_hdf5(path: Path, units: list[str | None], scales: list[float], names: tuple[str, ...] = ("one",)) -> Path:
    import h5py

    with h5py.File(path, "w") as file:
        for name in names:
            group = file.create_group(f"Experiments/{name}")
            group["data"] = IMAGE
            for number, (unit, scale) in enumerate(zip(units, scales, strict=True)):
                axis = group.create_group(f"axis-{number}")
                axis.attrs["scale"] = scale
                if unit is not None:
                    axis.attrs["units"] = unit
    return path


@pytest.mark.parametrize(("unit", "angstrom"), [("nm", 0.1), ("Å", 0.01), ("pm", 0.0001), ("um", 100.0)])
def test_units_of_axes_are_lengths(tmp_path: Path, unit: str, angstrom: float) -> None:
    path = write_hdf5(tmp_path / "a.hspy", [unit, unit], [0.01, 0.01])
    assert read_micrograph(path).pixel_size_angstrom == pytest.approx(angstrom)


@pytest.mark.parametrize("unit", [None, "<undefined>", "1/nm"])
def test_a_scale_without_a_length_is_shown_and_not_used(tmp_path: Path, unit: str | None) -> None:
    back = read_micrograph(write_hdf5(tmp_path / "a.hspy", [unit, unit], [0.009326, 0.009326]))
    assert back.pixel_size_angstrom is None
    assert back.axis_scale == pytest.approx(0.009326)
    assert any("0.009326" in text and "period of the crystal" in text for text in back.warnings)


def test_pixels_must_be_square_and_data_sets_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="square"):
        read_micrograph(write_hdf5(tmp_path / "a.hspy", ["nm", "nm"], [0.01, 0.02]))
    path = write_hdf5(tmp_path / "b.hspy", ["nm", "nm"], [0.01, 0.01], ("adf", "abf"))
    with pytest.raises(InputError, match="abf, adf"):
        read_micrograph(path)
    with pytest.raises(InputError, match="did you mean"):
        read_micrograph(path, dataset="ad")
    np.testing.assert_array_equal(read_micrograph(path, dataset="adf").intensity, IMAGE)
    np.savez(tmp_path / "c.npz", a=IMAGE, b=2 * IMAGE, note=np.arange(3))
    with pytest.raises(InputError, match="a, b"):
        read_micrograph(tmp_path / "c.npz")
    np.testing.assert_array_equal(read_micrograph(tmp_path / "c.npz", dataset="b").intensity, 2 * IMAGE)


@pytest.mark.parametrize("name", ["a.tif", "s.tif", "a.hspy", "a.npz", "a.npy"])
def test_a_file_cut_anywhere_is_refused_with_its_path(tmp_path: Path, name: str) -> None:
    frames = None if name[0] == "a" else np.stack([IMAGE, IMAGE])
    path = tmp_path / name
    write_micrograph(path, Micrograph(intensity=IMAGE, frames=frames, pixel_size_angstrom=0.1))
    whole = path.read_bytes()
    for share in (0.0, 0.02, 0.3, 0.7, 0.97):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(FormatError, match=f"{name}.*{path.stat().st_size} bytes"):
            read_micrograph(path, frame="all")


@pytest.mark.parametrize("name", ["a.tif", "a.hspy", "a.npz", "a.npy"])
def test_other_bytes_under_a_known_ending_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no image at all, but some words " * 20)
    with pytest.raises(FormatError, match=name):
        read_micrograph(tmp_path / name)


def test_unknown_endings_missing_files_and_odd_arrays_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"unknown ending '.xyz'.*tif"):
        read_micrograph(tmp_path / "a.xyz")
    with pytest.raises(InputError, match="no file"):
        read_micrograph(tmp_path / "a.tif")
    with pytest.raises(InputError, match="cannot write"):
        write_micrograph(tmp_path / "a.dm4", Micrograph(intensity=IMAGE))
    for number, odd in enumerate([np.zeros(5), np.zeros((2, 2, 2, 2)), np.zeros((4, 4), dtype=complex)]):
        np.save(tmp_path / f"{number}.npy", odd)
        with pytest.raises(InputError, match=f"{number}.npy"):
            read_micrograph(tmp_path / f"{number}.npy")
    np.save(tmp_path / "objects.npy", np.array([{}, []], dtype=object))
    with pytest.raises(FormatError, match=r"objects\.npy"):
        read_micrograph(tmp_path / "objects.npy")


def test_pages_of_different_shape_are_no_stack(tmp_path: Path) -> None:
    save_tiff(tmp_path / "a.tif", [np.zeros((8, 9), np.float32), np.zeros((7, 9), np.float32)])
    with pytest.raises(InputError, match="different shapes"):
        read_micrograph(tmp_path / "a.tif", frame="all")


def test_a_vendor_file_without_its_reader_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rsciio", None)
    monkeypatch.setitem(sys.modules, "rsciio.digitalmicrograph", None)
    with pytest.raises(MissingExtraError, match=r"entrox\[microscopy\]"):
        read_micrograph(tmp_path / "a.dm4")


def vendor(monkeypatch: pytest.MonkeyPatch, reader: Callable[[str], list[dict[str, object]]]) -> None:
    module = types.ModuleType("rsciio.digitalmicrograph")
    module.file_reader = reader  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rsciio", types.ModuleType("rsciio"))
    monkeypatch.setitem(sys.modules, "rsciio.digitalmicrograph", module)


def test_signals_of_a_vendor_file_become_images_with_a_pixel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    axes = [{"scale": 0.02, "units": "nm"}, {"scale": 0.02, "units": "nm"}]
    general = {"General": {"title": "HAADF"}}
    signals = [
        {"data": IMAGE, "axes": axes, "metadata": general},
        {"data": np.zeros(3), "axes": axes[:1], "metadata": {}},
    ]
    vendor(monkeypatch, lambda path: signals)  # type: ignore[arg-type,return-value]
    (tmp_path / "a.dm4").write_bytes(b"any")
    back = read_micrograph(tmp_path / "a.dm4", dataset="HAADF")
    assert back.pixel_size_angstrom == pytest.approx(0.2)
    np.testing.assert_array_equal(back.intensity, IMAGE)

    def broken(path: str) -> list[dict[str, object]]:
        raise IndexError("tag 17")

    vendor(monkeypatch, broken)
    with pytest.raises(FormatError, match=r"a\.dm4.*tag 17"):
        read_micrograph(tmp_path / "a.dm4")


def test_a_written_result_holds_no_more_than_it_was_given(tmp_path: Path) -> None:
    micrograph = Micrograph(intensity=IMAGE, pixel_size_angstrom=0.1, source="somewhere")
    write_micrograph(tmp_path / "a.tif", dataclasses.replace(micrograph, pixel_size_angstrom=None))
    assert read_micrograph(tmp_path / "a.tif").pixel_size_angstrom is None
    assert json.dumps("somewhere").encode() not in (tmp_path / "a.tif").read_bytes()


def test_positions_are_read_by_name_or_bare_and_in_order(tmp_path: Path) -> None:
    expected = [[1.5, 2.0], [3.0, 4.25], [0.0, 9.0], [7.0, 7.0]]
    (tmp_path / "named.csv").write_text("site,y_px,x_px\n" + "".join(f"A,{y},{x}\n" for x, y in expected))
    (tmp_path / "bare.csv").write_text("# found elsewhere\n" + "".join(f"{x}, {y}\n\n" for x, y in expected))
    np.testing.assert_array_equal(read_positions(tmp_path / "named.csv"), expected)
    np.testing.assert_array_equal(read_positions(tmp_path / "bare.csv"), expected)


@pytest.mark.parametrize(("text", "message"), [
    ("x,y\n1,2\n3,four\n5,6\n7,8\n", "line 3"), ("x,y\n1,2\n3,nan\n5,6\n7,8\n", "line 3"), ("x,y\n1\n", "line 2"),
    ("a,b\n1,2\n", "header must name"), ("", "empty"), ("1,2\n3,4\n", "at least 4"),
])  # fmt: skip
def test_bad_tables_of_positions_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(FormatError, match=message):
        read_positions(tmp_path / "p.csv")
    with pytest.raises(InputError, match="no file"):
        read_positions(tmp_path / "q.csv")
