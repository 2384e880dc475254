"""Whatever the bytes of a file are, a reader returns data or raises one of our errors, and data are well formed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrox.atomprobe.ions import Ions
from entrox.atomprobe.ranges import read_ranges, write_rrng
from entrox.atomprobe.ranging import apply_ranges
from entrox.atomprobe.readers import iter_ions, read_ions
from entrox.core import FormatError, InputError

DATA = Path(__file__).parents[1] / "data" / "apt"
CALM = settings(
    max_examples=150, deadline=None, database=None, derandomize=True, print_blob=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
RANGE_FILES = [
    "cocrni_csro/cocrni.rrng", "pnnl_synthetic/test_simple_syn.rrng", "range_files/ErMnO.env",
    "range_files/R18_53705-v03.rng", "range_files/R18_59377_new.rng", "range_files/Mo_range.rrng",
]  # fmt: skip
CLOUDS = {
    "pos": (DATA / "cocrni_csro" / "cocrni_real.pos").read_bytes()[: 16 * 40],
    "epos": (DATA / "minimal_formats" / "example.epos").read_bytes(),
    "csv": b"x,y,z,m/q\n" + b"".join(b"%d.5,%d,-3e1,27.25\n" % (i, i * i) for i in range(12)),
    "csv.gz": (DATA / "cocrni_csro" / "cocrni_real.csv.gz").read_bytes()[:400],
}
RAW = st.binary(max_size=300)
INSERTS = [b"nan", b"inf", b"1e999", b"-", b"\n", b" ", b"9" * 40, b"\x00", b"Name:", b"\xc2\xb2"]
TEXT = st.text(
    st.sampled_from("0123456789.,;:-+eE \t\n\r#[]=_xyzRangeIonsNumberAlOFeVolNameColor\0\ufeff²٣"), max_size=200
).map(lambda text: text.encode("utf-8"))


@st.composite
def mutated(draw: st.DrawFn, sources: list[bytes]) -> bytes:
    """Return one of the files with bytes changed, cut, repeated, moved, or lines exchanged."""
    raw = bytearray(draw(st.sampled_from(sources)))
    for _ in range(draw(st.integers(1, 4))):
        start, stop = sorted(draw(st.tuples(*[st.integers(0, len(raw))] * 2)))
        kind = draw(st.sampled_from(["byte", "cut", "tail", "repeat", "insert", "line"]))
        if kind == "byte" and start < len(raw):
            raw[start] = draw(st.sampled_from(b"\x00\xff\x7f\x80 \n.,-09eN[]#:=A"))
        elif kind == "cut":
            del raw[start : min(stop, start + 20)]
        elif kind == "tail":
            del raw[start:]
        elif kind == "repeat":
            raw[start:start] = raw[start : start + 40]
        elif kind == "insert":
            raw[start:start] = draw(st.sampled_from(INSERTS))
        else:
            lines = bytes(raw).split(b"\n")
            place = draw(st.integers(0, len(lines) - 1))
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(place))
            raw = bytearray(b"\n".join(lines))
    return bytes(raw)


@pytest.mark.parametrize("suffix", list(CLOUDS))
@pytest.mark.parametrize("drop_invalid", [False, True])
def test_any_bytes_are_a_cloud_of_finite_ions_or_an_error_of_ours(
    suffix: str, drop_invalid: bool, tmp_path: Path
) -> None:
    path = tmp_path / f"any.{suffix}"

    @CALM
    @given(st.one_of(RAW, TEXT, mutated([CLOUDS[suffix]])))
    def check(raw: bytes) -> None:
        path.write_bytes(raw)
        try:
            ions = read_ions(path, drop_invalid=drop_invalid)
        except (FormatError, InputError) as error:
            assert "any." in str(error)
            with pytest.raises((FormatError, InputError)):  # the pieces must not return what the whole refuses
                if not sum(len(piece) for piece in iter_ions(path, 3, drop_invalid=drop_invalid)):
                    raise InputError("no ion is left") from None
            return
        assert len(ions) > 0
        assert np.isfinite(ions.positions_nm).all()
        assert np.isfinite(ions.mass_to_charge_da).all()
        if suffix in ("pos", "epos") and not drop_invalid:
            assert len(ions) * (16 if suffix == "pos" else 44) == len(raw)
        pieces = list(iter_ions(path, 3, drop_invalid=drop_invalid))
        assert np.array_equal(np.concatenate([piece.positions_nm for piece in pieces]), ions.positions_nm)

    check()


@pytest.mark.parametrize("suffix", ["rrng", "rng", "env", "txt"])
def test_any_bytes_are_a_range_table_that_can_be_written_and_applied_or_an_error_of_ours(
    suffix: str, tmp_path: Path
) -> None:
    path, copy = tmp_path / f"any.{suffix}", tmp_path / "copy.rrng"
    sources = [(DATA / name).read_bytes() for name in RANGE_FILES]

    @CALM
    @given(st.one_of(RAW, TEXT, mutated(sources)))
    def check(raw: bytes) -> None:
        path.write_bytes(raw)
        try:
            table = read_ranges(path)
        except (FormatError, InputError) as error:
            assert "any." in str(error)
            assert not isinstance(error, FormatError) or error.line is None or error.line >= 1
            return
        assert all(0 <= item.lower_da < item.upper_da for item in table.ranges)
        assert all(item.ion for item in table.ranges)
        try:
            write_rrng(copy, table)
        except InputError as error:
            assert "no spaces" in str(error)
        else:
            assert read_ranges(copy) == table
        masses = [np.nextafter(item.upper_da, 0) for item in table.ranges]
        cloud = Ions(np.zeros((len(masses), 3)), np.array(masses))
        try:
            ranged = apply_ranges(cloud, table, "first")
        except InputError as error:
            assert "two compositions" in str(error)
        else:
            assert ranged.n_ranged == len(table)

    check()
