"""Time and memory of the map over ionization energy, mean free path and bond energy, and of its regression."""

from entrox.core import generator
from entrox.design.executors import open_executor
from entrox.design.parameter_map import parameter_grid, run_parameter_map
from entrox.design.regression import compare_map


class ParameterMap:
    """The default map, 7 x 7 x 9 points x 8 seeds, on one and two processes."""

    params = [1, 2]
    param_names = ("workers",)
    timeout = 300
    number = 1
    repeat = 1

    def setup(self, workers):
        run_parameter_map(parameter_grid((2, 2, 2)), seeds=1)  # compile

    def time_map(self, workers):
        with open_executor(workers, preload=["entrox.breakdown.parameter_point"]) as executor:
            run_parameter_map(executor=executor)

    def peakmem_map(self, workers):
        self.time_map(workers)


class Regression:
    """Comparison of regression, published regression and threshold law with 1000 bootstrap samples."""

    def setup(self):
        self.dataset = run_parameter_map(seeds=1)

    def time_compare(self):
        compare_map(self.dataset, generator(1))

    def track_error_law(self):
        """Root mean square relative difference of the map and the threshold law."""
        return compare_map(self.dataset, generator(1)).law_agreement.rms_relative
