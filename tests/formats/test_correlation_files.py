from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from entrox.core import FormatError, InputError
from entrox.scattering.data.correlation import convert_correlation
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.data_files import read_correlation, write_correlation
from entrox.scattering.data.length_check import infer_length_table
from entrox.scattering.data.limits import check_limits, infer_form
from entrox.scattering.data.sample import sample_of
from entrox.scattering.operators.termination import convolve_with_box

External = Callable[[str], Path]

GETX3 = """[DEFAULT]

version = pdfgetx3-1.2
dataformat = twotheta
outputtype = {output}
composition = BaTiO3
rpoly = 0.9
qmax = 26

# End of config ---

#### start data
#S 1
#L r(\u00c5)  G(\u00c5$^{{-2}}$)
0 0
0.01 -0.006
0.02 -0.012
"""
GETN = """History written: today
produced by
##### Run Information     runCorrection=T
temp=308     runTitle=Run 7: a manganite, hot
## Damp     Qmin=2.0     Qmax=32     startDampQ=32
##### start data
#S 1 - PDF from PDFgetN
#L r G(r) dr dG(r)
  0.010      0.086   0.0     0.0441
  0.020      0.149   0.0     0.0849
"""


def written(folder: Path, text: str, name: str = "data.gr") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["G_keen", "F", "QSm1"])
def test_columns_return_to_the_last_digit_with_form_title_and_header(tmp_path: Path, form: str) -> None:
    rng = np.random.default_rng(1)
    data = CorrelationData(
        x=np.cumsum(rng.uniform(0.01, 0.1, 40)),
        y=rng.normal(size=40),
        error=rng.uniform(0.1, 0.2, 40),
        form=form,
        title="a sample: hot",
        header={"qmax": "31.4", "qdamp": "0.0177"},
    )
    write_correlation(tmp_path / "out.dat", data)
    back = read_correlation(tmp_path / "out.dat")
    assert back.x.tolist() == data.x.tolist()
    assert back.y.tolist() == data.y.tolist()
    assert back.error is not None
    assert back.error.tolist() == data.error.tolist()
    assert (back.form, back.title) == (form, "a sample: hot")
    assert (back.header["qmax"], back.header["qdamp"]) == ("31.4", "0.0177")


def test_the_rmcprofile_layout_returns_its_points_but_not_its_form(tmp_path: Path) -> None:
    data = CorrelationData(x=np.array([0.02, 0.04]), y=np.array([-0.1, -0.2]), form="G_keen", title="cube")
    write_correlation(tmp_path / "out.gr", data, layout="rmcprofile")
    back = read_correlation(tmp_path / "out.gr")
    assert (back.x.tolist(), back.y.tolist()) == ([0.02, 0.04], [-0.1, -0.2])
    assert back.form is None
    assert "G_keen" in back.title
    assert (tmp_path / "out.gr").read_text().splitlines()[0].strip() == "2"


def test_an_unknown_form_is_neither_written_nor_read(tmp_path: Path) -> None:
    data = CorrelationData(x=np.array([0.02, 0.04]), y=np.zeros(2))
    with pytest.raises(InputError, match="form None"):
        write_correlation(tmp_path / "out.gr", data)
    with pytest.raises(InputError, match="layout"):
        write_correlation(tmp_path / "out.gr", replace(data, form="D"), layout="xml")
    with pytest.raises(InputError, match="G_keen"):
        read_correlation(written(tmp_path, "1 2\n2 3\n"), form="G_kean")


@pytest.mark.parametrize(("output", "form"), [("gr", "G_pdf"), ("sq", "S"), ("fq", "QSm1"), ("iq", None)])
def test_pdfgetx3_writes_one_form_for_each_output(tmp_path: Path, output: str, form: str | None) -> None:
    data = read_correlation(written(tmp_path, GETX3.format(output=output)))
    assert data.form == form
    assert (data.header["qmax"], data.header["rpoly"], data.header["program"]) == ("26", "0.9", "pdfgetx3-1.2")
    assert data.y.tolist() == [0.0, -0.006, -0.012]


def test_pdfgetn_holds_the_error_of_g_in_its_fourth_column(tmp_path: Path) -> None:
    data = read_correlation(written(tmp_path, GETN))
    assert data.error is not None
    assert data.error.tolist() == [0.0441, 0.0849]
    assert (data.form, data.header["qmax"], data.title) == ("G_pdf", "32", "Run 7: a manganite, hot")


def test_a_comment_header_gives_keys_and_values(tmp_path: Path) -> None:
    text = "# 3\n# Comment: neutron, Qmax=31.4, Qdamp=0.017659\n# title: S(Q)\n1,2\n2, 3\n3 ,4\n"
    data = read_correlation(written(tmp_path, text))
    assert (data.header["qmax"], data.header["qdamp"], data.title, data.form) == ("31.4", "0.017659", "S(Q)", None)


def test_windows_ends_byte_marks_and_fortran_exponents_are_read(tmp_path: Path) -> None:
    path = tmp_path / "data.gr"
    path.write_bytes(b"\xef\xbb\xbf  2\r\ntitle\r\n 1.0D-01 2.0d0\r\n 2.0D-01 -3.0D+00\r\n\r\n")
    data = read_correlation(path)
    assert (data.x.tolist(), data.y.tolist()) == ([0.1, 0.2], [2.0, -3.0])


def test_errors_of_zero_throughout_are_none_and_said(tmp_path: Path) -> None:
    data = read_correlation(written(tmp_path, "1 2 0\n2 3 0\n"))
    assert data.error is None
    assert "zeros" in data.warnings[0]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (" 4\ntitle\n1 2\n2 3\n3 4\n", "truncated: 4 points announced, 3 found", 1),
        (" 2\ntitle\n1 2\n2 3\n3 4\n", "more rows than it announces", 1),
        ("# 4\n1 2\n2 3\n", "truncated", 1),
        (" 2\n1 2\n2 3\n", "title", 2),
        ("1 2\n2 nan\n", "not finite", 2),
        ("1 2\n2 inf\n", "not finite", 2),
        ("1 2\n3 3\n2 4\n4 5\n", "not sorted", 3),
        ("1 2\n1 3\n2 4\n", "repeated", 2),
        ("3 2\n2 3\n1 4\n", "falls from row to row", 2),
        ("-1 2\n2 3\n", ">= 0", 1),
        ("1 2\n2 3 4\n", "2 columns as above; got 3", 2),
        ("1 2\n2 x\n", "columns of numbers", 2),
        ("1\n2\n", "truncated", None),
        ("1 2 3 4 5\n", "two to four", 1),
        ("1 2 1\n2 3 -1\n", "negative", 2),
        ("1 2\n", "truncated: 1 rows", None),
        ("", "empty", None),
        ("[DEFAULT]\nversion = pdfgetx3-1.2\n", "start data", None),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(tmp_path: Path, text: str, message: str, line: int | None) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        read_correlation(written(tmp_path, text))
    assert caught.value.path is not None
    if line is not None:
        assert caught.value.line == line


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.gr"):
        read_correlation(tmp_path / "absent.gr")


def test_strontium_titanate_in_r_is_keens_g_with_the_lengths_of_sears(external_data: External) -> None:
    data = read_correlation(external_data("total-scattering/SrTiO3_5K_neutron_GEM_rmc_r13A.gr"))
    sample = sample_of("SrTiO3", 5 / 3.8958**3)
    assert (len(data.x), data.form) == (651, None)
    assert infer_form(data, sample).form == "G_keen"
    check = infer_length_table(data, sample, form="G_keen")
    assert check.table == "sears1992"
    assert check.plateau_barn == pytest.approx(-0.176249, abs=1e-6)
    assert check.ratio[check.tables.index("periodictable")] == pytest.approx(1 - 0.0067, abs=2e-4)
    assert check.warnings == ()


def test_a_file_titled_s_of_q_is_recognized_as_f_in_barn(external_data: External) -> None:
    data = read_correlation(external_data("total-scattering/SrTiO3_5K_neutron_GEM_rmc_q7.fq"))
    sample = sample_of("SrTiO3", 5 / 3.8958**3)
    assert (len(data.x), data.form) == (324, None)
    assert "S(Q)" in data.title
    assert infer_form(data, sample).form == "F"
    assert data.y[data.x < 1.5].mean() == pytest.approx(-0.30, abs=0.005)
    assert data.y.min() > -sample.mean_squared_length
    with pytest.raises(InputError):
        check_limits(replace(data, form="S"), sample)


def test_the_two_files_are_transforms_of_each_other_once_f_is_convolved(external_data: External) -> None:
    g = read_correlation(external_data("total-scattering/SrTiO3_5K_neutron_GEM_rmc_r13A.gr"))
    f = read_correlation(external_data("total-scattering/SrTiO3_5K_neutron_GEM_rmc_q7.fq"))
    sample = sample_of("SrTiO3", 5 / 3.8958**3)
    q = f.x[f.x < 6.5]
    _, from_g = convert_correlation(g.x, g.y, "G_keen", "F", sample, x_out=q)
    convolved = convolve_with_box(f.x, f.y, float(g.x[-1]), q_out=q)
    raw = f.y[: len(q)]
    assert np.abs(from_g - convolved).mean() < 0.02 * np.ptp(convolved)
    assert np.abs(from_g - raw).mean() > 10 * np.abs(from_g - convolved).mean()


@pytest.mark.parametrize(("kelvin", "ratio"), [(300, 0.94), (550, 0.71), (740, 0.55)])
def test_the_scale_of_the_manganite_must_be_free(external_data: External, kelvin: int, ratio: float) -> None:
    data = read_correlation(external_data(f"total-scattering/LaMnO3_{kelvin}K_neutron_NPDF_qmax32.gr"))
    sample = sample_of("LaMnO3", 20 / 244.796)
    assert (data.form, data.header["qmax"], len(data.x)) == ("G_pdf", "32", 2000)
    assert data.error is not None
    assert data.error.min() > 0.0
    assert infer_form(data, sample).form == "G_pdf"
    check = infer_length_table(data, sample, scale_free=True)
    assert check.ratio[0] == pytest.approx(ratio, abs=0.03)
    assert any("fit the scale" in note for note in check.warnings)
    with pytest.raises(InputError, match="fit the scale"):
        infer_length_table(data, sample)


def test_the_nickel_standard_tells_its_resolution(external_data: External) -> None:
    data = read_correlation(external_data("total-scattering/Ni_300K_neutron_NOMAD-SNS_qmax32.gr"))
    found = {key: float(data.header[key]) for key in ("qmax", "qdamp", "qbroad")}
    assert found == {"qmax": 31.4, "qdamp": 0.017659, "qbroad": 0.0191822}
    assert len(data.x) == 5000
    nickel = sample_of({"Ni": 1.0}, 4 / 3.5233**3)
    check = infer_length_table(data, nickel, form="G_pdf", shortest_angstrom=2.49, scale_free=True)
    assert check.ratio[0] == pytest.approx(0.797, abs=0.03)
    with pytest.raises(InputError, match="give the form"):
        infer_form(data, nickel, shortest_angstrom=2.49)


def test_the_plateau_of_the_polynomial_correction_is_not_applicable(external_data: External) -> None:
    data = read_correlation(external_data("total-scattering/BaTiO3_xray_q26_pdfgetx3.gr"))
    sample = sample_of("BaTiO3", 5 / 64.29, probe="xray")
    assert (data.form, data.header["qmax"], data.x[0]) == ("G_pdf", "26", 0.0)
    check = infer_length_table(data, sample)
    assert not check.applicable
    assert check.plateau_barn is None
    assert "not applicable" in check.warnings[0]
    assert "not applicable" in check_limits(data, sample)[1][0]
