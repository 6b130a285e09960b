"""Bytes of media files, read and written. Nothing here knows what a source is or what becomes of it."""
