"""The files that ``entrox breakdown`` writes into its run folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.breakdown import AvalancheModel, build_sample, run_ensemble
from entrox.breakdown.model import model_lattice
from entrox.cli.run_folder import FIGURE_FORMATS, FIGURES, finish_record, start_record, write_table
from entrox.core import generator
from entrox.core.units import SECOND_PER_PICOSECOND
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.design.folder import RESULT, disk_errors_named, write_json

if TYPE_CHECKING:
    from entrox.breakdown import AvalancheSettings, BreakdownEnsemble, BreakdownResult, Sample
    from entrox.cli.breakdown_material import Material

__all__ = ["write_breakdown"]

CHANNEL, CONDUCTIVITY, MOVIE = "channel.csv", "conductivity.csv", "growth.gif"
ROOMS = ("core", "composition", "structure", "breakdown")
CHANNEL_COLUMNS = ("step", "bond", "time_ps", "applied_field_mv_per_m")
CONDUCTIVITY_COLUMNS = ("applied_field_mv_per_m", "conductivity_relative", "max_bond_energy_ev")
CONDUCTIVITY_STATES = 60
FIGURE_NAMES = ("path", "conductivity", "weibull")


def write_breakdown(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    material: Material,
    model: AvalancheModel,
    ensemble: BreakdownEnsemble,
    avalanche: AvalancheSettings,
    *,
    movie: bool,
    structure: Path | None,
    workers: int,
    command: Sequence[str],
) -> None:
    """Write ``result.json``, ``channel.csv``, ``conductivity.csv``, figures, the movie and ``provenance.json``.

    Parameters
    ----------
    folder
        Run folder, prepared.
    content, settings
        The result as printed by ``--json``, and all settings as plain data.
    material, model, ensemble, avalanche
        What was run, and its result.
    movie
        Whether to draw the growth of the first seed.
    structure, workers, command
        For the record.
    """
    inputs = [] if structure is None else [structure]
    record = start_record(settings, inputs, command, ROOMS, {"workers": workers})
    write_json(folder / RESULT, content)
    sample = build_sample(model_lattice(model, material.lattice)[0], model.sample_cells)
    ramps = _first_ramps(material, model, avalanche, settings["seed"])
    first = ramps[material.parameters.mean_free_path]
    write_table(folder / CHANNEL, (*CHANNEL_COLUMNS, *_position_columns(sample)), _channel_rows(sample, first))
    write_table(folder / CONDUCTIVITY, CONDUCTIVITY_COLUMNS, _conductivity_rows(first))
    _write_figures(folder / FIGURES, sample, ramps, first, ensemble)
    (folder / MOVIE).unlink(missing_ok=True)
    if movie and len(first.channel):
        from entrox.plots import write_movie

        with disk_errors_named(folder):
            write_movie(sample, first, folder / MOVIE)
    finish_record(folder, record)


def _first_ramps(
    material: Material, model: AvalancheModel, settings: AvalancheSettings, seed: int
) -> dict[float, BreakdownResult]:
    """Return the ramp of the first seed once more, now with its conductivity, by mean free path [angstrom].

    In a plane, beside the material's own mean free path stand those that belong to the ends of the plausible range of
    the host.
    """
    parameters = material.parameters
    shortening = parameters.mean_free_path / parameters.host_mean_free_path
    settings = replace(settings, conductivity_states=CONDUCTIVITY_STATES)
    ramps: dict[float, BreakdownResult] = {}
    ends = parameters.host_mean_free_path_range if model.dimensions == 2 else ()
    for host in (parameters.host_mean_free_path, *ends):
        path = parameters.mean_free_path if host == parameters.host_mean_free_path else host * shortening
        if path in ramps:
            continue
        ramps[path] = run_ensemble(
            replace(parameters, mean_free_path=path, host_mean_free_path=host, host_mean_free_path_range=(host, host)),
            generator(seed),
            seeds=1,
            model=model,
            settings=settings,
            plane=material.own_lattice,
        ).first
    return ramps


def _write_figures(
    folder: Path,
    sample: Sample,
    ramps: Mapping[float, BreakdownResult],
    first: BreakdownResult,
    ensemble: BreakdownEnsemble,
) -> None:
    """Draw what the result allows: the path, the conductivity, the statistics."""
    from entrox.core.weibull import fit_weibull
    from entrox.plots import plot_conductivity, plot_weibull, save_formats

    with disk_errors_named(folder):
        folder.mkdir(exist_ok=True)
        for name in FIGURE_NAMES:
            for ending in FIGURE_FORMATS:
                (folder / f"{name}.{ending}").unlink(missing_ok=True)
        drawn: dict[str, Any] = {"conductivity": plot_conductivity(ramps).get_figure(root=True)}
        if len(first.channel):
            drawn["path"] = _draw_path(sample, first)
        if ensemble.weibull is not None:
            fields = ensemble.breakdown_fields[~np.isnan(ensemble.breakdown_fields)] / MEGA
            drawn["weibull"] = plot_weibull(fields, fit_weibull(fields)).get_figure(root=True)
        for name, figure in drawn.items():
            save_formats(figure, folder, name, FIGURE_FORMATS)


def _draw_path(sample: Sample, first: BreakdownResult) -> Any:
    """Return the figure of the path, in a plane or in space."""
    from entrox.plots import plot_channel, plot_channel_in_space

    if sample.lattice.dimension == 3:
        return plot_channel_in_space(sample, first)
    return plot_channel(sample, first)[0].get_figure(root=True)


def _position_columns(sample: Sample) -> list[str]:
    """Return the columns of the positions of both ions; the field runs along the last direction."""
    directions = ("x", "y", "z")[: sample.lattice.dimension]
    return [f"{ion}_{direction}_angstrom" for ion in ("cation", "anion") for direction in directions]


def _channel_rows(sample: Sample, ramp: BreakdownResult) -> Iterator[tuple[float, ...]]:
    """Yield the broken bonds in their order."""
    for step, (bond, field, time) in enumerate(zip(ramp.channel, ramp.channel_field, ramp.channel_time, strict=True)):
        cation, anion = sample.positions[sample.bonds[bond]]
        ends = (float(value) for value in (*cation, *anion))
        yield (step, int(bond), float(time) / SECOND_PER_PICOSECOND, float(field) / MEGA, *ends)


def _conductivity_rows(ramp: BreakdownResult) -> Iterator[tuple[float, ...]]:
    for field, conductivity, energy in zip(ramp.applied_field, ramp.conductivity, ramp.max_bond_energy, strict=True):
        yield float(field) / MEGA, float(conductivity), float(energy)
