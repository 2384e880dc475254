"""Result of ``entrox learn`` on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from entrox.cli.terminal import print_heading, print_table, print_text, print_warnings, rounded

if TYPE_CHECKING:
    from entrox.potentials.learning.learn_result import LearnResult

__all__ = ["print_learn"]

SHOWN_REASONS = 12


def print_learn(result: LearnResult) -> None:
    """Print the generations, whether the loop has converged, and what a reader must know."""
    print_heading(result.title or "Learning loop")
    print_table(
        ("generation", "labels", "accurate", "candidate", "failed", "life [ps]", "rho", "true/deviation",
         "force error [eV/angstrom]"),
        [
            (
                str(report.generation), f"{report.labeled} of {report.queued}", str(report.accurate),
                str(report.candidate), str(report.failed),
                f"{rounded(report.life_ps, 3)} of {rounded(report.length_ps, 3)}" if report.generation else "-",
                rounded(report.calibration.rho, 2), rounded(report.calibration.slope, 3),
                rounded(report.force_rmse_ev_per_angstrom, 3),
            )
            for report in result.generations
        ],
        right=range(1, 9),
    )  # fmt: skip
    print_text()
    print_text("Converged." if result.converged else "Not converged:")
    for reason in result.reasons[:SHOWN_REASONS]:
        print_text(f"- {reason}")
    if len(result.reasons) > SHOWN_REASONS:
        print_text(f"- and {len(result.reasons) - SHOWN_REASONS} more, in result.json")
    for model in result.models:
        print_text(f"Model: {model.path}")
    print_warnings(result.warnings)
