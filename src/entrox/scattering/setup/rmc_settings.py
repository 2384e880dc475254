"""Settings of a refinement by reverse Monte Carlo, as they stand in a TOML file.

Keys end in their unit; lengths in angstrom, momentum transfers in 1/angstrom. Files are relative to the settings file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from entrox.core.toml_settings import read_settings_beside
from entrox.scattering.setup.constraint_settings import ConstraintsTable, NotNegative, Positive, SettingsTable

__all__ = [
    "AnnealingTable",
    "BinsTable",
    "DataTable",
    "GradientTable",
    "MovesTable",
    "RmcSettings",
    "RunTable",
    "SampleTable",
    "read_rmc_settings",
]

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Range = tuple[float, float]


class SampleTable(SettingsTable):
    """``[sample]``: what the box is made of.

    Attributes
    ----------
    formula
        With shared sites, such as ``Ba0.926Ca0.074Ti0.892Sn0.108O3``; without ``structure`` and ``box`` a cubic
        perovskite is built.
    structure
        File of a unit cell (CIF), repeated ``cells`` times.
    box
        File of a whole box (rmc6f and all others that are read as frames) to start from.
    cells
        Unit cells along the three vectors.
    lattice_a_angstrom
        Edge of the cubic cell; with ``structure`` the first edge, to which the cell is scaled.
    number_density_per_angstrom3
        For a check against atoms over volume.
    lengths
        Table of neutron lengths, or ``auto`` for the one the data were reduced with.
    lengths_fm
        Own neutron lengths; they replace those of the table.
    occupation
        Species on each element of the unit cell with their fractions, for structures other than cubic perovskites.
    repair
        Push atoms apart that are closer than the closest approach in the start box.
    """

    formula: str | None = None
    structure: Path | None = None
    box: Path | None = None
    cells: tuple[Count, Count, Count] | None = None
    lattice_a_angstrom: Positive | None = None
    number_density_per_angstrom3: Positive | None = None
    lengths: Literal["auto", "sears1992", "periodictable"] = "auto"
    lengths_fm: dict[str, float] = Field(default_factory=dict)
    occupation: dict[str, dict[str, NotNegative]] = Field(default_factory=dict)
    repair: bool = False

    @model_validator(mode="after")
    def _one_start(self) -> Self:
        if self.box is not None and (self.structure is not None or self.cells is not None):
            raise ValueError("give either box, or a structure (or formula) with cells")
        if self.box is None and self.cells is None:
            raise ValueError("cells, the number of unit cells along the three vectors, is missing")
        if self.box is None and self.structure is None and (self.formula is None or self.lattice_a_angstrom is None):
            raise ValueError("without box and structure, formula and lattice_a_angstrom are needed")
        return self


class DataTable(SettingsTable):
    """``[[data]]``: one function of r or Q.

    Attributes
    ----------
    file, name
        File, and the name in results; the file's name without ending by default.
    form
        Form of the values; inferred from the limits if left out.
    fit_form
        Form in which data and box are compared; that of the data if left out.
    measurement
        Sets that are transforms of one measurement have the same name here; all sets by default.
    probe
        ``neutron`` or ``xray``.
    r_min_angstrom, r_max_angstrom, q_min_per_angstrom, q_max_per_angstrom
        Range that is fitted.
    r_offset_angstrom
        Added to the labels of r, before ranges are taken: those of some files are half a step off.
    exclude
        Ranges that are left out of it, in the unit of the set's x.
    sigma
        Standard error of all points in the fit form (the weight of RMCProfile); those of the file if left out.
    scale, offset, fit_scale, fit_offset, scale_low, scale_high
        Calculated values are scale times form plus offset; both can be fitted, the scale within its bounds.
    qmax_per_angstrom, window, qdamp_per_angstrom
        End of the Fourier transform that made a function of r, its window, and the damping by resolution.
    convolve
        Whether data of Q are convolved with the transform of the radius of the bins.
    hold_out
        Blocks that are kept out of the fit to test it, in the unit of the set's x.
    recomputed
        Says that this set was made anew without the points that another set of the measurement holds out.
    """

    file: Path
    name: str | None = None
    form: str | None = None
    fit_form: str | None = None
    measurement: str = "measurement"
    probe: Literal["neutron", "xray"] = "neutron"
    r_min_angstrom: NotNegative | None = None
    r_max_angstrom: Positive | None = None
    q_min_per_angstrom: NotNegative | None = None
    q_max_per_angstrom: Positive | None = None
    r_offset_angstrom: float = 0.0
    exclude: tuple[Range, ...] = ()
    sigma: Positive | None = None
    scale: Positive = 1.0
    offset: float = 0.0
    fit_scale: bool = False
    fit_offset: bool = False
    scale_low: Positive = 0.5
    scale_high: Positive = 1.5
    qmax_per_angstrom: Positive | None = None
    window: Literal["none", "lorch"] = "none"
    qdamp_per_angstrom: NotNegative = 0.0
    convolve: bool = True
    hold_out: tuple[Range, ...] = ()
    recomputed: bool = False

    @property
    def label(self) -> str:
        """Name in results."""
        return self.name or self.file.stem

    @model_validator(mode="after")
    def _ranges_rise(self) -> Self:
        for name in ("exclude", "hold_out"):
            for low, high in getattr(self, name):
                if not low < high:
                    raise ValueError(f"{name}: the range {low:g} to {high:g} is empty")
        if self.scale_low > self.scale_high:
            raise ValueError(f"scale_low {self.scale_low:g} lies above scale_high {self.scale_high:g}")
        return self


class BinsTable(SettingsTable):
    """``[bins]``: step of distance, and end of the table; by default as far as the data need."""

    step_angstrom: Positive = 0.02
    radius_angstrom: Positive | None = None


class MovesTable(SettingsTable):
    """``[moves]``: how moves are drawn.

    Attributes
    ----------
    radius_angstrom
        Largest step of an element; ``default_radius_angstrom`` for those not named.
    tune
        Whether steps are adjusted to an acceptance of 30 to 50 % before sampling begins.
    swap_share
        Share of moves that exchange two species, by sublattice (A, B, O; else the element of the site).
    swap_positions
        Whether a species takes its displacement along.
    early_rejection
        Whether hopeless moves skip the transform; it does not change the chain.
    solve_every
        Accepted moves between two fits of scale and offset, after the burn-in; as many as there are atoms if left out.
    margin_angstrom
        How far atoms may be from their sites before the table of neighbors is widened.
    """

    radius_angstrom: dict[str, Positive] = Field(default_factory=dict)
    default_radius_angstrom: Positive = 0.08
    tune: bool = True
    swap_share: dict[str, Share] = Field(default_factory=dict)
    swap_positions: bool = True
    early_rejection: bool = True
    solve_every: Count | None = None
    margin_angstrom: Positive = 0.25


class AnnealingTable(SettingsTable):
    """``[annealing]``: the temperature falls geometrically from its start to one before burn-in."""

    start_temperature: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0
    moves_per_atom: Annotated[int, Field(ge=0)] = 0


class GradientTable(SettingsTable):
    """``[gradient]``: sweeps of all atoms at once before the moves; ``descent`` optimizes, ``mala`` samples."""

    method: Literal["off", "descent", "mala"] = "off"
    sweeps: Annotated[int, Field(ge=0)] = 0
    step_angstrom: Positive = 0.02


class RunTable(SettingsTable):
    """``[run]``: how long, how often, and what is kept.

    Attributes
    ----------
    seed, seeds
        First seed, and number of runs with successive seeds.
    moves_per_atom
        Generated moves over atoms, burn-in and annealing included.
    burn_in_moves_per_atom
        Part of it in which steps are tuned; half of the whole at most.
    data_weight
        Weight of all data in the acceptance. The entropy of a box grows with its atoms, chi^2 does not: large boxes
        need weights above one, or they are wider than the data allow.
    compare_weights
        More runs with the first seed at these weights, which show what the data determine; zero is without data.
    time_limit_min
        End by the clock.
    save_every_s
        Time between two checkpoints.
    rebuild_moves_per_atom
        Moves per atom after which the running histogram is counted anew.
    threads
        Threads of a run; all processors if left out.
    """

    seed: Annotated[int, Field(ge=0)] = 1
    seeds: Count = 1
    moves_per_atom: Count = 200
    burn_in_moves_per_atom: Annotated[int, Field(ge=0)] = 20
    data_weight: Positive = 1.0
    compare_weights: tuple[NotNegative, ...] = ()
    time_limit_min: Positive | None = None
    save_every_s: NotNegative = 60.0
    rebuild_moves_per_atom: Count = 5
    threads: Count | None = None


class RmcSettings(SettingsTable):
    """All settings of a refinement.

    ``folder`` is where files with relative names lie; :func:`read_rmc_settings` sets it to that of the settings file.
    """

    sample: SampleTable
    data: tuple[DataTable, ...] = ()
    bins: BinsTable = BinsTable()
    moves: MovesTable = MovesTable()
    constraints: ConstraintsTable = ConstraintsTable()
    annealing: AnnealingTable = AnnealingTable()
    gradient: GradientTable = GradientTable()
    run: RunTable = RunTable()
    folder: Path = Path()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [item.label for item in self.data]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two data sets are called {', '.join(repeated)}; give each a name of its own")
        if not self.data and self.constraints.bond_valence.mode == "off" and not self.constraints.coordination:
            raise ValueError("there is nothing to refine against: no data, and no soft constraint")
        if self.annealing.moves_per_atom >= self.run.moves_per_atom:
            raise ValueError("annealing.moves_per_atom must be less than run.moves_per_atom")
        return self

    def path(self, file: Path) -> Path:
        """Place of a file of these settings."""
        return file if file.is_absolute() else self.folder / file

    def replaced(self, **tables: Any) -> Self:
        """Settings with some keys of some tables changed, such as ``run={"seeds": 3}``; checked anew.

        Raises
        ------
        pydantic.ValidationError
            If a key is unknown or a value wrong.
        """
        content = self.model_dump()
        for name, changes in tables.items():
            content[name] = content[name] | changes if isinstance(changes, dict) else changes
        return type(self)(**content)

    @property
    def sampling_start(self) -> int:
        """Moves per atom after which nothing is tuned any more."""
        rest = self.run.moves_per_atom - self.annealing.moves_per_atom
        return self.annealing.moves_per_atom + min(self.run.burn_in_moves_per_atom, rest // 2)


def read_rmc_settings(path: str | Path) -> RmcSettings:
    """Read the settings of a refinement.

    Raises
    ------
    FormatError
        If the file is not TOML.
    InputError
        If it cannot be opened, or a key is unknown, missing or wrong, with its line.
    """
    return read_settings_beside(path, RmcSettings)
