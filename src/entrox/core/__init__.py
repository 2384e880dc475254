"""The ground floor: units, errors, results, random generators, array checks, statistics. Imports nothing of ours."""

from entrox.core.checks import (
    check_all_positive,
    check_finite,
    check_in_range,
    check_integer,
    check_positive,
    check_shape,
    check_site_fractions,
)
from entrox.core.errors import (
    ConvergenceError,
    EngineError,
    EntroxError,
    FormatError,
    InputError,
    MissingExtraError,
    nearest_names,
)
from entrox.core.random import generator, spawn_generators
from entrox.core.result import Quantity, Result, quantity, to_jsonable

__all__ = [
    "ConvergenceError",
    "EngineError",
    "EntroxError",
    "FormatError",
    "InputError",
    "MissingExtraError",
    "Quantity",
    "Result",
    "check_all_positive",
    "check_finite",
    "check_in_range",
    "check_integer",
    "check_positive",
    "check_shape",
    "check_site_fractions",
    "generator",
    "nearest_names",
    "quantity",
    "spawn_generators",
    "to_jsonable",
]
