"""What ``entrox glass strain`` reads: two frames, and two more for the noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.core import InputError

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["StrainInput", "check_strain_options", "read_strain_input"]


@dataclass(frozen=True)
class StrainInput:
    """Frames, the files that they come from, and what was noticed.

    Parameters
    ----------
    reference, current
        The two frames.
    noise
        Two undeformed frames; None without.
    paths
        Files.
    settings
        Files and elements of types as plain data.
    notices
        Remarks of the readers.
    """

    reference: Atoms
    current: Atoms
    noise: tuple[Atoms, Atoms] | None
    paths: tuple[Path, ...]
    settings: Mapping[str, Any]
    notices: tuple[str, ...]


def check_strain_options(asked: Mapping[str, Any], noise: tuple[Path, Path] | None) -> None:
    """Raise InputError for options that cannot be, before anything is read."""
    from entrox.core import check_integer, check_positive, nearest_names
    from entrox.order.bonds.bond_rotation import axis_vector
    from entrox.order.strain.atomic_strain import METHODS
    from entrox.order.strain.paired_frames import MATCHES

    check_positive(asked["cutoff_angstrom"], "--cutoff-angstrom", "angstrom")
    check_integer(asked["seed"], "--seed", low=0)
    axis_vector(asked["axis"])
    for value, known, option in ((asked["method"], METHODS, "--method"), (asked["match"], MATCHES, "--match")):
        if value not in known:
            raise InputError(
                f"{option} must be one of {', '.join(known)}; got {value!r}. {nearest_names(value, known)}."
            )
    for pair, length in asked["bonds"].items():
        check_positive(length, f"--bonds {'-'.join(pair)}", "angstrom")
    if asked["noise_angstrom"] is not None:
        check_positive(asked["noise_angstrom"], "--noise-angstrom", "angstrom")
        if noise is not None:
            raise InputError("give --noise or --noise-angstrom, not both.")


def read_strain_input(
    reference: Path, current: Path, noise: tuple[Path, Path] | None, types: Sequence[str] | None
) -> StrainInput:
    """Read the first frame of the reference and of the first of the noise, the last one of the others."""
    notices: list[str] = []
    first = _frame(reference, types, notices, last=False)
    later = _frame(current, types, notices, last=True)
    pair = None
    if noise is not None:
        pair = (_frame(noise[0], types, notices, last=False), _frame(noise[1], types, notices, last=True))
    paths = (reference, current, *(noise or ()))
    settings = {
        "reference": str(reference), "current": str(current), "noise": None if noise is None else [*map(str, noise)],
        "types": None if types is None else list(types),
    }  # fmt: skip
    return StrainInput(first, later, pair, tuple(dict.fromkeys(paths)), settings, tuple(dict.fromkeys(notices)))


def _frame(path: Path, types: Sequence[str] | None, notices: list[str], *, last: bool) -> Atoms:
    from entrox.structure.frames import read_frames

    frames = read_frames(path, types, notices=notices)
    atoms = next(frames)
    if last:
        for atoms in frames:  # noqa: B007 - the last one is wanted
            pass
    return atoms
