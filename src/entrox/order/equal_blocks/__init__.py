"""Disjoint blocks of points that all hold the same number of them."""

from entrox.order.equal_blocks.median_split import block_counts, median_split

__all__ = ["block_counts", "median_split"]
