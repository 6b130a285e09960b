"""Flash movies (SWF), as far as they only wrap a video."""
