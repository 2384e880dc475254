"""What ``entrox rmc`` reads: settings with the options laid over them, and boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.core import InputError

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.scattering.run.analyze import RmcAnalysis
    from entrox.scattering.setup.rmc_settings import RmcSettings

__all__ = ["AnalyzedBoxes", "RunOptions", "analyzed", "input_paths", "rmc_settings"]

BOXES = "boxes"
SHUFFLES = 20


@dataclass(frozen=True)
class RunOptions:
    """Options that overrule the settings; None leaves them as they are."""

    seed: int | None = None
    seeds: int | None = None
    bond_valence: str | None = None
    moves_per_atom: int | None = None
    time_limit_min: float | None = None
    data_weight: float | None = None
    compare_weights: tuple[float, ...] | None = None
    hold_out: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)

    def laid_over(self, settings: RmcSettings) -> RmcSettings:
        """Return the settings with the options in place."""
        from pydantic import ValidationError

        run = {
            name: value
            for name in ("seed", "seeds", "moves_per_atom", "time_limit_min", "data_weight", "compare_weights")
            if (value := getattr(self, name)) is not None
        }
        tables: dict[str, Any] = {"run": run} if run else {}
        if self.bond_valence is not None:
            valence = settings.constraints.bond_valence.model_dump() | {"mode": self.bond_valence}
            tables["constraints"] = {"bond_valence": valence}
        if self.hold_out:
            tables["data"] = self._data(settings)
        try:
            return settings.replaced(**tables) if tables else settings
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = str(first["loc"][-1] if first["loc"] else "settings").replace("mode", "bond-valence")
            message = first["msg"].removeprefix("Value error, ")
            raise InputError(f"--{name.replace('_', '-')}: {message}; got {first['input']!r}.") from error

    def _data(self, settings: RmcSettings) -> list[dict[str, Any]]:
        names = [item.label for item in settings.data]
        unknown = [name for name in self.hold_out if name not in names]
        if unknown:
            raise InputError(f"--hold-out: there is no set {', '.join(unknown)}; the sets are {', '.join(names)}.")
        return [
            item.model_dump() | {"hold_out": (*item.hold_out, *self.hold_out.get(item.label, ()))}
            for item in settings.data
        ]


def rmc_settings(
    file: Path | None, control: Path | None, options: RunOptions, *, ignore_unknown: bool
) -> tuple[RmcSettings, tuple[str, ...]]:
    """Read the settings of a refinement; return them with remarks on what was read."""
    from entrox.scattering.setup.rmc_settings import read_rmc_settings
    from entrox.scattering.setup.rmcprofile_input import read_rmcprofile_dat

    if (file is None) == (control is None):
        raise InputError("give SETTINGS.toml, or --rmcprofile FILE.dat.")
    if file is not None:
        return options.laid_over(read_rmc_settings(file)), ()
    assert control is not None
    found = read_rmcprofile_dat(control, ignore_unknown=ignore_unknown)
    ignored = (f"{control}: ignored: {', '.join(found.unknown)}",) if found.unknown else ()
    return options.laid_over(found.settings), (*found.notes, *ignored)


def input_paths(settings: RmcSettings) -> list[Path]:
    """Return the files that settings name."""
    named = [item.file for item in settings.data]
    named += [file for file in (settings.sample.structure, settings.sample.box) if file is not None]
    return list(dict.fromkeys(settings.path(file) for file in named))


@dataclass(frozen=True)
class AnalyzedBoxes:
    """Boxes of files together; those refined without bond valence apart, where the folder tells them.

    ``bond_valence`` says whether the constraint was on in the boxes of ``main``; None where it is not known.
    """

    main: RmcAnalysis
    other: RmcAnalysis | None
    bond_valence: bool | None
    files: tuple[Path, ...]


def analyzed(paths: Sequence[Path], *, null: bool) -> AnalyzedBoxes:
    """Analyze the boxes of files, or those of the folder of a refinement."""
    from entrox.scattering.run.analyze import analyze_rmc

    for path in paths:
        if not path.exists():
            raise InputError(f"there is no file or folder {path}. Check the path.")
    folders = [path for path in paths if path.is_dir()]
    if folders and len(paths) > 1:
        raise InputError("give one folder of a refinement, or boxes, not both.")
    shuffles = SHUFFLES if null else 1

    valence = _valence_parameters(folders[0]) if folders else {}

    def analysis(files: Sequence[Path]) -> RmcAnalysis:
        found = [(box, path.stem) for path in files for box in _boxes(path)]
        return analyze_rmc(
            [box for box, _ in found], labels=[name for _, name in found], shuffles=shuffles, bond_valence=valence
        )

    if not folders:
        return AnalyzedBoxes(analysis(paths), None, None, tuple(paths))
    groups = _boxes_of_run(folders[0])
    mode = "on" if groups["on"] else "off"
    other = analysis(groups["off"]) if mode == "on" and groups["off"] else None
    return AnalyzedBoxes(analysis(groups[mode]), other, mode == "on", (*groups["on"], *groups["off"]))


def _valence_parameters(folder: Path) -> dict[str, Any]:
    """Return the parameters of the bond valence that a refinement was made with; nothing if it left no settings."""
    from entrox.scattering.run.checkpoint import SETTINGS, kept_settings

    if not (folder / SETTINGS).is_file():
        return {}
    return kept_settings(folder).constraints.bond_valence.model_dump(exclude={"mode"})


def _boxes(path: Path) -> list[Atoms]:
    from entrox.structure.frames import read_frames

    return list(read_frames(path))


def _boxes_of_run(folder: Path) -> dict[str, list[Path]]:
    """Files of the boxes by mode; seeds in their order."""
    files = sorted((folder / BOXES).glob("seed-*.rmc6f"), key=lambda path: (len(path.name), path.name))
    groups = {mode: [path for path in files if path.stem.endswith(f"-{mode}")] for mode in ("on", "off")}
    if not files:
        raise InputError(
            f"{folder} holds no {BOXES}/seed-*.rmc6f: it is not the folder of a finished refinement. If it was "
            f"interrupted: entrox rmc resume {folder}"
        )
    return groups
