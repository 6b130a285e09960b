"""Decisions: frozen values made by pure functions. Nothing here reads, writes or runs anything."""
