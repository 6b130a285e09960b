"""What every process agrees on. Imports nothing else of this project."""
