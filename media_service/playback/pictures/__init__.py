"""Thumbnails and posters in the shape that somebody asks for."""
