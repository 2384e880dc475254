"""The numbers of a micrograph in words: lengths in pm or nm where the pixel is known, else in px."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["CLASS_SIGNS", "brief_sentences", "known_length"]

MISFIT_CHI2 = 1.3
"""Median chi^2 over degrees of freedom from which the shape of the columns is not that of the model."""
UNITS = ("pm", "nm", "nm2", "px", "px2")
CLASS_SIGNS = {"<10>": "⟨10⟩", "<11>": "⟨11⟩", "weak": "weak"}


def known_length(content: Mapping[str, Any], name: str) -> tuple[Any, str]:
    """Return a number, or a table of numbers, of the record in the unit in which it is known, and that unit.

    Parameters
    ----------
    content
        The record, or a part of it.
    name
        Key without its unit.

    Examples
    --------
    >>> known_length({"sigma_vector_pm": None, "sigma_vector_px": 0.2}, "sigma_vector")
    (0.2, 'px')
    >>> known_length({"rms_d_pm": {"raw": 15.0, "null": None}}, "rms_d")
    ({'raw': 15.0, 'null': None}, 'pm')
    """
    for unit in UNITS:
        value = content.get(f"{name}_{unit}")
        if value is not None and not (isinstance(value, Mapping) and all(item is None for item in value.values())):
            return value, unit.replace("2", "²")
    return None, ""


def brief_sentences(content: Mapping[str, Any]) -> list[str]:
    """Return what the image says, in sentences: detection first, then size, order and what to beware of."""
    vectors, flagged = content["n_vectors"], content["field_detected"]
    if not vectors:
        return ["No displacements: a second sublattice was not found."]
    sigma, unit = known_length(content, "sigma_vector")
    rms = known_length(content, "rms_d")[0] or {}
    if flagged is None:
        first = f"{vectors:,} vectors, not tested against null fields."
    elif flagged:
        first = f"{vectors:,} vectors, longer than those of the null fields: there are displacements."
    else:
        first = f"{vectors:,} vectors, no longer than those of the null fields: the map is a map of noise."
    texts = [first]
    if content.get("insufficient"):
        texts.append("They are too few for statistics.")
    if sigma is not None and rms.get("raw") is not None:
        text = f"Rms length {rms['raw']:.3g} {unit}"
        if rms.get("debiased") is not None:
            text += f", {rms['debiased']:.3g} {unit} with the noise taken off"
        texts.append(f"{text}; error of a component {sigma:.2g} {unit}.")
    texts.extend(_uniform_part(content, rms.get("debiased")))
    chi2 = content.get("median_reduced_chi2")
    if chi2 is not None and chi2 > MISFIT_CHI2:
        texts.append(
            f"The columns are not quite Gaussian (chi² {chi2:.2g} per degree of freedom): look at the residual, and "
            "see whether another radius or shape moves the vectors."
        )
    length, unit = known_length(content, "correlation_length")
    if length is not None:
        texts.append(f"The correlation falls below 1/e at {length:.2g} {unit}.")
    if content.get("filter", {}).get("kind", "none") != "none":
        texts.append("Filtered: read lengths and domains beside the gain.")
    return texts


def _uniform_part(content: Mapping[str, Any], rms: float | None) -> list[str]:
    """What of the field is one vector for all cells, where that is most of it."""
    mean, unit = known_length(content, "field_mean")
    if mean is None or not rms or mean.get("x") is None:
        return []
    square = float(mean["x"]) ** 2 + float(mean["y"]) ** 2
    if square < 0.5 * rms**2:
        return []
    rest = max(rms**2 - square, 0.0) ** 0.5
    return [
        f"Most of it is one vector of {square**0.5:.3g} {unit} for all cells, polarization or a tilt of the crystal; "
        f"the rest is {rest:.2g} {unit} rms."
    ]
