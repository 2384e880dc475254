"""Results: frozen dataclasses whose fields carry unit, meaning and axes.

Table headers, axis labels and netCDF attributes are all made from the one declaration of a quantity.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.core.errors import InputError

if TYPE_CHECKING:
    import xarray

__all__ = ["Quantity", "Result", "quantity", "to_jsonable"]

_KEY = "entrox.quantity"


@dataclass(frozen=True)
class Quantity:
    """Declaration of one number or array.

    Parameters
    ----------
    name
        Identifier, in the field's words.
    unit
        Unit as printed, ``"1"`` for a pure number.
    description
        Meaning in a few words.
    axes
        Names of the axes of an array, empty for a scalar.
    """

    name: str
    unit: str
    description: str
    axes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Axis label or table header, for example ``breakdown field [MV/m]``."""
        return self.description if self.unit in ("", "1") else f"{self.description} [{self.unit}]"


def quantity(unit: str, description: str, *, axes: tuple[str, ...] = (), default: Any = dataclasses.MISSING) -> Any:
    """Declare a field of a :class:`Result` with its unit, meaning and axes."""
    metadata = {_KEY: (unit, description, axes)}
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Result:
    """Base of every result: arrays become read-only and must have the declared number of axes."""

    def __post_init__(self) -> None:
        for declared in self.quantities():
            value = getattr(self, declared.name)
            if value is None or not declared.axes:
                continue
            array = np.array(value)
            if array.ndim != len(declared.axes):
                raise InputError(
                    f"{type(self).__name__}.{declared.name} must have the axes {declared.axes}; "
                    f"got shape {array.shape}."
                )
            array.setflags(write=False)
            object.__setattr__(self, declared.name, array)

    @classmethod
    def quantities(cls) -> Iterator[Quantity]:
        """Yield the declared quantities in their order."""
        for item in dataclasses.fields(cls):
            if _KEY in item.metadata:
                unit, description, axes = item.metadata[_KEY]
                yield Quantity(item.name, unit, description, axes)

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as plain JSON-ready values; arrays become lists, NaN becomes None."""
        return {item.name: to_jsonable(getattr(self, item.name)) for item in dataclasses.fields(self)}

    def to_dataset(self) -> xarray.Dataset:
        """Return the declared numeric quantities as an :class:`xarray.Dataset` with units as attributes."""
        import xarray as xr

        variables = {}
        for declared in self.quantities():
            value = getattr(self, declared.name)
            if value is None or np.asarray(value).dtype.kind not in "fiub":
                continue
            attributes = {"units": declared.unit, "long_name": declared.description}
            variables[declared.name] = (declared.axes, np.asarray(value), attributes)
        return xr.Dataset(variables)


def to_jsonable(value: Any) -> Any:
    """Return ``value`` in types that JSON knows; fields of dataclasses by name, NaN and infinities as None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_jsonable(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return to_jsonable(value.model_dump())
    if isinstance(value, dict):
        return {str(key): to_jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_jsonable(item) for item in value]
    if isinstance(value, np.ndarray):
        return to_jsonable(value.tolist())
    if isinstance(value, np.generic):
        return to_jsonable(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int, bool)):
        return value
    return str(value)
