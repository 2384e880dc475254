"""``entrox train``: a committee of Deep Potentials from labeled frames."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from entrox.cli import train_options as options
from entrox.cli.polar_options import parse_names
from entrox.cli.terminal import ExitCode, command_line, print_json, print_message, resumed_command

if TYPE_CHECKING:
    from entrox.potentials.training.settings import TrainSettings
    from entrox.potentials.training.training_run import TrainingResult

__all__ = ["train"]


def train(
    context: typer.Context,
    data: options.DataArgument,
    out: options.OutOption,
    preset: options.PresetOption = "laptop",
    settings: options.SettingsOption = None,
    models: options.ModelsOption = 4,
    steps: options.StepsOption = None,
    threads: options.ThreadsOption = 1,
    workers: options.WorkersOption = 2,
    seed: options.SeedOption = 1,
    held_out: options.HeldOutOption = 0.1,
    split_by: options.SplitOption = "trajectory",
    test: options.TestOption = None,
    type_map: options.TypeMapOption = None,
    init_from: options.InitOption = None,
    per_source_reference: options.PerSourceOption = False,
    skip_bad: options.SkipBadOption = False,
    resume: options.ResumeOption = False,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Train a committee of Deep Potentials on labeled frames.

    Whole trajectories are held out, since neighbors in time are nearly the same frame. Writes the models with a record
    beside each, learning curves, errors on the frames held out, figures and provenance.json.

    Example: entrox train labels --preset laptop --models 4 -o runs/models
    """
    chosen = _settings(preset, settings, steps)
    record = {
        "files": [str(path) for path in data], "test": [str(path) for path in test or ()],
        "training": chosen.model_dump(mode="json"), "models": models, "seed": seed, "held_out": held_out,
        "split_by": split_by, "type_map": parse_names(type_map),
        "init_from": None if init_from is None else str(init_from), "per_source_reference": per_source_reference,
        "skip_bad": skip_bad,
    }  # fmt: skip
    work = {"data": data, "test": test or [], "init_from": init_from, "threads": threads, "workers": workers}
    command = command_line(context)
    try:
        content = _run(out, chosen, record, work, command, resume=resume, overwrite=overwrite, quiet=quiet or json)
    except KeyboardInterrupt:
        print_message(
            f"Interrupted. Finished models and checkpoints are kept in {out}; continue with:\n"
            f"  {resumed_command(command)}"
        )
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    if json:
        print_json(content)
    elif not quiet:
        from entrox.cli.train_result import print_training

        print_training(content)
        print_message(f"Written to {out}")


def _settings(preset: str, file: Path | None, steps: int | None) -> TrainSettings:
    """Return the settings of a preset or of a file, with another number of steps where one is given."""
    from entrox.core import InputError
    from entrox.potentials.training.settings import PRESETS, TrainSettings

    changes = {} if steps is None else {"n_steps": steps}
    if file is None:
        if preset not in PRESETS:
            raise InputError(f"--preset must be one of {', '.join(PRESETS)}; got {preset!r}.")
        return TrainSettings.preset(preset, **changes)  # type: ignore[arg-type]
    if not file.is_file():
        raise InputError(f"there is no file {file}. Check --settings.")
    return TrainSettings.from_dict({**TrainSettings.from_toml(file).model_dump(), **changes})


def _run(
    out: Path,
    settings: TrainSettings,
    record: dict[str, Any],
    work: dict[str, Any],
    command: list[str],
    *,
    resume: bool,
    overwrite: bool,
    quiet: bool,
) -> dict[str, Any]:
    from entrox.cli.progress import parts_shown
    from entrox.cli.train_folder import finish_training, prepare_training, start_training
    from entrox.cli.train_input import MODELS, earlier_models, read_all
    from entrox.potentials.training.dp_command import check_deepmd

    check_deepmd()
    notices: list[str] = []
    dataset = read_all(work["data"], record["type_map"], skip_bad=record["skip_bad"], notices=notices)
    test = read_all(work["test"], None, skip_bad=record["skip_bad"], notices=notices) if work["test"] else None
    start = () if work["init_from"] is None else earlier_models(work["init_from"], record["models"])
    continued = prepare_training(out, record, resume=resume, overwrite=overwrite)
    provenance = start_training(out, record, [*work["data"], *work["test"]], command, continued=continued)

    def training(progress: Callable[[str, int, int], None] | None) -> TrainingResult:
        from entrox.potentials.training.training_run import run_training

        with ThreadPoolExecutor(work["workers"]) as executor:
            return run_training(
                dataset, settings, out / MODELS, record["seed"], n_models=record["models"],
                held_out=record["held_out"] if test is None else test, by=record["split_by"], init_from=start,
                per_source_reference=record["per_source_reference"], executor=executor, threads=work["threads"],
                progress=progress,
            )  # fmt: skip

    with parts_shown(quiet=quiet) as progress:
        result = training(progress)
    return finish_training(out, replace(result, warnings=(*notices, *result.warnings)), provenance)
