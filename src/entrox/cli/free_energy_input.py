"""What ``entrox free-energy`` computes from: the box and its force field, or the frames of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.core import InputError, check_positive

if TYPE_CHECKING:
    import numpy as np
    from ase import Atoms
    from numpy.typing import NDArray

    from entrox.dynamics.potential import Potential
    from entrox.thermo.vibration_runs import VibrationalSpectrum

__all__ = ["check_spectrum", "check_vibrations", "spectrum_of", "vibrations_of"]


def check_vibrations(path: Path, asked: dict[str, Any]) -> tuple[Atoms, Potential]:
    """Return box and force field; InputError before anything is computed."""
    from entrox.cli.md_input import read_models
    from entrox.dynamics.potential import check_elements
    from entrox.structure import read_frames
    from entrox.thermo.vibration import IMAGINARY

    units = {
        "temperature_k": "K",
        "force_tolerance_ev_per_angstrom": "eV/angstrom",
        "displacement_angstrom": "angstrom",
    }
    for name, unit in units.items():
        check_positive(asked[name], f"--{name.replace('_', '-')}", unit)
    if asked["imaginary"] not in IMAGINARY:
        raise InputError(f"--imaginary must be one of {', '.join(IMAGINARY)}; got {asked['imaginary']!r}.")
    atoms = next(iter(read_frames(path, notices=[])))
    if not atoms.pbc.all():
        raise InputError(f"{path} is not periodic along all axes: a box with a cell is needed.")
    potential = read_models((asked["model"],), trust_model=asked["trust_model"], threads=asked["threads"])
    check_elements(potential, atoms)
    return atoms, potential


def vibrations_of(
    atoms: Atoms, potential: Potential, asked: dict[str, Any]
) -> tuple[dict[str, Any], NDArray[np.float64], Atoms]:
    """Content of the result, frequencies [THz], and the box they belong to."""
    import numpy as np

    from entrox.dynamics.crystal.relax import relax
    from entrox.dynamics.protocols import Minimize
    from entrox.thermo.vibration_runs import cell_frequencies

    limit, box, steps = asked["force_tolerance_ev_per_angstrom"], atoms, 0
    if asked["relax"]:
        protocol = Minimize(force_tolerance_ev_per_angstrom=limit, max_steps=asked["max_steps"])
        found = relax(atoms, potential, protocol)
        box, steps = found.atoms, found.n_steps
    with potential.open_calculator() as calculator:
        frequencies, violation = cell_frequencies(box, calculator, asked["displacement_angstrom"])
        at_rest = box.copy()
        at_rest.calc = calculator
        energy = float(at_rest.get_potential_energy())
        force = float(np.linalg.norm(at_rest.get_forces(), axis=1).max())
    vibrational, count, warnings = _harmonic(frequencies, asked)
    if force > limit:
        warnings.append(f"the largest force is {force:.2g} eV/angstrom: the box is at no minimum")
    return {
        "n_atoms": len(box),
        "model": potential.name,
        "temperature_k": asked["temperature_k"],
        "energy_ev_per_atom": energy / len(box),
        "volume_angstrom3_per_atom": float(box.get_volume()) / len(box),
        "largest_force_ev_per_angstrom": force,
        "relaxed": force <= limit,
        "relaxation_steps": steps,
        "n_modes": len(frequencies),
        "n_imaginary": count,
        "lowest_thz": float(frequencies[0]),
        "highest_thz": float(frequencies[-1]),
        "sum_rule_ev_per_angstrom2": violation,
        "imaginary": asked["imaginary"],
        "vibrational_ev_per_atom": vibrational,
        "warnings": warnings,
    }, frequencies, box  # fmt: skip


def _harmonic(frequencies: NDArray[np.float64], asked: dict[str, Any]) -> tuple[float | None, int, list[str]]:
    """Vibrational free energy [eV per atom], None where imaginary modes are refused; their number; remarks."""
    from entrox.thermo.vibration import free_energy_per_atom, vibrating_modes

    count = int((vibrating_modes(frequencies) < 0.0).sum())
    try:
        return free_energy_per_atom(frequencies, asked["temperature_k"], imaginary=asked["imaginary"])[0], count, []
    except InputError as error:
        return None, count, [str(error)]


def check_spectrum(asked: dict[str, Any]) -> None:
    """InputError before frames are read."""
    check_positive(asked["sample_interval_fs"], "--sample-interval-fs", "fs")
    check_positive(asked["temperature_k"], "--temperature-k", "K")


def spectrum_of(path: Path, asked: dict[str, Any]) -> tuple[dict[str, Any], VibrationalSpectrum]:
    """Content of the result and the spectrum."""
    import numpy as np

    from entrox.structure import read_frames
    from entrox.thermo.vibration import spectrum_free_energy
    from entrox.thermo.vibration_runs import velocity_spectrum

    frames = list(read_frames(path, notices=[]))
    if not all("momenta" in atoms.arrays for atoms in frames):
        raise InputError(f"{path} has frames without velocities: store momenta with the frames.")
    kinds = frames[0].get_chemical_symbols()
    odd = next((number for number, atoms in enumerate(frames) if atoms.get_chemical_symbols() != kinds), None)
    if odd is not None:
        raise InputError(f"{path}: frame {odd + 1} holds other atoms, or in another order, than the first frame.")
    velocities = np.array([atoms.get_velocities() for atoms in frames])
    found = velocity_spectrum(velocities, frames[0].get_masses(), asked["sample_interval_fs"], asked["segments"])
    warnings = []
    if found.share_at_zero > 0.02:
        warnings.append(f"{100 * found.share_at_zero:.2g} % of the states lie at zero frequency: atoms diffuse")
    if found.share_at_end > 0.02:
        warnings.append(f"{100 * found.share_at_end:.2g} % of the states lie at the upper end: store more frames")
    return {
        "n_frames": len(frames),
        "n_atoms": len(frames[0]),
        "sample_interval_fs": asked["sample_interval_fs"],
        "resolution_thz": found.resolution_thz,
        "highest_thz": float(found.frequency_thz[-1]),
        "mean_thz": float(np.trapezoid(found.frequency_thz * found.density_per_thz, found.frequency_thz)) / 3.0,
        "share_at_zero": found.share_at_zero,
        "share_at_end": found.share_at_end,
        "temperature_k": asked["temperature_k"],
        "vibrational_ev_per_atom": spectrum_free_energy(
            found.frequency_thz, found.density_per_thz, asked["temperature_k"]
        ),
        "warnings": warnings,
    }, found  # fmt: skip
