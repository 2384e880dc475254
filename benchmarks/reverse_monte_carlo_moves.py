"""Time trial moves with reverse-monte-carlo, in an environment that has it; prints one line of JSON.

Called as ``python reverse_monte_carlo_moves.py box.npz moves``; the file holds positions [angstrom], names, cell (rows)
and the points r and q of the two data sets. The package has no bond valence term, so it does less per move.
"""

import json
import sys
import time

import numpy as np
import rmc

with np.load(sys.argv[1]) as stored:
    data = {name: stored[name] for name in ("positions", "names", "cell", "r", "q")}
moves = int(sys.argv[2])

structure = rmc.AtomicStructure(np.ascontiguousarray(data["positions"]), [str(name) for name in data["names"]])
engine = rmc.Engine(structure, rmc.PeriodicBC(data["cell"].T))
engine.build_atomic_groups(0.0, 0.08)
density = len(data["positions"]) / abs(np.linalg.det(data["cell"]))
for constraint, x, y in (
    (rmc.PairDistributionConstraint(), data["r"], np.zeros(len(data["r"]))),
    (rmc.StructureFactorConstraint(), data["q"], np.ones(len(data["q"]))),
):
    constraint.set_experimental_data(np.column_stack([x, y]))
    constraint.set_number_density(density)
    constraint.set_elements(engine.structure)
    engine.add_constraint(constraint)
engine.set_sampler(rmc.MetropolisSampler(1.0))

engine.run(1)
begin, begin_cpu = time.perf_counter(), time.process_time()
engine.run(moves)
taken, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
answer = {"moves_per_s": moves / taken, "moves_per_cpu_s": moves / cpu}
sys.stdout.write(json.dumps(answer) + "\n")
