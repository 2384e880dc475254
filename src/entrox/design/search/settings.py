"""Settings of a search, read from a TOML file in which every mistake is named with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, field_validator, model_validator

from entrox.core.errors import FormatError, InputError, nearest_names
from entrox.core.measure import Measure
from entrox.core.toml_lines import Place, key_lines, line_of, place_text, read_toml_text
from entrox.core.toml_settings import parse_settings
from entrox.design.cluster import ClusterSettings
from entrox.design.measures import collect_measures, request_measures
from entrox.design.password import WITHOUT_PASSWORD, hide_password
from entrox.design.space import DEFAULT_DENOMINATOR, LARGEST_DENOMINATOR, Space, build_space

if TYPE_CHECKING:
    from entrox.composition import Composition

__all__ = [
    "CONTINUOUS_DENOMINATOR",
    "CompareSettings",
    "ConstraintSettings",
    "ObjectiveSettings",
    "Search",
    "SearchSettings",
    "SpaceSettings",
    "composition_of",
    "example_search",
    "parse_search",
    "read_search",
]

EXAMPLE_FILE = "example_search.toml"
CONTINUOUS_DENOMINATOR = 1000
"""A candidate of a continuous space is re-run as the nearest balanced composition in parts of a thousand."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SearchSettings(_Settings):
    """The ``[search]`` table.

    Parameters
    ----------
    title
        Title of tables and figures.
    seed
        Seed of every random number, >= 0.
    method
        ``exhaustive``: every candidate of the grid; ``nsga2``: genetic search, extra ``search``.
    rerun
        Candidates that are run again with the measures themselves.
    control
        Candidates drawn at random that are run again beside them.
    looks
        In how many looks the candidates are chosen; from the second on the screen is corrected by what was run so far.
    draws
        Draws of the errors.
    population, generations
        Of the genetic search.
    permittivity
        Relative permittivity of all candidates; None where no measure and no user gives one.
    store
        Where the rows go: an SQLite file, from the folder of the search file, or a PostgreSQL URL without a password.
    """

    title: str
    seed: int = Field(default=1, ge=0)
    method: Literal["exhaustive", "nsga2"] = "exhaustive"
    rerun: int = Field(default=200, ge=2, le=20_000)
    control: int = Field(default=50, ge=0, le=20_000)
    looks: int = Field(default=1, ge=1, le=10)
    draws: int = Field(default=1000, ge=50, le=20_000)
    population: int = Field(default=200, ge=8, le=10_000)
    generations: int = Field(default=150, ge=1, le=100_000)
    permittivity: float | None = Field(default=None, ge=1)
    store: str | None = None

    @field_validator("store")
    @classmethod
    def _no_password(cls, value: str | None) -> str | None:
        if value is not None and hide_password(value) != value:
            raise ValueError(f"holds a password, and search files are shared. {WITHOUT_PASSWORD}")
        return value


class SpaceSettings(_Settings):
    """The ``[space]`` table: the host, its dopants by site, and what is allowed of them.

    ``limits`` are lowest and highest site fraction by species, ``substitution`` lowest and highest fraction of a site
    that is not the host's own species.
    """

    host: str
    dopants: dict[str, tuple[str, ...]] = Field(min_length=1)
    denominator: int | None = Field(default=None, ge=1, le=LARGEST_DENOMINATOR)
    continuous: bool = False
    charges: dict[str, StrictInt] | None = None
    limits: dict[str, tuple[float, float]] = Field(default_factory=dict)
    substitution: dict[str, tuple[float, float]] = Field(default_factory=dict)

    @field_validator("limits", "substitution")
    @classmethod
    def _ordered(cls, value: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        for name, (low, high) in value.items():
            if not 0 <= low <= high <= 1:
                raise ValueError(f"{name} needs [low, high] with 0 <= low <= high <= 1; got [{low:g}, {high:g}]")
        return value

    @model_validator(mode="after")
    def _one_grid(self) -> Self:
        if self.continuous and self.denominator is not None:
            raise ValueError("give either denominator, a grid, or continuous = true")
        return self

    def build(self) -> Space:
        """Return the space; that of a continuous search is the fine grid on which candidates are written down."""
        denominator = CONTINUOUS_DENOMINATOR if self.continuous else self.denominator or DEFAULT_DENOMINATOR
        space = build_space(self.host, self.dopants, denominator=denominator, charges=self.charges)
        known = [name for _, name in space.species]
        if repeated := {name for name in known if known.count(name) > 1}:
            raise InputError(f"{sorted(repeated)[0]} stands on two sites; a search needs each species on one site.")
        for name in self.limits:
            if name not in known:
                raise InputError(f"limits names {name!r}, no species of the space; {nearest_names(name, known)}.")
        for label in self.substitution:
            if label not in self.dopants:
                raise InputError(f"substitution names {label!r}, no doped site; {nearest_names(label, self.dopants)}.")
        return space

    def host_species(self) -> dict[str, tuple[str, ...]]:
        """Return the species of the host on each doped site."""
        from entrox.composition import parse_formula

        formula = parse_formula(self.host)
        charges = {name: charge for name, charge in (self.charges or {}).items() if name in formula.amounts}
        sites = formula.at(charges=charges).sites
        return {label: tuple(sites[label].fractions) for label in self.dopants if label in sites}


class ObjectiveSettings(_Settings):
    """One ``[[objective]]``: a quantity of a measure, and whether more or less of it is better."""

    quantity: str
    direction: Literal["maximize", "minimize"] = "maximize"


class ConstraintSettings(_Settings):
    """One ``[[constraint]]``: a quantity of a measure and its allowed range, ends included."""

    quantity: str
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _some_range(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("a constraint needs low, high or both")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low must not exceed high; got {self.low:g} and {self.high:g}")
        return self


class CompareSettings(_Settings):
    """One ``[[compare]]``: a published composition, as a formula with the value of its x where it has one."""

    name: str
    formula: str
    x: int | float | str | None = None
    source: str = ""


class Search(_Settings):
    """A search: what is looked for, where, and with what it is compared."""

    search: SearchSettings
    space: SpaceSettings
    objective: tuple[ObjectiveSettings, ...] = Field(min_length=1)
    constraint: tuple[ConstraintSettings, ...] = ()
    measures: dict[str, dict[str, Any]] = Field(default_factory=dict)
    compare: tuple[CompareSettings, ...] = ()
    cluster: ClusterSettings | None = None

    @model_validator(mode="after")
    def _method_fits(self) -> Self:
        if self.space.continuous and self.search.method == "exhaustive":
            raise ValueError('a continuous space cannot be enumerated: set method = "nsga2" in [search]')
        names = [item.quantity for item in self.objective]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"{sorted(repeated)[0]} is an objective twice")
        return self


def example_search() -> str:
    """Return a commented search file: all species of the five published BaTiO3 families at once."""
    return (resources.files("entrox.design.search") / "data" / EXAMPLE_FILE).read_text(encoding="utf-8")


def read_search(path: str | Path, *, measures: Mapping[str, Measure] | None = None) -> Search:
    """Read and check a search file.

    Parameters
    ----------
    path
        TOML file; ``entrox optimize --example`` prints one.
    measures
        Known measures by name; :func:`collect_measures` if not given.

    Raises
    ------
    FormatError
        If the file is not TOML, or a formula cannot be read.
    InputError
        If the file cannot be opened, a key, a measure or a quantity is unknown (with the nearest known one), or a
        value is missing or out of range. The message carries the line.
    """
    return parse_search(read_toml_text(path, "search file"), path=path, measures=measures)


def parse_search(text: str, *, path: str | Path | None = None, measures: Mapping[str, Measure] | None = None) -> Search:
    """Check the text of a search file; as :func:`read_search`."""
    from entrox.design.search.targets import find_targets

    search = parse_settings(text, Search, path=path)
    lines = key_lines(text)
    known = collect_measures() if measures is None else measures
    for name, settings in search.measures.items():
        keys = known[name].settings.model_fields if name in known else {}
        wrong = [key for key in settings if key not in keys]
        with _located(lines, ("measures", name, *wrong[:1]), path):
            request_measures({name: settings}, known)
    with _located(lines, ("space",), path):
        search.space.build()
    for index, objective in enumerate(search.objective):
        with _located(lines, ("objective", index, "quantity"), path):
            find_targets([objective.quantity], search, known)
    for index, constraint in enumerate(search.constraint):
        with _located(lines, ("constraint", index, "quantity"), path):
            find_targets([constraint.quantity], search, known)
    for index, item in enumerate(search.compare):
        with _located(lines, ("compare", index, "formula"), path):
            composition_of(item)
    return search


@contextmanager
def _located(lines: dict[Place, int], place: Place, path: str | Path | None) -> Iterator[None]:
    """Give an error of ours its place in the file."""
    try:
        yield
    except FormatError as error:
        raise FormatError(str(error), path=path, line=line_of(lines, place)) from error
    except InputError as error:
        raise InputError(f"{place_text(lines, place, path)}{error}") from error


def composition_of(item: CompareSettings) -> Composition:
    """Return the composition of a ``[[compare]]`` table."""
    from entrox.composition import parse_formula
    from entrox.composition.amounts import exact_fraction

    x = None if item.x is None else exact_fraction(item.x, "x")
    return parse_formula(item.formula).at(x)
