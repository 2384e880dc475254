"""What ``entrox stem`` reads and draws: images, masks, start positions, recipes, frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.stem_options import mistake_text
from entrox.core import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from entrox.microscopy.analysis.stem_settings import StemSettings
    from entrox.microscopy.images.micrograph import Micrograph
    from entrox.microscopy.simulation.column_truth import ColumnTruth
    from entrox.microscopy.simulation.simulation_settings import SimulationSettings
    from entrox.microscopy.simulation.virtual_settings import VirtualSettings

__all__ = [
    "MicroscopeOptions",
    "SimulatedImage",
    "ViewOptions",
    "read_cations",
    "read_image",
    "read_start",
    "simulated",
]

FRAME_DOSE_PER_SQUARE_ANGSTROM = 2000.0


@dataclass(frozen=True)
class MicroscopeOptions:
    """Options that overrule the recipe; None leaves it as it is."""

    pixel_size_pm: float | None
    dose_per_square_angstrom: float | None
    row_jitter_pm: float | None
    drift_pm_per_row: float | None

    def settings(self, base: dict[str, Any]) -> SimulationSettings:
        """Return the settings of the microscope; a mistake is named by its option."""
        from pydantic import ValidationError

        from entrox.microscopy.simulation.simulation_settings import SimulationSettings

        given = {name: value for name, value in vars(self).items() if value is not None}
        try:
            return SimulationSettings(**{**base, **given})
        except ValidationError as error:
            raise InputError(mistake_text(error, tuple(given))) from error


@dataclass(frozen=True)
class ViewOptions:
    """How frames of a simulation are read and seen."""

    zone_axis: str
    thickness_cells: int | None
    type_map: tuple[str, ...] | None
    first: int
    every: int


@dataclass(frozen=True)
class SimulatedImage:
    """An image, its columns where they are drawn one by one, and all settings as plain data."""

    micrograph: Micrograph
    truth: ColumnTruth | None
    image_settings: SimulationSettings
    settings: dict[str, Any]
    recipe: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def read_image(path: Path, mask: Path | None, settings: StemSettings) -> Micrograph:
    """Read an image, without the pixels of the mask."""
    from entrox.microscopy.images.micrograph_files import read_micrograph

    for file in (path, mask):
        if file is not None and not file.is_file():
            raise InputError(f"there is no file {file}. Check the path.")
    return read_micrograph(
        path, dataset=settings.dataset, frame=settings.frame, pixel_size_pm=settings.pixel_size_pm, mask=mask
    )


def read_cations(path: Path | None) -> Micrograph | None:
    """Read the dark field in which the cations are found; None for no file."""
    if path is None:
        return None
    from entrox.microscopy.images.micrograph_files import read_micrograph

    if not path.is_file():
        raise InputError(f"there is no file {path}. Check --cations.")
    return read_micrograph(path)


def read_start(path: Path | None) -> NDArray[np.float64] | None:
    """Read start positions of columns; None for no file."""
    if path is None:
        return None
    from entrox.microscopy.lattice.positions_file import read_positions

    if not path.is_file():
        raise InputError(f"there is no file {path}. Check --positions.")
    return read_positions(path)


def simulated(
    files: Sequence[Path], microscope: MicroscopeOptions, view: ViewOptions, engine: str, seed: int
) -> SimulatedImage:
    """Draw the image of a recipe, of frames, or the benchmark image where there is no file."""
    from entrox.core import generator

    if engine not in ("gaussian", "multislice"):
        raise InputError(f"--engine must be gaussian or multislice; got {engine!r}.")
    for file in files:
        if not file.exists():
            raise InputError(f"there is no file {file}. Check the path.")
    recipes = [file for file in files if file.suffix.lower() == ".toml"]
    if recipes and len(files) > 1:
        raise InputError(f"give one SETTINGS.toml or frames, not both; got {', '.join(map(str, files))}.")
    if files and not recipes:
        drawn = _by_multislice if engine == "multislice" else _of_frames
        return drawn(files, microscope, view, generator(seed), seed)
    if engine == "multislice":
        raise InputError("--engine multislice needs frames of atoms: a recipe has columns only.")
    return _of_recipe(recipes[0] if recipes else None, microscope, generator(seed), seed)


def _of_recipe(file: Path | None, microscope: MicroscopeOptions, rng: np.random.Generator, seed: int) -> SimulatedImage:
    from entrox.core.toml_settings import read_settings
    from entrox.microscopy.simulation.perovskite_columns import build_columns
    from entrox.microscopy.simulation.simulate import simulate_micrograph
    from entrox.microscopy.simulation.simulation_settings import MicrographRecipe

    recipe = MicrographRecipe() if file is None else read_settings(file, MicrographRecipe)
    image = microscope.settings(recipe.image.model_dump())
    truth = build_columns(recipe.crystal, rng)
    plain = {"crystal": recipe.crystal.model_dump(mode="json"), "image": image.model_dump(mode="json")}
    settings = {"files": [] if file is None else [str(file)], **plain, "seed": seed}
    return SimulatedImage(simulate_micrograph(truth, image, rng), truth, image, settings, plain)


def _of_frames(
    files: Sequence[Path], microscope: MicroscopeOptions, view: ViewOptions, rng: np.random.Generator, seed: int
) -> SimulatedImage:
    """Project frames into columns and draw them; the site map is that of the first frame."""
    from itertools import chain

    from entrox.cli.polar_input import stream_frames
    from entrox.microscopy.simulation.virtual import virtual_micrograph
    from entrox.order.lattice import fit_lattice

    settings = _virtual_settings(microscope, view)
    notices: list[str] = []
    frames = stream_frames(files, view.type_map, view.first, view.every, None, notices)
    first = next(frames, None)
    if first is None:
        raise InputError(f"{files[0]} holds no frame. Check --first and --every.")
    found = virtual_micrograph(chain([first], frames), fit_lattice(first), settings, rng)
    plain = {
        "files": [str(path) for path in files], "type_map": view.type_map, "first": view.first, "every": view.every,
        **settings.model_dump(mode="json"), "seed": seed,
    }  # fmt: skip
    warnings = tuple(dict.fromkeys([*notices, *found.warnings]))
    return SimulatedImage(found.image, found.truth, settings.image, plain, warnings=warnings)


def _by_multislice(
    files: Sequence[Path], microscope: MicroscopeOptions, view: ViewOptions, rng: np.random.Generator, seed: int
) -> SimulatedImage:
    """Send a beam through the first frame along its third axis; one box of a few cells, no field of view."""
    from dataclasses import replace

    from entrox.cli.polar_input import stream_frames
    from entrox.microscopy.simulation.multislice import MultisliceSettings, simulate_multislice
    from entrox.microscopy.simulation.simulate import detected

    if view.zone_axis != "001" or view.thickness_cells is not None:
        raise InputError(
            "--engine multislice sends the beam along the third axis of the whole box: turn and cut the box instead of "
            "--zone-axis and --thickness-cells."
        )
    if microscope.row_jitter_pm is not None or microscope.drift_pm_per_row is not None:
        raise InputError("--engine multislice knows neither --row-jitter-pm nor --drift-pm-per-row.")
    image = microscope.settings({"dose_per_square_angstrom": FRAME_DOSE_PER_SQUARE_ANGSTROM})
    notices: list[str] = []
    atoms = next(stream_frames(files, view.type_map, view.first, view.every, None, notices), None)
    if atoms is None:
        raise InputError(f"{files[0]} holds no frame. Check --first and --every.")
    engine = MultisliceSettings(scan_step_angstrom=image.pixel_size_angstrom)
    share = simulate_multislice(atoms, engine, rng)
    pixel = share.pixel_size_angstrom or image.pixel_size_angstrom
    dose = image.dose_per_square_angstrom or FRAME_DOSE_PER_SQUARE_ANGSTROM
    micrograph = replace(detected(share.intensity * dose * pixel**2, image, rng), pixel_size_angstrom=pixel)
    plain = {
        "files": [str(path) for path in files], "type_map": view.type_map, "first": view.first,
        "multislice": engine.model_dump(mode="json"), "image": image.model_dump(mode="json"), "seed": seed,
    }  # fmt: skip
    return SimulatedImage(micrograph, None, image, plain, warnings=(*notices, *share.warnings))


def _virtual_settings(microscope: MicroscopeOptions, view: ViewOptions) -> VirtualSettings:
    from pydantic import ValidationError

    from entrox.microscopy.simulation.virtual_settings import VirtualSettings

    if view.thickness_cells is None:
        raise InputError("frames need --thickness-cells: what an image shows depends on the length of its columns.")
    image = microscope.settings({"dose_per_square_angstrom": FRAME_DOSE_PER_SQUARE_ANGSTROM})
    try:
        return VirtualSettings.model_validate(
            {"thickness_cells": view.thickness_cells, "zone_axis": view.zone_axis, "image": image}
        )
    except ValidationError as error:
        raise InputError(mistake_text(error)) from error
