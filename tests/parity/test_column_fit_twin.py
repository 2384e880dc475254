"""Compiled fit of columns against a plain one: explicit derivatives, scipy, every tail, no sharing of sums."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from entrox.microscopy.fit.fitting import fit_columns
from entrox.microscopy.fit.noise import NoiseModel
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import simulate_micrograph
from entrox.microscopy.simulation.simulation_settings import SimulationSettings
from stem_truth import sublattices_of_truth

N_BACKGROUND = 3


def peak(parameters, x, y):
    """Height of a Gaussian: x, y, A, then 1/sigma^2, or qxx, qxy, qyy."""
    dx, dy = x - parameters[0], y - parameters[1]
    q = parameters[3:]
    qxx, qxy, qyy = (q[0], 0.0, q[0]) if len(q) == 1 else q
    return parameters[2] * np.exp(-0.5 * (qxx * dx**2 + 2.0 * qxy * dx * dy + qyy * dy**2))


def peak_derivatives(parameters, x, y):
    """Derivatives by every parameter, columns."""
    dx, dy = x - parameters[0], y - parameters[1]
    q = parameters[3:]
    qxx, qxy, qyy = (q[0], 0.0, q[0]) if len(q) == 1 else q
    height = peak(parameters, x, y)
    shapes = [-0.5 * height * (dx**2 + dy**2)]
    if len(q) == 3:
        shapes = [-0.5 * height * dx**2, -height * dx * dy, -0.5 * height * dy**2]
    return np.column_stack(
        [height * (qxx * dx + qxy * dy), height * (qxy * dx + qyy * dy), height / parameters[2], *shapes]
    )


def parameters_of(fit):
    """Parameters of every column."""
    large, small = 1.0 / fit.width_px.T**2
    angle = -np.radians(fit.tilt_deg)
    c, s = np.cos(angle), np.sin(angle)
    shape = [large]
    if fit.shape == "elliptical":
        shape = [large * c**2 + small * s**2, (large - small) * c * s, large * s**2 + small * c**2]
    return np.column_stack([fit.position_px, fit.amplitude, *shape])


class Group:
    """A column and its cage with their pixels, written out."""

    def __init__(self, image, found, fit, row):
        self.members = np.array([row, *found.cage[row]])
        self.parameters = parameters_of(fit)
        rows, columns = np.indices(image.intensity.shape)
        distance = np.hypot(
            columns[..., None] - found.position_px[:, 0], rows[..., None] - found.position_px[:, 1]
        )  # every column
        owner = np.where(distance.min(axis=-1) <= fit.radius_px, distance.argmin(axis=-1), -1)
        keep = np.isin(owner, self.members)
        self.owner, self.x, self.y = owner[keep], columns[keep].astype(float), rows[keep].astype(float)
        farther = [p for k, p in enumerate(self.parameters) if k not in self.members]
        self.far = np.sum([peak(p, self.x, self.y) for p in farther], axis=0)
        self.data = image.intensity[keep]
        self.model = (image.intensity - fit.residual)[keep]

    def start(self, fit):
        """Parameters of the members, then the background about the origin of the image."""
        k = self.members[0]
        slope = fit.background_slope[k]
        level = fit.background[k] - slope @ fit.position_px[k]
        return np.concatenate([self.parameters[self.members].ravel(), [level, *slope]])

    def split(self, values):
        return values[:-N_BACKGROUND].reshape(len(self.members), -1), values[-N_BACKGROUND:]

    def expected(self, values):
        peaks, background = self.split(values)
        return self.far + background @ self.ramps() + np.sum([peak(p, self.x, self.y) for p in peaks], axis=0)

    def ramps(self):
        return np.stack([np.ones_like(self.x), self.x, self.y])

    def jacobian(self, values):
        peaks, _ = self.split(values)
        return np.column_stack([*(peak_derivatives(p, self.x, self.y) for p in peaks), *self.ramps()])


@pytest.fixture(scope="module")
def small():
    """A few cells at the benchmark dose."""
    truth = perovskite_columns((4, 4), displacement=lambda cells: np.tile([0.1, -0.05], (len(cells), 1)))
    image = simulate_micrograph(truth, SimulationSettings(), np.random.default_rng(7))
    return image, sublattices_of_truth(truth, 0.1, start_error_px=0.2)


def inner_columns(found):
    return np.flatnonzero((found.cage >= 0).all(axis=1))


@pytest.mark.parametrize("shape", ["circular", "elliptical"])
def test_the_compiled_joint_fit_is_the_plain_least_squares(small, shape):
    image, found = small
    noise = NoiseModel(gain=1.0, read_noise=0.5)
    swept = fit_columns(image, found, noise=noise, shape=shape)
    joint = fit_columns(image, found, noise=noise, shape=shape, mode="joint")
    for row in inner_columns(found)[::4]:
        group = Group(image, found, swept, row)
        weight = 1.0 / np.sqrt(noise.variance(group.model))
        start = group.start(swept)
        plain = least_squares(
            lambda v, g=group, w=weight: w * (g.data - g.expected(v)),
            start,
            jac=lambda v, g=group, w=weight: -w[:, None] * g.jacobian(v),
            x_scale="jac",
            xtol=1e-14,
            ftol=1e-14,
            gtol=1e-14,
        )
        assert np.abs(plain.x[:2] - start[:2]).max() > 1e-6
        np.testing.assert_allclose(joint.position_px[row], plain.x[:2], atol=1e-6, rtol=0.0)


@pytest.mark.parametrize(
    ("shape", "likelihood"), [("circular", "gauss"), ("elliptical", "gauss"), ("circular", "unweighted")]
)
def test_the_compiled_covariance_is_the_plain_one(small, shape, likelihood):
    image, found = small
    noise = NoiseModel(gain=1.0, read_noise=0.5)
    fit = fit_columns(image, found, noise=noise, shape=shape, likelihood=likelihood)
    for row in inner_columns(found)[::4]:
        group = Group(image, found, fit, row)
        jacobian = group.jacobian(group.start(fit))
        variance = noise.variance(group.model)[:, None]
        if likelihood == "gauss":
            full = np.linalg.inv(jacobian.T @ (jacobian / variance))
        else:
            inverse = np.linalg.inv(jacobian.T @ jacobian)
            full = inverse @ (jacobian.T @ (variance * jacobian)) @ inverse
        size = jacobian.shape[1] // len(group.members)
        places = [m * size + c for m in range(len(group.members)) for c in range(2)]
        plain = full[np.ix_(places, places)] * fit.covariance_scale
        block = fit.cage_covariance_px2[row].transpose(0, 2, 1, 3).reshape(plain.shape)
        scale = np.sqrt(np.outer(np.diag(plain), np.diag(plain)))
        assert np.abs((block - plain) / scale).max() < 1e-4


def test_the_sweep_solves_the_equations_of_every_patch(small):
    image, found = small
    noise = NoiseModel(gain=1.0, read_noise=0.5)
    fit = fit_columns(image, found, noise=noise)
    for row in inner_columns(found)[::5]:
        group = Group(image, found, fit, row)
        own = group.owner == row
        background = [
            fit.background[row] - fit.background_slope[row] @ fit.position_px[row],
            *fit.background_slope[row],
        ]
        ramp = np.array(background) @ group.ramps()
        others = [peak(p, group.x, group.y) for k, p in enumerate(group.parameters) if k != row]
        data = (group.data - ramp - np.sum(others, axis=0))[own]
        weight = 1.0 / np.sqrt(noise.variance(group.model[own]))
        plain = least_squares(
            lambda v, w=weight, d=data, g=group, o=own: w * (d - peak(v, g.x[o], g.y[o])),
            group.parameters[row],
            x_scale="jac",
            xtol=1e-14,
            ftol=1e-14,
            gtol=1e-14,
        )
        # Three sweeps leave a rest of the coupling to the neighbors, far below the error of 0.1 px.
        np.testing.assert_allclose(fit.position_px[row], plain.x[:2], atol=2e-3, rtol=0.0)
