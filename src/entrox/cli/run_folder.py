"""What the run folders of single commands have in common: when one may be used, tables, figures, the record."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.core import InputError
from entrox.design.folder import (
    PROVENANCE,
    disk_errors_named,
    prepare_run_folder,
    read_json,
    write_atomically,
    write_json,
)
from entrox.design.identity import room_versions
from entrox.design.provenance import add_command, build_provenance, file_sha256, now

if TYPE_CHECKING:
    from ase import Atoms

__all__ = [
    "FIGURES",
    "FIGURE_FORMATS",
    "begin_record",
    "finish_record",
    "prepare_folder",
    "start_record",
    "write_dataset",
    "write_figure",
    "write_structure",
    "write_table",
]

FIGURES, FIGURE_FORMATS = "figures", ("png", "svg")


def prepare_folder(folder: Path, settings: Mapping[str, Any], *, overwrite: bool, files: Sequence[str] = ()) -> None:
    """Make the run folder, or raise InputError if it holds something that may not be replaced.

    Parameters
    ----------
    folder
        Run folder; it may be absent or empty.
    settings
        All settings of the run as plain data.
    overwrite
        Replace what an earlier run of entrox wrote.
    files
        Names that the command writes beside the usual ones; a folder that is not ours and has one is refused.
    """
    if folder.is_dir() and any(folder.iterdir()):
        if not overwrite:
            raise InputError(
                f"the run folder {folder} exists and is not empty. Replace the files that entrox wrote there with "
                "--overwrite, or give another --out."
            )
        foreign = [name for name in files if (folder / name).exists()]
        if foreign and not _is_ours(folder):
            raise InputError(
                f"{folder} holds {', '.join(foreign)}, but no {PROVENANCE} that says entrox wrote them; they are not "
                "replaced. Give another --out."
            )
    prepare_run_folder(folder, settings, resume=False, overwrite=overwrite)


def _is_ours(folder: Path) -> bool:
    path = folder / PROVENANCE
    record = read_json(path) if path.is_file() else None
    return isinstance(record, dict) and record.get("program") == "entrox"


def start_record(
    settings: Mapping[str, Any],
    inputs: Sequence[Path],
    command: Sequence[str],
    rooms: Sequence[str],
    execution: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the provenance of a run that starts now, with the checksums of its input.

    Inputs go by the name of the file; those of several folders that share a name go by the path as given.
    """
    return build_provenance(
        settings,
        command=command,
        inputs={_input_name(path, inputs): file_sha256(path) for path in inputs},
        execution=execution or {},
        code_versions=room_versions(rooms),
    )


def _input_name(path: Path, inputs: Sequence[Path]) -> str:
    shared = any(other.name == path.name and other != path for other in inputs)
    return path.as_posix() if shared else path.name


def begin_record(folder: Path, record: Mapping[str, Any], *, continued: bool) -> dict[str, Any]:
    """Write the provenance of a run that starts now, or add this command to that of the run so far; return it."""
    before = read_json(folder / PROVENANCE) if continued else None
    begun = add_command(before, record) if isinstance(before, dict) else dict(record)
    write_json(folder / PROVENANCE, begun)
    return begun


def finish_record(folder: Path, record: dict[str, Any]) -> None:
    """Write the provenance of a run that is complete."""
    record["status"], record["finished"] = "finished", now()
    write_json(folder / PROVENANCE, record)


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a csv file, atomically."""

    def write(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)

    write_atomically(path, write)


def write_dataset(path: Path, result: Any) -> None:
    """Write the quantities of a result as netCDF, atomically."""
    write_atomically(path, lambda temporary: result.to_dataset().to_netcdf(temporary, engine="h5netcdf"))


def write_structure(path: Path, atoms: Atoms) -> None:
    """Write a structure as extended XYZ, atomically."""
    write_atomically(path, lambda temporary: atoms.write(temporary, format="extxyz"))


def write_figure(folder: Path, name: str, axes: Any) -> None:
    """Write the figure of axes, or of the first of several, into the run folder as PNG and SVG."""
    from entrox.plots import save_formats

    figure = (axes[0] if isinstance(axes, list) else axes).get_figure(root=True)
    with disk_errors_named(folder):
        (folder / FIGURES).mkdir(parents=True, exist_ok=True)
        save_formats(figure, folder / FIGURES, name, FIGURE_FORMATS)
