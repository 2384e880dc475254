"""``entrox label``: energies, forces and virials of structures by a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entrox.cli import polar_options
from entrox.cli.terminal import ExitCode, command_line, print_json, print_message, resumed_command

if TYPE_CHECKING:
    from entrox.potentials.teachers.label_run import LabelingResult
    from entrox.potentials.teachers.teacher import CalculatorTeacher

__all__ = ["label"]

FramesArgument = Annotated[
    list[Path],
    typer.Argument(metavar="FRAMES...", help="Structures or trajectories in any form that `entrox polar` reads."),
]
TeacherOption = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="toy, shell (BaTiO3), chgnet, cp2k, deepmd:FILE or ase:MODULE:FUNCTION (FILE.py:FUNCTION)."
    ),
]
WorkersOption = Annotated[int, typer.Option(min=1, help="Processes of the teacher side by side.")]
ThreadsOption = Annotated[int, typer.Option(min=1, help="Threads of one label (chgnet, cp2k).")]
TimeoutOption = Annotated[float, typer.Option("--timeout-s", help="Longest time of one attempt.")]
RetriesOption = Annotated[int, typer.Option(min=0, help="How often a failed label is tried again.")]
OutOption = Annotated[Path, typer.Option("-o", "--out", metavar="RUN", help="Run folder with data set and record.")]
FormatOption = Annotated[str, typer.Option("--format", metavar="deepmd|extxyz", help="Form of the data set.")]
DeviceOption = Annotated[str, typer.Option(metavar="cpu|auto", help="Where chgnet runs: auto takes a graphics card.")]
TrustOption = Annotated[
    bool, typer.Option("--trust-model", help="Load a model file of other origin; such files can run code.")
]
PythonOption = Annotated[
    str | None, typer.Option("--teacher-python", metavar="PATH", help="Python of another environment for the teacher.")
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Continue RUN; labels that are done are kept.")]


def label(
    context: typer.Context,
    frames: FramesArgument,
    out: OutOption,
    teacher: TeacherOption = "chgnet",
    workers: WorkersOption = 1,
    threads: ThreadsOption = 1,
    timeout_s: TimeoutOption = 600.0,
    retries: RetriesOption = 2,
    form: FormatOption = "deepmd",
    type_map: polar_options.TypeMapOption = None,
    first: polar_options.FirstOption = 0,
    every: polar_options.EveryOption = 1,
    device: DeviceOption = "cpu",
    trust_model: TrustOption = False,
    teacher_python: PythonOption = None,
    resume: ResumeOption = False,
    overwrite: polar_options.OverwriteOption = False,
    json: polar_options.JsonOption = False,
    quiet: polar_options.QuietOption = False,
) -> None:
    """Label structures by a teacher.

    Energies, forces and virials. Each label is kept as soon as it is there, so that an interrupted run goes on with
    --resume. A structure that fails every time is set aside with its reason and stops nothing. RUN becomes a data set
    for `entrox train`.

    Example: entrox label frames.xyz --teacher chgnet --workers 2 -o runs/labels
    """
    from entrox.core import InputError
    from entrox.potentials.teachers.teacher import parse_teacher

    if form not in ("deepmd", "extxyz"):
        raise InputError(f"--format must be deepmd or extxyz; got {form!r}.")
    if device not in ("cpu", "auto"):
        raise InputError(f"--device must be cpu or auto; got {device!r}.")
    chosen = parse_teacher(
        teacher, trust_model=trust_model, teacher_python=teacher_python, device=device, threads=threads
    )
    reading = {"type_map": polar_options.parse_names(type_map), "first": first, "every": every}
    record = {
        "files": [str(path) for path in frames], "teacher": teacher, "origin": dict(chosen.origin),
        "fingerprint": chosen.fingerprint(), "format": form, **reading, "seed": None,
    }  # fmt: skip
    work = {"workers": workers, "timeout_s": timeout_s, "retries": retries}
    command = command_line(context)
    try:
        result = _run(
            out, frames, chosen, record, reading, work, command, resume=resume, overwrite=overwrite, quiet=quiet or json
        )  # fmt: skip
    except KeyboardInterrupt:
        print_message(f"Interrupted. Finished labels are kept in {out}; continue with:\n  {resumed_command(command)}")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    _show(result, out, json=json, quiet=quiet)


def _run(
    out: Path,
    files: list[Path],
    teacher: CalculatorTeacher,
    record: dict[str, Any],
    reading: dict[str, Any],
    work: dict[str, Any],
    command: list[str],
    *,
    resume: bool,
    overwrite: bool,
    quiet: bool,
) -> LabelingResult:
    from entrox.cli.label_folder import JOURNAL, finish_labels, grouped_frames, prepare_labels, start_labels
    from entrox.cli.progress import parts_shown
    from entrox.potentials.teachers.label_run import label_frames

    notices: list[str] = []
    frames = grouped_frames(files, reading, notices)
    for notice in notices:
        print_message(notice)
    continued = prepare_labels(out, record, resume=resume, overwrite=overwrite)
    provenance = start_labels(out, record, files, work, command, continued=continued)
    with parts_shown(quiet=quiet) as progress:
        show = None if progress is None else lambda done, total: progress("labels", done, total)
        result, labeled = label_frames(teacher, frames, out / JOURNAL, progress=show, **work)
    finish_labels(out, result, labeled, record["format"], provenance)
    return result


def _show(result: LabelingResult, out: Path, *, json: bool, quiet: bool) -> None:
    from entrox.cli.label_result import FIRST_REASONS, label_content, print_labels

    if json:
        print_json(label_content(result))
    elif not quiet:
        print_labels(result)
        print_message(f"Written to {out}")
    if result.done == 0:
        reasons = "\n".join(f"  {reason}" for reason in result.reasons[:FIRST_REASONS])
        print_message(f"no label is done; the first reasons:\n{reasons}", error=True)
        raise typer.Exit(ExitCode.NO_ANSWER)
