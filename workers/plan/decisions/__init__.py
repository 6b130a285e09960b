"""What becomes of a source: the plan as a whole, how good it has to be, and which steps it takes."""
