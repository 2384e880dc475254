"""Mistakes in the settings of a measure, each with its line in the study file."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from entrox.core.errors import nearest_names
from entrox.core.measure import Measure
from entrox.core.toml_lines import Place, place_text

__all__ = ["measure_message"]


def measure_message(
    error: ValidationError,
    measure: Measure,
    lines: dict[Place, int],
    path: str | Path | None,
    table: Place | None = None,
) -> str:
    """Return what is wrong with the settings of a measure, one line per mistake.

    Parameters
    ----------
    error
        What the settings said.
    measure
        The measure.
    lines, path
        Lines of the keys, and the file.
    table
        Place of the settings; those of the table of measures if not given.
    """
    messages = []
    for item in error.errors(include_url=False):
        place: Place = (*(table or ("measures", measure.name)), *item["loc"])
        key = ".".join(str(part) for part in item["loc"])
        at = place_text(lines, place, path)
        if item["type"] == "extra_forbidden":
            known = measure.settings.model_fields
            hint = nearest_names(key, known)
            messages.append(
                f"{at}unknown key {key!r} of the measure {measure.name!r}; {hint}. Known: {', '.join(known)}."
            )
        elif item["type"] == "value_error":  # a validator of ours, in its own words
            messages.append(f"{at}{'.'.join(part for part in (measure.name, key) if part)}: {item['ctx']['error']}.")
        else:
            text = f"{item['msg'][0].lower()}{item['msg'][1:]}"
            messages.append(f"{at}{measure.name}.{key}: {text}; got {item['input']!r}.")
    return "\n".join(messages)
