import numpy as np
import pytest
from matplotlib.collections import LineCollection

from entrox.breakdown import build_sample, calibrated_plane, default_settings, mean_parameters, run_ensemble
from entrox.composition import parse_formula
from entrox.core import InputError, generator
from entrox.core.weibull import fit_weibull, median_ranks
from entrox.plots import new_axes, plot_channel, plot_conductivity, plot_weibull


@pytest.fixture(scope="module")
def ensembles():
    host = parse_formula("BaTiO3").at()
    settings = default_settings(conductivity_states=12)
    return {
        path: run_ensemble(mean_parameters(host, host_path=path), generator(1), seeds=12, settings=settings)
        for path in (4.0, 16.0)
    }


@pytest.fixture(scope="module")
def sample():
    return build_sample(calibrated_plane("AO"))


def test_last_state_shows_every_broken_bond_colored_by_its_field(ensembles, sample):
    ramp = ensembles[16.0].first
    panels = plot_channel(sample, ramp)
    counts = []
    for panel in panels:
        (lines,) = [item for item in panel.collections if isinstance(item, LineCollection)]
        counts.append(len(lines.get_segments()))
    assert counts == sorted(counts)
    assert counts[0] <= 2
    assert counts[-1] >= len(ramp.channel)
    assert lines.get_array().max() == pytest.approx(ramp.channel_field[-1] / 1e6)
    assert panels[0].get_ylabel() == "Along the field [Å]"


def test_every_ion_of_the_sample_is_drawn(ensembles, sample):
    panel = plot_channel(sample, ensembles[16.0].first, states=1)[0]
    dots = sum(len(item.get_offsets()) for item in panel.collections if not isinstance(item, LineCollection))
    assert dots == len(sample.positions)


def test_drawn_bonds_have_the_length_of_the_crystal_even_across_the_border(ensembles, sample):
    panel = plot_channel(sample, ensembles[16.0].first, states=1)[0]
    (lines,) = [item for item in panel.collections if isinstance(item, LineCollection)]
    lengths = [np.linalg.norm(np.diff(segment, axis=0)) for segment in lines.get_segments()]
    assert lengths == pytest.approx([np.linalg.norm(sample.lattice.bond_vectors[0])] * len(lengths))


def test_channel_of_another_sample_is_refused(ensembles):
    small = build_sample(calibrated_plane("AO"), (2, 2))
    with pytest.raises(InputError, match="sample of the run"):
        plot_channel(small, ensembles[16.0].first)


def test_channel_needs_one_axes_per_state(ensembles, sample):
    with pytest.raises(InputError, match="4 axes"):
        plot_channel(sample, ensembles[16.0].first, axes=new_axes(panels=3)[1])


def test_conductivity_figure_shows_the_ramps_in_megavolts_per_meter(ensembles):
    ramps = {path: ensemble.first for path, ensemble in ensembles.items()}
    axes = plot_conductivity(ramps)
    first = axes.lines[0]
    assert first.get_xdata() == pytest.approx(np.asarray(ramps[4.0].applied_field) / 1e6)
    assert first.get_ydata() == pytest.approx(np.asarray(ramps[4.0].conductivity))
    assert axes.get_xlabel() == "Applied field [MV/m]"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["4 Å", "16 Å"]


def test_conductivity_figure_needs_states_of_conductivity(ensembles):
    bare = run_ensemble(ensembles[4.0].parameters, generator(1), seeds=1).first
    with pytest.raises(InputError, match="conductivity_states"):
        plot_conductivity({4.0: bare})
    with pytest.raises(InputError, match="at least one"):
        plot_conductivity({})


def test_weibull_figure_puts_ordered_fields_at_their_median_ranks(ensembles):
    fields = ensembles[16.0].breakdown_fields / 1e6
    fit = fit_weibull(fields)
    axes = plot_weibull(fields, fit, label="BaTiO3")
    marks, line = axes.lines[0], axes.lines[1]
    assert marks.get_xdata() == pytest.approx(np.sort(fields))
    assert marks.get_ydata() == pytest.approx(np.log(-np.log(1 - median_ranks(len(fields)))))
    # On Weibull paper the line crosses zero at the scale, with the modulus as slope in ln E.
    slope = np.diff(line.get_ydata()) / np.diff(np.log(line.get_xdata()))
    assert slope == pytest.approx([fit.modulus_unbiased])
    assert axes.get_xlabel() == "Breakdown field [MV/m]"
    (entry,) = axes.get_figure().legends[0].get_texts()
    assert f"m = {fit.modulus_unbiased:.0f}, bias removed" in entry.get_text()


def test_weibull_figure_refuses_the_fit_of_another_sample(ensembles):
    fields = ensembles[16.0].breakdown_fields / 1e6
    with pytest.raises(InputError, match="fitted fields"):
        plot_weibull(fields[:6], fit_weibull(fields))
