"""How wrong a model is: errors on labeled frames, calibration of the deviation, checks of a crystal."""
