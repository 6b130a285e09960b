"""Starts the servers that production uses, on one machine, from ordinary Python wheels."""
