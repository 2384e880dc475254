"""Pairs of atoms within a cutoff in any cell, each with the image of the cell that it crosses. Lengths in angstrom."""

from entrox.order.pair_search.pair_list import PairList, pair_list
from entrox.order.pair_search.search_box import SearchBox, search_box

__all__ = ["PairList", "SearchBox", "pair_list", "search_box"]
