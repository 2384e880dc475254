"""Mean of the scans over several drawings of uncertain names."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from entrox.order.local_entropy.entropy_scan import EntropyScan
from entrox.order.local_entropy.maximal_unit import scan_verdict

__all__ = ["mean_scan"]


def mean_scan(scans: Sequence[EntropyScan]) -> EntropyScan:
    """Return the mean of scans that differ in the drawn names only.

    Parameters
    ----------
    scans
        One per drawing, at least one; sizes and settings are the same.

    Returns
    -------
    EntropyScan
        Means of all curves and limits; the bootstrap samples of all drawings together. P values are medians over the
        drawings: a mean of p values is no p value, and a median keeps its level within a factor of two. The verdict is
        that of these means; a notice says how many of the drawings agree with it.
    """
    first = scans[0]
    if len(scans) == 1:
        return first
    changed: dict[str, Any] = {}
    for declared in first.quantities():
        values = [getattr(scan, declared.name) for scan in scans]
        if values[0] is None or np.asarray(values[0]).dtype.kind != "f":
            continue
        if declared.name == "excess_bootstrap":
            # The mean of samples that were drawn independently would scatter too little.
            changed[declared.name] = np.concatenate(values)
            continue
        middle = np.median if declared.name.startswith(("p", "family_p")) else np.mean
        mean = middle(np.array(values), axis=0)
        changed[declared.name] = mean if declared.axes else float(mean)
    mean_of_all = dataclasses.replace(first, **changed)
    verdict = scan_verdict(mean_of_all, first.tolerance, first.alpha)
    agreeing = sum(scan.verdict == verdict for scan in scans)
    agreement = (
        f"{agreeing} of {len(scans)} drawings of the uncertain names give the verdict {verdict}, that of the mean."
    )
    notices = dict.fromkeys(notice for scan in scans for notice in scan.notices)
    return dataclasses.replace(mean_of_all, verdict=verdict, notices=(*notices, agreement))
