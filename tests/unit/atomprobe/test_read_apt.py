from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from entrox.atomprobe.readers import iter_ions, read_ions
from entrox.core import FormatError, InputError, MissingExtraError

PACKAGE = "ifes_apt_tc_data_modeling.apt.apt6_reader"


class Section:
    """What the package returns: numbers with a unit."""

    def __init__(self, magnitude: Any, per_nm: float = 1.0) -> None:
        self.magnitude, self.per_nm = np.asarray(magnitude), per_nm

    def to(self, unit: str) -> Section:
        assert unit == "nm"
        return Section(self.magnitude / self.per_nm)


def install(monkeypatch: pytest.MonkeyPatch, positions: Any, mass: Any) -> None:
    class Reader:
        def __init__(self, path: str) -> None:
            if isinstance(positions, Exception):
                raise positions

        def get_reconstructed_positions(self) -> Any:
            return positions

        def get_mass_to_charge_state_ratio(self) -> Any:
            return mass

    module = ModuleType(PACKAGE)
    module.ReadAptFileFormat = Reader  # type: ignore[attr-defined]
    for name in (PACKAGE, "ifes_apt_tc_data_modeling", "ifes_apt_tc_data_modeling.apt"):
        monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "tip.APT").write_bytes(b"x")
    return tmp_path / "tip.APT"


def test_positions_and_masses_of_the_package_become_ions(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    positions = np.arange(12.0).reshape(4, 3)
    install(monkeypatch, Section(positions * 10, per_nm=10), Section([[26.0], [27], [28], [29]]))
    ions = read_ions(path)
    assert np.allclose(ions.positions_nm, positions, rtol=1e-7)
    assert ions.mass_to_charge_da.tolist() == [26, 27, 28, 29]
    assert ions.positions_nm.dtype == np.float32
    assert [len(piece) for piece in iter_ions(path, 3)] == [3, 1]


def test_without_the_package_the_extra_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ifes_apt_tc_data_modeling", None)
    with pytest.raises(MissingExtraError, match=r"entrox\[atomprobe\]"):
        read_ions(path)


@pytest.mark.parametrize(
    ("positions", "mass", "said"),
    [(ValueError("unknown section"), None, "cannot read it: ValueError"), (None, Section([1.0]), "no section Position"),
     (Section(np.ones((2, 3))), None, "no section Mass"), (Section(np.ones((2, 3))), Section([1.0]), "do not fit")],
)  # fmt: skip
def test_a_file_that_the_package_cannot_read_is_an_error_of_the_format(
    path: Path, monkeypatch: pytest.MonkeyPatch, positions: Any, mass: Any, said: str
) -> None:
    install(monkeypatch, positions, mass)
    with pytest.raises(FormatError, match=said):
        read_ions(path)


def section(name: str, unit: str, values: np.ndarray, before: bytes = b"") -> bytes:
    """Return a section as the maker's format has it: a head of 148 bytes, then the numbers."""
    head = np.zeros(1, dtype=[
        ("signature", "S4"), ("size", "<i4"), ("version", "<i4"), ("type", "<u2", 32), ("section_version", "<i4"),
        ("kinds", "<u4", 3), ("bits", "<i4"), ("record_bytes", "<i4"), ("unit", "<u2", 16), ("records", "<u8"),
        ("bytes", "<u8"),
    ])  # fmt: skip
    head["signature"], head["size"], head["version"], head["section_version"] = b"SEC", 148 + len(before), 2, 1
    head["type"][0, : len(name)], head["unit"][0, : len(unit)] = [ord(c) for c in name], [ord(c) for c in unit]
    head["kinds"], head["bits"], head["record_bytes"] = (1, 1, 3), 32, values[0].nbytes
    head["records"], head["bytes"] = len(values), values.nbytes
    return head.tobytes() + before + values.tobytes()


def test_the_package_reads_what_we_expect_it_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    positions = np.random.default_rng(1).normal(size=(50, 3)).astype("<f4")
    masses = np.random.default_rng(2).uniform(1, 100, 50).astype("<f4")
    head = b"APT\0" + np.array([540, 2], "<i4").tobytes() + bytes(512 + 8) + np.array([50], "<u8").tobytes()
    body = section("Mass", "Da", masses) + section("Position", "nm", positions, bytes(24))
    (tmp_path / "tip.apt").write_bytes(head + body)
    try:
        ions = read_ions(tmp_path / "tip.apt")
    except MissingExtraError:
        pytest.skip("ifes_apt_tc_data_modeling is not installed")
    assert np.array_equal(ions.positions_nm, positions)
    assert np.array_equal(ions.mass_to_charge_da, masses)
    for cut in (3, 300, 540, 700, len(head + body) - 10):
        (tmp_path / "cut.apt").write_bytes((head + body)[:cut])
        with pytest.raises(FormatError):
            read_ions(tmp_path / "cut.apt")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["cut.apt", "tip.apt"]


def test_a_package_that_sets_up_logging_leaves_no_log_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    for name in [name for name in sys.modules if name.startswith("ifes_apt")]:
        monkeypatch.delitem(sys.modules, name)
    package = tmp_path / "lib" / "ifes_apt_tc_data_modeling" / "apt"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("import logging; logging.basicConfig(filename='trace.log')\n")
    (package / "__init__.py").write_text("")
    (package / "apt6_reader.py").write_text("class ReadAptFileFormat:\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    (tmp_path / "tip.apt").write_bytes(b"x")
    with pytest.raises(FormatError, match="cannot read it"):
        read_ions(tmp_path / "tip.apt")
    assert not (tmp_path / "trace.log").exists()
    for name in [name for name in sys.modules if name.startswith("ifes_apt")]:
        del sys.modules[name]


def test_values_that_are_not_finite_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Section([[1.0, 2, 3], [np.nan, 2, 3]]), Section([26.0, 27]))
    with pytest.raises(InputError, match="1 of 2 ions"):
        read_ions(path)
    assert len(read_ions(path, drop_invalid=True)) == 1
