"""Refine two sublattices with atomap, in an environment that has it; prints one line of JSON.

Called as ``python atomap_refinement.py picture.npz``; the file holds image, start, site and true positions [px].
"""

import json
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")

import atomap.api as am  # noqa: E402

with np.load(sys.argv[1]) as stored:
    image, start, site, true = (stored[name] for name in ("image", "start", "site", "true"))

begin = time.process_time()
position = np.empty_like(start)
kinds = []
rest = image
for kind in (0, 1):
    sublattice = am.Sublattice(start[site == kind], image=rest, original_image=image)
    sublattice.find_nearest_neighbors()
    sublattice.refine_atom_positions_using_center_of_mass(image_data=rest, show_progressbar=False)
    sublattice.refine_atom_positions_using_2d_gaussian(image_data=rest, show_progressbar=False)
    position[site == kind] = np.column_stack([sublattice.x_position, sublattice.y_position])
    kinds.append(sublattice)
cpu_s = time.process_time() - begin

vectors = None
if len(sys.argv) > 2:
    kinds[0].construct_zone_axes()
    first, second = kinds[0].zones_axis_average_distances[:2]
    found = kinds[0].get_polarization_from_second_sublattice(first, second, kinds[1])
    vectors = np.asarray(found.metadata.vector_list, dtype=float).tolist()
error = float(np.sqrt(np.mean((position - true) ** 2)))
answer = {"cpu_s": cpu_s, "error_px": error, "position": position.tolist(), "vectors": vectors}
sys.stdout.write(json.dumps(answer) + "\n")
