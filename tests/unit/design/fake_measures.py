"""Small measures and compositions for the tests of studies; at module level, so that worker processes find them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from entrox.core.errors import InputError, MissingExtraError
from entrox.core.measure import Measure, MeasureSettings
from entrox.core.result import Quantity
from entrox.design.measures import MeasureRequest, request_measures


@dataclass(frozen=True)
class FakeSite:
    label: str
    multiplicity: Fraction
    fractions: Mapping[str, Fraction]
    coordination: int
    charges: Mapping[str, int]


@dataclass(frozen=True)
class FakeComposition:
    """What a sweep needs of a composition."""

    formula: str
    amounts: Mapping[str, Fraction]
    sites: Mapping[str, FakeSite]
    prototype: str = "perovskite"
    x: float | None = None
    warnings: tuple[str, ...] = field(default=())


def fake_composition(x: Fraction, formula: str | None = None) -> FakeComposition:
    """Return Ba(1-x)Sr(x)TiO3."""
    fractions = {"Ba": 1 - x, "Sr": x}
    site = FakeSite("A", Fraction(1), fractions, 12, {"Ba": 2, "Sr": 2})
    return FakeComposition(
        formula or f"Ba({1 - x})Sr({x})TiO3", {**fractions, "O": Fraction(3)}, {"A": site}, x=float(x)
    )


def fake_compositions(count: int) -> list[FakeComposition]:
    return [fake_composition(Fraction(index, count)) for index in range(count)]


class FieldSettings(MeasureSettings):
    seeds: int = 4
    scale: float = 100.0


def strontium(composition: Any) -> float:
    return float(composition.amounts.get("Sr", 0))


def evaluate_field(composition: Any, settings: FieldSettings, rng: np.random.Generator) -> dict[str, Any]:
    """Return a field with a maximum at half strontium, and its seeds; slow if FAKE_SLEEP_S says so."""
    time.sleep(float(os.environ.get("FAKE_SLEEP_S", "0")))
    x = strontium(composition)
    fields = settings.scale * (1.0 + x * (1.0 - x)) + rng.normal(size=settings.seeds)
    mean = float(fields.mean())
    warnings = ("more strontium than barium",) if x > 0.5 else ()
    return {
        "breakdown_field_mv_per_m": mean,
        "breakdown_field_low_mv_per_m": mean - 2.0,
        "breakdown_field_high_mv_per_m": mean + 2.0,
        "breakdown_fields_mv_per_m": fields,
        "answer_ev": None if x == 0 else x,
        "warnings": warnings,
    }


def evaluate_refusing(composition: Any, settings: FieldSettings, rng: np.random.Generator) -> dict[str, Any]:
    if strontium(composition) > 0.5:
        raise InputError("no value for strontium above one half")
    return {"refused_ev": 1.0}


def evaluate_broken(composition: Any, settings: FieldSettings, rng: np.random.Generator) -> dict[str, Any]:
    if strontium(composition) > 0.5:
        raise ZeroDivisionError("a defect")
    return {"broken_ev": 1.0}


def evaluate_undeclared(composition: Any, settings: FieldSettings, rng: np.random.Generator) -> dict[str, Any]:
    return {"another_ev": 1.0}


def evaluate_light(composition: Any, settings: FieldSettings, rng: np.random.Generator) -> dict[str, Any]:
    return {"light_ev": strontium(composition)}


def evaluate_interrupting(composition: Any, settings: FieldSettings, rng: np.random.Generator) -> dict[str, Any]:
    if strontium(composition) >= 0.75:
        raise KeyboardInterrupt
    return {"interrupted_ev": 1.0}


def evaluate_deadly(composition: Any, settings: FieldSettings, rng: np.random.Generator) -> dict[str, Any]:
    if strontium(composition) == 0.5:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"survived_ev": strontium(composition)}


def evaluate_incomplete(composition: Any, settings: FieldSettings, rng: np.random.Generator) -> dict[str, Any]:
    raise MissingExtraError("a_package", "search", "this measure")


FIELD = Measure(
    name="field",
    description="a field with a maximum at half strontium",
    quantities=(
        Quantity("breakdown_field_mv_per_m", "MV/m", "breakdown field"),
        Quantity("breakdown_field_low_mv_per_m", "MV/m", "lower end of its interval"),
        Quantity("breakdown_field_high_mv_per_m", "MV/m", "upper end of its interval"),
        Quantity("answer_ev", "eV", "an answer that is not always there"),
        Quantity("breakdown_fields_mv_per_m", "MV/m", "breakdown field of each seed", ("seed",)),
    ),
    settings=FieldSettings,
    evaluate=evaluate_field,
)


def _scalar_measure(name: str, quantity: str, evaluate: Any, package: str | None = None) -> Measure:
    declared = (Quantity(quantity, "eV", quantity),)
    extra = "search" if package else None
    return Measure(name, name, declared, FieldSettings, evaluate, required_package=package, extra=extra)


REFUSING = _scalar_measure("refusing", "refused_ev", evaluate_refusing)
BROKEN = _scalar_measure("broken", "broken_ev", evaluate_broken)
UNDECLARED = _scalar_measure("undeclared", "declared_ev", evaluate_undeclared)
LIGHT = _scalar_measure("light", "light_ev", evaluate_light)
INTERRUPTING = _scalar_measure("interrupting", "interrupted_ev", evaluate_interrupting)
ABSENT = _scalar_measure("absent", "absent_ev", evaluate_light, package="a_package_that_is_not_there")
DEADLY = _scalar_measure("deadly", "survived_ev", evaluate_deadly)
INCOMPLETE = _scalar_measure("incomplete", "incomplete_ev", evaluate_incomplete)

KNOWN = {m.name: m for m in (FIELD, REFUSING, BROKEN, UNDECLARED, LIGHT, INTERRUPTING, ABSENT)}


def requests(*names: str, **settings: Any) -> tuple[MeasureRequest, ...]:
    return request_measures(dict.fromkeys(names, settings), KNOWN)
