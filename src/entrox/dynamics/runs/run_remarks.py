"""What is to be kept in mind about a run, in sentences. Deviations in eV/angstrom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from entrox.dynamics.engine import Trajectory
from entrox.dynamics.protocols import MdProtocol
from entrox.dynamics.runs.run_averages import FEWEST_ROWS, StageAverages

__all__ = ["run_remarks"]

SMALL_BOX = 320
"""Atoms of 4 x 4 x 4 perovskite cells."""
TRUSTED_EV_PER_ANGSTROM = 0.5
"""A committee that disagrees by more has left what its models learned from."""


def run_remarks(
    trajectory: Trajectory,
    protocol: MdProtocol,
    stages: Sequence[StageAverages],
    n_atoms: int,
    *,
    mixed: bool,
    learned: bool,
) -> tuple[str, ...]:
    """Warnings about a run and its means.

    Parameters
    ----------
    trajectory, protocol
        The run.
    stages
        Its means, by :func:`~entrox.dynamics.runs.run_averages.run_averages`.
    n_atoms
        Atoms of the box.
    mixed
        Whether several species share a site.
    learned
        Whether the force field was trained on the answers of another one.

    Returns
    -------
    tuple of str
        Those that apply; one always does.
    """
    return (
        *trajectory.warnings,
        *_about_means(trajectory, protocol, stages),
        *_about_forces(trajectory, protocol, learned=learned),
        *_about_the_box(n_atoms, mixed=mixed),
        "nuclei are classical: below the Debye temperature they should move more, and heat capacities are too large.",
    )


def _about_means(trajectory: Trajectory, protocol: MdProtocol, stages: Sequence[StageAverages]) -> Iterator[str]:
    planned = protocol.stages()
    if not trajectory.finished:
        yield (
            f"the run {trajectory.status} after {trajectory.n_steps} of {protocol.n_steps} steps: {trajectory.reason}. "
            "Only stages that were complete before have means."
        )
    elif len(stages) < len(planned):
        yield (
            f"{len(planned) - len(stages)} of {len(planned)} stages are too short for means, which need {FEWEST_ROWS} "
            "rows. Lengthen the run, or write rows more often."
        )
    if not all(stage.converged for stage in stages):
        yield "the run is too short for its memory: some errors are lower bounds."
    if any(stage.start_k != stage.end_k for stage in planned):
        yield "a ramp describes no state: its means are over all its temperatures."


def _about_forces(trajectory: Trajectory, protocol: MdProtocol, *, learned: bool) -> Iterator[str]:
    deviation = trajectory.force_deviation_ev_per_angstrom
    # what is not a number is not trusted either
    beyond = ~(deviation < TRUSTED_EV_PER_ANGSTROM)
    if beyond.any():
        yield (
            f"the models disagree by {TRUSTED_EV_PER_ANGSTROM:g} eV/angstrom or more from step "
            f"{int(trajectory.deviation_step[beyond][0])} on: what comes after may be another material."
        )
    if protocol.field is not None:
        yield "the field acts on fixed charges, which do not know how they change with the structure."
    if learned:
        yield (
            "the model is short-ranged, without a tail of the dipole-dipole interaction, and only copies its teacher: "
            "agreement with it is no evidence about the material."
        )


def _about_the_box(n_atoms: int, *, mixed: bool) -> Iterator[str]:
    if n_atoms < SMALL_BOX:
        yield f"a box of {n_atoms} atoms suppresses or fakes phases; use {SMALL_BOX} or more to tell them apart."
    if mixed:
        yield "one arrangement of the species on their sites is an anecdote; run several seeds."
