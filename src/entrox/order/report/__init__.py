"""The whole question of polar order in one pass over a trajectory, its report, and the comparison of reports."""
