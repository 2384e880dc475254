from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from entrox.atomprobe.formats.epos import read_epos, write_epos
from entrox.atomprobe.formats.pos import iter_pos, read_pos, write_pos
from entrox.atomprobe.ions import Ions
from entrox.atomprobe.readers import iter_ions, read_ions
from entrox.core import FormatError, InputError

DATA = Path(__file__).parents[2] / "data" / "apt"
REAL = DATA / "cocrni_csro" / "cocrni_real.pos"


def cloud_with_pulses(sizes: list[int], seed: int = 1) -> Ions:
    n = sum(sizes)
    rng = np.random.default_rng(seed)
    since, inside = np.zeros(n, np.uint32), np.zeros(n, np.uint32)
    starts = np.cumsum([0, *sizes[:-1]])
    since[starts], inside[starts] = rng.integers(1, 200, len(sizes)), sizes
    real = rng.uniform(1, 100, (n, 9)).astype(np.float32)
    return Ions(
        real[:, :3], real[:, 3], real[:, 4], real[:, 5], real[:, 6], real[:, 7:], since, inside, format="epos"
    )  # fmt: skip


def test_a_real_file_has_the_known_number_extent_and_masses() -> None:
    ions = read_pos(REAL)
    assert len(ions) == 39_944
    assert ions.positions_nm.dtype == np.float32
    assert ions.positions_nm.dtype.isnative
    across, depth = ions.positions_nm[:, :2], ions.positions_nm[:, 2]
    assert (across.min(), across.max()) == pytest.approx((-10.04, 10.06), abs=0.005)
    assert (depth.min(), depth.max()) == pytest.approx((-119.31, -0.40), abs=0.005)
    assert ions.mass_to_charge_da.min() == pytest.approx(0.001, abs=1e-6)
    assert ions.mass_to_charge_da.max() == pytest.approx(222.9, abs=0.05)
    assert len(np.unique(ions.positions_nm, axis=0)) == 39_944


def test_the_fields_of_a_record_stand_in_the_order_of_the_format() -> None:
    ions = read_pos(DATA / "minimal_formats" / "example.pos")
    assert ions.positions_nm.tolist() == [[i, i, i] for i in range(1, 11)]
    assert read_epos(DATA / "minimal_formats" / "example.epos").ions_in_pulse.tolist() == list(range(1, 11))


def test_every_field_of_an_extended_record_lands_in_its_column(tmp_path: Path) -> None:
    record = np.zeros(1, dtype=[("f", ">f4", 9), ("u", ">u4", 2)])
    record["f"], record["u"] = np.arange(1, 10), [7, 1]
    record.tofile(tmp_path / "one.epos")
    ions = read_epos(tmp_path / "one.epos")
    assert ions.positions_nm.tolist() == [[1, 2, 3]]
    assert ions.mass_to_charge_da.tolist() == [4]
    assert (ions.time_of_flight_ns[0], ions.dc_voltage_v[0], ions.pulse_voltage_v[0]) == (5, 6, 7)
    assert ions.detector_mm.tolist() == [[8, 9]]
    assert (ions.pulses_since_last[0], ions.ions_in_pulse[0]) == (7, 1)


@pytest.mark.parametrize("name", ["cocrni_csro/cocrni_real.pos", "minimal_formats/example.pos"])
def test_writing_a_position_file_returns_its_bytes(name: str, tmp_path: Path) -> None:
    write_pos(tmp_path / "copy.pos", read_pos(DATA / name))
    assert (tmp_path / "copy.pos").read_bytes() == (DATA / name).read_bytes()
    assert [item.name for item in tmp_path.iterdir()] == ["copy.pos"]


def test_writing_an_extended_file_returns_its_bytes(tmp_path: Path) -> None:
    source = DATA / "minimal_formats" / "example.epos"
    write_epos(tmp_path / "copy.epos", read_epos(source))
    assert (tmp_path / "copy.epos").read_bytes() == source.read_bytes()


def test_an_extended_file_needs_the_columns_of_the_instrument(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"time_of_flight_ns.*ions_in_pulse"):
        write_epos(tmp_path / "no.epos", read_pos(REAL))
    assert not list(tmp_path.iterdir())


def test_a_value_beyond_single_precision_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="single precision"):
        write_pos(tmp_path / "far.pos", Ions(np.full((1, 3), 1e300), np.ones(1)))
    assert not list(tmp_path.iterdir())


def test_a_file_in_a_folder_that_does_not_exist_is_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_pos(tmp_path / "none" / "a.pos", read_pos(DATA / "minimal_formats" / "example.pos"))
    with pytest.raises(InputError, match="cannot be read"):
        read_pos(tmp_path / "none.pos")
    with pytest.raises(InputError, match="cannot be read"):
        read_ions(tmp_path, format="pos")


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "empty"),
        (15, "15 bytes .* it holds no whole record"),
        (16 * 7 + 3, "3 bytes are left over; the last whole record is number 7, ending at byte 112"),
    ],
)
def test_a_truncated_file_is_refused_with_size_and_last_whole_record(size: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "cut.pos").write_bytes(REAL.read_bytes()[:size])
    with pytest.raises(FormatError, match=said):
        read_pos(tmp_path / "cut.pos")


def test_a_truncated_extended_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cut.epos").write_bytes((DATA / "minimal_formats" / "example.epos").read_bytes()[:100])
    with pytest.raises(FormatError, match=r"100 bytes is no multiple of 44: 12 bytes .* number 2, ending at byte 88"):
        read_epos(tmp_path / "cut.epos")


@pytest.mark.parametrize(
    "name", ["cocrni_csro/cocrni_real.pos", "minimal_formats/example.pos", "pnnl_synthetic/test_simple_syn.pos"]
)
def test_a_little_endian_file_is_refused_and_never_switched(name: str, tmp_path: Path) -> None:
    swapped = tmp_path / "swapped.pos"
    np.fromfile(DATA / name, ">f4").astype("<f4").tofile(swapped)
    with pytest.raises(FormatError, match="little-endian looks plausible: pass byte_order='little'"):
        read_pos(swapped)
    little, big = read_pos(swapped, byte_order="little"), read_pos(DATA / name)
    assert np.array_equal(little.positions_nm, big.positions_nm)
    assert np.array_equal(little.mass_to_charge_da, big.mass_to_charge_da)
    with pytest.raises(FormatError, match="byte_order='big'"):
        read_pos(DATA / name, byte_order="little")


def test_noise_and_zeros_are_no_positions(tmp_path: Path) -> None:
    (tmp_path / "noise.pos").write_bytes(np.random.default_rng(5).bytes(1600))
    with pytest.raises(FormatError, match=r"this is no \.pos file"):
        read_pos(tmp_path / "noise.pos")
    (tmp_path / "zeros.pos").write_bytes(bytes(1600))
    with pytest.raises(FormatError, match="only zeros"):
        read_pos(tmp_path / "zeros.pos")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("column", [0, 2, 3])
def test_an_ion_without_a_finite_position_or_mass_is_refused_or_dropped_on_request(
    bad: float, column: int, tmp_path: Path
) -> None:
    values = np.fromfile(REAL, ">f4").reshape(-1, 4)[:1000]
    values[[321, 700], column] = bad
    values.tofile(tmp_path / "bad.pos")
    with pytest.raises(InputError, match=r"2 of 1000 ions .* index 321"):
        read_pos(tmp_path / "bad.pos")
    kept = read_pos(tmp_path / "bad.pos", drop_invalid=True)
    assert len(kept) == 998
    assert kept.positions_nm.dtype == np.float32
    assert np.array_equal(kept.positions_nm, np.delete(values[:, :3], [321, 700], axis=0))
    assert "2 of 1000 ions were dropped" in kept.notices[0]
    assert len(read_pos(tmp_path / "bad.pos", drop_invalid=True, chunk=100)) == 998


def test_a_file_with_no_finite_ion_leaves_nothing(tmp_path: Path) -> None:
    np.full((5, 4), np.nan, ">f4").tofile(tmp_path / "nan.pos")
    for chunk in (None, 2):
        with pytest.raises(InputError, match=r"5 of 5 ions|2 of 2 ions"):
            read_pos(tmp_path / "nan.pos", chunk=chunk)
        with pytest.raises(InputError, match="none of 5 ions has a finite"):
            read_pos(tmp_path / "nan.pos", chunk=chunk, drop_invalid=True)


def test_masses_below_zero_and_above_two_hundred_stay(tmp_path: Path) -> None:
    ions = Ions(np.ones((4, 3), np.float32), np.array([-0.5, 0.0, 201.0, 26.0], np.float32))
    write_pos(tmp_path / "odd.pos", ions)
    assert read_pos(tmp_path / "odd.pos").mass_to_charge_da.tolist() == [-0.5, 0.0, 201.0, 26.0]


@pytest.mark.parametrize("chunk", [1, 7, 39_943, 39_944, 50_000])
def test_pieces_put_together_are_the_file(chunk: int, tmp_path: Path) -> None:
    source = REAL
    if chunk < 10:
        source = tmp_path / "short.pos"
        source.write_bytes(REAL.read_bytes()[: 16 * 100])
    whole = read_pos(source)
    pieces = list(iter_ions(source, chunk))
    assert max(map(len, pieces)) <= chunk
    assert np.array_equal(np.concatenate([p.positions_nm for p in pieces]), whole.positions_nm)
    assert np.array_equal(np.concatenate([p.mass_to_charge_da for p in pieces]), whole.mass_to_charge_da)
    assert np.array_equal(read_pos(source, chunk=chunk).positions_nm, whole.positions_nm)


def test_pieces_never_cut_a_pulse(tmp_path: Path) -> None:
    sizes = np.random.default_rng(2).integers(1, 5, 300).tolist()
    ions = cloud_with_pulses(sizes)
    write_epos(tmp_path / "pulses.epos", ions)
    assert read_epos(tmp_path / "pulses.epos").notices == ()
    for chunk in (4, 5, 64, 10_000):
        pieces = list(iter_ions(tmp_path / "pulses.epos", chunk))
        assert all(piece.pulses_since_last[0] > 0 for piece in pieces)
        assert sum(int(piece.pulse[-1]) + 1 for piece in pieces) == len(sizes)
        assert np.array_equal(np.concatenate([p.ions_in_pulse for p in pieces]), ions.ions_in_pulse)


def test_a_pulse_that_loses_its_first_ion_keeps_the_others(tmp_path: Path) -> None:
    ions = cloud_with_pulses([1, 3, 2, 1, 2])
    positions = ions.positions_nm.copy()
    positions[[1, 4, 5]] = np.nan  # the first of the second pulse, and the whole third
    write_epos(tmp_path / "holes.epos", replace(ions, positions_nm=positions))
    kept = read_epos(tmp_path / "holes.epos", drop_invalid=True)
    assert kept.pulse.tolist() == [0, 1, 1, 2, 3, 3]
    assert kept.ions_in_pulse.tolist() == [1, 2, 0, 1, 2, 0]
    assert kept.pulses_since_last.sum() == ions.pulses_since_last.sum()


def test_contradicting_multi_hit_columns_are_told() -> None:
    ions = read_epos(DATA / "minimal_formats" / "example.epos")
    assert "disagree in 9 of 10 pulses" in ions.notices[0]


def test_the_format_follows_the_suffix_in_any_case(tmp_path: Path) -> None:
    for name in ("A.POS", "a.Pos"):
        (tmp_path / name).write_bytes((DATA / "minimal_formats" / "example.pos").read_bytes())
        assert read_ions(tmp_path / name).format == "pos"
    (tmp_path / "a.bin").write_bytes((DATA / "minimal_formats" / "example.epos").read_bytes())
    with pytest.raises(InputError, match="suffix does not tell"):
        read_ions(tmp_path / "a.bin")
    assert read_ions(tmp_path / "a.bin", format="epos").format == "epos"
    assert sum(map(len, iter_ions(tmp_path / "a.bin", 3, format="epos"))) == 10


@pytest.mark.parametrize(
    "options",
    [{"format": "xyz"}, {"byte_order": "middle"}, {"columns": ["x", "y", "z", "m"]}, {"decimal": ","}, {"chunk": 0}],
)
def test_an_option_that_does_not_fit_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(InputError):
        read_ions(REAL, **options)  # type: ignore[arg-type]


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shrinks.pos"
    path.write_bytes(REAL.read_bytes()[: 16 * 1000])
    pieces = iter_pos(path, 100)
    next(pieces)
    with path.open("r+b") as file:
        file.truncate(16 * 150)
    with pytest.raises(FormatError, match="after 150 of 1000"):
        list(pieces)
