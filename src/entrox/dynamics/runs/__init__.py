"""What all runs share, whichever engine makes them: start, record, rows, frames, and the means over them."""
