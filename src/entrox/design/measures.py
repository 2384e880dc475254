"""The registry of measures: what the rooms hand up, and what third parties add by entry point ``entrox.measures``."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from pydantic import ValidationError

from entrox.core.errors import InputError, MissingExtraError, nearest_names
from entrox.core.measure import Measure, MeasureSettings
from entrox.design.identity import code_version, settings_json

__all__ = [
    "ENTRY_POINT_GROUP",
    "MeasureRequest",
    "check_installed",
    "collect_measures",
    "collect_structure_measures",
    "find_measure",
    "request_measures",
]

ENTRY_POINT_GROUP = "entrox.measures"


@dataclass(frozen=True)
class MeasureRequest:
    """A measure with the settings of a study.

    Parameters
    ----------
    measure
        What is computed.
    settings
        Its settings, checked.
    version
        Version of the code that computes it, part of the key of every row.
    """

    measure: Measure
    settings: MeasureSettings
    version: str

    @property
    def settings_text(self) -> str:
        """Canonical JSON of the settings."""
        return settings_json(self.settings)


def collect_measures() -> dict[str, Measure]:
    """Return all measures of a composition by name: those of our rooms first, then those of installed packages.

    Raises
    ------
    InputError
        If two measures have the same name, or an entry point cannot be loaded or is not a measure.
    """
    from entrox.breakdown.measures import MEASURES as BREAKDOWN
    from entrox.composition.measures import MEASURES as COMPOSITION
    from entrox.mechanics.measures import MEASURES as MECHANICS
    from entrox.thermo.measures import MEASURES as THERMO

    return _collected((*COMPOSITION, *BREAKDOWN, *THERMO, *MECHANICS), "composition")


def collect_structure_measures() -> dict[str, Measure]:
    """Return all measures of a structure by name, as :func:`collect_measures` does those of a composition."""
    from entrox.atomprobe.measures import MEASURES as ATOMPROBE
    from entrox.order.measures import MEASURES as ORDER

    return _collected((*ORDER, *ATOMPROBE), "structure")


def _collected(ours: Iterable[Measure], subject: str) -> dict[str, Measure]:
    found: dict[str, Measure] = {}
    for measure in ours:
        _add(found, measure, "entrox")
    for point in sorted(metadata.entry_points(group=ENTRY_POINT_GROUP), key=lambda item: item.name):
        for measure in _load(point):
            if measure.subject == subject:
                _add(found, measure, point.value)
    return found


def _load(point: metadata.EntryPoint) -> tuple[Measure, ...]:
    try:
        loaded: Any = point.load()
    except Exception as error:  # third-party code: anything can happen at its import
        raise InputError(
            f"the entry point {point.name} = {point.value} of the group {ENTRY_POINT_GROUP} cannot be loaded "
            f"({type(error).__name__}: {error}). Repair or uninstall the package that brings it."
        ) from error
    measures = (
        (loaded,) if isinstance(loaded, Measure) else tuple(loaded) if isinstance(loaded, Iterable) else (loaded,)
    )
    wrong = [item for item in measures if not isinstance(item, Measure)]
    if wrong:
        raise InputError(
            f"the entry point {point.name} = {point.value} must be a Measure or a sequence of them; got {wrong[0]!r}."
        )
    return measures


def _add(found: dict[str, Measure], measure: Measure, origin: str) -> None:
    if measure.name in found:
        raise InputError(
            f"two measures are called {measure.name!r}; the second comes from {origin}. Rename one of them."
        )
    found[measure.name] = measure


def find_measure(name: str, measures: Mapping[str, Measure]) -> Measure:
    """Return the measure called ``name``; InputError with the nearest names if there is none."""
    if name not in measures:
        raise InputError(f"unknown measure {name!r}; {nearest_names(name, measures)}.")
    return measures[name]


def check_installed(measure: Measure) -> None:
    """Raise MissingExtraError, naming the extra and the install command, if the measure's package is not there."""
    if measure.required_package is None:
        return
    try:
        missing = importlib.util.find_spec(measure.required_package) is None
    except ModuleNotFoundError:  # the parent of a dotted name
        missing = True
    if missing:
        raise MissingExtraError(measure.required_package, measure.extra or "all", f"the measure {measure.name!r}")


def request_measures(
    chosen: Mapping[str, Mapping[str, Any]], measures: Mapping[str, Measure] | None = None
) -> tuple[MeasureRequest, ...]:
    """Check a choice of measures completely, before anything is computed.

    Parameters
    ----------
    chosen
        Settings by name of the measure, as in the ``[measures]`` table of a study.
    measures
        Known measures by name; :func:`collect_measures` if not given.

    Returns
    -------
    tuple of MeasureRequest
        In the order of ``chosen``.

    Raises
    ------
    InputError
        If a measure is unknown or a setting is unknown or out of range.
    MissingExtraError
        If a measure's package is not installed.
    """
    known = collect_measures() if measures is None else measures
    requests = []
    for name, settings in chosen.items():
        measure = find_measure(name, known)
        check_installed(measure)
        try:
            checked = measure.settings(**settings)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(str(part) for part in first["loc"])
            hint = (
                f"; {nearest_names(key, measure.settings.model_fields)}" if first["type"] == "extra_forbidden" else ""
            )
            raise InputError(f"measures.{name}.{key}: {first['msg']}; got {first['input']!r}{hint}.") from error
        requests.append(MeasureRequest(measure, checked, code_version(measure)))
    return tuple(requests)
