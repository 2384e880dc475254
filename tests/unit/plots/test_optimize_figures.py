from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from entrox.core.errors import InputError
from entrox.core.result import Quantity
from entrox.design.search.ranking import Agreement, Overlap, SourceEffect
from entrox.design.search.result import Counts, SearchResult
from entrox.plots.optimize import plot_pareto_set, plot_rank_intervals, plot_rank_survival
from entrox.plots.optimize_page import search_figures, write_search_page
from entrox.plots.report_figure import figure_of

UP, ACROSS, LAW = "breakdown_field_mv_per_m", "lattice_distortion", "threshold_law_mv_per_m"


def made_up_result(folder: Path, title: str = "A <made up> search") -> SearchResult:
    rng = np.random.default_rng(1)
    count = 30
    across = np.linspace(0.0, 0.12, count)
    law = 600.0 + 8000.0 * across
    field = 0.95 * law + rng.normal(0.0, 20.0, size=count)
    candidates = pd.DataFrame({
        "composition": [f"Ba{1 - 0.02 * number:g}Sr{0.02 * number:g}TiO3" for number in range(1, count + 1)],
        "group": ["front"] * 15 + ["leader"] * 10 + ["control"] * 5,
        "screened": law, "expected": law, UP: field, ACROSS: across, LAW: law,
        "extrapolated": across > 0.09, "data_status": "C",
        "allowed": True, "interval_low": field - 30.0, "interval_high": field + 30.0,
        "rank": np.arange(1.0, count + 1), "rank_low": np.arange(1.0, count + 1),
        "rank_high": np.arange(4.0, count + 4), "p_best_10": 0.5, "in_front": np.arange(count) % 2 == 0,
        "p_front": np.linspace(0.0, 1.0, count), "warnings": "",
    })  # fmt: skip
    published = candidates.iloc[[20]].assign(
        name="family <b>", source="somewhere & else", would_rank=4.0, p_surpassed=0.9, better="BaTiO3", gain=0.1,
        gain_low=-0.05, gain_high=0.2,
    )  # fmt: skip
    sample = pd.DataFrame({UP: law + rng.normal(0, 60, count), ACROSS: across})
    overlap = Overlap(best=10, shared=7, interval=(6.0, 8.0), by_chance=3.3)
    agreement = Agreement(
        group="best of the screen", n=25, spearman=-0.31, spearman_interval=(-0.4, -0.2), kendall=-0.2,
        kendall_interval=(-0.3, -0.1), repeatability=0.9, ratio=0.95, ratio_spread=0.02, overlaps=(overlap,),
    )  # fmt: skip
    effect = SourceEffect(
        source="calibration", common=0.003, own=0.0004, spearman=1.0, spearman_low=0.99, rank_half_width=0.5,
        kept_of_best=0.98,
    )  # fmt: skip
    counts = Counts(
        balanced=1000, allowed=800, screened_front=15, rerun=25, control=5, failed=0, front=15, control_above=1
    )
    columns = {
        UP: Quantity(UP, "MV/m", "breakdown field, mean over seeds"),
        ACROSS: Quantity(ACROSS, "1", "lattice distortion"),
        LAW: Quantity(LAW, "MV/m", "onset field by the threshold law"),
    }
    return SearchResult(
        title=title, objectives=((UP, "maximize"), (ACROSS, "minimize")), screened_by=(LAW, ACROSS),
        candidates=candidates, published=published, screened_front=sample.sort_values(ACROSS), screened_sample=sample,
        counts=counts, agreements=(agreement,), effects=(effect,), columns=columns, settings={"seed": 1},
        warnings=("a warning",), provenance={"version": "0", "seed": 1}, folder=folder,
    )  # fmt: skip


def test_screen_and_second_run_carry_their_quantities_and_units(tmp_path: Path) -> None:
    screen, second = plot_pareto_set(made_up_result(tmp_path))
    assert screen.get_ylabel() == "Onset field by the threshold law [MV/m]"
    assert second.get_ylabel() == "Breakdown field, mean over seeds [MV/m]"
    assert screen.get_xlabel() == second.get_xlabel() == "Lattice distortion"
    density = [item for item in screen.collections if isinstance(item, PolyCollection)]
    assert sum(item.get_array().sum() for item in density) == 30  # type: ignore[union-attr]


def test_extrapolated_candidates_are_open_and_intervals_reach_as_far_as_the_table_says(tmp_path: Path) -> None:
    result = made_up_result(tmp_path)
    _, second = plot_pareto_set(result)
    points = {line.get_xdata()[0]: line for line in second.lines if len(line.get_xdata()) == 1}
    for row in result.candidates.to_dict("records"):
        face = points[row[ACROSS]].get_markerfacecolor()
        assert (face == "white") == row["extrapolated"]
    ends = {segment[0][0]: segment[:, 1] for item in second.collections for segment in item.get_segments()}  # type: ignore[attr-defined]
    for row in result.candidates.to_dict("records"):
        assert ends[row[ACROSS]].tolist() == [row["interval_low"], row["interval_high"]]


def test_the_legend_names_the_published_compositions(tmp_path: Path) -> None:
    figure = figure_of(plot_pareto_set(made_up_result(tmp_path)))
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "published: family <b>" in texts


def test_the_figure_of_the_ranking_says_the_correlation_of_each_group(tmp_path: Path) -> None:
    axes = plot_rank_survival(made_up_result(tmp_path))
    assert axes.get_xlabel() == "Screen: Onset field by the threshold law [MV/m]"
    legend = axes.get_legend()
    assert legend is not None
    assert {text.get_text() for text in legend.get_texts()} >= {"random control", "equal values"}


def test_ranks_are_drawn_from_the_best_downwards(tmp_path: Path) -> None:
    axes = plot_rank_intervals(made_up_result(tmp_path), count=6)
    low, high = axes.get_ylim()
    assert low > high
    assert len(axes.get_yticks()) == 6


def test_one_objective_has_no_pareto_figure_and_axes_are_counted(tmp_path: Path) -> None:
    result = made_up_result(tmp_path)
    single = SearchResult(**{**vars(result), "objectives": result.objectives[:1], "screened_by": (LAW,)})
    with pytest.raises(InputError, match="two objectives"):
        plot_pareto_set(single)
    assert [item.name for item in search_figures(single)] == ["ranking", "ranks"]
    with pytest.raises(InputError, match="2 axes"):
        plot_pareto_set(result, [])


def test_the_report_escapes_what_users_wrote(tmp_path: Path) -> None:
    page = write_search_page(made_up_result(tmp_path), tmp_path).read_text(encoding="utf-8")
    assert "A &lt;made up&gt; search" in page
    assert "family &lt;b&gt;" in page
    assert "somewhere &amp; else" in page
    assert "http" not in page.split("</style>")[1].replace("http://www.w3.org", "")
