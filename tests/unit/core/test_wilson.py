"""Wilson's interval of a share."""

import numpy as np
import pytest
from scipy.stats import binom

from entrox.core import InputError
from entrox.core.wilson import wilson_interval


def test_the_interval_covers_shares_near_zero_as_well_as_in_the_middle():
    counts = np.arange(31)
    low, high = wilson_interval(counts / 30, 30).T
    for share in (0.03, 0.1, 0.5, 0.8):
        inside = (low <= share) & (share <= high)
        # of whole numbers of successes, on average 95 %
        assert binom.pmf(counts[inside], 30, share).sum() == pytest.approx(0.95, abs=0.04)


def test_the_interval_is_mirrored_with_the_share_and_shrinks_with_the_number():
    low, high = wilson_interval([0.2, 0.8], 50)
    assert low == pytest.approx(1.0 - high[::-1])
    assert np.ptp(wilson_interval(0.3, 400)) == pytest.approx(0.5 * np.ptp(wilson_interval(0.3, 100)), rel=0.02)


def test_shares_outside_of_zero_to_one_and_no_trials_are_refused():
    for share, trials in ((1.2, 10), (-0.1, 10), (0.5, 0)):
        with pytest.raises(InputError):
            wilson_interval(share, trials)
