"""What a room hands up as data: measures of a composition and rows of the reproduction ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from entrox.core.result import Quantity

__all__ = ["LedgerRow", "Measure", "MeasureSettings", "MeasureValues"]

MeasureValues = Mapping[str, Any]
"""Named values of one evaluation: floats, None where there is no answer, 1-D arrays, and ``warnings``."""


class MeasureSettings(BaseModel):
    """Base of the settings of a measure: frozen, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Measure:
    """A function composition -> named, unit-carrying numbers.

    Parameters
    ----------
    name
        Key in the ``[measures]`` table of a study.
    description
        One line for listings.
    quantities
        What :attr:`evaluate` returns, with units; array quantities declare their axes.
    settings
        Class of the settings; its defaults are used where the study gives none.
    evaluate
        ``evaluate(composition, settings, rng)``; a module-level function, so that processes can call it. It may
        return the key ``warnings``, a tuple of strings, beside its quantities.
    required_package, extra
        Package that must be importable, and the extra that brings it; None for the core.
    subject
        What is measured: a composition, or the atoms of a structure (a ``StructureSource``).
    rests_on
        Further rooms whose code decides the numbers, beside that of the measure and those below all rooms.
    needs_x
        Whether the place of a composition on its family decides the numbers as well.
    """

    name: str
    description: str
    quantities: tuple[Quantity, ...]
    settings: type[MeasureSettings]
    evaluate: Callable[[Any, Any, np.random.Generator], MeasureValues]
    required_package: str | None = None
    extra: str | None = None
    subject: Literal["composition", "structure"] = "composition"
    rests_on: tuple[str, ...] = ()
    needs_x: bool = False


@dataclass(frozen=True)
class LedgerRow:
    """One published number and the function that recomputes it.

    Parameters
    ----------
    id
        Short unique name, ``room.what``.
    room
        The room that computes it.
    quantity, unit
        What the number is.
    published
        The published value.
    tolerance
        Largest accepted difference; relative if ``relative``, else in the unit of the value.
    compute
        Function without arguments that returns our value. None where the room is not built yet or the number cannot
        be decided from what was published.
    source
        Where the number was published.
    calibration
        True where the number was used to fit the model or to infer one of its laws: it is then no prediction.
    files
        Measured files that `compute` reads and that do not come with the package, below the folder named by the
        variable ENTROX_DATA. Without them the number is not recomputed.
    packages
        Packages of an extra that `compute` needs. Without them the number is not recomputed.
    slow
        True where `compute` takes minutes: it is then run only when its id is given.
    """

    id: str
    room: str
    quantity: str
    unit: str
    published: float
    tolerance: float
    source: str
    compute: Callable[[], float] | None = None
    relative: bool = True
    calibration: bool = False
    files: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    slow: bool = False
