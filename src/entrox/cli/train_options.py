"""The options of ``entrox train``: type, name and help of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="DATA...",
        help="Labeled frames: deepmd folders (also above several systems) or extended XYZ; each is a source.",
        show_default=False,
    ),
]
PresetOption = Annotated[str, typer.Option(metavar="laptop|paper", help="Networks, rates and steps.")]
SettingsOption = Annotated[
    Path | None, typer.Option("--settings", metavar="TOML", help="Training settings instead of those of the preset.")
]
ModelsOption = Annotated[int, typer.Option("--models", min=1, help="Models of the committee.")]
StepsOption = Annotated[int | None, typer.Option("--steps", min=1, help="Training steps; those of the preset.")]
ThreadsOption = Annotated[int, typer.Option("--threads", min=1, help="Threads of one training.")]
WorkersOption = Annotated[int, typer.Option("--workers", min=1, help="Models that are trained at the same time.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the split and of the models.")]
HeldOutOption = Annotated[
    float, typer.Option("--held-out", min=0.0, max=0.9, help="Share of the frames that is held out; 0 for none.")
]
SplitOption = Annotated[
    str,
    typer.Option(
        "--split-by",
        metavar="trajectory|composition|block|frame",
        help="What is held out as a whole; block: the last part of each trajectory.",
    ),
]
TestOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--test", metavar="DATA", help="Held-out frames of their own, instead of a share.", show_default=False
    ),
]
TypeMapOption = Annotated[
    str | None,
    typer.Option("--type-map", help="Elements of the types, such as Ba,Ca,Ti,Sn,O; from the data if absent."),
]
InitOption = Annotated[
    Path | None,
    typer.Option("--init-from", metavar="RUN", help="Go on from the models of an earlier run of entrox train."),
]
PerSourceOption = Annotated[
    bool, typer.Option("--per-source-reference", help="Fit the energies of the elements for each DATA on its own.")
]
SkipBadOption = Annotated[
    bool, typer.Option("--skip-bad", help="Leave out frames that cannot be used, and count them.")
]
OutOption = Annotated[
    Path, typer.Option("-o", "--out", metavar="RUN", help="Run folder for models, curves and errors.")
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Continue an interrupted training.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what entrox wrote in RUN before.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
