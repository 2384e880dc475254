"""Results declare units once and cannot be changed."""

import json
from dataclasses import FrozenInstanceError, dataclass

import numpy as np
import pytest

from entrox.core import InputError, Quantity, Result, quantity, to_jsonable


@dataclass(frozen=True, kw_only=True)
class Ramp(Result):
    field: np.ndarray = quantity("V/m", "applied field", axes=("step",))
    onset: float | None = quantity("V/m", "onset field", default=None)
    note: str = ""


def test_arrays_become_read_only_copies():
    source = np.arange(3.0)
    ramp = Ramp(field=source)
    source[0] = 9.0
    assert ramp.field[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        ramp.field[0] = 1.0


def test_fields_cannot_be_reassigned():
    with pytest.raises(FrozenInstanceError):
        Ramp(field=np.zeros(2)).onset = 1.0


def test_wrong_number_of_axes_is_refused():
    with pytest.raises(InputError, match=r"Ramp.field.*step"):
        Ramp(field=np.zeros((2, 2)))


def test_quantities_carry_unit_and_label():
    declared = list(Ramp.quantities())
    assert declared[0] == Quantity("field", "V/m", "applied field", ("step",))
    assert declared[0].label == "applied field [V/m]"
    assert Quantity("x", "1", "fraction").label == "fraction"


def test_dataset_keeps_units():
    dataset = Ramp(field=np.arange(3.0), onset=2.0).to_dataset()
    assert dataset["field"].attrs["units"] == "V/m"
    assert float(dataset["onset"]) == 2.0


def test_dictionary_is_json_ready_and_nan_becomes_none():
    text = json.dumps(Ramp(field=np.array([1.0, np.nan]), onset=None).to_dict())
    assert json.loads(text) == {"field": [1.0, None], "onset": None, "note": ""}


def test_numpy_scalars_become_plain_numbers():
    assert to_jsonable({"a": np.float64(1.5), "b": (np.int64(2), np.bool_(True))}) == {"a": 1.5, "b": [2, True]}
