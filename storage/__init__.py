"""What is kept, and where: objects, the catalogue, the step ledger. Imports nothing else of this project."""
