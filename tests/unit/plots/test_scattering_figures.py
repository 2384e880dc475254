"""Figures of total scattering."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError
from entrox.plots.scattering import (
    form_label,
    plot_correlation_functions,
    plot_fit_and_residual,
    plot_small_box_fit,
)
from entrox.scattering.data.correlation_data import REAL_SPACE_FORMS, RECIPROCAL_SPACE_FORMS, CorrelationData
from entrox.scattering.small_box.fit import fit_small_box
from small_boxes import made_data, nickel

R = np.arange(1.5, 6.0, 0.05)


def test_every_form_has_a_label_with_its_unit() -> None:
    labels = {form_label(form) for form in REAL_SPACE_FORMS + RECIPROCAL_SPACE_FORMS}
    assert len(labels) == 10
    assert form_label("D") == "$D(r)$ [barn/Å²]"
    assert form_label("g") == "$g(r)$"


def test_data_fit_and_difference_stand_on_one_scale_and_do_not_overlap() -> None:
    data = made_data(nickel(), {"u_Ni": 0.005}, R)
    noisy = CorrelationData(x=R, y=data.y + np.random.default_rng(1).normal(0.0, 1.0, len(R)), form="G_pdf")
    fit = fit_small_box(noisy, nickel(), excluded_angstrom=[(3.0, 3.2)])
    axes = plot_small_box_fit(fit)
    points, curve, _, rest = axes.get_lines()
    np.testing.assert_allclose(points.get_ydata(), fit.observed)
    np.testing.assert_allclose(curve.get_ydata(), fit.calculated)
    np.testing.assert_allclose(np.diff(rest.get_ydata()), np.diff(fit.difference))
    assert max(rest.get_ydata()) < min(fit.observed.min(), fit.calculated.min())
    assert len(axes.patches) == 1
    assert axes.get_xlabel() == "r [Å]"


def test_functions_of_q_have_q_on_their_axis_and_forms_are_not_mixed() -> None:
    q = np.linspace(0.5, 20.0, 50)
    one, other = (CorrelationData(x=q, y=np.cos(q), form=form) for form in ("F", "S"))
    axes = plot_correlation_functions([one, one], ["first", "second"])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Q [1/Å]", "$F(Q)$ [barn]")
    with pytest.raises(InputError, match="one form"):
        plot_correlation_functions([one, other])
    assert plot_fit_and_residual(q, one.y, one.y, form="F").get_ylabel() == "$F(Q)$ [barn]"
