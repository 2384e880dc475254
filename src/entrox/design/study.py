"""Settings of a study, read from a TOML file in which every mistake is named with its line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from entrox.core.errors import EntroxError, FormatError, InputError, nearest_names
from entrox.core.measure import Measure
from entrox.core.toml_lines import Place, key_lines, line_of, parse_toml, place_text, read_toml_text
from entrox.design.cluster import ClusterSettings
from entrox.design.family import Family, x_grid
from entrox.design.measure_message import measure_message
from entrox.design.measures import collect_measures, find_measure
from entrox.design.password import WITHOUT_PASSWORD, hide_password
from entrox.design.structure_checks import OF_STRUCTURES, check_structures
from entrox.design.structure_settings import STRUCTURE_KEYS, ReadingSettings, StructureSettings

__all__ = ["FamilySettings", "ReportSettings", "Study", "XRange", "example_study", "parse_study", "read_study"]

EXAMPLE_FILE = "example_study.toml"
LARGEST_FAMILY = 100_000
CLOSE_NAMES = 0.6
"""Similarity of two keys from which one is taken for a misspelling of the other."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class XRange(_Settings):
    """Equally spaced values of x: ``steps`` values from ``start`` to ``stop``, both included.

    ``start`` and ``stop`` are numbers or exact fractions as text, such as ``"1/3"``.
    """

    start: int | float | str = 0
    stop: int | float | str
    steps: int = Field(ge=1, le=LARGEST_FAMILY)


class FamilySettings(_Settings):
    """One ``[[family]]`` table: the formula in x, the host oxide, the range of x, and optionally a name.

    Ionic charges [e] and sites by element, and the structure type, where they shall not be chosen from the formula:
    ``charges = { Fe = 3 }``, ``site_of = { Y = "A" }``, ``prototype = "perovskite"``.
    """

    formula: str
    host: str
    x: XRange
    name: str | None = None
    charges: dict[str, StrictInt] | None = None
    site_of: dict[str, str] | None = None
    prototype: str | None = None

    def family(self) -> Family:
        """Return the checked family; its formula is its name where none is given."""
        grid = x_grid(self.x.start, self.x.stop, self.x.steps)
        return Family(
            name=self.name or self.formula,
            formula=self.formula,
            host=self.host,
            x_values=grid,
            charges=self.charges,
            site_of=self.site_of,
            prototype=self.prototype,
        )


class ReportSettings(_Settings):
    """The ``[report]`` table: title of the report; the study's title where none is given."""

    title: str | None = None


class Study(_Settings):
    """Settings of a study.

    Parameters
    ----------
    title
        Title of the tables, figures and the report.
    seed
        Seed of every random number of the study, >= 0.
    families
        The families, at least one.
    measures
        Settings by name of the measure; an empty table takes the defaults.
    report
        Settings of the report.
    structures
        Structures that belong to compositions of the families.
    store
        Where the rows are kept, an SQLite file or a PostgreSQL URL; in the run folder, if not given.
    cluster
        Batch jobs of SLURM that compute the study; this machine, if not given.
    """

    title: str
    seed: int = Field(default=1, ge=0)
    families: tuple[FamilySettings, ...] = Field(min_length=1)
    measures: dict[str, dict[str, Any]] = Field(default_factory=dict)
    report: ReportSettings = ReportSettings()
    structures: tuple[StructureSettings, ...] = ()
    store: str | None = None
    cluster: ClusterSettings | None = None

    def build_families(self) -> tuple[Family, ...]:
        """Return the checked families; their names must differ."""
        families = tuple(item.family() for item in self.families)
        names = [family.name for family in families]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise InputError(
                f"every family needs its own name; got {sorted(repeated)[0]!r} more than once. Set name = ..."
            )
        return families


_TABLES = {"study": "study", "family": "families", "measures": "measures", "report": "report",
           "structure": "structures", "cluster": "cluster"}  # fmt: skip
_HEADS = {"study": "[study]", "family": "[[family]]", "measures": "[measures]", "report": "[report]",
          "structure": "[[structure]]", "cluster": "[cluster]"}  # fmt: skip
_KNOWN_KEYS: dict[str, tuple[str, ...]] = {
    "study": ("title", "seed", "store"),
    "family": tuple(FamilySettings.model_fields),
    "x": tuple(XRange.model_fields),
    "report": tuple(ReportSettings.model_fields),
    "structure": STRUCTURE_KEYS,
    "cluster": tuple(ClusterSettings.model_fields),
    "reading": tuple(ReadingSettings.model_fields),
}


def example_study() -> str:
    """Return a commented study file: the five published BaTiO3 families."""
    return (resources.files("entrox.design") / "data" / EXAMPLE_FILE).read_text(encoding="utf-8")


def read_study(path: str | Path, *, measures: Mapping[str, Measure] | None = None) -> Study:
    """Read and check a study file.

    Parameters
    ----------
    path
        TOML file with the tables ``[study]``, ``[[family]]``, ``[measures]`` and ``[report]``.
    measures
        Known measures by name; :func:`collect_measures` if not given.

    Raises
    ------
    FormatError
        If the file is not TOML, or a formula cannot be read.
    InputError
        If the file cannot be opened, a key or a measure is unknown (with the nearest known one), a value is missing
        or out of range. The message carries the line.
    """
    return parse_study(read_toml_text(path, "study file"), path=Path(path), measures=measures)


def parse_study(text: str, *, path: str | Path | None = None, measures: Mapping[str, Measure] | None = None) -> Study:
    """Check the text of a study file; as :func:`read_study`."""
    table = parse_toml(text, path)
    lines = key_lines(text)
    _check_tables(table, lines, path)
    content = {**table.get("study", {}), **{_TABLES[key]: table[key] for key in table if key != "study"}}
    try:
        study = Study(**content)
    except ValidationError as error:
        raise InputError(_validation_message(error, lines, path)) from error
    _check_families(study, lines, path)
    _check_measures(study, collect_measures() if measures is None else measures, lines, path)
    check_structures(study.structures, [item.name or item.formula for item in study.families], lines, path)
    _check_store(study, lines, path)
    return study


def _check_tables(table: dict[str, Any], lines: dict[Place, int], path: str | Path | None) -> None:
    for name in table:
        if name not in _TABLES:
            raise InputError(
                f"{place_text(lines, (name,), path)}unknown table or key {name!r}; {nearest_names(name, _TABLES)}. "
                f"A study has {', '.join(_HEADS.values())}."
            )
    for name, kind in (("study", dict), ("family", list), ("measures", dict), ("report", dict), ("structure", list),
                       ("cluster", dict)):  # fmt: skip
        if name in table and not isinstance(table[name], kind):
            raise InputError(f"{place_text(lines, (name,), path)}{name} must be a table, written as {_HEADS[name]}.")
    for name in ("study", "family"):
        if name not in table:
            place = f"{path}: " if path is not None else ""
            raise InputError(f"{place}a study needs a table {_HEADS[name]}; see `entrox study --example`.")
    for key in table["study"]:
        if key not in _KNOWN_KEYS["study"]:
            raise InputError(_unknown_key(key, "study", place_text(lines, ("study", key), path)))


def _unknown_key(key: str, table: str, place: str) -> str:
    known = _KNOWN_KEYS[table]
    hint = nearest_names(key, known)
    return f"{place}unknown key {key!r} in {_HEADS.get(table, table)}; {hint}. Known: {', '.join(known)}."


def _toml_place(location: tuple[int | str, ...]) -> Place:
    """Place in the file of a pydantic location, whose first entry is a field of :class:`Study`."""
    back = {field: name for name, field in _TABLES.items() if name != "study"}
    head = location[0] if location else "study"
    path: Place = (back[str(head)], *location[1:]) if head in back else ("study", *location)
    return tuple(part for part in path if part not in {"int", "float", "str"})


def _is_meant_by(missing: Place, unknown: Sequence[Place]) -> bool:
    """Whether an unknown key of the same table looks like the missing one: then one message for both is enough."""
    near = [str(place[-1]) for place in unknown if place[:-1] == missing[:-1]]
    return bool(difflib.get_close_matches(str(missing[-1]), near, cutoff=CLOSE_NAMES))


def _validation_message(error: ValidationError, lines: dict[Place, int], path: str | Path | None) -> str:
    messages: dict[Place, str] = {}
    items = error.errors(include_url=False)
    misspelled = [_toml_place(item["loc"]) for item in items if item["type"] == "extra_forbidden"]
    for item in items:
        place = _toml_place(item["loc"])
        at = place_text(lines, place, path)
        inner = next((name for name in ("x", "reading") if name in place[:-1]), None)
        key, table = str(place[-1]), inner or str(place[0])
        shown = ".".join(str(part) for part in place if not isinstance(part, int))
        if item["type"] == "extra_forbidden":
            text = _unknown_key(key, table, at)
        elif item["type"] == "missing" and _is_meant_by(place, misspelled):
            continue
        elif item["type"] == "value_error":  # a validator of ours, in its own words
            text = f"{at}{shown}: {item['ctx']['error']}; got {_shown_input(item['input'])}."
        elif item["type"] == "missing":
            text = f"{at}{shown} is missing; {_HEADS.get(str(place[0]), table)} needs it."
        else:
            text = f"{at}{shown}: {item['msg'][0].lower()}{item['msg'][1:]}; got {item['input']!r}."
        messages.setdefault(place, text)
    return "\n".join(messages.values())


def _shown_input(value: Any) -> str:
    return "the table" if isinstance(value, dict) else repr(value)


def _check_families(study: Study, lines: dict[Place, int], path: str | Path | None) -> None:
    for index, item in enumerate(study.families):
        place: Place = ("family", index, "formula")
        try:
            item.family()
        except FormatError as error:
            raise FormatError(str(error), path=path, line=line_of(lines, place)) from error
        except EntroxError as error:
            raise InputError(f"{place_text(lines, place, path)}{error}") from error
    try:
        study.build_families()
    except InputError as error:
        raise InputError(f"{place_text(lines, ('family', 0), path)}{error}") from error


def _check_measures(
    study: Study, measures: Mapping[str, Measure], lines: dict[Place, int], path: str | Path | None
) -> None:
    for name, settings in study.measures.items():
        place: Place = ("measures", name)
        if name in OF_STRUCTURES and name not in measures:
            raise InputError(
                f"{place_text(lines, place, path)}{name!r} is measured on atoms, not on a formula: write it into a "
                f"[[structure]] table with files, kind and x, as {name} = {{ ... }}."
            )
        try:
            measure = find_measure(name, measures)
        except InputError as error:
            raise InputError(f"{place_text(lines, place, path)}{error}") from error
        try:
            measure.settings(**settings)
        except ValidationError as error:
            raise InputError(measure_message(error, measure, lines, path)) from error


def _check_store(study: Study, lines: dict[Place, int], path: str | Path | None) -> None:
    if study.store is not None and hide_password(study.store) != study.store:
        raise InputError(
            f"{place_text(lines, ('study', 'store'), path)}study.store holds a password, and study files are shared. "
            f"{WITHOUT_PASSWORD}"
        )
