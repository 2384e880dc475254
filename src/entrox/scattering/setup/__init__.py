"""From settings to a refinement: recipes, boxes at the start, data sets."""
