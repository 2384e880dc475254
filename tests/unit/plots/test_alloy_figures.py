import numpy as np
import pytest

from entrox.breakdown import AvalancheModel, Trap, mean_parameters, run_ensemble
from entrox.breakdown.alloy import given_parameters
from entrox.composition import parse_formula
from entrox.core import InputError, generator
from entrox.core.comparison import compare_means, mean_interval
from entrox.design.vacancy_map import vacancy_map
from entrox.plots import plot_alloys, plot_clustering, plot_vacancy_fractions, plot_vacancy_map
from entrox.plots.alloy import significance_text

FAMILY = parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3")


def ensemble(x, seed, **model):
    parameters = mean_parameters(FAMILY.at(x), host_path=16.0)
    return run_ensemble(parameters, generator(seed), seeds=10, model=AvalancheModel(cells=9, **model))


@pytest.fixture(scope="module")
def curves():
    return {
        "mean parameters": {x: ensemble(x, 1) for x in (0.0, 0.2)},
        "explicit": {x: ensemble(x, 2, alloy="explicit") for x in (0.0, 0.2)},
    }


@pytest.fixture(scope="module")
def clusterings():
    return {c: ensemble(0.2, 3 + row, alloy="explicit", clustering=c) for row, c in enumerate((-0.5, 0.0, 0.9, 1.0))}


def test_alloy_figure_shows_means_with_the_interval_of_their_seeds(curves):
    axes = plot_alloys(curves, onset_of=("explicit",))
    assert len(axes.containers) == 2
    for container, ensembles in zip(axes.containers, curves.values(), strict=True):
        line, _, (bars,) = container.lines
        assert line.get_ydata() == pytest.approx([ensembles[x].mean / 1e6 for x in (0.0, 0.2)])
        ends = [segment[:, 1] for segment in bars.get_segments()]
        for x, drawn in zip((0.0, 0.2), ends, strict=True):
            assert drawn == pytest.approx(np.array(mean_interval(ensembles[x].breakdown_fields)) / 1e6)
    (dotted,) = [line for line in axes.lines if line.get_linestyle() == ":"]
    assert dotted.get_ydata()[1] == pytest.approx(curves["explicit"][0.2].onset_field / 1e6)
    labels = [text.get_text() for text in axes.get_figure().legends[0].get_texts()]
    assert labels == ["mean parameters", "explicit", "explicit: onset"]


def test_clustering_figure_shows_every_seed_and_the_significance_of_every_clustering(clusterings):
    random = clusterings[0.0].breakdown_fields
    compared = {c: compare_means(random, clusterings[c].breakdown_fields, generator(1)) for c in (-0.5, 0.9, 1.0)}
    axes = plot_clustering(clusterings, compared, {-0.5: 0.4, 0.9: 0.03, 1.0: 1e-9})
    dots = [line for line in axes.lines if line.get_marker() == "o" and line.get_linestyle() == "None"]
    for line, ensembles in zip(dots, (clusterings[c] for c in sorted(clusterings)), strict=True):
        assert line.get_ydata() == pytest.approx(np.sort(ensembles.breakdown_fields) / 1e6)
    texts = [text.get_text() for text in axes.texts]
    assert [text.split("\n")[1] for text in texts] == ["p = 0.4", "p = 0.03", "p < 0.0001"]
    heights = [text.get_position()[1] for text in axes.texts]
    assert heights[1] != heights[2]
    assert axes.get_ylim()[1] > max(heights) > max(item.breakdown_fields.max() for item in clusterings.values()) / 1e6


def test_significance_is_told_as_relative_difference_and_p_value():
    found = compare_means([10.0, 11.0, 12.0], [5.0, 5.5, 6.0], generator(1))
    assert significance_text(found, 0.0123) == "\N{MINUS SIGN}50 %\np = 0.012"


def test_alloy_figures_refuse_what_has_no_ensemble(curves, clusterings):
    with pytest.raises(InputError, match="at least one kind"):
        plot_alloys({"explicit": {}})
    with pytest.raises(InputError, match="onset_of"):
        plot_alloys(curves, onset_of=("random",))
    found = compare_means([1.0, 2.0, 3.0], [2.0, 3.0, 4.0], generator(1))
    with pytest.raises(InputError, match="no ensemble"):
        plot_clustering(clusterings, {0.33: found})


def test_vacancy_map_figure_draws_the_field_and_its_boundary():
    settings = {"depths": (0.2, 0.5, 0.7, 0.9), "densities": (1e23, 1e25), "seeds": 2, "model": AvalancheModel(cells=6)}
    dataset = vacancy_map(given_parameters(5.21, 4.0, 5.85), **settings)
    axes = plot_vacancy_map(dataset, other=dataset)
    mesh = axes.collections[0]
    assert np.asarray(mesh.get_array()).ravel() == pytest.approx(dataset["breakdown_field_mv_per_m"].to_numpy().ravel())
    for line in axes.lines:
        assert line.get_ydata() == pytest.approx(dataset["boundary_depth"].to_numpy())
    assert len(axes.lines) == 2
    assert axes.get_xlabel() == "Density of trap states [m⁻³]"
    (entry, _) = axes.get_figure().legends[0].get_texts()
    assert entry.get_text() == "5 % below the intrinsic field, unlimited release"
    with pytest.raises(InputError, match="vacancy_map"):
        plot_vacancy_map(dataset.drop_vars("boundary_depth"))


def test_vacancy_fraction_figure_compares_arrangements_with_the_intrinsic_field():
    material = given_parameters(5.21, 4.0, 5.85)

    def vacant(fraction, **arrangement):
        model = AvalancheModel(cells=6, trap=Trap(depth=0.2), vacancy_fraction=fraction, **arrangement)
        return run_ensemble(material, generator(1), seeds=4, model=model)

    curves = {
        "random": {f: vacant(f) for f in (0.1, 0.5)},
        "bottom": {f: vacant(f, vacancy_profile="bottom") for f in (0.1, 0.5)},
    }
    axes = plot_vacancy_fractions(curves, intrinsic=1.1e9)
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.get_figure().legends[0].get_texts()] == [
        "random", "bottom", "no vacancies", "random: onset",
    ]  # fmt: skip
    assert any(line.get_ydata()[0] == pytest.approx(1100.0) for line in axes.lines if line.get_linestyle() == "--")
    with pytest.raises(InputError, match="must be > 0"):
        plot_vacancy_fractions({"none": {0.0: curves["random"][0.1]}})
