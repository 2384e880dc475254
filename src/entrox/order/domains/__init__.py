"""Domains of local order and the walls between them, in crystals and images. Lengths in angstrom."""

from entrox.order.domains.bound_charge import BoundCharge, bound_charge
from entrox.order.domains.search import Domains, find_domains
from entrox.order.domains.wall_profile import WallProfile, wall_profile
from entrox.order.domains.walls import wall_type

__all__ = ["BoundCharge", "Domains", "WallProfile", "bound_charge", "find_domains", "wall_profile", "wall_type"]
