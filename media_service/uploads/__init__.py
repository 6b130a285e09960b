"""Uploads: resumable ones by tus 1.0, and a file in a single request."""
