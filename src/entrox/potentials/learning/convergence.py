r"""When a learning loop may stop: a rule for every composition and temperature, and the reasons where it is not met.

A share of k among n frames is at least, with 95 % confidence (Wilson, J. Am. Stat. Assoc. 22, 209 (1927)),

.. math:: \frac{p + z^2/2n - z \sqrt{p (1 - p)/n + z^2/4n^2}}{1 + z^2/n}, \quad p = k/n, \; z = 1.96 .

One number for all frames may hide a composition that fails. Every frame counts as independent; those of one run
resemble one another, so that the bound is too high: several runs say more than a longer one. Forces in eV/angstrom,
times in ps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from entrox.core import Result, check_integer, quantity
from entrox.core.wilson import wilson_interval

__all__ = ["CellCounts", "ConvergenceRule", "GenerationEvidence", "convergence_reasons", "wilson_lower_bound"]

"""Two-sided 95 % of the normal distribution."""


def wilson_lower_bound(successes: int, trials: int) -> float:
    """Lower 95 % bound of a share by Wilson's score interval; 0 without trials.

    Examples
    --------
    >>> round(wilson_lower_bound(100, 100), 4)
    0.963
    """
    check_integer(trials, "trials", low=0)
    check_integer(successes, "successes", low=0, high=trials)
    return float(wilson_interval(successes / trials, trials)[0]) if trials else 0.0


@dataclass(frozen=True, kw_only=True)
class CellCounts(Result):
    """Frames of one composition at one temperature by the trust in them.

    A run counts up to its first failed frame; from there on all frames that it should have had are failed.
    """

    composition: str
    temperature_k: float = quantity("K", "temperature")
    accurate: int = quantity("1", "frames below the lower trust level")
    candidate: int = quantity("1", "frames between the trust levels")
    failed: int = quantity("1", "frames from the first one above the upper trust level on")

    @property
    def n_frames(self) -> int:
        """Number of frames that the runs should have had."""
        return self.accurate + self.candidate + self.failed

    @property
    def accurate_lower_bound(self) -> float:
        """Lower 95 % bound of the accurate share."""
        return wilson_lower_bound(self.accurate, self.n_frames)


@dataclass(frozen=True, kw_only=True)
class GenerationEvidence:
    """What the rule looks at in one generation.

    Parameters
    ----------
    generation
        Its number.
    cells
        Counts of every composition and temperature.
    life_ps, length_ps, longest_ps
        Median life of the runs; their length; the length that the loop shall come to.
    warmth
        Median over the runs of the temperature in their second half over the one that was set.
    n_labels, n_labels_without
        Labels asked for, and those that are unconverged or quarantined.
    force_rmse, force_rmse_before
        Error of the held-out forces of the new committee and of the one before, on the same frames.
    """

    generation: int
    cells: Sequence[CellCounts]
    life_ps: float
    length_ps: float
    longest_ps: float
    warmth: float
    n_labels: int
    n_labels_without: int
    force_rmse: float | None
    force_rmse_before: float | None


@dataclass(frozen=True, kw_only=True)
class ConvergenceRule:
    """Bounds of the rule; all must hold over ``generations`` generations one after the other."""

    accurate_share: float = 0.95
    rmse_change: float = 0.05
    label_failures: float = 0.2
    generations: int = 2
    warmth: float = 0.8


def convergence_reasons(history: Sequence[GenerationEvidence], rule: ConvergenceRule) -> tuple[str, ...]:
    """Why a loop has not converged, in words; empty if it has.

    Parameters
    ----------
    history
        Evidence of all generations that explored, in their order.
    rule
        Bounds.
    """
    if not history:
        return ("nothing has been explored yet.",)
    reasons = [reason for evidence in history[-rule.generations :] for reason in _reasons_of(evidence, rule)]
    if len(history) < rule.generations:
        reasons.append(f"the rule needs {rule.generations} generations one after the other; there is {len(history)}.")
    return tuple(dict.fromkeys(reasons))


def _reasons_of(evidence: GenerationEvidence, rule: ConvergenceRule) -> list[str]:
    name = f"generation {evidence.generation}"
    found = [
        _failed_everywhere(evidence),
        *(_low_share(cell, rule) for cell in evidence.cells),
        _short_life(evidence),
        _timid(evidence, rule),
        _restless_error(evidence, rule),
        _failed_labels(evidence, rule),
    ]
    return [f"{name}: {text}" for text in found if text]


def _failed_everywhere(evidence: GenerationEvidence) -> str:
    counted = [cell for cell in evidence.cells if cell.n_frames]
    if not counted:
        return "no frame was explored."
    if all(cell.failed == cell.n_frames for cell in counted):
        return "every frame failed, so that no candidate was left to learn from."
    return ""


def _low_share(cell: CellCounts, rule: ConvergenceRule) -> str:
    bound = cell.accurate_lower_bound
    if bound >= rule.accurate_share:
        return ""
    # also where all are accurate
    too_few = wilson_lower_bound(cell.n_frames, cell.n_frames) < rule.accurate_share
    advice = ", which so few frames cannot show: take longer or more runs" if too_few else ""
    return (
        f"{cell.composition} at {cell.temperature_k:g} K: {cell.accurate} of {cell.n_frames} frames are accurate, "
        f"at least {100 * bound:.1f} % with 95 % confidence; {100 * rule.accurate_share:g} % are needed{advice}."
    )


def _short_life(evidence: GenerationEvidence) -> str:
    if evidence.life_ps >= evidence.length_ps:
        return ""
    return f"the median life is {evidence.life_ps:.3g} of {evidence.length_ps:.3g} ps."


def _timid(evidence: GenerationEvidence, rule: ConvergenceRule) -> str:
    """Runs that end early, or never get warm, meet no candidates and prove nothing."""
    if evidence.length_ps < evidence.longest_ps:
        return f"exploration too timid: runs of {evidence.length_ps:.3g} of {evidence.longest_ps:.3g} ps."
    if evidence.warmth < rule.warmth:
        return f"exploration too timid: the runs had {100 * evidence.warmth:.0f} % of the temperature that was set."
    return ""


def _restless_error(evidence: GenerationEvidence, rule: ConvergenceRule) -> str:
    new, old = evidence.force_rmse, evidence.force_rmse_before
    if new is None or old is None:
        return "no held-out frame has a label, so that the error cannot be told."
    if old > 0 and not abs(new - old) < rule.rmse_change * old:
        return f"the error of the held-out forces went from {old:.3g} to {new:.3g} eV/angstrom."
    return ""


def _failed_labels(evidence: GenerationEvidence, rule: ConvergenceRule) -> str:
    if evidence.n_labels == 0 or evidence.n_labels_without < rule.label_failures * evidence.n_labels:
        return ""
    return f"{evidence.n_labels_without} of {evidence.n_labels} labels failed."
