"""Whose tail reaches into whose patch."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.microscopy.fit.column_problem import column_problem
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from stem_truth import sublattices_of_truth


@pytest.mark.parametrize("wide", [[], [7], [0, 31, 40]])
def test_neighbors_are_all_columns_nearer_than_the_reach_of_their_tail(wide):
    found = sublattices_of_truth(perovskite_columns((5, 5)), 0.1, start_error_px=0.3)
    image = Micrograph(intensity=np.zeros((260, 260)), pixel_size_angstrom=0.1)
    problem = column_problem(image, found, shape="circular", radius=None, threads=1)
    distances = np.full(len(found.site), 0.8 * problem.reach)
    distances[wide] = 2.0 * problem.reach
    apart = np.linalg.norm(found.position_px[:, None] - found.position_px[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    np.testing.assert_array_equal(np.transpose(problem.pairs(distances)), np.argwhere(apart < distances[None, :]))
