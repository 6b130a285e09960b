"""What a plan is: its values, how each is made of a source, and how all are stored."""
