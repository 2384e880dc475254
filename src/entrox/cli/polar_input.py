"""What the commands on polar order read: frames of one or more files, charges, curves."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.cli.terminal import print_message
from entrox.core import FormatError, InputError

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.order.response.feram_curve import OrderCurve

__all__ = ["input_files", "read_charges", "read_curve", "stream_frames"]


def stream_frames(
    paths: Sequence[Path],
    type_map: tuple[str, ...] | None,
    first: int,
    every: int,
    box: tuple[float, ...] | None,
    notices: list[str],
) -> Iterator[Atoms]:
    """Yield the frames of files that follow one another; ``first`` and ``every`` count in each of them.

    ``box`` is the cell of frames that have none, or no periodic direction.
    """
    from entrox.structure.frames import read_frames

    for path in paths:
        for atoms in read_frames(path, type_map, every, first, notices=notices):
            if box is not None and (not atoms.pbc.any() or abs(float(np.linalg.det(np.asarray(atoms.cell)))) < 1e-6):
                atoms.set_cell(box)
                atoms.pbc = True
            yield atoms


def input_files(paths: Sequence[Path]) -> list[Path]:
    """Return files for checksums; of a folder its files, two levels deep."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(item for pattern in ("*", "*/*") for item in path.glob(pattern) if item.is_file())
        elif path.is_file():
            found.append(path)
    return found


def read_charges(path: Path | None) -> dict[str, float] | None:
    """Read the charge of each element [e].

    A TOML or JSON file holds ``Ba = 2.75``; an extended XYZ with a tensor for each atom gives means of a third of the
    trace.

    Raises
    ------
    InputError
        If there is no such file.
    FormatError
        If it holds something else.
    """
    if path is None:
        return None
    if not path.is_file():
        raise InputError(f"there is no file {path}. Check --born-charges.")
    if path.suffix.lower() in (".toml", ".json"):
        return _charge_table(path)
    from entrox.order.polarization.born_charges import mean_charges, read_born_charges

    table = mean_charges(read_born_charges(path))
    print_message(f"Born charges of {path}: one mean number per element; their anisotropy is not used.")
    return {name: float(value) for name, value in zip(table.groups, table.isotropic_e, strict=True)}


def _charge_table(path: Path) -> dict[str, float]:
    text = path.read_text(encoding="utf-8")
    try:
        content: Any = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise FormatError(f"not readable: {error}", path=path) from error
    if isinstance(content, dict) and isinstance(content.get("charges_e"), dict):
        content = content["charges_e"]
    if not isinstance(content, dict) or not all(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in content.values()
    ):
        raise FormatError("expected one number per element, such as Ba = 2.75", path=path)
    return {name: float(value) for name, value in content.items()}


def read_curve(path: Path, form: str) -> OrderCurve:
    """Read a temperature run in the form ``feram`` or ``csv``."""
    from entrox.order.response.feram_curve import read_csv_curve, read_feram_curve

    if not path.is_file():
        raise InputError(f"there is no file {path}. Check the path.")
    if form not in ("feram", "csv"):
        raise InputError(f"--format must be feram or csv; got {form!r}.")
    return read_feram_curve(path) if form == "feram" else read_csv_curve(path)
