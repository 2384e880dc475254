"""What ``entrox label`` says: its JSON and its table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import print_table, print_warnings, rounded

if TYPE_CHECKING:
    from entrox.potentials.teachers.label_run import LabelingResult

__all__ = ["FIRST_REASONS", "label_content", "print_labels"]

FIRST_REASONS = 3
CHGNET_LIMITS = (
    "CHGNet labels mix PBE and PBE+U, soften the curvature and overestimate the tetragonality through a PBE-like "
    "volume; its bond graph of 3 angstrom jumps when it is emptied.",
)
REMARKS = {
    "chgnet": CHGNET_LIMITS,
    "toy": ("The toy force field stands for no material.",),
    "shell": ("The core-shell model is a model of BaTiO3, not a measurement.",),
}


def label_content(result: LabelingResult) -> dict[str, Any]:
    """Return the result as plain data."""
    return {
        "n": result.n,
        "done": result.done,
        "unconverged": result.unconverged,
        "failed": result.failed,
        "quarantined": result.quarantined,
        "cpu_s_per_label": result.cpu_s_per_label,
        "teacher": result.teacher,
        "reasons": list(result.reasons[:FIRST_REASONS]),
    }


def print_labels(result: LabelingResult) -> None:
    """Print the counts, the first reasons of what is not done, and what the teacher is not."""
    rows = [
        [name, str(getattr(result, name))] for name in ("n", "done", "unconverged", "failed", "quarantined")
    ]  # fmt: skip
    rows.append(["processor time of a label [s]", rounded(result.cpu_s_per_label, 3)])
    print_table(["labels", result.teacher], rows, right=(1,))
    reasons = [f"not done: {reason.splitlines()[0]}" for reason in result.reasons[:FIRST_REASONS] if reason]
    print_warnings([*reasons, *REMARKS.get(result.teacher, ())])
