"""Settings of a free-energy difference, as they stand in a TOML file. Keys end in their unit."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from entrox.core.toml_settings import read_settings_beside

__all__ = [
    "AmorphousTable",
    "CrystalTable",
    "FreeEnergySettings",
    "ResidualTable",
    "example_free_energy",
    "read_free_energy_settings",
]

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _PhaseTable(_Table):
    calculator: str = Field(min_length=1)
    energies_ev_per_atom: tuple[Finite, ...] = ()
    volumes_angstrom3_per_atom: tuple[Positive, ...] = ()
    frequency_files: tuple[Path, ...] = ()
    spectrum_file: Path | None = None
    vibrational_ev_per_atom: tuple[Finite, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [bool(self.frequency_files), self.spectrum_file is not None, bool(self.vibrational_ev_per_atom)]
        if sum(given) > 1:
            raise ValueError("give one of frequency_files, spectrum_file and vibrational_ev_per_atom")
        return self


class CrystalTable(_PhaseTable):
    """``[crystal]``: inherent energies and volumes of its decorations, and their vibrations.

    Attributes
    ----------
    calculator
        Model and version; the same in both phases.
    energies_ev_per_atom, volumes_angstrom3_per_atom
        One for each decoration; at least three, or one with ``ordered = true``.
    frequency_files
        Tables of frequencies [THz], one for each of some decorations.
    spectrum_file
        Table of frequency [THz] and density of states.
    vibrational_ev_per_atom
        Vibrational free energies at the temperature, where they are known already.
    ordered
        There is one decoration only.
    """

    ordered: bool = False


class AmorphousTable(_PhaseTable):
    """``[amorphous]``: as ``[crystal]``, with cooling rates, or the run that made the glasses."""

    rates_k_per_ps: tuple[Positive, ...] = ()
    quench_run: Path | None = None
    target_rate_k_per_ps: Positive | None = None

    @model_validator(mode="after")
    def _run_or_numbers(self) -> Self:
        if self.quench_run is not None and (self.energies_ev_per_atom or self.rates_k_per_ps):
            raise ValueError("give quench_run, or energies and rates; not both")
        return self


class ResidualTable(_Table):
    """``[residual_entropy]``: a bracket, or the enthalpy of the liquid above that of the crystal.

    Attributes
    ----------
    bracket_kb_per_formula_unit
        Lowest and highest value.
    temperatures_k, enthalpy_difference_ev_per_atom
        Liquid minus crystal from the freezing of the glass to the melting point.
    vibrational_kb_per_atom
        Vibrational entropy, glass minus crystal, at the freezing temperature; it has its own term.
    """

    bracket_kb_per_formula_unit: tuple[Finite, Finite] = (0.0, 1.0)
    temperatures_k: tuple[Positive, ...] = ()
    enthalpy_difference_ev_per_atom: tuple[Finite, ...] = ()
    vibrational_kb_per_atom: Finite | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        integral = (bool(self.temperatures_k), bool(self.enthalpy_difference_ev_per_atom),
                    self.vibrational_kb_per_atom is not None)  # fmt: skip
        if any(integral) and not all(integral):
            raise ValueError(
                "an integration needs temperatures_k, enthalpy_difference_ev_per_atom and vibrational_kb_per_atom"
            )
        return self


class FreeEnergySettings(_Table):
    """All settings of a free-energy difference.

    ``folder`` is where files with relative names lie; :func:`read_free_energy_settings` sets it to that of the file.
    """

    formula: str
    x: float | str | None = None
    title: str = ""
    prototype: str | None = None
    charges: dict[str, StrictInt] | None = None
    site_of: dict[str, str] | None = None
    temperature_k: Positive
    pressure_bar: Finite = 1.0
    substitutional: Literal["same", "all-cations"] = "same"
    imaginary: Literal["refuse", "absolute", "omit"] = "refuse"
    divide_by: Literal["crystal", "amorphous"] = "crystal"
    vibrational_bracket_ev_per_atom: tuple[Finite, Finite] | None = None
    crystal: CrystalTable
    amorphous: AmorphousTable
    residual_entropy: ResidualTable = ResidualTable()
    folder: Path = Path()

    def path(self, file: Path) -> Path:
        """Place of a file of these settings."""
        return file if file.is_absolute() else self.folder / file

    def files(self) -> list[Path]:
        """Files that are read beside the settings."""
        named: list[Any] = []
        for table in (self.crystal, self.amorphous):
            named += [*table.frequency_files, table.spectrum_file]
        run = self.amorphous.quench_run
        if run is not None:
            named.append(run / "result.json" if self.path(run).is_dir() else run)
        return [self.path(file) for file in named if file is not None]


def read_free_energy_settings(path: str | Path) -> FreeEnergySettings:
    """Read the settings of a free-energy difference.

    Raises
    ------
    FormatError
        If the file is not TOML.
    InputError
        If it cannot be opened, or a key is unknown, missing or wrong, with its line.
    """
    return read_settings_beside(path, FreeEnergySettings)


def example_free_energy() -> str:
    """Return the text of commented settings, made-up numbers throughout."""
    return (resources.files("entrox.thermo") / "example_free_energy.toml").read_text(encoding="utf-8")
