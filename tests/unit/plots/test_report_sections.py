import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pytest
from headless_browser import HeadlessPage, find_chromium

from entrox.design import SerialExecutor, StructureResult, parse_study, run_study, summarize_family
from entrox.plots import write_report
from entrox.plots.curves import FamilyCurve, family_curves
from entrox.plots.figure_book import FigureBook
from entrox.plots.figures import _possible_figures
from entrox.plots.report_missing import missing_items
from entrox.plots.report_tables import summary_table
from entrox.plots.report_words import course_sentence, local_entropy_verdict, nucleation_sentences, polar_sentences
from entrox.plots.style import family_style
from one_family import EVERYTHING

needs_chromium = pytest.mark.skipif(
    find_chromium() is None, reason="no Chromium is installed: the report cannot be opened (Debian package chromium)"
)
KEYS = ("entropy", "breakdown", "nucleation", "polar", "local-entropy", "bending")


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """One family with every measure."""
    return run_study(parse_study(EVERYTHING), tmp_path_factory.mktemp("all") / "run", executor=SerialExecutor())


@pytest.fixture(scope="module")
def path(everything, tmp_path_factory):
    return write_report(everything, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def text(path):
    return path.read_text(encoding="utf-8")


def figures_of(text):
    return json.loads(re.search(r'id="figure-data">(.*?)</script>', text, re.DOTALL)[1])


def own(text):
    """Return the page without scripts."""
    return re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def curve_of(**columns):
    count = len(next(iter(columns.values())))
    points = pd.DataFrame({"family": ["F"] * count, "formula": ["F"] * count, "warnings": [""] * count, **columns})
    return FamilyCurve("F", family_style(0), points, np.zeros(count, dtype=bool))


def structure(**changes):
    base = {
        "name": "box",
        "family": "F",
        "kind": "md",
        "files": ("a",),
        "composition": "BaTiO3",
        "measures": ("polar-order",),
        "x": 0.0,
        "n_cations": 128.0,
        "difference": 0.0,
        "difference_of": "Ba",
        "tolerance": 0.05,
        "nearest_x": 0.0,
        "foreign": None,
    }
    return StructureResult(**{**base, **changes})


def test_every_measure_of_a_family_has_its_section_and_its_line_in_the_summary(text):
    for key in KEYS:
        assert f'<section id="family-1-{key}">' in text
        assert f'<a href="#family-1-{key}">' in text
    assert list(figures_of(text))[-4:] == ["barrier-1", "polarization-1", "displacement-1", "excess-1"]
    numbers = re.findall(r"<b>Figure (\d+)\.</b>", own(text))
    assert numbers == [str(n) for n in range(1, len(figures_of(text)) + 1)]


def test_sections_without_data_are_not_there(descriptors_only, tmp_path):
    page = write_report(descriptors_only, tmp_path).read_text(encoding="utf-8")
    assert [key for key in KEYS if f'id="family-1-{key}"' in page] == ["entropy"]
    assert list(figures_of(page)) == ["mixing", "strain"]
    missing = page[page.index('id="missing"') :]
    for word in ("breakdown", "nucleation", "bending", "polar order", "local entropy"):
        assert f"<td>{word}</td>" in missing


def test_several_families_are_compared_first_and_have_a_group_each(study, tmp_path):
    page = own(write_report(study, tmp_path).read_text(encoding="utf-8"))
    places = [page.index('id="plot-entropy"'), *(page.index(f'id="family-{n}"') for n in range(1, 6))]
    assert places == sorted(places)
    assert 'id="family-6"' not in page
    assert page.count('id="family-1-breakdown"') == 1
    assert "family-1-nucleation" not in page


def test_numbers_of_the_summary_are_those_of_the_points_with_unit_and_interval(everything, text):
    table = re.search(r'<table class="summary">.*?</table>', text, re.DOTALL)[0]
    for head in (
        "Breakdown field [MV/m]", "Entropy [R]", "Polarization [C/m²]", "Net B displacement [Å]",
        "Local-entropy excess [R]", "Smallest unit of maximal entropy [nm]", "Smallest bending radius [µm]",
    ):  # fmt: skip
        assert head in table
    for _, row in everything.points.iterrows():
        assert f">{row['breakdown_field_mv_per_m']:.4g}<" in table
        low, high = row["breakdown_field_low_mv_per_m"], row["breakdown_field_high_mv_per_m"]
        assert f"<small>{max(low, 0):.3g} to {high:.3g}</small>" in table or high >= 1000
    assert table.count("<tr") == 1 + len(everything.points)
    assert '<td class="number"><div>no barrier' in table
    assert re.search(r"<small>± 0\.0\d+</small>", table)


def test_the_interactive_figures_hold_the_values_of_structures_with_their_errors(everything, text):
    (trace,) = figures_of(text)["polarization-1"]["data"]
    host = everything.structures[0]
    assert trace["y"] == [pytest.approx(host.number("polarization_c_per_m2"))]
    assert trace["error_y"]["array"] == [pytest.approx(host.number("polarization_error_c_per_m2"))]
    net = figures_of(text)["displacement-1"]["data"][0]
    assert net["x"] == [0.0, 0.25]
    excess = next(item for item in figures_of(text)["excess-1"]["data"] if item.get("mode") == "lines+markers")
    assert excess["y"] == pytest.approx(everything.structures[2].array("excess_of_size_r").tolist())


def test_the_report_says_how_sure_each_answer_is(text):
    page = own(text).replace("&nbsp;", " ")
    for words in (
        "exact for ideal mixing",
        "5 and 95 % quantiles",
        "no barrier at 2 of 3 compositions",
        "Net displacement of the B site: from 0.14",
        ", told apart (difference",
        "not told apart (difference",
        "what another arrangement of the same cations gives is not in them",
        "Segregated",
        "all sizes together",
        "The failure strain is a setting: the limit is the same for every composition",
    ):
        assert words in page, words


def test_what_is_missing_is_said_with_its_reason(everything, text):
    page = own(text)
    missing = page[page.index('id="missing"') : page.index('id="origin"')]
    assert "polarization of mixed" in missing
    assert "born_charges_e" in missing
    assert ("nucleation", "not asked for") not in [(a, b[:13]) for a, b in missing_items(everything)]


def test_a_measure_that_failed_somewhere_is_named_with_place_and_reason(everything):
    points = everything.points.copy()
    names = ["breakdown_field_mv_per_m", "breakdown_field_low_mv_per_m", "breakdown_field_high_mv_per_m"]
    points.loc[points.index[1], names] = np.nan
    points.loc[points.index[1], "warnings"] = "breakdown: no bond energy of Xx"
    failed = dataclasses.replace(everything.structures[2], values={}, failed={"local-entropy": "too few ions"})
    result = dataclasses.replace(everything, points=points, structures=(failed,))
    said = dict(missing_items(result))
    assert said["breakdown, A3B2"] == "failed at x = 0.125 (1 of 3 points): no bond energy of Xx"
    assert said["local-entropy of tip"] == "failed: too few ions"
    assert "no structure was given" in said["polar order"]


def test_a_family_of_one_point_claims_no_trend(everything, tmp_path):
    one = dataclasses.replace(
        everything, points=everything.points.iloc[:1], best=(), structures=everything.structures[:1]
    )
    page = own(write_report(one, tmp_path).read_text(encoding="utf-8"))
    assert "One point: no trend can be given." in page
    assert "One structure: no trend can be given." in page
    assert "rises from" not in page
    assert ("A3B2", "one point: nothing can be said about the way along x") in missing_items(one)


def test_a_study_of_structures_alone_does_not_ask_for_a_breakdown_field_first(everything, tmp_path):
    kept = [name for name in everything.points if "mv_per_m" not in name]
    settings = {**everything.settings, "measures": {"descriptors": {}}}
    alone = dataclasses.replace(
        everything, points=everything.points[kept], best=(), settings=settings,
        columns={name: item for name, item in everything.columns.items() if "mv_per_m" not in name},
    )  # fmt: skip
    page = own(write_report(alone, tmp_path).read_text(encoding="utf-8"))
    assert "Entropy and distortion of 3 compositions, with 3 structures." in page
    assert "family-1-breakdown" not in page


def test_texts_of_structures_are_escaped_wherever_they_stand(everything, tmp_path):
    script = "<script>alert(2)</script>"
    changed = tuple(
        dataclasses.replace(item, name=f"{script}{index}", warnings=(script,), files=(script,))
        for index, item in enumerate(everything.structures)
    )
    page = write_report(dataclasses.replace(everything, structures=changed), tmp_path).read_text(encoding="utf-8")
    assert "<script>alert(2)" not in page
    assert "&lt;script&gt;alert(2)" in page


@needs_chromium
def test_the_whole_report_opens_without_errors_and_fits_narrow_and_wide_screens(path, tmp_path):
    pytest.importorskip("websocket", reason="websocket-client is not installed: no talk to the browser")
    with HeadlessPage(path.as_uri(), tmp_path / "browser" / "profile") as page:
        page.wait_until("document.documentElement.dataset.drawn")
        for name in ("barrier-1", "polarization-1", "displacement-1", "excess-1"):
            assert page.evaluate(f"document.querySelectorAll('#plot-{name} .scatterlayer path').length") > 0, name
        found = "Array.from(document.querySelectorAll('.short a')).map(a => !!document.querySelector(a.hash))"
        assert page.evaluate(found) == [True] * len(KEYS)
        for width in (1200, 390):
            page.send("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
            page.wait_until(f"document.documentElement.scrollWidth <= {width}")  # figures follow after a moment
        assert page.complaints() == []
        assert page.requests() == []


def test_the_course_of_a_quantity_is_told_by_its_ends_and_its_extreme():
    x = [0.0, 0.1, 0.2]
    assert course_sentence("It", curve_of(x=x, q=[1.0, 2.0, 3.0]), "q", "eV") == (
        "It rises from 1 eV at x = 0 to 3 eV at x = 0.2."
    )
    assert "falls from 3 at x = 0 to 1" in course_sentence("It", curve_of(x=x, q=[3.0, 2.0, 1.0]), "q")
    assert "over a maximum of 5 at x = 0.1" in course_sentence("It", curve_of(x=x, q=[1.0, 5.0, 2.0]), "q")
    assert "over a minimum of 0.5 at x = 0.1" in course_sentence("It", curve_of(x=x, q=[1.0, 0.5, 2.0]), "q")
    assert course_sentence("It", curve_of(x=x, q=[4.0] * 3), "q") == "It is 4 at all 3 compositions."
    gap = curve_of(x=x, q=[np.nan, 2.0, np.nan])
    assert course_sentence("It", gap, "q") == "It is 2 at x = 0.1. One point: no trend can be given."
    assert course_sentence("It", curve_of(x=x, q=[np.nan] * 3), "q") == ""
    assert course_sentence("It", gap, "absent") == ""
    open_end = curve_of(x=[0.0], r_um=[2.0], r_low_um=[1.5], r_high_um=[np.nan])
    assert "2 (at least 1.5) at x = 0" in course_sentence("It", open_end, "r_um")


def test_a_barrier_that_the_errors_do_not_decide_is_called_so():
    curve = curve_of(
        x=[0.0, 0.1],
        df_j_per_m3=[1e9, -1e9],
        barrier_ev=[np.nan, 2.0],
        log10_rate=[np.nan, -30.0],
        p_no_barrier=[0.6, 0.0],
    )
    said = " ".join(nucleation_sentences(curve, {"temperature_k": 300.0, "direction": "crystal-in-amorphous"}))
    assert "Crystal nucleus in the amorphous phase at 300 K" in said
    assert "No barrier at x = 0 (1 of 2 compositions)" in said
    assert "not decided within the errors at x = 0 (60 % of the draws without one)" in said
    assert "interface energy is assumed" in said


def test_two_structures_are_told_apart_by_the_error_of_their_difference():
    def pair(second, error):
        values = [(0.1, error), (second, error)]
        return [
            structure(name=f"s{k}", x=float(k), values={"net_displacement_b_angstrom": v,
                                                        "net_displacement_b_error_angstrom": e})
            for k, (v, e) in enumerate(values)
        ]  # fmt: skip

    root = np.sqrt(2.0)
    assert ", told apart" in polar_sentences(pair(0.1 + 2.0 * root * 0.01, 0.01))[0]
    assert "not told apart" in polar_sentences(pair(0.1 + 1.9 * root * 0.01, 0.01))[0]
    assert "without errors it is not known" in polar_sentences(pair(0.2, None))[0]


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("consistent_with_random", "Consistent with a random arrangement"),
        ("not_reached", "not yet fully mixed at the largest size, 4 nm"),
        ("resolved", "fully mixed from 3 nm on (by the excess itself 2.5 nm, 95 % interval 2 nm to beyond"),
        ("ordered", "mix better than chance"),
    ],
)
def test_each_verdict_on_mixing_has_its_length_where_there_is_one(verdict, words):
    values = {"entropy_verdict": verdict, "sume_nm": 3.0, "sume_bound_nm": 4.0, "sume_point_nm": 2.5,
              "sume_point_low_nm": 2.0}  # fmt: skip
    assert words in local_entropy_verdict(structure(values=values))


def test_still_figures_of_barrier_order_and_excess_are_drawn_with_units(everything):
    figures = _possible_figures(everything)
    assert {"barrier", "polar_order", "excess_information"} <= set(figures)
    assert "bending_radius" not in figures  # one limit for all compositions
    assert figures["polar_order"]().get_ylabel().endswith("[Å]")
    axes = figures["excess_information"]()
    assert axes.get_ylabel() == "Excess information [R]"
    assert len(axes.lines) >= 3


def test_a_page_of_figures_counts_them_and_hides_no_markup(everything):
    book = FigureBook()
    first = book.add("one", lambda: _Figure('{"a": "</script><!--"}'), "x < 1")
    assert book.add("two", lambda: _Figure("{}"), "").count("Figure 2.") == 1
    assert (book.number("one"), book.number("three")) == (1, None)
    assert "x &lt; 1" in first
    assert "<" not in book.data()
    assert json.loads(book.data())["one"]["a"] == "</script><!--"


@dataclasses.dataclass
class _Figure:
    text: str

    def to_json(self):
        return self.text


def test_the_largest_field_stands_out_and_missing_values_are_dashes(everything):
    (curve,) = family_curves(everything)
    table = summary_table(summarize_family(everything, curve.name), float(curve.values("x")[1]))
    rows = table.split("<tr")[2:]
    assert [" class=significant" in row for row in rows] == [False, True, False]
    assert "\N{EN DASH}" in rows[1]
