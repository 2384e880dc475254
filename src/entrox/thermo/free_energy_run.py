"""A free-energy difference from its settings: files are read, and one function is called."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.composition import parse_formula
from entrox.core import FormatError, InputError, check_positive
from entrox.thermo.free_energy import FreeEnergyDifference, free_energy_difference
from entrox.thermo.frozen_entropy import residual_entropy
from entrox.thermo.phase_sample import PhaseSample
from entrox.thermo.quench_members import read_quenched_glasses
from entrox.thermo.substitutional import atoms_per_formula
from entrox.thermo.vibration import MODES_PER_ATOM, free_energy_per_atom, spectrum_free_energy

if TYPE_CHECKING:
    from entrox.composition.sites import Composition
    from entrox.thermo.free_energy_settings import AmorphousTable, CrystalTable, FreeEnergySettings

__all__ = ["free_energy_of_settings", "read_columns"]

Floats = NDArray[np.float64]


def free_energy_of_settings(
    settings: FreeEnergySettings, rng: np.random.Generator, temperature_k: float | None = None
) -> FreeEnergyDifference:
    """Free-energy difference of settings.

    Parameters
    ----------
    settings
        As read from a file.
    rng
        Draws the errors.
    temperature_k
        Another temperature than that of the settings; only where vibrations come from frequencies or spectra.

    Raises
    ------
    InputError, FormatError
        If a file or a number cannot be used.
    """
    composition = parse_formula(settings.formula).at(
        settings.x, prototype=settings.prototype, charges=settings.charges, site_of=settings.site_of
    )
    temperature = _temperature(settings, temperature_k)
    notes: list[str] = [*composition.warnings]
    crystal = _crystal(settings, temperature, notes)
    amorphous = _amorphous(settings, composition, temperature, notes)
    residual = settings.residual_entropy
    found = free_energy_difference(
        composition,
        crystal,
        amorphous,
        temperature,
        rng,
        pressure_bar=settings.pressure_bar,
        substitutional=settings.substitutional,
        vibrational_bracket_ev_per_atom=settings.vibrational_bracket_ev_per_atom,
        target_rate_k_per_ps=settings.amorphous.target_rate_k_per_ps,
        divide_by=settings.divide_by,
        **_residual(residual, atoms_per_formula(composition)),
    )
    return replace(found, warnings=(*dict.fromkeys(notes), *found.warnings))


def _temperature(settings: FreeEnergySettings, asked: float | None) -> float:
    if asked is None or asked == settings.temperature_k:
        return settings.temperature_k
    if (
        settings.crystal.vibrational_ev_per_atom
        or settings.amorphous.vibrational_ev_per_atom
        or settings.vibrational_bracket_ev_per_atom is not None
    ):
        raise InputError(
            f"the vibrational energies that are given hold at {settings.temperature_k:g} K; got {asked:g} K. Give "
            "frequency_files or spectrum_file, from which another temperature follows."
        )
    return check_positive(asked, "temperature_k", "K")


def _crystal(settings: FreeEnergySettings, temperature_k: float, notes: list[str]) -> PhaseSample:
    table = settings.crystal
    if not table.energies_ev_per_atom or not table.volumes_angstrom3_per_atom:
        raise InputError("[crystal] needs energies_ev_per_atom and volumes_angstrom3_per_atom.")
    return PhaseSample(
        name="crystal",
        calculator=table.calculator,
        energies_ev_per_atom=table.energies_ev_per_atom,
        volumes_angstrom3_per_atom=table.volumes_angstrom3_per_atom,
        vibrational_ev_per_atom=_vibrations(settings, table, "crystal", temperature_k, notes),
        ordered=table.ordered,
    )


def _amorphous(
    settings: FreeEnergySettings, composition: Composition, temperature_k: float, notes: list[str]
) -> PhaseSample:
    table = settings.amorphous
    energies, volumes, rates = table.energies_ev_per_atom, table.volumes_angstrom3_per_atom, table.rates_k_per_ps
    if table.quench_run is not None:
        run = read_quenched_glasses(settings.path(table.quench_run), composition)
        energies, rates = run.energies_ev_per_atom, run.rates_k_per_ps
        volumes = volumes or run.volumes_angstrom3_per_atom
        if run.potential and run.potential.lower() not in table.calculator.lower():
            raise InputError(
                f"the glasses of {table.quench_run} were made with {run.potential!r}, but [amorphous] says calculator "
                f"= {table.calculator!r}. Name the model that was used, or give another run."
            )
        notes.extend(f"members of the quench that are no glass were left out, {text}" for text in run.left_out)
    if not energies or not volumes:
        raise InputError("[amorphous] needs energies_ev_per_atom and volumes_angstrom3_per_atom, or quench_run.")
    return PhaseSample(
        name="amorphous",
        calculator=table.calculator,
        energies_ev_per_atom=energies,
        volumes_angstrom3_per_atom=volumes,
        vibrational_ev_per_atom=_vibrations(settings, table, "amorphous", temperature_k, notes),
        rates_k_per_ps=rates,
    )


def _vibrations(
    settings: FreeEnergySettings,
    table: CrystalTable | AmorphousTable,
    name: str,
    temperature_k: float,
    notes: list[str],
) -> tuple[float, ...]:
    if table.spectrum_file is not None:
        columns = read_columns(settings.path(table.spectrum_file), 2)
        return (spectrum_free_energy(columns[:, 0], columns[:, 1], temperature_k),)
    found = []
    for file in table.frequency_files:
        modes = read_columns(settings.path(file), 1)[:, 0]
        if len(modes) % MODES_PER_ATOM or len(modes) <= MODES_PER_ATOM:
            raise FormatError(
                f"{len(modes)} frequencies are not three for each of two or more atoms.", path=settings.path(file)
            )
        energy, count = free_energy_per_atom(modes, temperature_k, imaginary=settings.imaginary)
        if count:
            notes.append(f"{name}, {file.name}: {count} of {len(modes)} modes are imaginary ({settings.imaginary})")
        found.append(energy)
    return tuple(found) or table.vibrational_ev_per_atom


def _residual(table: Any, atoms: float) -> dict[str, Any]:
    if not table.temperatures_k:
        return {"residual_kb_per_formula_unit": table.bracket_kb_per_formula_unit}
    value, error = residual_entropy(
        table.temperatures_k, table.enthalpy_difference_ev_per_atom,
        vibrational_kb_per_atom=table.vibrational_kb_per_atom,
    )  # fmt: skip
    ends = (max(value - error, 0.0) * atoms, max(value + error, 0.0) * atoms)
    return {"residual_kb_per_formula_unit": ends, "residual_remark": "integrated through the liquid"}


def read_columns(path: str | Path, count: int) -> Floats:
    """Read a table of numbers, comma or blanks between them; lines without any, such as a header, come first.

    Parameters
    ----------
    path
        File.
    count
        Columns that are needed; further ones are left alone.

    Returns
    -------
    ndarray
        Shape ``(n, count)``.

    Raises
    ------
    InputError
        If the file cannot be opened.
    FormatError
        If a line has too few numbers or a cell is none, with its line.
    """
    place = Path(path)
    try:
        lines = place.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise FormatError("a table must be UTF-8 text.", path=place) from error
    except OSError as error:
        raise InputError(f"cannot read {place}: {error.strerror}. Check the path.") from error
    rows: list[list[float]] = []
    for number, line in enumerate(lines, 1):
        cells = line.split("#")[0].replace(",", " ").split()
        if not cells:
            continue
        try:
            row = [float(cell) for cell in cells[:count]]
        except ValueError:
            if not rows:  # a header
                continue
            raise FormatError(f"expected {count} numbers.", path=place, line=number, text=line) from None
        if len(row) < count or not np.isfinite(row).all():
            raise FormatError(f"expected {count} finite numbers.", path=place, line=number, text=line)
        rows.append(row)
    if not rows:
        raise FormatError("the table holds no numbers.", path=place)
    return np.array(rows)
