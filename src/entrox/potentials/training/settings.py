"""Settings of the training of Deep Potentials: the network, the rate, the loss. Units: angstrom, eV.

Source of the preset ``paper``: Ma et al., npj Comput. Mater. 2025, 10.1038/s41524-025-01847-4 (cutoff, networks, four
models); what it does not give is our choice: onset of the window, axis, rates, steps. The preset ``laptop`` fits two
cores and some minutes.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError, model_validator

from entrox.core import FormatError, InputError, nearest_names

__all__ = ["PRESETS", "LossSettings", "TrainSettings"]

Preset = Literal["paper", "laptop"]
Widths = tuple[PositiveInt, ...]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LossSettings(_Settings):
    r"""Prefactors of the loss at the start and at the end, for energy, force and virial.

    .. math:: L = \frac{p_e}{N} \Delta E^2 + \frac{p_f}{3N} \sum |\Delta F|^2 + \frac{p_v}{9N} |\Delta \Xi|^2

    Each prefactor goes from start to limit as the learning rate falls.
    """

    energy: tuple[float, float] = (0.02, 2.0)
    force: tuple[float, float] = (1000.0, 2.0)
    virial: tuple[float, float] = (0.02, 0.5)


class TrainSettings(_Settings):
    """Settings of one training.

    Parameters
    ----------
    cutoff_angstrom, smooth_from_angstrom
        Range of the environment, and where its weight starts to fall.
    embedding, axis, fitting
        Widths of the embedding network, its columns that span the descriptor, widths of the fitting network.
    type_one_side
        One embedding network for each neighbor's element, instead of one for each pair.
    precision
        Of the networks.
    sel
        Neighbors of each element that are kept, by element; counted from the data, times ``sel_headroom``, if None.
    n_steps, start_rate, stop_rate
        Steps of Adam, learning rate at their start and end, falling exponentially.
    batch_size
        Frames of a step; ``auto`` takes so many that they have at least 32 atoms.
    loss
        Prefactors.
    max_system_share
        No composition is drawn more often than this; with few compositions they are drawn equally.
    warm_start_rate, warm_force_prefactor
        Rate and force prefactor at the start of a training that goes on from a model.
    save_every, report_every
        Steps between checkpoints and between rows of the learning curve.
    compress
        Tabulate the embedding networks of the finished model: faster, ten times larger.
    """

    cutoff_angstrom: float = Field(default=6.0, gt=0.0, le=20.0)
    smooth_from_angstrom: float = Field(default=0.5, ge=0.0)
    embedding: Widths = (25, 50, 100)
    axis: PositiveInt = 16
    fitting: Widths = (120, 120, 120)
    type_one_side: bool = False
    precision: Literal["float32", "float64"] = "float64"
    sel: dict[str, PositiveInt] | None = None
    sel_headroom: float = Field(default=1.2, ge=1.0)
    n_steps: PositiveInt = 1_000_000
    start_rate: float = Field(default=1e-3, gt=0.0)
    stop_rate: float = Field(default=5e-8, gt=0.0)
    batch_size: PositiveInt | Literal["auto"] = "auto"
    loss: LossSettings = LossSettings()
    max_system_share: float = Field(default=0.2, gt=0.0, le=1.0)
    warm_start_rate: float = Field(default=1e-3, gt=0.0)
    warm_force_prefactor: float = Field(default=100.0, gt=0.0)
    save_every: PositiveInt = 1000
    report_every: PositiveInt = 100
    compress: bool = True

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.smooth_from_angstrom >= self.cutoff_angstrom:
            raise ValueError("smooth_from_angstrom must lie below cutoff_angstrom")
        if self.stop_rate >= min(self.start_rate, self.warm_start_rate):
            raise ValueError("stop_rate must lie below start_rate and warm_start_rate")
        if self.axis > self.embedding[-1]:
            raise ValueError("axis must not exceed the last width of the embedding")
        return self

    @classmethod
    def preset(cls, name: Preset, **changes: Any) -> TrainSettings:
        """Return the settings ``paper`` or ``laptop``, with changes.

        Raises
        ------
        InputError
            If the preset or a change is unknown or out of range.

        Examples
        --------
        >>> TrainSettings.preset("laptop", n_steps=200).embedding
        (10, 20, 40)
        """
        if name not in PRESETS:
            raise InputError(f"the preset must be one of {', '.join(PRESETS)}; got {name!r}.")
        return _checked({**PRESETS[name], **changes})

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> TrainSettings:
        """Read settings from plain data; ``preset`` names those that are not given."""
        given = dict(content)
        return cls.preset(given.pop("preset", "paper"), **given)

    @classmethod
    def from_toml(cls, path: str | Path) -> TrainSettings:
        """Read settings from a TOML file."""
        try:
            return cls.from_dict(tomllib.loads(Path(path).read_text(encoding="utf-8")))
        except tomllib.TOMLDecodeError as error:
            raise FormatError(f"not TOML: {error}", path=path) from error

    @classmethod
    def from_deepmd_input(cls, content: Mapping[str, Any], notices: list[str] | None = None) -> TrainSettings:
        """Read settings from an input of DeePMD-kit; what has no counterpart here is named in ``notices``."""
        from entrox.potentials.training.deepmd_input import settings_of_deepmd_input

        return _checked(settings_of_deepmd_input(content, [] if notices is None else notices))

    def fingerprint(self) -> str:
        """SHA-256 over the settings."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


PRESETS: Mapping[str, Mapping[str, Any]] = {
    "paper": {},
    "laptop": {
        "embedding": (10, 20, 40), "axis": 4, "fitting": (60, 60, 60), "type_one_side": True, "precision": "float32",
        "n_steps": 1500, "start_rate": 2e-3, "stop_rate": 1e-5, "batch_size": 1, "save_every": 500, "report_every": 50,
        "compress": False,
    },
}  # fmt: skip


def _checked(values: Mapping[str, Any]) -> TrainSettings:
    """Return checked settings; the first mistake is named."""
    try:
        return TrainSettings(**values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"])) or "settings"
        if first["type"] == "extra_forbidden":
            hint = nearest_names(str(first["loc"][-1]), TrainSettings.model_fields)
            raise InputError(f"unknown training setting {name!r}; {hint}") from error
        raise InputError(f"training setting {name}: {first['msg']}; got {first['input']!r}.") from error
