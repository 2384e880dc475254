"""Speed of the elastica, its inverse, maps, stacks and the film of finite elements, with errors against closed forms.

felupe solves the same mesh where it is installed; without it its row is NaN.
"""

import time

import numpy as np

from entrox.mechanics import (
    Strip,
    bend_between_plates,
    bend_film,
    bend_for_strain,
    elastica,
    follow_path,
    neutral_axis,
    stack_stiffness,
    unit_elastica,
)

STRIP = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
GAP = 9.984502e-6


class ClosedForm:
    def setup(self):
        rng = np.random.default_rng(1)
        self.alpha = rng.uniform(0.3, np.pi, 10_000)
        self.tip = self.alpha * rng.uniform(0.05, 0.95, 10_000)

    def time_elastica_of_401_points(self):
        elastica(50e-6, np.pi / 2, 1.0)

    def time_inverse(self):
        bend_for_strain(STRIP, "needle", 0.015)

    def time_ten_thousand_cases(self):
        unit_elastica(self.alpha, self.tip)


class Stacks:
    def setup(self):
        rng = np.random.default_rng(2)
        self.t, self.e = rng.uniform(1e-7, 1e-5, (100_000, 4)), rng.uniform(1e9, 1e11, (100_000, 4))

    def time_hundred_thousand_stacks(self):
        neutral_axis(self.t, self.e)
        stack_stiffness(self.t, self.e)


class Elements:
    params = [(60, 1), (250, 1), (250, 2), (1000, 1)]
    param_names = ["elements"]

    def setup(self, elements):
        self.bent = bend_between_plates(STRIP, GAP)

    def time_fold(self, elements):
        bend_film(self.bent, elements=elements)

    def peakmem_fold(self, elements):
        bend_film(self.bent, elements=elements)

    def track_percent_of_outer_strain_from_that_of_2000_elements(self, elements):
        # 4.87329 % with 2000 x 1 elements, Hencky
        return abs(100.0 * bend_film(self.bent, elements=elements).fe.tension.nominal - 4.87329)


class Path:
    timeout = 300

    def setup(self):
        self.gaps = np.geomspace(22e-6, GAP, 100)

    def time_hundred_steps(self):
        follow_path(STRIP, "plates", self.gaps, law="hencky")

    def peakmem_hundred_steps(self):
        follow_path(STRIP, "plates", self.gaps, law="hencky")


class Assembly:
    """Residual and tangent of one state on 250 x 1 elements, ours beside felupe's in the same process."""

    def setup(self):
        from entrox.mechanics import elastic_law
        from entrox.mechanics.film_mesh import FilmMesh

        self.mesh, self.law = FilmMesh(10.0, 0.4, (250, 1)), elastic_law("neo-hooke", 70.0, 0.24)
        self.u = 1e-4 * np.random.default_rng(3).standard_normal(self.mesh.size)

    def track_seconds_of_felupe(self):
        try:
            import felupe
        except ImportError:
            return float("nan")
        mesh = felupe.Rectangle(b=(10.0, 0.4), n=(251, 2)).add_midpoints_edges().add_midpoints_faces()
        region = felupe.RegionBiQuadraticQuad(mesh)
        body = felupe.SolidBody(
            felupe.NeoHookeCompressible(mu=self.law.shear, lmbda=self.law.lame),
            felupe.FieldContainer([felupe.FieldPlaneStrain(region, dim=2)]),
        )
        begin = time.process_time()
        for _ in range(5):
            body.assemble.vector()
            body.assemble.matrix()
        return (time.process_time() - begin) / 5

    def track_our_seconds(self):
        begin = time.process_time()
        for _ in range(5):
            self.mesh.assemble(self.u, self.law)
        return (time.process_time() - begin) / 5
