from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from entrox.core.errors import FormatError, InputError
from entrox.core.result import Quantity
from entrox.design import build_maps, family_map, read_maps, write_maps

POINTS = pd.DataFrame(
    {
        "family": ["a", "a", "b"],
        "formula": ["Fa", "Fa", "Fb"],
        "composition": ["c0", "c1", "c2"],
        "x": [0.0, 0.5, 0.25],
        "host": ["H", "H", "H"],
        "energy_ev": [1.0, np.nan, 3.0],
        "warnings": ["", "", ""],
    }
)
COLUMNS = {
    "energy_ev": Quantity("energy_ev", "eV", "an energy"),
    "short": Quantity("short", "1", "a short array", ("seed",)),
    "long": Quantity("long", "1", "a longer array of the same axis", ("seed",)),
}
ARRAYS = {
    "short": [np.arange(2.0), None, np.arange(1.0)],
    "long": [np.arange(3.0), np.arange(3.0), np.arange(3.0)],
}


def test_points_stand_at_their_family_and_place() -> None:
    maps = build_maps(POINTS, COLUMNS, ARRAYS, title="T")
    assert maps.attrs["title"] == "T"
    np.testing.assert_array_equal(maps["x"], [[0.0, 0.5], [0.25, np.nan]])
    np.testing.assert_array_equal(family_map(maps, "energy_ev"), [[1.0, np.nan], [3.0, np.nan]])
    np.testing.assert_array_equal(maps["short"][1], [[0.0, np.nan], [np.nan, np.nan]])
    assert maps["long"].dims == ("family", "point", "long_seed")


def test_maps_survive_the_file(tmp_path: Path) -> None:
    maps = build_maps(POINTS, COLUMNS, ARRAYS)
    write_maps(maps, tmp_path / "maps.nc")
    assert read_maps(tmp_path / "maps.nc").identical(maps)


def test_an_absent_or_damaged_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        read_maps(tmp_path / "maps.nc")
    (tmp_path / "maps.nc").write_bytes(b"no netcdf")
    with pytest.raises(FormatError, match=r"maps\.nc"):
        read_maps(tmp_path / "maps.nc")


def test_an_unknown_quantity_is_named() -> None:
    with pytest.raises(InputError, match="hold no 'energy'"):
        family_map(build_maps(POINTS, COLUMNS, ARRAYS), "energy")
