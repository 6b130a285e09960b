"""Lessons in other people's learning platforms: the tool side of LTI 1.3 with deep linking, scores and registration."""
